"""The sale that a credit note, payment or refund belongs to, as it was booked."""

from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.booking.composed import DocumentState, Original
from boekbrug.contract import Entry, Line
from boekbrug.store import entries
from boekbrug.store.licences import Licence
from boekbrug.store.tables import document, document_state, membership
from boekbrug.store.words import Reason
from boekbrug.sync.workplace import Workplace


class BookedOriginal(Original, frozen=True, kw_only=True):
    """An original with the entry that books it."""

    entry: int


def originals_of(
    connection: Connection, work: Workplace, licence: Licence, referring: Sequence[tuple[int, str]]
) -> Mapping[int, BookedOriginal | Reason]:
    """Find originals for (document, reference) pairs; Reason.ORIGINAL where one was fetched but has no entry yet.

    A reference is the kind and source id of the other document, joined by a colon.
    """
    if not referring:
        return {}
    refs = {ref for _, ref in referring}
    found = _standing(connection, licence, refs)
    later = _later(connection, licence, refs)
    wanted = {entry for entry, _ in found.values() if entry} | {id for ids in later.values() for id in ids}
    bodies = entries.load(connection, wanted, work.sealing.open_party)
    result: dict[int, BookedOriginal | Reason] = {}
    for document_id, ref in referring:
        entry, state = found.get(ref, (None, ""))
        if entry is not None:
            result[document_id] = _original(entry, bodies, later.get(ref, ()))
        elif state in _COMING:
            result[document_id] = Reason.ORIGINAL
    return result


_COMING = (DocumentState.WAITING, DocumentState.PROBLEM, DocumentState.OPEN, DocumentState.HELD, DocumentState.IN_DOUBT)


def _original(entry: int, bodies: Mapping[int, Entry], later: Collection[int]) -> BookedOriginal:
    body = bodies[entry]
    lines: tuple[Line, ...] = tuple(line for id in later for line in bodies[id].lines)
    return BookedOriginal(
        entry=entry, lines=body.lines, number=body.number, party=body.party, currency=body.currency, rate=body.rate,
        later=lines,
    )  # fmt: skip


def _live(licence: Licence, *facet: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    columns = membership.c
    return sa.and_(columns.document == document.c.id, columns.licence == licence.id, columns.ended_at.is_(None), *facet)


def _of_unit(licence: Licence) -> sa.ColumnElement[bool]:
    return sa.and_(document.c.connection == licence.source, document.c.unit == licence.unit)


def _standing(connection: Connection, licence: Licence, refs: Collection[str]) -> dict[str, tuple[int | None, str]]:
    pairs = [ref.split(":", 1) for ref in refs]
    state = sa.and_(document_state.c.document == document.c.id, document_state.c.licence == licence.id)
    query = (
        sa.select(document.c.kind + ":" + document.c.source_id, membership.c.entry, document_state.c.state)
        .join(document_state, state)
        .outerjoin(membership, _live(licence, membership.c.facet == "sale"))
        .where(_of_unit(licence), document.c.kind.in_({kind for kind, _ in pairs}))
        .where(document.c.source_id.in_([source_id for _, source_id in pairs]))
    )
    return {ref: (entry, state) for ref, entry, state in connection.execute(query).all() if ref in refs}


def _later(connection: Connection, licence: Licence, refs: Collection[str]) -> dict[str, list[int]]:
    query = (
        sa.select(document.c.refers_to, membership.c.entry)
        .join(membership, _live(licence))
        .where(_of_unit(licence), document.c.refers_to.in_(refs))
        .order_by(membership.c.entry)
    )
    later: dict[str, list[int]] = {}
    for ref, entry in connection.execute(query):
        later.setdefault(ref, []).append(entry)
    return later
