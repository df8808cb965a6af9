"""Find money in the books by the payment ids that its lines carry."""

import datetime as dt
from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection

from boekbrug.store.bulk import select_rows


class MoneyLine(NamedTuple):
    """A line that books a payment, in minor units of its entry's currency, with euro cents where that is another."""

    reference: str
    minor: int
    euro_minor: int | None


def lines_of(
    connection: Connection,
    administration: int,
    account: str,
    references: Collection[str],
    first: dt.date,
    last: dt.date,
) -> list[MoneyLine]:
    """List the lines on an account that carry these references, in entries of single documents that still count."""
    values = [administration, first.isoformat(), last.isoformat(), account, list(references)]
    return [MoneyLine(*row) for row in select_rows(connection, _LINES, values)]


_LINES = """
    select l.reference, l.minor, l.euro_minor from entry e join entry_line l on l.entry = e.id
    where e.licence in (select id from licence where administration = ?) and e.date >= ? and e.date <= ?
    and e.term is null and l.account = ? and l.reference in ?*
    and exists (select 1 from membership m where m.entry = e.id and m.ended_at is null)
"""


def shares_of(connection: Connection, administration: int, first: dt.date, last: dt.date) -> list[bytes]:
    """Read what single documents stand for in the totals of a time."""
    values = [administration, first.isoformat(), last.isoformat()]
    return [share for (share,) in select_rows(connection, _SHARES, values)]


_SHARES = """
    select m.share from entry e join membership m on m.entry = e.id
    where e.licence in (select id from licence where administration = ?) and e.date >= ? and e.date <= ?
    and e.term is not null and m.ended_at is null and m.share is not null
"""
