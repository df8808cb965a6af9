"""Grants: the pairs of tokens that authorisations gave, and the lease that lets one worker at a time refresh one."""

from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.store import licences
from boekbrug.store.connections import OK as CONNECTED
from boekbrug.store.connections import PAUSED
from boekbrug.store.tables import app, authorisation, grants
from boekbrug.store.tables import connection as connections

OK, LOST, ENDED = "ok", "lost", "ended"


class GrantRow(NamedTuple):
    """A grant as stored: `pair` counts the pairs it has had, `tries` the refreshes of this pair without an answer."""

    id: int
    app: str
    identity: str
    identity_name: str
    state: str
    tokens: bytes
    pair: int
    fence: int
    tries: int
    given_at: int


class Pair(NamedTuple):
    """A pair of tokens, encrypted, with the moments that the vendor set for it."""

    tokens: bytes
    expires_at: int | None
    refresh_from: int | None
    refresh_until: int | None
    given_at: int


class Lease(NamedTuple):
    """Proof that this worker was the last to take the refresh of a pair upon itself."""

    grant: int
    pair: int
    fence: int
    tries: int


_OWN = [grants.c[name] for name in GrantRow._fields if name != "app"]
_READ = sa.select(grants.c.id, app.c.name, *_OWN[1:]).join(app, app.c.id == grants.c.app)
_GET = _READ.where(grants.c.id == sa.bindparam("id"))


def get(connection: Connection, id: int) -> GrantRow:
    """Read one grant; raise NoResultFound."""
    return GrantRow(*connection.execute(_GET, {"id": id}).one())


def find(connection: Connection, app_id: int, identity: str) -> int | None:
    """Return the id of the grant of a remote user or organisation, or None."""
    query = sa.select(grants.c.id).where(grants.c.app == app_id, grants.c.identity == identity)
    return connection.execute(query).scalar_one_or_none()


def add(connection: Connection, id: int, app_id: int, identity: str, name: str, pair: Pair) -> None:
    """Add a grant; raise IntegrityError when this identity has one."""
    values = {"id": id, "app": app_id, "identity": identity, "identity_name": name, "state": OK}
    connection.execute(sa.insert(grants).values(**values, **pair._asdict()))


def replace(connection: Connection, id: int, name: str, pair: Pair) -> None:
    """Put the pair of a second authorisation in place of the first; a refresh under way counts no more."""
    connection.execute(
        sa.update(grants)
        .where(grants.c.id == id)
        .values(identity_name=name, fence=grants.c.fence + 1, **_exchanged(pair))
    )


def lease(connection: Connection, row: GrantRow, until: int, now: int) -> Lease | None:
    """Take the refresh of a pair upon this worker; None when another has it, or the pair is not the latest.

    The try is counted before the call, so that one whose worker dies is known to have no answer.
    """
    return _leased(connection, Lease(row.id, row.pair, row.fence, row.tries), until, _free(now))


def renew(connection: Connection, held: Lease, until: int) -> Lease | None:
    """Hold a lease for another try; None when another worker has taken over."""
    return _leased(connection, held, until, sa.true())


def _leased(connection: Connection, held: Lease, until: int, free: "sa.ColumnElement[bool]") -> Lease | None:
    taken = connection.execute(
        sa.update(grants)
        .where(*_holds(held), grants.c.state == OK, free)
        .values(fence=held.fence + 1, tries=held.tries + 1, refreshing_until=until)
    )
    return held._replace(fence=held.fence + 1, tries=held.tries + 1) if taken.rowcount == 1 else None


def _free(now: int) -> "sa.ColumnElement[bool]":
    return sa.or_(grants.c.refreshing_until.is_(None), grants.c.refreshing_until <= now)


def _holds(held: Lease) -> "tuple[sa.ColumnElement[bool], ...]":
    return grants.c.id == held.grant, grants.c.pair == held.pair, grants.c.fence == held.fence


def release(connection: Connection, held: Lease, *, answered: bool) -> None:
    """Let a pair go that was not exchanged; a try that was `answered` does not count."""
    connection.execute(
        sa.update(grants).where(*_holds(held)).values(refreshing_until=None, tries=held.tries - answered)
    )


