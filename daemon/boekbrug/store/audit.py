"""The account of what people did: one row for every change of rules, schedule or connection, and every act."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.store.tables import audit


class Done(NamedTuple):
    """An act: who did what to which thing; `facts` never hold secrets."""

    id: int
    at: int
    actor: str
    act: str
    subject: str
    licence: int | None
    facts: Mapping[str, str]


_READ = sa.select(*(audit.c[name] for name in Done._fields))


def record(connection: Connection, done: Done) -> None:
    """Append an act, in the transaction that does it."""
    connection.execute(sa.insert(audit).values({**done._asdict(), "facts": msgspec.json.encode(done.facts).decode()}))


def search(connection: Connection, limit: int, *, before: int, actor: str = "", act: str = "") -> list[Done]:
    """List acts before an id, the latest first; those of an actor whose name contains a text, and of one kind."""
    query = _READ.where(audit.c.id < before)
    if actor:
        query = query.where(audit.c.actor.contains(actor, autoescape=True))
    if act:
        query = query.where(audit.c.act == act)
    return _done(connection, query.order_by(audit.c.id.desc()).limit(limit))


def acts(connection: Connection) -> list[str]:
    """Name the kinds of acts that were done."""
    return list(connection.scalars(sa.select(audit.c.act).distinct().order_by(audit.c.act)))


def of_subject(connection: Connection, act: str, subject: str, limit: int) -> list[Done]:
    """List the acts of one kind that were done to a thing, the latest first."""
    query = _READ.where(audit.c.act == act, audit.c.subject == subject)
    return _done(connection, query.order_by(audit.c.id.desc()).limit(limit))


def list_latest(connection: Connection, *, licence: int | None = None, limit: int = 100) -> list[Done]:
    """List acts, the latest first."""
    query = _READ.order_by(audit.c.id.desc()).limit(limit)
    if licence is not None:
        query = query.where(audit.c.licence == licence)
    return _done(connection, query)


def _done(connection: Connection, query: "sa.Select[Any]") -> list[Done]:
    return [
        Done(row.id, row.at, row.actor, row.act, row.subject, row.licence, _facts(row.facts))
        for row in connection.execute(query)
    ]


_facts = msgspec.json.Decoder(dict[str, str]).decode
