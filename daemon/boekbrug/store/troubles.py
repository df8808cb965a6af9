"""Counts of a licence's open problems per code, kept as they open and close, so that no page counts them anew."""

from collections import Counter
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.store.bulk import insert_rows
from boekbrug.store.tables import troubles

COLUMNS = ("licence", "code", "severity", "number")
_LOOSE = 200
"""Rows of a licence that are worth taking together."""


def add(connection: Connection, changes: Iterable[tuple[int | None, str, str, int]]) -> None:
    """Count problems that are opened (above zero) or closed (below); those of no licence are not counted."""
    sums: Counter[tuple[int, str, str]] = Counter()
    for licence, code, severity, number in changes:
        if licence is not None:
            sums[licence, code, severity] += number
    insert_rows(connection, troubles, COLUMNS, [(*key, number) for key, number in sums.items() if number])


def counts(connection: Connection, licence: int) -> list[tuple[str, str, int]]:
    """Return code, severity and number of what is open at a licence."""
    columns = troubles.c
    query = (
        sa.select(columns.code, columns.severity, sa.func.sum(columns.number))
        .where(columns.licence == licence)
        .group_by(columns.code, columns.severity)
    )
    return [(code, severity, int(n)) for code, severity, n in connection.execute(query) if n]


def per_licence() -> sa.Select[tuple[int, str, str, int]]:
    """Select licence, code, severity and number of what is open."""
    columns = troubles.c
    kind = (columns.licence, columns.code, columns.severity)
    number = sa.func.sum(columns.number)
    return sa.select(*kind, number).group_by(*kind).having(number != 0)


_ROWS = sa.select(sa.func.count()).select_from(troubles).where(troubles.c.licence == sa.bindparam("licence"))


def gather(connection: Connection, licence: int) -> None:
    """Take the rows of a licence together, where they have become many."""
    columns = troubles.c
    if (connection.scalar(_ROWS, {"licence": licence}) or 0) < _LOOSE:
        return
    gone = sa.delete(troubles).where(columns.licence == licence)
    ended = connection.execute(gone.returning(columns.code, columns.severity, columns.number)).all()
    add(connection, ((licence, code, severity, number) for code, severity, number in ended))
