"""Check the database against its own account: what must always be true, and states against their last events."""

from collections.abc import Iterator

import msgspec

from boekbrug.store import integrity
from boekbrug.sync.house import House


class Broken(msgspec.Struct, frozen=True, kw_only=True):
    """An invariant that does not hold, with how many rows break it and some of them."""

    invariant: str
    rows: int
    examples: tuple[str, ...]


def check(house: House) -> Iterator[Broken]:
    """Check every invariant; yield those that are broken."""
    for name, query in integrity.INVARIANTS.items():
        with house.database.read() as connection:
            rows, examples = integrity.broken(connection, query)
        if rows:
            yield Broken(invariant=name, rows=rows, examples=examples)