def lose(connection: Connection, held: Lease) -> bool:
    """End a grant whose pair the vendor refused; False when this worker's lease had passed to another."""
    lost = connection.execute(sa.update(grants).where(*_holds(held)).values(state=LOST, refreshing_until=None))
    return lost.rowcount == 1


def keep(connection: Connection, held: Lease, pair: Pair) -> bool:
    """Store the pair that a refresh gave, even by a worker whose lease has run out; False when it is not the latest."""
    kept = connection.execute(
        sa.update(grants)
        .where(grants.c.id == held.grant, grants.c.pair == held.pair, grants.c.state != ENDED)
        .values(**_exchanged(pair))
    )
    return kept.rowcount == 1


def _exchanged(pair: Pair) -> dict[str, object]:
    changed = {"state": OK, "tries": 0, "refreshing_until": None, "pair": grants.c.pair + 1}
    return {**pair._asdict(), **changed, "tokens_before": grants.c.tokens}


def end(connection: Connection, app_id: int, identity: str) -> bool:
    """End the grant of an identity that has withdrawn; False when there is none."""
    ended = connection.execute(
        sa.update(grants)
        .where(grants.c.app == app_id, grants.c.identity == identity)
        .values(state=ENDED, refreshing_until=None, fence=grants.c.fence + 1)
    )
    return ended.rowcount > 0


def ageing(connection: Connection, now: int) -> list[int]:
    """List the grants whose pair has lived half of the time within which it may be refreshed."""
    columns = grants.c
    query = sa.select(columns.id).where(
        columns.state == OK,
        columns.given_at + columns.refresh_until <= 2 * now,
        sa.or_(columns.refresh_from.is_(None), columns.refresh_from <= now),
    )
    return list(connection.scalars(query))


def bind(connection: Connection, id: int, grant: int, now: int) -> None:
    """Let a connection use a grant and go on; the one it used before is forgotten when nobody else uses it."""
    former = connection.scalar(sa.select(connections.c.grant).where(connections.c.id == id))
    app_id = sa.select(grants.c.app).where(grants.c.id == grant).scalar_subquery()
    connection.execute(
        sa.update(connections)
        .where(connections.c.id == id)
        .values(grant=grant, app=app_id, state=CONNECTED, reason="", changed_at=now)
    )
    licences.resume(connection, [id], now)
    if former is not None:
        drop_unused(connection, former)


def users(connection: Connection, id: int) -> list[str]:
    """Name the connections that use a grant."""
    query = sa.select(connections.c.name).where(connections.c.grant == id)
    return list(connection.scalars(query.order_by(connections.c.name)))


class Using(NamedTuple):
    """A connection that uses a grant, with the moment until which the grant can be refreshed."""

    connection: int
    until: int | None


def using(connection: Connection, id: int) -> list[Using]:
    """List the connections that use a grant."""
    query = sa.select(connections.c.id, grants.c.given_at, grants.c.refresh_until).join(
        grants, grants.c.id == connections.c.grant
    )
    rows = connection.execute(query.where(grants.c.id == id).order_by(connections.c.id))
    return [Using(row.id, row.refresh_until) for row in rows]


def drop_unused(connection: Connection, id: int) -> None:
    """Forget a grant that no connection uses and nobody is asked about."""
    awaited = sa.select(authorisation.c.id).where(authorisation.c.grant == id)
    if not users(connection, id) and connection.execute(awaited.limit(1)).first() is None:
        connection.execute(sa.delete(grants).where(grants.c.id == id))


def resume_connections(connection: Connection, id: int, reason: str, now: int) -> None:
    """Let the connections go on, at once, that were paused for this reason while their grant was lost."""
    paused = connections.c.grant == id, connections.c.state == PAUSED, connections.c.reason == reason
    ids = connection.scalars(sa.select(connections.c.id).where(*paused)).all()
    resumed = sa.update(connections).where(connections.c.id.in_(ids))
    connection.execute(resumed.values(state=CONNECTED, reason="", changed_at=now))
    licences.resume(connection, ids, now)
