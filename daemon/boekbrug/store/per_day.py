"""Per day on which a source dates its sales: what of them is booked one by one, what in totals, and what not."""

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection

from boekbrug.store.bulk import select_rows
from boekbrug.store.licences import Licence

ALONE, TOTAL, NOT_BOOKED = "alone", "total", ""
"""How a sale is booked: by an entry of its own, within that of a day, or not."""


class Dated(NamedTuple):
    """Sales of one day and currency that are booked alike: as the source has them now, and as they were booked."""

    day: str
    currency: str
    how: str
    sold: int
    booked: int


_HOW = """
    case when m.entry is null then '' when e.term is not null and m.share is not null then 'total' else 'alone' end
"""
_BOOKED = "case when s.reason = 'changed-at-source' then coalesce(m.turnover, d.total) else d.total end"
_OF_PERIOD = """
    from document d join document_state s on s.document = d.id and s.licence = ?
    left join membership m on m.licence = s.licence and m.document = d.id and m.facet = 'sale' and m.ended_at is null
    and s.state = 'booked' and s.reason <> 'reversed'
    left join entry e on e.id = m.entry
    where d.connection = ? and d.unit = ? and d.dated >= ? and d.dated <= ?
    and d.kind in ('order', 'invoice', 'receipt', 'credit-note')
"""
_BASED = """
    and not (s.state = 'skipped' and exists (
        select 1 from sale_basis b where b.licence = s.licence and b.sale_ref = d.sale_ref and b.kind <> d.kind
    ))
"""
_DAYS = f"""
    select d.dated, d.currency, {_HOW}, cast(sum(d.total) as bigint), cast(sum({_BOOKED}) as bigint)
    {_OF_PERIOD} {_BASED} group by 1, 2, 3 order by 1, 2, 3
"""
_ALONE = f"""
    select d.dated, d.id, d.number, d.currency, {_BOOKED}, e.number
    {_OF_PERIOD} and (d.dated, d.id) > (?, ?) and {_HOW} = 'alone' order by d.dated, d.id limit ?
"""
_PAGE = 500


def per_day(connection: Connection, licence: Licence, days: tuple[str, str]) -> list[Dated]:
    """Add up the sales and credits of a period, each sale once: not its order beside the invoice that was booked."""
    return [Dated(*row) for row in select_rows(connection, _DAYS, _values(licence, days))]


class Alone(NamedTuple):
    """A sale or credit that is booked by itself, in minor units as it was booked."""

    day: str
    id: int
    number: str
    currency: str
    minor: int
    entry: str


def alone(connection: Connection, licence: Licence, days: tuple[str, str]) -> Iterator[Alone]:
    """Name the sales and credits of a period that are in no total, by day."""
    after = ("", 0)
    while page := [Alone(*row) for row in select_rows(connection, _ALONE, [*_values(licence, days), *after, _PAGE])]:
        yield from page
        after = page[-1].day, page[-1].id


def _values(licence: Licence, days: tuple[str, str]) -> list[object]:
    return [licence.id, licence.source, licence.unit, *days]
