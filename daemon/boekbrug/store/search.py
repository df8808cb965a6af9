"""Find a sale again: by the beginning of its number, its exact amount, or the keyed hash of an e-mail address."""

from collections.abc import Collection
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.store.tables import connection as source
from boekbrug.store.tables import document, document_state, entry, entry_state, licence

MOST = 100
Sees = Collection[int] | None
"""The licences among whose documents is looked, None for all."""


class Hit(NamedTuple):
    """A document for one licence, with the entry that books it, if any; `licence` is empty when none wants it."""

    id: int
    kind: str
    number: str
    source_id: str
    connection: str
    unit: str
    dated: str
    total: int
    currency: str
    licence_id: int | None
    licence: str | None
    state: str | None
    reason: str | None
    entry: int | None
    mark: str | None
    booked_on: str | None
    remote_number: str | None
    remote_id: str | None


def by_number(connection: Connection, start: str, limit: int = MOST, sees: Sees = None) -> list[Hit]:
    """Find documents whose number begins like this, or whose entry carries this mark."""
    columns = document.c
    prefixed = columns.number.startswith(start, autoescape=True)
    if connection.dialect.name == "sqlite":
        # LIKE finds no index there, and would take capitals for small letters
        prefixed = sa.and_(columns.number >= start, columns.number < start + "\U0010ffff")
    marked = columns.id.in_(
        sa.select(document_state.c.document)
        .join(entry_state, entry_state.c.entry == document_state.c.entry)
        .where(entry_state.c.mark == start)
    )
    return _hits(connection, sa.or_(prefixed, marked), limit, sees)


def by_total(connection: Connection, minor: int, limit: int = MOST, sees: Sees = None) -> list[Hit]:
    """Find documents of exactly this amount, to either side."""
    return _hits(connection, document.c.total.in_((minor, -minor)), limit, sees)


def by_email(connection: Connection, email_hash: bytes, limit: int = MOST, sees: Sees = None) -> list[Hit]:
    """Find documents of the buyer whose address has this hash."""
    return _hits(connection, document.c.email_hash == email_hash, limit, sees)


def by_ids(connection: Connection, licence_id: int, documents: Collection[int]) -> list[Hit]:
    """Read documents by id, as they stand for one licence."""
    wanted = sa.and_(document.c.id.in_(documents), document_state.c.licence == licence_id)
    return _hits(connection, wanted, len(documents))


def _hits(connection: Connection, condition: sa.ColumnElement[bool], limit: int, sees: Sees = None) -> list[Hit]:
    row, state, entries = document.c, document_state.c, entry_state.c
    query = (
        sa.select(
            row.id, row.kind, row.number, row.source_id, source.c.name, row.unit, row.dated, row.total, row.currency,
            licence.c.id, licence.c.name, state.state, state.reason, state.entry, entries.mark, entry.c.date,
            entries.remote_number, entries.remote_id,
        )
        .join(source, source.c.id == row.connection)
        .outerjoin(document_state, state.document == row.id)
        .outerjoin(licence, licence.c.id == state.licence)
        .outerjoin(entry_state, entries.entry == state.entry)
        .outerjoin(entry, entry.c.id == state.entry)
        .where(condition)
        .order_by(row.number, row.dated, row.id)
        .limit(limit)
    )  # fmt: skip
    if sees is not None:
        query = query.where(state.licence.in_(sees))
    return [Hit._make(values) for values in connection.execute(query)]


def numbers_of(connection: Connection, documents: Collection[int]) -> dict[int, str]:
    """Read the numbers of documents by id."""
    query = sa.select(document.c.id, document.c.number).where(document.c.id.in_(documents))
    return dict(connection.execute(query).all())
