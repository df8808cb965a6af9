"""Connections: their settings and secrets, and how they stand."""

from collections.abc import Collection
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.store.tables import connection as table
from boekbrug.store.tables import problem, secret


class ConnectionRow(NamedTuple):
    """A connection as stored; `settings` is JSON without the secrets."""

    id: int
    name: str
    plugin: str
    role: str
    settings: str
    app: int | None
    grant: int | None
    state: str
    reason: str


_READ = sa.select(*(table.c[name] for name in ConnectionRow._fields))
_GET = _READ.where(table.c.id == sa.bindparam("id"))
_SECRETS = sa.select(secret.c.name, secret.c.value).where(secret.c.connection == sa.bindparam("id"))
_SET_STATE = (
    sa.update(table)
    .where(table.c.id == sa.bindparam("of"))
    .where(sa.or_(table.c.state != sa.bindparam("state"), table.c.reason != sa.bindparam("reason")))
    .values({name: sa.bindparam(name) for name in ("state", "reason", "changed_at")})
)
_TROUBLE = (
    sa.select(problem.c.id)
    .where(problem.c.connection == sa.bindparam("id"), problem.c.closed_at.is_(None))
    .where(problem.c.place.in_(sa.bindparam("places", expanding=True)))
    .limit(1)
)
OK, PAUSED, UNCLAIMED = "ok", "paused", "unclaimed"
TROUBLE = "(connection)"
"""The place that problems of a connection as a whole are kept at."""
GRANT = "(grant)"
"""The place that a warning about its grant is kept at."""


def get(connection: Connection, id: int) -> ConnectionRow:
    """Read one connection; raise NoResultFound."""
    return ConnectionRow(*connection.execute(_GET, {"id": id}).one())


def by_name(connection: Connection, name: str) -> ConnectionRow | None:
    """Read the connection of a name, or None."""
    row = connection.execute(_READ.where(table.c.name == name)).one_or_none()
    return ConnectionRow(*row) if row else None


def list_all(connection: Connection) -> list[ConnectionRow]:
    """List all connections by name."""
    return [ConnectionRow(*row) for row in connection.execute(_READ.order_by(table.c.name))]


def secrets_of(connection: Connection, id: int) -> dict[str, bytes]:
    """Read the encrypted secrets of a connection by field name."""
    return dict(connection.execute(_SECRETS, {"id": id}).all())


def add(connection: Connection, row: ConnectionRow, secrets: dict[str, bytes], now: int) -> None:
    """Add a connection with its encrypted secrets; raise IntegrityError when the name is taken."""
    connection.execute(sa.insert(table).values(**row._asdict(), changed_at=now))
    for name, value in secrets.items():
        connection.execute(sa.insert(secret).values(connection=row.id, name=name, value=value))


def change_settings(connection: Connection, id: int, settings: str, secrets: dict[str, bytes], now: int) -> None:
    """Replace settings, and the secrets that are given."""
    connection.execute(sa.update(table).where(table.c.id == id).values(settings=settings, changed_at=now))
    for name, value in secrets.items():
        connection.execute(sa.delete(secret).where(secret.c.connection == id, secret.c.name == name))
        connection.execute(sa.insert(secret).values(connection=id, name=name, value=value))


def set_state(connection: Connection, id: int, state: str, reason: str, now: int) -> bool:
    """Say how a connection stands; return whether that is news."""
    changed = connection.execute(_SET_STATE, {"of": id, "state": state, "reason": reason, "changed_at": now})
    return changed.rowcount == 1


def remove_unclaimed(connection: Connection, id: int) -> None:
    """Remove a connection that a vendor started, once its grant is assigned to another."""
    connection.execute(sa.delete(table).where(table.c.id == id, table.c.state == UNCLAIMED))


def has_trouble(connection: Connection, id: int, places: Collection[str]) -> bool:
    """Tell whether a problem of the connection as a whole, or of an administration of it, is open."""
    return connection.execute(_TROUBLE, {"id": id, "places": list(places)}).first() is not None
