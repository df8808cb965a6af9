"""Find a sale again: by the beginning of its number, its exact amount, or the keyed hash of an e-mail address."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.store.tables import administration, document, document_state, entry, entry_state, licence, membership
from boekbrug.store.tables import connection as source

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
    number = document.c.number
    prefixed = number.startswith(start, autoescape=True)
    if connection.dialect.name == "sqlite":
        # LIKE finds no index there, and would take capitals for small letters
        prefixed = sa.and_(number >= start, number < start + "\U0010ffff")
    ids = connection.scalars(_ids(prefixed, sees).order_by(number, document.c.id).limit(limit))
    return _hits(connection, {*ids, *connection.scalars(_marked(start).limit(limit))}, limit, sees)


def _marked(mark: str) -> "sa.Select[Any]":
    # the index of marks begins with the administration, and is chosen where the statement itself has its condition
    books = sa.select(administration.c.id)
    return (
        sa.select(membership.c.document)
        .join(entry_state, entry_state.c.entry == membership.c.entry)
        .where(entry_state.c.administration.in_(books), entry_state.c.mark == mark)
        # written out: only then does the condition of the index hold
        .where(sa.text("entry_state.state <> 'replaced'"))
    )


def by_total(connection: Connection, minor: int, limit: int = MOST, sees: Sees = None) -> list[Hit]:
    """Find documents of exactly this amount, to either side; the latest where there are more."""
    # each side by itself: of both at once PostgreSQL would read all sales of a popular price, to sort them
    sides = [document.c.total == side for side in {minor, -minor}]
    ids = {id for side in sides for id in _latest(connection, side, limit, sees)}
    return _hits(connection, sorted(ids)[-limit:], limit, sees)


def by_email(connection: Connection, email_hash: bytes, limit: int = MOST, sees: Sees = None) -> list[Hit]:
    """Find documents of the buyer whose address has this hash; the latest where there are more."""
    return _hits(connection, _latest(connection, document.c.email_hash == email_hash, limit, sees), limit, sees)


def _latest(connection: Connection, condition: sa.ColumnElement[bool], limit: int, sees: Sees) -> Sequence[int]:
    return connection.scalars(_ids(condition, sees).order_by(document.c.id.desc()).limit(limit)).all()


def _ids(condition: sa.ColumnElement[bool], sees: Sees) -> "sa.Select[Any]":
    """Choose documents before anything is joined: what is popular in a large shop has thousands of them."""
    query = sa.select(document.c.id).where(condition)
    if sees is None:
        return query
    seen = document_state.c.licence.in_(sees)
    return query.where(sa.exists().where(seen, document_state.c.document == document.c.id))


def by_ids(connection: Connection, licence_id: int, documents: Collection[int]) -> list[Hit]:
    """Read documents by id, as they stand for one licence."""
    return _hits(connection, documents, len(documents), [licence_id])


def _hits(connection: Connection, documents: Iterable[int], limit: int, sees: Sees = None) -> list[Hit]:
    row, wanted = document.c, list(documents)
    query = (
        sa.select(
            row.id, row.kind, row.number, row.source_id, source.c.name, row.unit, row.dated, row.total, row.currency
        )
        .join(source, source.c.id == row.connection)
        .where(row.id.in_(wanted))
        .order_by(row.number, row.dated, row.id)
    )
    standing: dict[int, list[tuple[Any, ...]]] = {}
    for of, *rest in connection.execute(_standing(wanted, sees)):
        standing.setdefault(of, []).append(tuple(rest))
    nowhere = [(None,) * (len(Hit._fields) - 9)] if sees is None else []
    rows = [tuple(one) for one in connection.execute(query)]
    return [Hit._make((*one, *rest)) for one in rows for rest in standing.get(one[0], nowhere)][:limit]


def _standing(documents: Collection[int], sees: Sees) -> "sa.Select[Any]":
    # by way of the licences of its unit: states are found by licence and document, and by nothing else
    row, state, entries = document.c, document_state.c, entry_state.c
    query = (
        sa.select(
            row.id, licence.c.id, licence.c.name, state.state, state.reason, state.entry, entries.mark, entry.c.date,
            entries.remote_number, entries.remote_id,
        )
        .join(licence, sa.and_(licence.c.source == row.connection, licence.c.unit == row.unit))
        .join(document_state, sa.and_(state.licence == licence.c.id, state.document == row.id))
        .outerjoin(entry_state, entries.entry == state.entry)
        .outerjoin(entry, entry.c.id == state.entry)
        .where(row.id.in_(documents))
        .order_by(row.id, licence.c.id)
    )  # fmt: skip
    return query if sees is None else query.where(state.licence.in_(sees))


def numbers_of(connection: Connection, documents: Collection[int]) -> dict[int, str]:
    """Read the numbers of documents by id."""
    query = sa.select(document.c.id, document.c.number).where(document.c.id.in_(documents))
    return dict(connection.execute(query).all())
