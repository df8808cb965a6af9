"""Keep what a source handed over: identities, revisions, encrypted bodies, and the index that finds a sale again."""

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.booking.composed import DocumentState
from boekbrug.contract import DocumentKind
from boekbrug.store import tally
from boekbrug.store.bulk import Row, insert_rows, select_rows, update_rows
from boekbrug.store.tables import document, document_state, licence, payload, revision
from boekbrug.store.words import Reason

NUMBERED_KINDS = ("order", "invoice", "receipt", "credit-note")
"""Kinds whose number names one sale; a payment may well carry the number of what it pays."""

_DOCUMENT = (
    "id", "connection", "unit", "kind", "source_id", "number", "sale_ref", "revision", "content_hash", "total",
    "currency", "dated", "email_hash", "twin", "refers_to",
)  # fmt: skip
_REVISED = (
    "number", "sale_ref", "revision", "content_hash", "total", "currency", "dated", "email_hash", "twin", "refers_to",
)  # fmt: skip
_STATE = ("licence", "document", "state", "reason", "next_at", "changed_at")

Seal = Callable[[bytes, int, int], bytes]
"""Encrypts a body for one revision (n) of one document (id)."""


class Seen(NamedTuple):
    """A document as fetched, ready to be kept."""

    kind: str
    source_id: str
    number: str
    sale_ref: str
    content_hash: bytes
    body: bytes
    total: int
    currency: str
    dated: str
    email_hash: bytes | None
    refers_to: str
    erase_after: str


class Known(NamedTuple):
    """What the index holds of a document."""

    id: int
    revision: int
    content_hash: bytes


def licences_of(connection: Connection, source: int, unit: str) -> list[int]:
    """List the licences that book the documents of a unit, ended ones excepted."""
    return list(connection.scalars(_LICENCES, {"source": source, "unit": unit}))


_LICENCES = sa.select(licence.c.id).where(
    licence.c.source == sa.bindparam("source"), licence.c.unit == sa.bindparam("unit"), licence.c.state != "ended"
)


def known(connection: Connection, source: int, unit: str, source_ids: Collection[str]) -> dict[tuple[str, str], Known]:
    """Look up documents by (kind, source id)."""
    rows = select_rows(connection, _KNOWN, [source, unit, list(_KINDS), list(source_ids)]) if source_ids else []
    return {(kind, source_id): Known(*rest) for kind, source_id, *rest in rows}


_KINDS = tuple(str(kind) for kind in DocumentKind)
_KNOWN = (
    "select kind, source_id, id, revision, content_hash from document "
    "where connection = ? and unit = ? and kind in ?* and source_id in ?*"
)
# the sums and joins with nothing keep SQLite from the index of identities, in which it would read the whole unit
_NUMBERED = """
    select d.kind, d.number, d.source_id, d.id from ?* as wanted cross join document d
    where d.number = wanted.value and d.connection + 0 = ? and d.unit || '' = ?
    and d.kind || '' in ('order', 'invoice', 'receipt', 'credit-note') order by d.id desc
"""


def numbered(
    connection: Connection, source: int, unit: str, numbers: Collection[str]
) -> dict[tuple[str, str], tuple[str, int]]:
    """Look up who carries a number: (kind, number) to (source id, document id); the oldest where several do."""
    rows = select_rows(connection, _NUMBERED, [list(numbers), source, unit]) if numbers else []
    return {(kind, number): (source_id, id) for kind, number, source_id, id in rows}


def kinds_of(connection: Connection, source: int, unit: str) -> list[DocumentKind]:
    """List the kinds of documents that came from a unit."""
    one = "select 1 where exists (select 1 from document where connection = ? and unit = ? and kind = ?)"
    return [kind for kind in DocumentKind if select_rows(connection, one, [source, unit, str(kind)])]


class PageRows:
    """The rows of one page, gathered first and written in one go."""

    def __init__(self, source: int, unit: str, licences: Sequence[int], seal: Seal, now: int) -> None:
        self._source, self._unit, self.licences, self._seal, self._now = source, unit, licences, seal, now
        self._documents: list[Row] = []
        self._revisions: list[Row] = []
        self._payloads: list[Row] = []
        self._states: list[Row] = []
        self._revised: list[Row] = []
        self._again: list[tuple[int, int]] = []

    def add_new(self, item: Seen, id: int, twin: int | None) -> None:
        """Add a document seen for the first time, waiting to be composed for every licence."""
        self._documents.append(
            (id, self._source, self._unit, item.kind, item.source_id, item.number, item.sale_ref, 1,
             item.content_hash, item.total, item.currency, item.dated, item.email_hash, twin, item.refers_to)
        )  # fmt: skip
        self._add_revision(item, id, 1)
        for licence_id in self.licences:
            self._states.append((licence_id, id, _WAITING, _COMPOSE, self._now, self._now))

    def add_change(self, item: Seen, before: Known, twin: int | None) -> None:
        """Add a new revision of a document that was seen before."""
        n = before.revision + 1
        self._revised.append(
            (item.number, item.sale_ref, n, item.content_hash, item.total, item.currency, item.dated,
             item.email_hash, twin, item.refers_to, before.id)
        )  # fmt: skip
        self._add_revision(item, before.id, n)
        self._again.append((before.id, n))

    @property
    def changed(self) -> list[int]:
        """List the documents that have a new revision."""
        return [id for id, _ in self._again]

    def write(self, connection: Connection) -> list[tuple[int, int]]:
        """Write all rows; return (document, revision) of the changed ones, whose states are the caller's to move."""
        insert_rows(connection, document, _DOCUMENT, self._documents)
        update_rows(connection, document, _REVISED, ("id",), self._revised)
        insert_rows(connection, revision, ("document", "n", "content_hash", "seen_at"), self._revisions)
        insert_rows(connection, payload, ("document", "n", "body", "erase_after"), self._payloads)
        insert_rows(connection, document_state, _STATE, self._states)
        tally.add(connection, {(licence_id, _WAITING): len(self._documents) for licence_id in self.licences})
        return self._again

    def _add_revision(self, item: Seen, id: int, n: int) -> None:
        self._revisions.append((id, n, item.content_hash, self._now))
        self._payloads.append((id, n, self._seal(item.body, id, n), item.erase_after))


_WAITING, _COMPOSE = str(DocumentState.WAITING), str(Reason.COMPOSE)
