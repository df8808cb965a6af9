"""What people signed: periods that were filed, and lists and gaps that somebody agreed to."""

from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.store.bulk import select_rows
from boekbrug.store.tables import agreement, filing, licence

RETURNS = ("vat", "icp", "oss")
"""The returns that are filed, each by itself (bookkeeper.md §1.11)."""


class Filing(NamedTuple):
    """A period of a return that was filed, with the figures as they were then, as JSON."""

    id: int
    administration: int
    kind: str
    first_day: str
    last_day: str
    figures: str
    actor: str
    at: int


_READ = sa.select(*(filing.c[name] for name in Filing._fields))


def add_filing(connection: Connection, new: Filing) -> None:
    """Add a filed period; raise IntegrityError when it was filed already."""
    connection.execute(sa.insert(filing).values(new._asdict()))


def filings(connection: Connection, administration: int) -> list[Filing]:
    """List what was filed for an administration, the oldest first."""
    query = _READ.where(filing.c.administration == administration).order_by(filing.c.last_day, filing.c.kind)
    return [Filing(*row) for row in connection.execute(query)]


def filed_through(connection: Connection, administration: int) -> dict[str, str]:
    """Return the last ISO day that was filed, by return."""
    query = (
        sa.select(filing.c.kind, sa.func.max(filing.c.last_day))
        .where(filing.c.administration == administration)
        .group_by(filing.c.kind)
    )
    return dict(connection.execute(query).all())


def remove_filing(connection: Connection, id: int) -> None:
    """Take a filing back."""
    connection.execute(sa.delete(filing).where(filing.c.id == id))


def hold_licences(connection: Connection, administration: int, now: int) -> list[str]:
    """Keep all runs for an administration from writing until the transaction ends; name the licences that run now."""
    of_it = licence.c.administration == administration
    connection.execute(sa.update(licence).where(of_it).values(fence=licence.c.fence))
    return list(connection.scalars(sa.select(licence.c.name).where(of_it, licence.c.claimed_until > now)))


def unbooked(connection: Connection, administration: int, days: tuple[str, str]) -> list[str]:
    """Name entries dated from the first to the last ISO day that are not in the books yet."""
    query = """
        select e.number from licence c join entry e on e.licence = c.id join entry_state s on s.entry = e.id
        where c.administration = ? and e.date >= ? and e.date <= ? and s.state not in ('booked', 'replaced')
        order by e.date, e.id limit 100
    """
    return [number for (number,) in select_rows(connection, query, [administration, *days])]


def held_by_filing(connection: Connection, licence_id: int, after: int, limit: int) -> list[int]:
    """List documents that are held because their period was filed, by id."""
    return [id for (id,) in select_rows(connection, _HELD, [licence_id, after, limit])]


_HELD = """
    select document from document_state where licence = ? and state = 'held' and document > ?
    and reason like '%filed through: %' order by document limit ?
"""


class Agreement(NamedTuple):
    """Somebody agreed to a list of a period, or explained a gap; `digest` tells the figures that were agreed to."""

    licence: int
    list: str
    subject: str
    actor: str
    at: int
    note: str
    digest: str


_PUT = sa.text(
    "insert into agreement (licence, list, subject, actor, at, note, digest) "
    "values (:licence, :list, :subject, :actor, :at, :note, :digest) on conflict (licence, list, subject) do update "
    "set actor = excluded.actor, at = excluded.at, note = excluded.note, digest = excluded.digest"
)


def agree(connection: Connection, new: Agreement) -> None:
    """Write who agreed; of the same list and subject the latest counts."""
    connection.execute(_PUT, new._asdict())


def agreements(connection: Connection, licence_id: int, name: str) -> dict[str, Agreement]:
    """Return what was agreed to of a list, by subject."""
    columns = agreement.c
    query = sa.select(*(columns[field] for field in Agreement._fields)).where(
        columns.licence == licence_id, columns.list == name
    )
    return {row.subject: Agreement(*row) for row in connection.execute(query)}
