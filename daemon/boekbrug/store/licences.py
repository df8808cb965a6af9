"""Licences: reading them, and the claim that lets one worker at a time fetch and compose for one."""

from collections.abc import Collection
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.contract import BoekbrugError
from boekbrug.store.bulk import select_rows
from boekbrug.store.database import Database
from boekbrug.store.outside import UNPROVEN
from boekbrug.store.tables import administration, licence, rules, unit


class ClaimLost(BoekbrugError):
    """Another worker has taken over; this one was away for longer than its lease."""

    code = "claim-lost"
    retry_helps = True


NEW, ACTIVE, PAUSED, ENDED = "new", "active", "paused", "ended"
"""The states of a licence: created, working, switched off for now, ended for good."""


class Licence(NamedTuple):
    """A licence as the engine uses it; `start` is an ISO day."""

    id: int
    name: str
    code: str
    source: int
    unit: str
    target: int
    administration: int
    start: str
    state: str
    automatic: bool
    interval_minutes: int
    rules: int
    next_at: int | None
    last_run_at: int | None
    delay_days: int = 1
    write_back: bool = False


_READ = sa.select(*(licence.c[name] for name in Licence._fields))
_GET = _READ.where(licence.c.id == sa.bindparam("id"))
_RULES = sa.select(rules.c.body).where(
    rules.c.licence == sa.bindparam("id"), rules.c.version == sa.bindparam("version")
)
_ZONE = sa.select(unit.c.time_zone).where(
    unit.c.connection == sa.bindparam("source"), unit.c.code == sa.bindparam("code")
)
_ADMINISTRATION = sa.select(administration.c.code).where(administration.c.id == sa.bindparam("id"))
_FREE = sa.or_(licence.c.claimed_until.is_(None), licence.c.claimed_until <= sa.bindparam("now"))
_DUE = (
    sa.select(licence.c.id, licence.c.fence, licence.c.next_at)
    .where(licence.c.next_at <= sa.bindparam("now"), licence.c.state == ACTIVE, _FREE)
    .order_by(licence.c.next_at)
    .limit(1)
)
_DUE_UNLOCKED = _DUE.with_for_update(skip_locked=True)
_MINE = sa.update(licence).where(licence.c.id == sa.bindparam("of"), licence.c.fence == sa.bindparam("held"))
_CLAIM = _MINE.values(
    fence=sa.bindparam("fence"), claimed_by=sa.bindparam("worker"), claimed_until=sa.bindparam("until"), hinted=0
)
_HOLD = _MINE.values(claimed_until=sa.bindparam("until"))
_RELEASE = _MINE.values(
    claimed_by=None,
    claimed_until=None,
    last_run_at=sa.bindparam("now"),
    next_at=sa.case((licence.c.hinted > 0, sa.bindparam("now")), else_=sa.bindparam("next")),
)


def get(connection: Connection, id: int) -> Licence:
    """Read one licence; raise NoResultFound."""
    return Licence(*connection.execute(_GET, {"id": id}).one())


def by_name(connection: Connection, name: str) -> Licence | None:
    """Read the licence of a name, or None."""
    row = connection.execute(_READ.where(licence.c.name == name)).one_or_none()
    return Licence(*row) if row else None


def list_all(connection: Connection) -> list[Licence]:
    """List all licences by name."""
    return [Licence(*row) for row in connection.execute(_READ.order_by(licence.c.name))]


def lock(connection: Connection, id: int) -> None:
    """Let no run compose for a licence, and no other act change what is booked, until this transaction ends."""
    connection.execute(sa.select(licence.c.id).where(licence.c.id == id).with_for_update())


def rules_body(connection: Connection, id: int, version: int) -> str:
    """Read a version of a licence's rules as JSON."""
    return str(connection.execute(_RULES, {"id": id, "version": version}).scalar_one())


def zone_of(connection: Connection, row: Licence) -> ZoneInfo:
    """Return the time zone that a licence's unit lives in."""
    return ZoneInfo(connection.scalar(_ZONE, {"source": row.source, "code": row.unit}) or "Europe/Amsterdam")


def administration_code(connection: Connection, id: int) -> str:
    """Name an administration as its target does."""
    return str(connection.execute(_ADMINISTRATION, {"id": id}).scalar_one())


def any_due(connection: Connection, now: int) -> bool:
    """Tell whether a licence is due that nobody works on."""
    return connection.execute(_DUE, {"now": now}).first() is not None


class LicenceClaim(NamedTuple):
    """Proof that this worker was the last to claim the licence, which had been due for `waited` microseconds."""

    licence: int
    fence: int
    waited: int = 0


def claim_next(connection: Connection, database: Database, worker: str, until: int, now: int) -> LicenceClaim | None:
    """Claim the licence that has been due for longest and nobody works on; None when there is none."""
    row = connection.execute(_DUE if database.is_sqlite else _DUE_UNLOCKED, {"now": now}).one_or_none()
    claim = _claim(connection, row.id, row.fence, worker, until) if row else None
    return claim._replace(waited=now - row.next_at) if row and claim else None


