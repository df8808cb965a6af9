"""Which workers live; the leases of one that is proven dead end at once."""

from collections.abc import Callable, Collection
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.store.tables import effect, entry_state, fetch_cursor, licence, party, worker
from boekbrug.store.words import EffectState, EntryState

IsAlive = Callable[[int, str], bool]
"""Tells whether the process with this number and this start still runs on this host."""


def enter(connection: Connection, id: str, host: str, pid: int, started: str, now: int) -> None:
    """Make a worker known."""
    connection.execute(sa.insert(worker).values(id=id, host=host, pid=pid, started=started, seen_at=now))


class Working(NamedTuple):
    """A worker of some node, and when it was last known to live."""

    id: str
    host: str
    pid: int
    seen_at: int


def list_all(connection: Connection) -> list[Working]:
    """List the workers of all nodes."""
    columns = worker.c
    query = sa.select(columns.id, columns.host, columns.pid, columns.seen_at).order_by(columns.host, columns.id)
    return [Working(*row) for row in connection.execute(query)]


def at_work(connection: Connection, host: str, is_alive: IsAlive, seen_after: int) -> list[str]:
    """Name the workers that were seen since, and those of this host whose process lives."""
    rows = connection.execute(sa.select(worker).order_by(worker.c.id)).all()
    return [
        f"{row.id} ({row.host.split(' ')[0]}, {row.pid})"
        for row in rows
        if (is_alive(row.pid, row.started) if row.host == host else row.seen_at > seen_after)
    ]


def leave(connection: Connection, id: str, now: int) -> None:
    """Take a worker out and end what it still held."""
    _end_leases(connection, [id], now)
    connection.execute(sa.delete(worker).where(worker.c.id == id))


def let_go(connection: Connection, id: str, now: int) -> None:
    """End all that a living worker holds, whose run has ended without letting go of it."""
    _end_leases(connection, [id], now)


def bury(connection: Connection, host: str, is_alive: IsAlive, now: int) -> list[str]:
    """End the leases of this host's workers whose process has gone; return their names."""
    rows = connection.execute(sa.select(worker.c.id, worker.c.pid, worker.c.started).where(worker.c.host == host))
    dead = [id for id, pid, started in rows if not is_alive(pid, started)]
    if dead:
        _end_leases(connection, dead, now)
        connection.execute(sa.delete(worker).where(worker.c.id.in_(dead)))
    return dead


def beat(connection: Connection, ids: Collection[str], until: int, now: int) -> None:
    """Say that workers live, and keep the licences and cursors that they hold.

    What they claimed to send is not among it: the lease of an intent says when the target may be asked.
    """
    connection.execute(sa.update(worker).where(worker.c.id.in_(ids)).values(seen_at=now))
    for held in (licence, fetch_cursor):
        mine = held.c.claimed_by.in_(ids), held.c.claimed_until > now
        connection.execute(sa.update(held).where(*mine).values(claimed_until=until))


def forget(connection: Connection, before: int) -> None:
    """Take out workers that nobody has seen since; what they held has run out long ago."""
    connection.execute(sa.delete(worker).where(worker.c.seen_at < before))


def _end_leases(connection: Connection, workers: list[str], now: int) -> None:
    for held in (licence, fetch_cursor):
        connection.execute(
            sa.update(held).where(held.c.claimed_by.in_(workers)).values(claimed_by=None, claimed_until=None)
        )
    connection.execute(
        sa.update(entry_state)
        .where(entry_state.c.claimed_by.in_(workers), entry_state.c.state == EntryState.CLAIMED)
        .where(entry_state.c.next_at.is_not(None))
        .values(next_at=now)
    )
    connection.execute(
        sa.update(party)
        .where(party.c.claimed_by.in_(workers), party.c.state == EntryState.CLAIMED, party.c.next_at.is_not(None))
        .values(next_at=now)
    )
    connection.execute(
        sa.update(effect)
        .where(effect.c.worker.in_(workers), effect.c.state == EffectState.INTENT, effect.c.next_at.is_not(None))
        .values(leased_until=now, next_at=now)
    )


def return_claimed(connection: Connection, licence_id: int, now: int) -> int:
    """Make entries due again whose worker let the lease run out before any intent; nothing of them was sent."""
    returned = connection.execute(
        sa.update(entry_state)
        .where(entry_state.c.licence == licence_id, entry_state.c.state == EntryState.CLAIMED)
        .where(entry_state.c.next_at <= now)
        .values(state=EntryState.DUE, fence=entry_state.c.fence + 1, claimed_by=None, next_at=now)
    )
    return returned.rowcount


def any_claimed(connection: Connection, licence_id: int, now: int) -> bool:
    """Tell whether an entry of a licence was claimed by a worker that let the lease run out."""
    return connection.execute(_CLAIMED, {"licence": licence_id, "now": now}).first() is not None


_CLAIMED = (
    sa.select(entry_state.c.entry)
    .where(entry_state.c.licence == sa.bindparam("licence"), entry_state.c.next_at <= sa.bindparam("now"))
    .where(entry_state.c.state == EntryState.CLAIMED)
    .limit(1)
)
