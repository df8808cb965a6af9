"""Authorisations under way: found again by the hash of their `state`, or by the identity that a vendor names."""

from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.store.tables import app as app_table
from boekbrug.store.tables import authorisation, grants


class Pending(NamedTuple):
    """An authorisation under way; `kept` is encrypted, `connection` is what it was begun for."""

    id: int
    kept: bytes
    connection: int | None


_READ = sa.select(*(authorisation.c[name] for name in Pending._fields))


def begin(connection: Connection, pending: Pending, app: int, state_hash: bytes, ends_at: int) -> None:
    """Keep an authorisation that was begun here; an earlier one for the same connection ends."""
    connection.execute(sa.delete(authorisation).where(authorisation.c.connection == pending.connection))
    connection.execute(
        sa.insert(authorisation).values(**pending._asdict(), app=app, state_hash=state_hash, ends_at=ends_at)
    )


def take(connection: Connection, app: int, state_hash: bytes, now: int) -> Pending | None:
    """Use up a state; None when it is unknown, past its time or used: of two that come at once one gets it."""
    taken = connection.execute(
        sa.update(authorisation)
        .where(authorisation.c.app == app, authorisation.c.state_hash == state_hash, authorisation.c.ends_at > now)
        .values(state_hash=None)
        .returning(*(authorisation.c[name] for name in Pending._fields))
    ).one_or_none()
    return Pending(*taken) if taken else None


def of_connection(connection: Connection, of: int, now: int) -> Pending | None:
    """Read what was begun for a connection and has not come back, or None."""
    row = connection.execute(_READ.where(*_begun(of, now))).one_or_none()
    return Pending(*row) if row else None


def app_of_connection(connection: Connection, of: int, now: int) -> str | None:
    """Name the app that an authorisation was begun with for a connection and has not come back, or None."""
    query = sa.select(app_table.c.name).join(authorisation, authorisation.c.app == app_table.c.id)
    return connection.execute(query.where(*_begun(of, now))).scalar_one_or_none()


def _begun(of: int, now: int) -> "tuple[sa.ColumnElement[bool], ...]":
    columns = authorisation.c
    return columns.connection == of, columns.state_hash.is_not(None), columns.ends_at > now


def of_identity(connection: Connection, app: int, identity: str, now: int) -> Pending | None:
    """Read what earlier steps of an identity asked to keep, or None."""
    row = connection.execute(
        _READ.where(authorisation.c.app == app, authorisation.c.identity == identity, authorisation.c.ends_at > now)
    ).one_or_none()
    return Pending(*row) if row else None


def keep(
    connection: Connection, pending: Pending, app: int, identity: str, state_hash: bytes | None, ends_at: int
) -> None:
    """Keep a step for the next one, in place of what the same identity had kept; with a state it may be used again."""
    connection.execute(sa.delete(authorisation).where(authorisation.c.app == app, authorisation.c.identity == identity))
    values = {**pending._asdict(), "app": app, "identity": identity, "state_hash": state_hash, "ends_at": ends_at}
    connection.execute(sa.insert(authorisation).values(values))


def arrive(connection: Connection, id: int, grant: int, ends_at: int) -> None:
    """Keep the grant that an authorisation gave until a person has confirmed whose it is."""
    connection.execute(
        sa.update(authorisation).where(authorisation.c.id == id).values(grant=grant, kept=b"", ends_at=ends_at)
    )


class Arrived(NamedTuple):
    """A grant that waits for a person's word."""

    id: int
    grant: int
    identity: str
    identity_name: str


def arrived(connection: Connection, of: int, now: int) -> Arrived | None:
    """Read the grant that has arrived for a connection, or None."""
    row = connection.execute(
        sa.select(authorisation.c.id, grants.c.id, grants.c.identity, grants.c.identity_name)
        .join(grants, grants.c.id == authorisation.c.grant)
        .where(authorisation.c.connection == of, authorisation.c.ends_at > now)
    ).one_or_none()
    return Arrived(*row) if row else None


def forget(connection: Connection, id: int) -> None:
    """Forget an authorisation that has come to its end."""
    connection.execute(sa.delete(authorisation).where(authorisation.c.id == id))


def sweep(connection: Connection, now: int) -> int:
    """Forget authorisations past their time; return how many."""
    return connection.execute(sa.delete(authorisation).where(authorisation.c.ends_at <= now)).rowcount
