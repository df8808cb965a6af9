"""Caches: what plugins remember per connection, until its time is over."""

import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.store.tables import cache

_PUT = sa.text(
    "insert into cache (connection, key, value, ends_at) values (:connection, :key, :value, :ends_at) "
    "on conflict (connection, key) do update set value = excluded.value, ends_at = excluded.ends_at"
)
_ADD = sa.text(
    "insert into cache (connection, key, value, ends_at) values (:connection, :key, :value, :ends_at) "
    "on conflict (connection, key) do update set value = excluded.value, ends_at = excluded.ends_at "
    "where cache.ends_at <= :now"
)
_GET = sa.select(cache.c.value).where(
    cache.c.connection == sa.bindparam("of"),
    cache.c.key == sa.bindparam("named"),
    cache.c.ends_at > sa.bindparam("now"),
)


def get(connection: Connection, of: int, key: str, now: int) -> bytes | None:
    """Return the value of a connection's key, or None when absent or past its time."""
    return connection.execute(_GET, {"of": of, "named": key, "now": now}).scalar_one_or_none()


def put(connection: Connection, of: int, key: str, value: bytes, ends_at: int) -> None:
    """Remember a value."""
    connection.execute(_PUT, {"connection": of, "key": key, "value": value, "ends_at": ends_at})


def add(connection: Connection, of: int, key: str, ends_at: int, now: int) -> bool:
    """Remember that a key was seen; False when it is remembered already."""
    values = {"connection": of, "key": key, "value": b"", "ends_at": ends_at, "now": now}
    return connection.execute(_ADD, values).rowcount == 1


def sweep(connection: Connection, now: int) -> int:
    """Forget what is past its time; return how many."""
    return connection.execute(sa.delete(cache).where(cache.c.ends_at <= now)).rowcount
