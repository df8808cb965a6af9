"""What the first page shows of licences: who is linked with whom, when they run, and what they booked."""

from collections.abc import Collection
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.store import daily
from boekbrug.store.tables import administration, entry, licence, unit
from boekbrug.store.tables import connection as connections


class Line(NamedTuple):
    """A licence with the names of what it links; a connection that is paused says why in its reason."""

    id: int
    name: str
    code: str
    state: str
    automatic: bool
    source: int
    source_name: str
    source_state: str
    unit: str
    unit_name: str
    target: int
    target_name: str
    target_state: str
    administration: str
    last_run_at: int | None
    next_at: int | None
    claimed_until: int | None


class Turnover(NamedTuple):
    """What was booked in one currency, in minor units with VAT, credit notes subtracted; `number` counts documents."""

    currency: str
    minor: int
    number: int


def lines(connection: Connection, after: str, limit: int, sees: Collection[int] | None = None) -> list[Line]:
    """List licences by name, from a name on, ended ones left out; those that one `sees`, None for all."""
    query = _lines().where(licence.c.name > after, licence.c.state != "ended").order_by(licence.c.name).limit(limit)
    if sees is not None:
        query = query.where(licence.c.id.in_(sees))
    return [Line._make(values) for values in connection.execute(query)]


def line(connection: Connection, id: int) -> Line:
    """Read one licence; raise NoResultFound."""
    return Line._make(connection.execute(_lines().where(licence.c.id == id)).one())


def _lines() -> "sa.Select[Any]":
    source, target, row = connections.alias("source"), connections.alias("target"), licence.c
    return (
        sa.select(
            row.id, row.name, row.code, row.state, row.automatic,
            row.source, source.c.name, source.c.state, row.unit, sa.func.coalesce(unit.c.name, row.unit),
            row.target, target.c.name, target.c.state, administration.c.name,
            row.last_run_at, row.next_at, row.claimed_until,
        )
        .join(source, source.c.id == row.source)
        .join(target, target.c.id == row.target)
        .join(administration, administration.c.id == row.administration)
        .outerjoin(unit, sa.and_(unit.c.connection == row.source, unit.c.code == row.unit))
    )  # fmt: skip


def turnover(connection: Connection, licence_id: int, first_day: str, last_day: str) -> list[Turnover]:
    """Add up the sales and credits that are booked with a date from the first to the last ISO day."""
    sums: dict[str, Turnover] = {}
    for one in daily.between(connection, licence_id, first_day, last_day):
        before = sums.get(one.currency, Turnover(one.currency, 0, 0))
        sums[one.currency] = Turnover(one.currency, before.minor + one.minor, before.number + one.number)
    return [sums[currency] for currency in sorted(sums)]


def latest_day(connection: Connection, licence_id: int, until: str) -> str:
    """Return the latest ISO day, up to one, that an entry of the licence is dated on; "" when there is none."""
    query = sa.select(sa.func.max(entry.c.date)).where(entry.c.licence == licence_id, entry.c.date <= until)
    return str(connection.scalar(query) or "")
