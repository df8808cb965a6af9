"""VAT periods at whose end balances are drawn up: when each has its turn, and what stands on ledgers by then."""

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.store.bulk import select_rows
from boekbrug.store.licences import Licence
from boekbrug.store.tables import term
from boekbrug.store.terms import PERIOD, Term

_OF_LICENCE = "select {} from term where licence = ? and kind = 'period' order by last_day, id"
_READ = _OF_LICENCE.format(", ".join(Term._fields))


def periods(connection: Connection, licence: int) -> list[Term]:
    """List the periods of a licence, the oldest first."""
    return [Term(*row) for row in select_rows(connection, _READ, [licence])]


def add(connection: Connection, new: Term, now: int) -> None:
    """Add a period; its days stay those of the terms that are composed."""
    connection.execute(sa.insert(term).values(**new._asdict(), changed_at=now))


def forget(connection: Connection, licence: int) -> None:
    """Take out the periods of a licence, where other rules may end them on other days."""
    connection.execute(sa.delete(term).where(term.c.licence == licence, term.c.kind == PERIOD))


def moved(
    connection: Connection, licence: int, accounts: Collection[str], last: str, declared: str
) -> list[tuple[str, str, int]]:
    """List what moved on accounts up to an ISO day, by account and day, debit positive in cents of euro.

    Lines whose rule begins with `declared` are left out: those declare what stood there, and take it back.
    """
    rows = select_rows(connection, _MOVED, [licence, last, list(accounts), f"{declared}%"])
    return [(account, day, cents) for account, day, cents in rows]


_MOVED = """
    select l.account, e.date, cast(sum(coalesce(l.euro_minor, l.minor)) as bigint)
    from entry e join entry_state s on s.entry = e.id join entry_line l on l.entry = e.id
    where e.licence = ? and e.date <= ? and l.account in ?* and l.why not like ?
    and s.state = 'booked' and s.reason <> 'deleted-at-target' group by l.account, e.date
"""


def first_unbooked(connection: Connection, licence: int) -> str | None:
    """Return the first ISO day of which something is fetched or composed and neither booked nor left out; None when
    there is none. What is open at the source, and balances themselves, do not count.
    """
    rows = select_rows(connection, _UNBOOKED, [licence, licence])
    return min((day for (day,) in rows if day is not None), default=None)


_UNBOOKED = """
    select min(d.dated) from document_state s join document d on d.id = s.document
    where s.licence = ? and s.state in ('waiting', 'in-doubt', 'problem', 'held') and d.kind <> 'balance'
    union all select min(e.date) from entry_state s join entry e on e.id = s.entry
    where s.licence = ? and s.state not in ('booked', 'replaced') and not exists (
        select 1 from membership m join document d on d.id = m.document where m.entry = e.id and d.kind = 'balance'
    )
"""


def undrawn(connection: Connection, administration: int, days: tuple[str, str]) -> list[str]:
    """Name the periods that end in days of an administration, and whose balances are not drawn up yet."""
    query = """
        select c.unit, t.last_day from licence c join term t on t.licence = c.id
        where c.administration = ? and c.state <> 'ended' and t.kind = 'period' and t.due_at is not null
        and t.last_day >= ? and t.last_day <= ? order by t.last_day, t.id
    """
    return [f"{unit}-{day}" for unit, day in select_rows(connection, query, [administration, *days])]


def states_of(connection: Connection, licence: Licence, source_ids: Collection[str]) -> dict[str, str]:
    """Return the states of balances that were drawn up, by their source ids; that of one taken back is "taken-out"."""
    query = """
        select d.source_id, case when s.reason = 'reversed' then 'taken-out' else s.state end
        from document d join document_state s on s.document = d.id and s.licence = ?
        where d.connection = ? and d.unit = ? and d.kind = 'balance' and d.source_id in ?*
    """
    return dict(select_rows(connection, query, [licence.id, licence.source, licence.unit, list(source_ids)]))


def emptied(connection: Connection, licence: int, documents: Collection[int]) -> dict[int, int]:
    """Find balances that came to nothing and were taken out by a correction, with the entry that did."""
    query = """
        select s.document, s.entry from document_state s
        where s.licence = ? and s.document in ?* and s.state = 'booked' and s.reason = 'reversed' and exists (
            select 1 from membership m where m.licence = s.licence and m.document = s.document
            and m.ended_at is null and m.facet like 'correction %'
        )
    """
    return dict(select_rows(connection, query, [licence, list(documents)])) if documents else {}
