"""Counts of documents per state, kept as they move, so that no page counts them anew."""

from collections import Counter
from collections.abc import Iterable, Mapping

import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.booking.composed import DocumentState
from boekbrug.store.bulk import insert_rows, select_rows
from boekbrug.store.tables import tally

COLUMNS = ("licence", "state", "number")
_LOOSE = 200
"""Rows of a licence that are worth taking together; to add them up takes a tenth of a millisecond."""


def add(connection: Connection, changes: Mapping[tuple[int, str], int]) -> None:
    """Count documents that came into a state of a licence (above zero) or left it (below)."""
    insert_rows(connection, tally, COLUMNS, [(*key, number) for key, number in changes.items() if number])


def moved(connection: Connection, moves: Iterable[tuple[int, int, str]]) -> dict[tuple[int, int], str]:
    """Count what is about to move, as (licence, document, state); call it before the states are written.

    Return the states before, by licence and document.
    """
    wanted = {(licence, document): state for licence, document, state in moves}
    changes: Counter[tuple[int, str]] = Counter()
    found: dict[tuple[int, int], str] = {}
    # two workers that count the same document would both see it leave; SQLite has one writer at a time anyway
    query = _BEFORE if connection.dialect.name == "sqlite" else f"{_BEFORE} order by document for update"
    for licence in {licence for licence, _ in wanted}:
        documents = [document for of, document in wanted if of == licence]
        for document, before in select_rows(connection, query, [licence, documents]):
            found[licence, document] = before
            changes[licence, before] -= 1
            changes[licence, str(wanted[licence, document])] += 1
    add(connection, changes)
    return found


_BEFORE = "select document, state from document_state where licence = ? and document in ?*"


def counts(connection: Connection, licence: int | None = None) -> dict[int, dict[str, int]]:
    """Return the documents per state of one licence, or of all; every state is named."""
    query = sa.select(tally.c.licence, tally.c.state, sa.func.sum(tally.c.number)).group_by(
        tally.c.licence, tally.c.state
    )
    if licence is not None:
        query = query.where(tally.c.licence == licence)
    found: dict[int, dict[str, int]] = {}
    for one, state, number in connection.execute(query):
        found.setdefault(one, dict.fromkeys(map(str, DocumentState), 0))[state] = int(number)
    return found


_ROWS = sa.select(sa.func.count()).select_from(tally).where(tally.c.licence == sa.bindparam("licence"))


def gather(connection: Connection, licence: int) -> None:
    """Take the rows of a licence together, where they have become many."""
    if (connection.scalar(_ROWS, {"licence": licence}) or 0) < _LOOSE:
        return
    gone = connection.execute(
        sa.delete(tally).where(tally.c.licence == licence).returning(tally.c.state, tally.c.number)
    )
    sums: Counter[tuple[int, str]] = Counter()
    for state, number in gone:
        sums[licence, state] += number
    add(connection, sums)
