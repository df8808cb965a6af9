"""What moved on ledger accounts, and where the documents of a period stand: sums made by the database."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection

from boekbrug.store.bulk import select_rows
from boekbrug.store.licences import Licence


class Moved(NamedTuple):
    """The movement on an account under one code and currency, debit positive, in minor units and in cents of euro."""

    account: str
    vat_code: str
    currency: str
    minor: int
    euro: int


_MOVED = """
    select l.account, l.vat_code, e.currency, cast(sum(l.minor) as bigint),
    cast(sum(coalesce(l.euro_minor, l.minor)) as bigint)
    from entry e join entry_state s on s.entry = e.id join entry_line l on l.entry = e.id
    where e.licence = ? and e.date >= ? and e.date <= ? and {}
    group by l.account, l.vat_code, e.currency order by l.account, l.vat_code, e.currency
"""
_IN_BOOKS = _MOVED.format("s.state = 'booked' and s.reason <> 'deleted-at-target'")
_UNDER_WAY = _MOVED.format("s.state in ('sending', 'in-doubt')")


def moved(connection: Connection, licence: int, days: tuple[str, str], *, under_way: bool = False) -> list[Moved]:
    """Add up what is in the books from the first to the last ISO day; or what is being sent, which may be there too."""
    return [Moved(*row) for row in select_rows(connection, _UNDER_WAY if under_way else _IN_BOOKS, [licence, *days])]


class ByRule(NamedTuple):
    """What lines of one role and rule come to, debit positive, in cents of euro."""

    role: str
    why: str
    minor: int


def by_rule(connection: Connection, licence: int, days: tuple[str, str]) -> list[ByRule]:
    """Add up what is in the books in euro from the first to the last ISO day, by the rules that its lines stand for."""
    query = """
        select l.role, l.why, cast(sum(l.minor) as bigint)
        from entry e join entry_state s on s.entry = e.id join entry_line l on l.entry = e.id
        where e.licence = ? and e.date >= ? and e.date <= ? and e.currency = 'EUR'
        and s.state = 'booked' and s.reason <> 'deleted-at-target' group by l.role, l.why
    """
    return [ByRule(*row) for row in select_rows(connection, query, [licence, *days])]


def of_role(connection: Connection, licence: int, days: tuple[str, str], roles: Collection[str]) -> set[str]:
    """Name the accounts that lines of some roles stand on."""
    query = """
        select distinct l.account from entry e join entry_state s on s.entry = e.id join entry_line l on l.entry = e.id
        where e.licence = ? and e.date >= ? and e.date <= ? and s.state = 'booked' and l.role in ?*
    """
    return {account for (account,) in select_rows(connection, query, [licence, *days, list(roles)])}


def beside(connection: Connection, administration: int, licences: Collection[int]) -> list[int]:
    """List the other licences of an administration."""
    query = "select id from licence where administration = ?"
    return [id for (id,) in select_rows(connection, query, [administration]) if id not in licences]


class Open(NamedTuple):
    """An open item of the debtors: what is left of a booking number."""

    account: str
    currency: str
    reference: str
    day: str
    minor: int


def open_items(connection: Connection, licence: int, account: str, day: str) -> list[Open]:
    """List what customers owe by booking number on an ISO day, the oldest first."""
    query = """
        select l.account, e.currency, l.reference, min(e.date), cast(sum(l.minor) as bigint)
        from entry e join entry_state s on s.entry = e.id join entry_line l on l.entry = e.id
        where e.licence = ? and e.date <= ? and l.account = ? and l.role = 'debtor'
        and s.state = 'booked' and s.reason <> 'deleted-at-target'
        group by l.account, e.currency, l.reference having sum(l.minor) <> 0 order by min(e.date), l.reference
    """
    return [Open(*row) for row in select_rows(connection, query, [licence, day, account])]


class Stood(NamedTuple):
    """Documents of one currency that stand alike; `booked_on` is in or out of the period, "" where none books them."""

    currency: str
    state: str
    reason: str
    booked_on: str
    number: int
    minor: int


_STOOD = """
    select d.currency, s.state, case when s.state = 'skipped' then s.reason else '' end,
    case when e.date is null then '' when e.date >= ? and e.date <= ? then 'in' else 'out' end,
    count(*), cast(sum(d.total) as bigint)
    from document d join document_state s on s.document = d.id and s.licence = ?
    left join membership m on m.licence = s.licence and m.document = d.id and m.facet = 'sale' and m.ended_at is null
    and s.state = 'booked'
    left join entry e on e.id = m.entry
    where d.connection = ? and d.unit = ? and d.dated >= ? and d.dated <= ?
    and d.kind in ('order', 'invoice', 'receipt', 'credit-note')
    group by 1, 2, 3, 4 order by 1, 2, 3, 4
"""


def standing(connection: Connection, licence: Licence, days: tuple[str, str]) -> list[Stood]:
    """Say where the sales and credits stand that the source dates from the first to the last ISO day."""
    values = [*days, licence.id, licence.source, licence.unit, *days]
    return [Stood(*row) for row in select_rows(connection, _STOOD, values)]


def from_other_periods(connection: Connection, licence: int, days: tuple[str, str]) -> list[tuple[str, int, int]]:
    """Add up, by currency, what is booked in a period though its source dates it outside."""
    query = """
        select d.currency, count(*), cast(sum(d.total) as bigint)
        from entry e join entry_state s on s.entry = e.id and s.state = 'booked'
        join membership m on m.entry = e.id and m.facet = 'sale' and m.ended_at is null
        join document d on d.id = m.document
        where e.licence = ? and e.date >= ? and e.date <= ? and (d.dated < ? or d.dated > ?)
        and d.kind in ('order', 'invoice', 'receipt', 'credit-note') group by d.currency order by d.currency
    """
    rows = select_rows(connection, query, [licence, *days, *days])
    return [(currency, number, minor) for currency, number, minor in rows]
