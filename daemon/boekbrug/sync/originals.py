"""The sale that a credit note, payment or refund belongs to, as it was booked."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.booking.composed import DocumentState, Original
from boekbrug.contract import Entry, Line
from boekbrug.store import entries
from boekbrug.store.licences import Licence
from boekbrug.store.tables import document, document_state, membership
from boekbrug.store.words import TERM, Reason
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


def originals_of(
    connection: Connection, work: Workplace, licence: Licence, referring: Sequence[tuple[int, str]]
) -> Mapping[int, BookedOriginal | Coming | Reason]:
    """Find originals for (document, reference) pairs; Reason.ORIGINAL where one was fetched but has no entry yet.

    A reference is the kind and source id of the other document, joined by a colon.
    """
    if not referring:
        return {}
    refs = {ref for _, ref in referring}
    found = _standing(connection, licence, refs)
    later = _later(connection, licence, refs)
    wanted = {one.entry for one in found.values() if one.entry}
    wanted |= {entry for rows in later.values() for _, entry, share in rows if share is None}
    bodies = entries.load(connection, wanted, work.sealing.open_party)
    result: dict[int, BookedOriginal | Coming | Reason] = {}
    for document_id, ref in referring:
        standing = found.get(ref)
        if standing is None:
            continue
        if standing.entry is not None:
            others = [row for row in later.get(ref, ()) if row[0] != document_id]
            result[document_id] = _original(standing.entry, standing.share, bodies, others)
        elif standing.state == DocumentState.WAITING and standing.reason.startswith(TERM):
            result[document_id] = Coming(standing.document, standing.reason)
        elif standing.state in _COMING:
            result[document_id] = Reason.ORIGINAL
    return result


_COMING = (DocumentState.WAITING, DocumentState.PROBLEM, DocumentState.OPEN, DocumentState.HELD, DocumentState.IN_DOUBT)


class _Standing(NamedTuple):
    document: int
    state: str
    reason: str
    entry: int | None = None
    share: bytes | None = None


def _original(
    entry: int, share: bytes | None, bodies: Mapping[int, Entry], later: Sequence[tuple[int, int, bytes | None]]
) -> BookedOriginal:
    body = bodies[entry]
    lines = [line for _, id, own in later for line in (read_share(own) if own else bodies[id].lines)]
    return BookedOriginal(
        entry=entry, lines=read_share(share) if share else body.lines, number=body.number, party=body.party,
        currency=body.currency, rate=body.rate, kind=body.kind, later=tuple(lines),
    )  # fmt: skip


def _live(licence: Licence) -> sa.ColumnElement[bool]:
    columns = membership.c
    return sa.and_(columns.document == document.c.id, columns.licence == licence.id, columns.ended_at.is_(None))


def _of_unit(licence: Licence) -> sa.ColumnElement[bool]:
    return sa.and_(document.c.connection == licence.source, document.c.unit == licence.unit)


def _standing(connection: Connection, licence: Licence, refs: Collection[str]) -> dict[str, _Standing]:
    pairs = [ref.split(":", 1) for ref in refs]
    state, member = document_state.c, membership.c
    of_licence = sa.and_(state.document == document.c.id, state.licence == licence.id)
    of_sale = sa.or_(member.facet == SALE, member.facet.like(f"{CORRECTION}%"))
    query = (
        sa.select(
            document.c.kind + ":" + document.c.source_id, document.c.id, state.state, state.reason, member.entry,
            member.facet, member.share,
        )
        .join(document_state, of_licence)
        .outerjoin(membership, sa.and_(_live(licence), of_sale))
        .where(_of_unit(licence), document.c.kind.in_({kind for kind, _ in pairs}))
        .where(document.c.source_id.in_([source_id for _, source_id in pairs]))
    )  # fmt: skip
    found: dict[str, tuple[tuple[int, bool], _Standing]] = {}
    for ref, id, state_now, reason, entry, facet, share in connection.execute(query).all():
        turn = order_of(facet or SALE)
        if ref in refs and (ref not in found or found[ref][0] < turn):
            taken_out = facet is not None and facet.endswith(OUT)
            found[ref] = turn, _Standing(id, state_now, reason, *(() if taken_out else (entry, share)))
    return {ref: standing for ref, (_, standing) in found.items()}


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
