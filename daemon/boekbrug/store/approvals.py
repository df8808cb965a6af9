"""Entries that wait for a person's approval, and those that wait to be tried again."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.booking.composed import DocumentState
from boekbrug.store import events
from boekbrug.store.tables import document_state, entry_state
from boekbrug.store.words import EntryState, Reason


class Unapproved(NamedTuple):
    """An entry that waits for approval, with its document."""

    entry: int
    document: int


def unapproved(connection: Connection, licence: int, documents: Collection[int] | None = None) -> list[Unapproved]:
    """List what waits for approval, all or that of some documents."""
    columns = document_state.c
    query = (
        sa.select(columns.entry, columns.document)
        .join(entry_state, entry_state.c.entry == columns.entry)
        .where(columns.licence == licence, columns.state == DocumentState.WAITING, columns.reason == Reason.APPROVAL)
        .where(entry_state.c.state == EntryState.COMPOSED)
        .order_by(columns.entry)
    )
    if documents is not None:
        query = query.where(columns.document.in_(documents))
    return [Unapproved(*row) for row in connection.execute(query)]


def approve(connection: Connection, licence: int, waiting: Sequence[Unapproved], event_ids: int, now: int) -> int:
    """Make entries due that still stand as they were shown; return how many. Needs two event ids each."""
    ids = sorted({one.entry for one in waiting})
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
    return len(approved)


def hurry(connection: Connection, licence: int, now: int) -> int:
    """Make entries due at once that wait for their next try; return how many."""
    hurried = connection.execute(
        sa.update(entry_state)
        .where(entry_state.c.licence == licence, entry_state.c.state == EntryState.DUE, entry_state.c.next_at > now)
        .values(next_at=now)
    )
    return hurried.rowcount
