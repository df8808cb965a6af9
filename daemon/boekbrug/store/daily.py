"""Turnover per day of what is booked, kept as entries come into the books and leave, so that no page adds it up."""

from collections.abc import Collection
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.contract import DocumentKind
from boekbrug.store.bulk import insert_rows, select_rows
from boekbrug.store.tables import daily

SALE = "sale"
TURNOVER_KINDS = frozenset({DocumentKind.ORDER, DocumentKind.INVOICE, DocumentKind.RECEIPT, DocumentKind.CREDIT_NOTE})
COLUMNS = ("licence", "day", "currency", "number", "minor")
_LOOSE = 20
"""Rows of one day and currency that are worth taking together."""


class Day(NamedTuple):
    """What is booked with a date, in one currency: documents, and minor units with VAT, credit notes subtracted."""

    day: str
    currency: str
    number: int
    minor: int


def turnover_of(kind: str, facet: str, total: int) -> int | None:
    """Return what a facet of a document adds to turnover; None where it is no sale."""
    return total if facet == SALE and kind in TURNOVER_KINDS else None


def came(connection: Connection, entries: Collection[int]) -> None:
    """Count what entries book that have just come into the books."""
    _add(connection, entries, 1)


def leaves(connection: Connection, entries: Collection[int]) -> None:
    """Count off what booked entries still book; call it before their memberships end."""
    _add(connection, entries, -1)


def _add(connection: Connection, entries: Collection[int], sign: int) -> None:
    rows = select_rows(connection, _OF_ENTRIES, [list(entries)]) if entries else []
    insert_rows(connection, daily, COLUMNS, [(*key, sign * number, sign * minor) for *key, number, minor in rows])


_OF_ENTRIES = """
    select e.licence, e.date, e.currency, count(*), cast(sum(m.turnover) as bigint)
    from membership m join entry e on e.id = m.entry join entry_state s on s.entry = m.entry
    where m.entry in ?* and m.ended_at is null and m.turnover is not null and s.state = 'booked'
    group by e.licence, e.date, e.currency
"""


def between(connection: Connection, licence: int, first_day: str, last_day: str) -> list[Day]:
    """List the days of a licence that have turnover, from the first to the last ISO day."""
    columns = daily.c
    query = (
        sa.select(columns.day, columns.currency, sa.func.sum(columns.number), sa.func.sum(columns.minor))
        .where(columns.licence == licence, columns.day.between(first_day, last_day))
        .group_by(columns.day, columns.currency)
        .order_by(columns.day, columns.currency)
    )
    found = (Day(day, currency, int(number), int(minor)) for day, currency, number, minor in connection.execute(query))
    return [one for one in found if one.number or one.minor]


_MANY = (
    sa.select(daily.c.day)
    .where(daily.c.licence == sa.bindparam("licence"))
    .group_by(daily.c.day)
    .having(sa.func.count() > _LOOSE)
)


def gather(connection: Connection, licence: int) -> None:
    """Take the rows of each day together, where they have become many."""
    columns = daily.c
    days = list(connection.scalars(_MANY, {"licence": licence}))
    if not days:
        return
    gone = sa.delete(daily).where(columns.licence == licence, columns.day.in_(days))
    sums: dict[tuple[str, str], tuple[int, int]] = {}
    for day, currency, number, minor in connection.execute(
        gone.returning(columns.day, columns.currency, columns.number, columns.minor)
    ):
        before = sums.get((day, currency), (0, 0))
        sums[day, currency] = (before[0] + number, before[1] + minor)
    insert_rows(connection, daily, COLUMNS, [(licence, *key, *both) for key, both in sums.items()])
