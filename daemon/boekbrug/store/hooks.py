"""Hooks: the secret in the address of each subscribed unit, and what verifies the calls to it."""

from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.store.tables import hook


class HookRow(NamedTuple):
    """A unit's subscription; the hash is of the secret in its addresses, `kept` is encrypted."""

    unit: str
    secret_hash: bytes
    kept: bytes


_READ = sa.select(*(hook.c[name] for name in HookRow._fields))


def of_connection(connection: Connection, id: int) -> list[HookRow]:
    """List the subscriptions of a connection."""
    return [HookRow(*row) for row in connection.execute(_READ.where(hook.c.connection == id))]


def subscribed(connection: Connection) -> set[tuple[int, str]]:
    """Return the (connection, unit) that are subscribed, or were about to be."""
    return {(id, unit) for id, unit in connection.execute(sa.select(hook.c.connection, hook.c.unit))}


def put(connection: Connection, id: int, row: HookRow, now: int) -> None:
    """Keep a subscription in place of the unit's former one."""
    remove(connection, id, row.unit)
    connection.execute(sa.insert(hook).values(connection=id, **row._asdict(), changed_at=now))


def remove(connection: Connection, id: int, unit: str) -> None:
    """Forget the subscription of a unit."""
    connection.execute(sa.delete(hook).where(hook.c.connection == id, hook.c.unit == unit))
