"""Cases: what users ask the operator to look at."""

from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.store.tables import cases

OPEN, CLOSED = "open", "closed"


class Case(NamedTuple):
    """A case; `facts` is JSON as it stood when the case was raised."""

    id: int
    licence: int
    document: int | None
    actor: str
    text: str
    facts: str
    state: str
    at: int


_READ = sa.select(*(cases.c[name] for name in Case._fields))


def add(connection: Connection, case: Case) -> None:
    """Keep a case."""
    connection.execute(sa.insert(cases).values(case._asdict()))


def of_document(connection: Connection, licence: int, document: int) -> list[Case]:
    """List the cases about a document, the latest first."""
    query = _READ.where(cases.c.licence == licence, cases.c.document == document)
    return [Case(*row) for row in connection.execute(query.order_by(cases.c.id.desc()))]


def list_latest(connection: Connection, limit: int, before: int) -> list[Case]:
    """List cases before an id, the latest first."""
    query = _READ.where(cases.c.id < before).order_by(cases.c.id.desc()).limit(limit)
    return [Case(*row) for row in connection.execute(query)]


def count_open(connection: Connection) -> int:
    """Count the cases that nobody has closed."""
    return int(connection.scalar(sa.select(sa.func.count()).where(cases.c.state == OPEN)) or 0)


def close(connection: Connection, id: int) -> Case | None:
    """Close a case; None when it is not open."""
    closed = sa.update(cases).where(cases.c.id == id, cases.c.state == OPEN).values(state=CLOSED)
    if connection.execute(closed).rowcount != 1:
        return None
    return Case(*connection.execute(_READ.where(cases.c.id == id)).one())
