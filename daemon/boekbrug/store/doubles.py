"""Sales that two licences of one administration may both be booking: same amount, date and customer."""

from collections.abc import Collection
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.contract import SALE_KINDS
from boekbrug.store.bulk import select_rows
from boekbrug.store.tables import licence


class Double(NamedTuple):
    """A document, and one that looks like it in another licence."""

    document: int
    number: str
    total: int
    currency: str
    other: str
    licence: str


def licences_beside(connection: Connection, administration: int, own: int) -> tuple[int, ...]:
    """Name the other licences of an administration, those that have ended too: what they booked is in its books."""
    columns = licence.c
    query = sa.select(columns.id).where(columns.administration == administration, columns.id != own)
    return tuple(connection.scalars(query.order_by(columns.id)))


def doubles(connection: Connection, licences: Collection[int], documents: Collection[int]) -> list[Double]:
    """Find for documents the first like it that one of the licences books; the customer is known by the e-mail hash.

    A document that two licences share is its own double. What was reversed or deleted at the target is none.
    """
    kinds = sorted(map(str, SALE_KINDS))
    found = select_rows(connection, _DOUBLES, [list(documents), kinds, kinds, list(licences)])
    return list({row[0]: Double(*row) for row in reversed(found)}.values())


# from each document by way of its customer, of whom there are fewer sales than of an amount; without the cross joins
# SQLite reads all that the other licences have, for every batch
_DOUBLES = """
    select d.id, d.number, d.total, d.currency, o.number, l.name from document d
    cross join document o cross join document_state s join licence l on l.id = s.licence
    where d.id in ?* and d.kind in ?* and o.kind in ?* and d.total <> 0 and s.licence in ?*
    and o.email_hash = d.email_hash and o.total + 0 = d.total and o.currency = d.currency and o.dated = d.dated
    and s.document = o.id
    and s.entry is not null and s.state in ('waiting', 'in-doubt', 'booked')
    and s.reason not in ('reversed', 'deleted-at-target')
    order by d.id, o.id
"""
