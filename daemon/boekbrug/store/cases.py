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
