"""Look up which entries book money received in advance of sales, and what else belongs to those sales."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection

from boekbrug.store.bulk import select_rows
from boekbrug.store.licences import Licence


class Booking(NamedTuple):
    """An entry that books something of a document, with the document's own lines where it is a total."""

    ref: str
    document: int
    entry: int
    facet: str
    share: bytes | None
    state: str


class Relative(NamedTuple):
    """A document of a sale: order, invoice or receipt."""

    sale_ref: str
    ref: str
    document: int
    kind: str
    state: str


def relatives(connection: Connection, licence: Licence, sale_refs: Collection[str]) -> list[Relative]:
    """List the orders, invoices and receipts of sales."""
    if not sale_refs:
        return []
    values = [licence.id, list(sale_refs), licence.source, licence.unit]
    return [Relative(*row) for row in select_rows(connection, _RELATIVES, values)]


_RELATIVES = """
    select d.sale_ref, d.kind || ':' || d.source_id, d.id, d.kind, s.state
    from document d join document_state s on s.document = d.id and s.licence = ?
    where d.sale_ref in ?* and d.sale_ref <> '' and d.connection = ? and d.unit = ?
    and d.kind in ('order', 'invoice', 'receipt')
"""


def of_payments(connection: Connection, licence: Licence, refs: Collection[str]) -> list[Booking]:
    """List what books the prepayments that refer to these documents, their corrections and reversals with it."""
    if not refs:
        return []
    values = [licence.id, list(refs), licence.source, licence.unit]
    return [Booking(*row) for row in select_rows(connection, _PAYMENTS, values)]


_PAYMENTS = """
    select p.refers_to, p.id, m.entry, m.facet, m.share, s.state
    from document p join membership m on m.licence = ? and m.document = p.id and m.ended_at is null
    join entry_state s on s.entry = m.entry
    where p.refers_to in ?* and p.refers_to <> '' and p.connection = ? and p.unit = ? and p.kind = 'payment'
    and (m.facet = 'prepayment' or m.facet like 'correction %' or m.facet like 'reversal %')
    order by m.entry
"""


def of_documents(connection: Connection, licence: Licence, documents: Collection[int]) -> list[Booking]:
    """List what books these documents."""
    values = [licence.id, list(documents)]
    return [Booking("", *row) for row in select_rows(connection, _DOCUMENTS, values)] if documents else []


_DOCUMENTS = """
    select m.document, m.entry, m.facet, m.share, s.state
    from membership m join entry_state s on s.entry = m.entry
    where m.licence = ? and m.document in ?* and m.ended_at is null order by m.entry
"""
