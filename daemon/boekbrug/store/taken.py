"""Which days a licence has booked in the other way: from single sales, or from the source's own ledger."""

import datetime as dt

from sqlalchemy import Connection

from boekbrug.store.bulk import select_rows


def days_from_ledger(connection: Connection, licence: int) -> frozenset[dt.date]:
    """Name the days that terms of the source's own ledger cover."""
    found = select_rows(connection, _LEDGER, [licence])
    return frozenset(
        first + dt.timedelta(n)
        for first, last in ((dt.date.fromisoformat(a), dt.date.fromisoformat(b)) for a, b in found)
        for n in range((last - first).days + 1)
    )


# one member tells what an entry is made from: a total may have thousands
_LEDGER = """
    select distinct t.first_day, t.last_day from term t join entry e on e.term = t.id
    where t.licence = ? and (
        select d.kind from membership m join document d on d.id = m.document
        where m.entry = e.id and m.ended_at is null limit 1
    ) = 'ledger-movement'
"""


def days_from_sales(connection: Connection, licence: int) -> frozenset[dt.date]:
    """Name the days on which something is booked from single sales, payments and credits."""
    return frozenset(dt.date.fromisoformat(day) for (day,) in select_rows(connection, _SALES, [licence]))


_SALES = """
    select distinct e.date from entry e where e.licence = ? and (
        select d.kind from membership m join document d on d.id = m.document
        where m.entry = e.id and m.ended_at is null limit 1
    ) not in ('ledger-movement', 'balance')
"""