def claim_one(connection: Connection, id: int, worker: str, until: int, now: int) -> LicenceClaim | None:
    """Claim a named licence whether due or not; None while another worker holds it."""
    fence = connection.scalar(sa.select(licence.c.fence).where(licence.c.id == id, _FREE), {"now": now})
    return None if fence is None else _claim(connection, id, fence, worker, until)


def _claim(connection: Connection, id: int, fence: int, worker: str, until: int) -> LicenceClaim | None:
    values = {"of": id, "held": fence, "fence": fence + 1, "worker": worker, "until": until}
    taken = connection.execute(_CLAIM, values)
    return LicenceClaim(id, fence + 1) if taken.rowcount == 1 else None


def hold(connection: Connection, claim: LicenceClaim, until: int) -> None:
    """Renew a claim as the first statement of a transaction that relies on it; raise ClaimLost."""
    held = connection.execute(_HOLD, {"of": claim.licence, "held": claim.fence, "until": until})
    if held.rowcount != 1:
        raise ClaimLost(licence=str(claim.licence))


def release(connection: Connection, claim: LicenceClaim, now: int, next_at: int | None) -> None:
    """End a claim and say when the licence is due again; at once when a hint came in meanwhile."""
    values = {"of": claim.licence, "held": claim.fence, "now": now, "next": next_at}
    connection.execute(_RELEASE, values)


def next_work(connection: Connection, id: int, now: int, begun: int) -> int | None:
    """Return when the next document, entry or effect of a licence has its turn.

    Turns that are past do not count, but where they came since the run had `begun` and it cannot have taken them:
    effects that it has not asked for (or they would have another turn), and what a dead worker held until then. A party
    that another licence of the administration creates has its turn when that one's lease ends.
    """
    soonest = select_rows(connection, _NEXT_WORK, [id, now] * 4 + [id, begun] * 4)
    return min((moment for (moment,) in soonest if moment is not None), default=None)


_NEXT_WORK = """
    select min(next_at) from document_state where licence = ? and next_at > ?
    union all select min(next_at) from entry_state where licence = ? and next_at > ?
    union all select min(due_at) from term where licence = ? and due_at > ?
    union all select min(p.next_at) from party p join licence l on l.administration = p.administration
    where l.id = ? and p.next_at > ?
    union all select min(next_at) from effect where licence = ? and next_at > ?
    union all select min(f.next_at) from effect f join licence l on l.administration = f.administration
    where f.kind = 'party' and l.id = ? and f.next_at > ?
    union all select min(next_at) from entry_state where licence = ? and next_at > ? and state = 'claimed'
    union all select min(p.next_at) from party p join licence l on l.administration = p.administration
    where l.id = ? and p.next_at > ? and p.state = 'claimed'
"""


def has_work(connection: Connection, id: int, now: int) -> bool:
    """Tell whether a document, entry, effect, term or proof of a licence has its turn."""
    return bool(select_rows(connection, _HAS_WORK, [*[id, now] * 6, now]))


_WORK = """
    select 1 where exists (select 1 from document_state where licence = ? and next_at <= ?)
    or exists (select 1 from entry_state where licence = ? and next_at <= ?)
    or exists (select 1 from term where licence = ? and due_at <= ?)
    or exists (select 1 from effect where licence = ? and next_at <= ?)
    or exists (
        select 1 from party p join licence l on l.administration = p.administration where l.id = ? and p.next_at <= ?
    ) or exists (
        select 1 from effect f join licence l on l.administration = f.administration
        where f.kind = 'party' and l.id = ? and f.next_at <= ?
    ) or exists (
        select 1 from vat_id where {} and next_at <= ?
    )
"""
_HAS_WORK = _WORK.format(UNPROVEN)


def hint(connection: Connection, source: int, unit: str, now: int) -> int:
    """Make the licences of a unit due at once; a run under way is followed by exactly one more. Return how many."""
    due = sa.update(licence).where(licence.c.source == source, licence.c.state == ACTIVE)
    if unit:
        due = due.where(licence.c.unit == unit)
    return connection.execute(due.values(at_once(now))).rowcount


def resume(connection: Connection, connections: Collection[int], now: int) -> None:
    """Make the licences of connections due at once, which work again."""
    mine = sa.or_(licence.c.source.in_(connections), licence.c.target.in_(connections))
    connection.execute(sa.update(licence).where(mine, licence.c.state == ACTIVE).values(at_once(now)))


def at_once(now: int) -> dict[str, Any]:
    """Return the values that make a licence due: now, or right after the run under way."""
    running = licence.c.claimed_until > now
    return {
        "hinted": sa.case((running, 1), else_=0),
        "next_at": sa.case((running, licence.c.next_at), else_=now),
    }
