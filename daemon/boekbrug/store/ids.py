"""Identifiers, unique over all tables, taken from the database in blocks so that rows can be written in batches."""

import sqlalchemy as sa

from boekbrug.store.database import Database
from boekbrug.store.tables import id_block

LARGEST_BLOCK = 131_072
SPARE = 200
"""Identifiers that every `ensure` keeps beyond what it was asked for: what hangs on a document is seldom more."""


class Ids:
    """Hands out identifiers to one worker; a block that is not used up is lost, which harms nothing.

    Blocks are taken in a transaction of their own: before opening a transaction that needs identifiers, `ensure` them.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._next = self._end = 0
        self._size = 1024

    def ensure(self, count: int) -> None:
        """Make sure that the next `count` identifiers and some to spare can be taken without touching the database."""
        if self._next + count + SPARE <= self._end:
            return
        size = max(count + SPARE, self._size)
        self._size = min(self._size * 4, LARGEST_BLOCK)
        bump = (
            sa.update(id_block)
            .where(id_block.c.name == "all")
            .values(next=id_block.c.next + size)
            .returning(id_block.c.next)
        )
        with self._database.write() as connection:
            self._end = int(connection.execute(bump).scalar_one())
        self._next = self._end - size

    def take(self, count: int = 1) -> int:
        """Return the first of `count` consecutive identifiers."""
        if self._next + count > self._end:
            self.ensure(count)
        first = self._next
        self._next += count
        return first
