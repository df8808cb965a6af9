"""What persons said of documents whose source is silent."""

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.store.bulk import select_rows
from boekbrug.store.tables import answer


def documents_of(connection: Connection, licence: int) -> frozenset[int]:
    """Name the documents of a licence about which somebody said something."""
    return frozenset(
        id for (id,) in select_rows(connection, "select document from answer where licence = ?", [licence])
    )


def read(connection: Connection, licence: int, documents: Collection[int]) -> dict[int, str]:
    """Read what was said of documents."""
    query = "select document, body from answer where licence = ? and document in ?*"
    return dict(select_rows(connection, query, [licence, list(documents)]))


def keep(connection: Connection, licence: int, document: int, body: str, now: int) -> None:
    """Keep what is said of a document now, in place of what was said before."""
    columns = answer.c
    connection.execute(sa.delete(answer).where(columns.licence == licence, columns.document == document))
    connection.execute(sa.insert(answer).values(licence=licence, document=document, body=body, changed_at=now))
