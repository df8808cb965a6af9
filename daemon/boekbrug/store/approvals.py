"""Entries that wait for a person's approval, and those that wait to be tried again."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.booking.composed import DocumentState
from boekbrug.store import events
from boekbrug.store.tables import document_state, entry_state, membership
from boekbrug.store.words import EntryState, Reason


class Unapproved(NamedTuple):
    """An entry that waits for approval, with its document."""

    entry: int
    document: int


def unapproved(connection: Connection, licence: int, documents: Collection[int] | None = None) -> list[Unapproved]:
    """List what waits for approval, all or that of some documents."""
    return _unapproved(
        connection, licence, sa.true() if documents is None else document_state.c.document.in_(documents)
    )


def _unapproved(connection: Connection, licence: int, where: sa.ColumnElement[bool]) -> list[Unapproved]:
    columns = document_state.c
    query = (
        sa.select(columns.entry, columns.document)
        .join(entry_state, entry_state.c.entry == columns.entry)
        .where(columns.licence == licence, columns.state == DocumentState.WAITING, columns.reason == Reason.APPROVAL)
        .where(entry_state.c.state == EntryState.COMPOSED, where)
        .order_by(columns.entry)
    )
    return [Unapproved(*row) for row in connection.execute(query)]


def members(connection: Connection, licence: int, entries: Collection[int]) -> list[Unapproved]:
    """List the documents of entries that wait for approval."""
    return _unapproved(connection, licence, document_state.c.entry.in_(entries))


def page(connection: Connection, licence: int, after: int, limit: int) -> list[int]:
    """List the entries that wait for approval, oldest first, from an id on."""
    columns = entry_state.c
    query = (
        sa.select(columns.entry)
        .where(columns.licence == licence, columns.state == EntryState.COMPOSED, columns.entry > after)
        .order_by(columns.entry)
        .limit(limit)
    )
    return list(connection.scalars(query))


def _second_halves(connection: Connection, entries: Collection[int]) -> list[int]:
    query = (
        sa.select(entry_state.c.entry)
        .distinct()
        .join(membership, membership.c.entry == entry_state.c.entry)
        .where(entry_state.c.after.in_(entries), entry_state.c.state == EntryState.COMPOSED)
        .where(sa.or_(membership.c.facet.like("correction % in"), membership.c.facet.like("reversal%")))
    )
    return list(connection.scalars(query))


def approve(connection: Connection, licence: int, waiting: Sequence[Unapproved], event_ids: int, now: int) -> int:
    """Make entries due that still stand as they were shown; return how many. Needs three event ids each.

    With what takes a document out goes what puts it in again.
    """
    shown = sorted({one.entry for one in waiting})
    ids, left = list(shown), shown
    while left := _second_halves(connection, left):
        ids += left
    composed = entry_state.c.entry.in_(ids), entry_state.c.state == EntryState.COMPOSED
    approved = set(
        connection.scalars(
            sa.update(entry_state)
            .where(*composed)
            .values(state=EntryState.DUE, next_at=now, changed_at=now)
            .returning(entry_state.c.entry)
        )
    )
    moved = [one for one in waiting if one.entry in approved]
    connection.execute(
        sa.update(document_state)
        .where(document_state.c.licence == licence, document_state.c.document.in_([one.document for one in moved]))
        .values(reason=Reason.DELIVER, changed_at=now)
    )
    due, waits = str(EntryState.DUE), str(DocumentState.WAITING)
    rows = [(id, event_ids + n, events.ENTRY, licence, now, due, "", None) for n, id in enumerate(sorted(approved))]
    first = event_ids + len(approved)
    rows += [
        (one.document, first + n, events.DOCUMENT, licence, now, waits, str(Reason.DELIVER), None)
        for n, one in enumerate(moved)
    ]
    events.record(connection, rows)
    return len(approved.intersection(shown))


def hurry(connection: Connection, licence: int, now: int) -> int:
    """Make entries due at once that wait for their next try; return how many."""
    hurried = connection.execute(
        sa.update(entry_state)
        .where(entry_state.c.licence == licence, entry_state.c.state == EntryState.DUE, entry_state.c.next_at > now)
        .values(next_at=now)
    )
    return hurried.rowcount
