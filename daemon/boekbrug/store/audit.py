"""The account of what people did: one row for every change of rules, schedule or connection, and every act."""

from collections.abc import Mapping
from typing import NamedTuple

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


def record(connection: Connection, done: Done) -> None:
    """Append an act, in the transaction that does it."""
    connection.execute(sa.insert(audit).values({**done._asdict(), "facts": msgspec.json.encode(done.facts).decode()}))


def list_latest(connection: Connection, *, licence: int | None = None, limit: int = 100) -> list[Done]:
    """List acts, the latest first."""
    query = sa.select(*(audit.c[name] for name in Done._fields)).order_by(audit.c.id.desc()).limit(limit)
    if licence is not None:
        query = query.where(audit.c.licence == licence)
    return [
        Done(row.id, row.at, row.actor, row.act, row.subject, row.licence, _facts(row.facts))
        for row in connection.execute(query)
    ]


_facts = msgspec.json.Decoder(dict[str, str]).decode
