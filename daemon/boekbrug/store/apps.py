"""Apps: our registrations at vendors, as far as grants and connections refer to them."""

import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.store.tables import app


def find(connection: Connection, name: str) -> int | None:
    """Return the id of an app, or None."""
    return connection.execute(sa.select(app.c.id).where(app.c.name == name)).scalar_one_or_none()


def add(connection: Connection, id: int, name: str, plugin: str) -> None:
    """Add an app, unless somebody else has just done so."""
    connection.execute(_ADD, {"id": id, "name": name, "plugin": plugin})


_ADD = sa.text("insert into app (id, name, plugin) values (:id, :name, :plugin) on conflict do nothing")


def lock(connection: Connection, id: int) -> None:
    """Let authorisations with an app wait for each other, so that of two by one identity the second replaces."""
    connection.execute(sa.select(app.c.id).where(app.c.id == id).with_for_update())


def name_of(connection: Connection, id: int) -> str:
    """Name an app; raise NoResultFound."""
    return str(connection.execute(sa.select(app.c.name).where(app.c.id == id)).scalar_one())
