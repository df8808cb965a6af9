"""The sale that a credit note, payment or refund belongs to, as it was booked."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.booking.advance_vat import FACET
from boekbrug.booking.composed import DocumentState, Original
from boekbrug.booking.payment import owed_of
from boekbrug.contract import SALE_KINDS, Entry, Line
from boekbrug.store import entries
from boekbrug.store.licences import Licence
from boekbrug.store.tables import document, document_state, membership
from boekbrug.store.words import SET_ASIDE, TERM, Reason
from boekbrug.sync.workplace import Workplace


class BookedOriginal(Original, frozen=True, kw_only=True):
    """An original with the entry that books it."""

    entry: int


class Coming(NamedTuple):
    """An original that waits for its term: its document, and the reason that names the term."""

    document: int
    waits: str


read_share = msgspec.msgpack.Decoder(tuple[Line, ...]).decode
"""Read the lines that a document stands for in a total."""


class Agreed(NamedTuple):
    """A sale that is agreed and not booked yet; `is_open` when its status is what keeps it."""

    document: int
    is_open: bool


def originals_of(
    connection: Connection, work: Workplace, licence: Licence, referring: Sequence[tuple[int, str]]
) -> Mapping[int, BookedOriginal | Coming | Agreed | Reason]:
    """Find originals for (document, reference) pairs; Reason.ORIGINAL where one was fetched but has no entry yet.

    A reference is the kind and source id of the other document, joined by a colon. It may name the order of a sale
    that is booked from its invoice: what counts is the booked one.
    """
    if not referring:
        return {}
    refs = {ref for _, ref in referring}
    named = {one.ref: one for one in _of_refs(connection, licence, refs) if one.ref in refs}
    siblings: dict[str, list[_Standing]] = {}
    for one in _of_sales(connection, licence, {one.sale_ref for one in named.values() if one.sale_ref}):
        siblings.setdefault(one.sale_ref, []).append(one)
    families = {
        ref: [one, *(other for other in siblings.get(one.sale_ref, ()) if other.ref != ref)]
        for ref, one in named.items()
    }
    later = _later(connection, licence, {one.ref for family in families.values() for one in family})
    wanted = {one.entry for family in families.values() for one in family if one.entry}
    wanted |= {entry for rows in later.values() for _, entry, share in rows if share is None}
    bodies = entries.load(connection, wanted, work.sealing.open_party)
    result: dict[int, BookedOriginal | Coming | Agreed | Reason] = {}
    for document_id, ref in referring:
        if ref in families:
            found = _found(families[ref], document_id, bodies, later)
            if found is not None:
                result[document_id] = found
    return result


_COMING = (DocumentState.WAITING, DocumentState.PROBLEM, DocumentState.HELD, DocumentState.IN_DOUBT)


class _Standing(NamedTuple):
    document: int
    ref: str
    sale_ref: str
    state: str
    reason: str
    entry: int | None = None
    share: bytes | None = None


_Later = Mapping[str, Sequence[tuple[int, int, bytes | None]]]


def _found(
    family: Sequence[_Standing], own: int, bodies: Mapping[int, Entry], later: _Later
) -> BookedOriginal | Coming | Agreed | Reason | None:
    """Say how the sale of a family of documents stands; the first of them is the one that was named."""
    others = [row for one in family for row in later.get(one.ref, ()) if row[0] != own]
    booked = [
        _original(one.entry, one.share, bodies, others)
        for one in sorted(family, key=lambda one: one.entry or 0)
        if one.entry is not None
    ]
    if booked:
        # of several invoices of one order the oldest that still owes something
        return next((one for one in booked if owed_of(one)), booked[-1])
    for one in family:
        if one.state == DocumentState.WAITING and one.reason.startswith(TERM):
            return Coming(one.document, one.reason)
    if any(one.state in _COMING for one in family):
        return Reason.ORIGINAL
    named = family[0]
    is_open = named.state == DocumentState.OPEN
    if is_open or (named.state == DocumentState.SKIPPED and named.reason not in (*SET_ASIDE, Reason.GONE)):
        return Agreed(named.document, is_open)
    return None


def _original(
    entry: int, share: bytes | None, bodies: Mapping[int, Entry], later: Sequence[tuple[int, int, bytes | None]]
) -> BookedOriginal:
    body = bodies[entry]
    lines = [line for _, id, own in later for line in (read_share(own) if own else bodies[id].lines)]
    return BookedOriginal(
        entry=entry, lines=read_share(share) if share else body.lines, number=body.number, party=body.party,
        currency=body.currency, rate=body.rate, kind=body.kind, later=tuple(lines),
        date=body.date,
    )  # fmt: skip


def _live(licence: Licence) -> sa.ColumnElement[bool]:
    columns = membership.c
    return sa.and_(columns.document == document.c.id, columns.licence == licence.id, columns.ended_at.is_(None))


def _of_unit(licence: Licence) -> sa.ColumnElement[bool]:
    return sa.and_(document.c.connection == licence.source, document.c.unit == licence.unit)


def _of_refs(connection: Connection, licence: Licence, refs: Collection[str]) -> Iterable[_Standing]:
    pairs = [ref.split(":", 1) for ref in refs]
    return _standing(
        connection, licence,
        document.c.kind.in_({kind for kind, _ in pairs}),
        document.c.source_id.in_([source_id for _, source_id in pairs]),
    )  # fmt: skip


def _of_sales(connection: Connection, licence: Licence, sale_refs: Collection[str]) -> Iterable[_Standing]:
    if not sale_refs:
        return ()
    # the condition lets the partial index be used
    with_ref = sa.and_(document.c.sale_ref != "", document.c.sale_ref.in_(sale_refs))
    return _standing(connection, licence, with_ref, document.c.kind.in_([str(kind) for kind in SALE_KINDS]))


def _standing(connection: Connection, licence: Licence, *which: sa.ColumnElement[bool]) -> Iterable[_Standing]:
    state, member = document_state.c, membership.c
    of_licence = sa.and_(state.document == document.c.id, state.licence == licence.id)
    of_sale = sa.or_(member.facet.in_((SALE, FACET)), member.facet.like(f"{CORRECTION}%"))
    query = (
        sa.select(
            member.facet, document.c.id, document.c.kind + ":" + document.c.source_id, document.c.sale_ref,
            state.state, state.reason, member.entry, member.share,
        )
        .join(document_state, of_licence)
        .outerjoin(membership, sa.and_(_live(licence), of_sale))
        .where(_of_unit(licence), *which)
    )  # fmt: skip
    found: dict[int, tuple[tuple[int, bool], _Standing]] = {}
    for facet, *row in connection.execute(query).all():
        turn = order_of(facet or SALE)
        one = _Standing(*row)
        if one.document not in found or found[one.document][0] < turn:
            taken_out = facet is not None and facet.endswith(OUT)
            found[one.document] = turn, one._replace(entry=None, share=None) if taken_out else one
    return (one for _, one in found.values())


SALE, CORRECTION, OUT = "sale", "correction ", " out"
"""The facet of a sale, and how those of its corrections begin and end: "correction 2 out"."""


def order_of(facet: str) -> tuple[int, bool]:
    """Return the turn of a facet: the sale, then correction 1 out and in, then 2."""
    words = facet.split()
    return (int(words[1]), words[2] == "in") if facet.startswith(CORRECTION) else (0, True)


def _later(
    connection: Connection, licence: Licence, refs: Collection[str]
) -> dict[str, list[tuple[int, int, bytes | None]]]:
    query = (
        sa.select(document.c.refers_to, document.c.id, membership.c.entry, membership.c.share)
        .join(membership, _live(licence))
        .where(_of_unit(licence), document.c.refers_to.in_(refs), membership.c.facet.not_like("reversal%"))
        .order_by(membership.c.entry)
    )
    later: dict[str, list[tuple[int, int, bytes | None]]] = {}
    for ref, *row in connection.execute(query):
        later.setdefault(ref, []).append(tuple(row))
    return later
