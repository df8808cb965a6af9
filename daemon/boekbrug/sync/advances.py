"""Money received in advance of sales, as it stands in the books."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from boekbrug.booking.compiled import ADVANCE
from boekbrug.booking.composed import DocumentState
from boekbrug.contract import DocumentKind, Line
from boekbrug.store import advances, entries
from boekbrug.store.advances import Booking, Relative
from boekbrug.store.licences import Licence
from boekbrug.store.words import EntryState
from boekbrug.sync.originals import read_share
from boekbrug.sync.workplace import Workplace


class Named(NamedTuple):
    """A document as others refer to it, with the sale it belongs to."""

    document: int
    ref: str
    sale_ref: str


class Advance(NamedTuple):
    """The lines of entries that hold money for a sale in advance or have released it, and the newest of them.

    `pending` says that one of them is not booked yet, or that another invoice of the sale comes first.
    """

    entries: tuple[tuple[Line, ...], ...]
    newest: int | None
    pending: bool


def advances_of(
    connection: Connection, work: Workplace, licence: Licence, basis: DocumentKind, sales: Sequence[Named]
) -> Mapping[int, Advance]:
    """Find what is held for sales in advance, by document; two queries where nothing is."""
    families: dict[str, list[Relative]] = {}
    for relative in advances.relatives(connection, licence, {one.sale_ref for one in sales if one.sale_ref}):
        families.setdefault(relative.sale_ref, []).append(relative)
    refs = {one.ref for one in sales} | {one.ref for family in families.values() for one in family}
    paid: dict[str, list[Booking]] = {}
    for booking in advances.of_payments(connection, licence, refs):
        paid.setdefault(booking.ref, []).append(booking)
    if not paid:
        return {}
    found = {}
    for one in sales:
        family = families.get(one.sale_ref, [])
        named = {one.ref, *(other.ref for other in family)}
        held = [booking for ref in named for booking in paid.get(ref, ()) if booking.document != one.document]
        if held:
            others = [other for other in family if other.document != one.document]
            found[one.document] = _advance(connection, work, licence, held, _first(one, others, basis))
    return found


class _Others(NamedTuple):
    documents: Collection[int]
    #: another invoice of the sale is composed before this one, and takes its part first
    waits: bool


def _first(one: Named, others: Sequence[Relative], basis: DocumentKind) -> _Others:
    waits = any(
        other.state == DocumentState.WAITING and other.kind == basis and other.document < one.document
        for other in others
    )
    return _Others([other.document for other in others], waits)


def _advance(
    connection: Connection, work: Workplace, licence: Licence, held: Sequence[Booking], others: _Others
) -> Advance:
    bookings = [*held, *advances.of_documents(connection, licence, others.documents)]
    bodies = entries.load(connection, {one.entry for one in bookings if one.share is None}, work.sealing.open_party)
    lines = [(one, read_share(one.share) if one.share is not None else bodies[one.entry].lines) for one in bookings]
    of_sale = [(one, own) for one, own in lines if any(line.why.startswith(ADVANCE) for line in own)]
    moving = any(one.state != EntryState.BOOKED or one.facet.startswith("reversal") for one, _ in of_sale)
    return Advance(
        entries=tuple({one.entry: own for one, own in of_sale}.values()),
        newest=max((one.entry for one, _ in of_sale), default=None),
        pending=moving or others.waits,
    )
