"""Lists of a licence's documents, a page at a time from where the last one ended: no page costs more than the first."""

from collections import Counter
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.booking.composed import DocumentState
from boekbrug.store import daily
from boekbrug.store.tables import document, document_state, entry, entry_state, event, membership, problem
from boekbrug.store.words import EntryState, Reason


class Listed(NamedTuple):
    """A document in a state of a licence."""

    id: int
    kind: str
    number: str
    source_id: str
    dated: str
    total: int
    currency: str
    state: str
    reason: str
    entry: int | None
    changed_at: int


def in_state(
    connection: Connection, licence: int, state: str, limit: int, *, before: int | None = None, code: str = ""
) -> list[Listed]:
    """List documents of one state, the latest first, those with a problem of a code where one is named."""
    row, standing = document.c, document_state.c
    # which ones is asked first, of the index of states alone: without statistics SQLite would else walk the
    # primary key past all that is booked to find the few that are stuck
    chosen = sa.select(standing.document).where(standing.licence == licence, standing.state == state)
    if before is not None:
        chosen = chosen.where(standing.document < before)
    if code:
        chosen = chosen.where(
            sa.exists().where(
                problem.c.licence == licence, problem.c.document == standing.document, problem.c.closed_at.is_(None),
                problem.c.code == code,
            )
        )  # fmt: skip
    page = chosen.order_by(standing.document.desc()).limit(limit)
    query = (
        sa.select(
            row.id, row.kind, row.number, row.source_id, row.dated, row.total, row.currency,
            standing.state, standing.reason, standing.entry, standing.changed_at,
        )
        .join(document_state, sa.and_(standing.licence == licence, standing.document == row.id))
        .where(row.id.in_(page))
        .order_by(row.id.desc())
    )  # fmt: skip
    return [Listed._make(values) for values in connection.execute(query)]


class Place(NamedTuple):
    """Where a page of what is booked ended."""

    date: str
    entry: int
    document: int
    facet: str


class Booked(NamedTuple):
    """A document, or a facet of it, with the entry that books it."""

    date: str
    entry: int
    document: int
    facet: str
    kind: str
    number: str
    source_id: str
    dated: str
    total: int
    currency: str
    reason: str
    mark: str
    booking_number: str
    journal: str
    remote_number: str | None
    remote_id: str | None
    booked_at: int

    @property
    def place(self) -> Place:
        """Return where a page that ends with this row ended."""
        return Place(self.date, self.entry, self.document, self.facet)


def booked(
    connection: Connection,
    licence: int,
    first_day: str,
    last_day: str,
    limit: int,
    before: Place | None = None,
    kind: str = "",
) -> list[Booked]:
    """List what is booked with a date from the first to the last ISO day, the latest first; `kind` narrows it."""
    head, member = entry.c, membership.c
    query = _booked(licence, kind)
    if before is None or before.date > last_day:
        return _read(connection, query.where(head.date.between(first_day, last_day)), limit)
    # the rest of the day and the days before it are asked for apart: of a place within a day neither database finds
    # its way into the index, and all entries of that day would be read
    date, id, *rest = before
    day = query.where(head.date == date, head.id <= id)
    day = day.where(sa.or_(head.id < id, sa.tuple_(member.document, member.facet) < sa.tuple_(*map(sa.literal, rest))))
    found = _read(connection, day, limit) if date >= first_day else []
    days = query.where(head.date >= first_day, head.date < date)
    return found + (_read(connection, days, more) if (more := limit - len(found)) else [])


def _booked(licence: int, kind: str) -> sa.Select[Any]:
    row, head, state, member, standing = document.c, entry.c, entry_state.c, membership.c, document_state.c
    order = (head.date, head.id, member.document, member.facet)
    query = (
        sa.select(
            *order, row.kind, row.number, row.source_id, row.dated, row.total, row.currency, standing.reason,
            head.mark, head.number, head.journal, state.remote_number, state.remote_id, state.changed_at,
        )
        .select_from(entry)
        .join(entry_state, sa.and_(state.entry == head.id, state.state == EntryState.BOOKED))
        .join(membership, sa.and_(member.entry == head.id, member.ended_at.is_(None)))
        .join(document, row.id == member.document)
        .join(document_state, sa.and_(standing.licence == head.licence, standing.document == row.id))
        .where(head.licence == licence)
        .order_by(*(column.desc() for column in order))
    )  # fmt: skip
    return query.where(row.kind == kind) if kind else query


def _read(connection: Connection, query: sa.Select[Any], limit: int) -> list[Booked]:
    return [Booked._make(values) for values in connection.execute(query.limit(limit))]


class Day(NamedTuple):
    """How many documents are booked on a day, and how many of that day are stuck."""

    day: str
    booked: int
    stuck: int


def per_day(connection: Connection, licence: int, first_day: str, last_day: str) -> dict[str, Day]:
    """Count per ISO day the sales that are booked by their entry's date, and what has a problem by its own."""
    days: Counter[str] = Counter()
    for one in daily.between(connection, licence, first_day, last_day):
        days[one.day] += one.number
    stuck = dict(_stuck_per_day(connection, licence, first_day, last_day))
    return {day: Day(day, days[day], stuck.get(day, 0)) for day in sorted({*days, *stuck})}


_MOST_STUCK = 500
"""The latest of what is stuck, for a chart; whoever has more has other worries than its shape."""


def _stuck_per_day(connection: Connection, licence: int, first_day: str, last_day: str) -> list[tuple[str, int]]:
    standing = document_state.c
    stuck = (
        sa.select(standing.document)
        .where(standing.licence == licence, standing.state == DocumentState.PROBLEM)
        .order_by(standing.document.desc())
        .limit(_MOST_STUCK)
    )
    query = (
        sa.select(document.c.dated, sa.func.count())
        .where(document.c.id.in_(stuck), document.c.dated.between(first_day, last_day))
        .group_by(document.c.dated)
    )
    return [(day, count) for day, count in connection.execute(query)]


class Happened(NamedTuple):
    """A move of a document: into which state, why, and when."""

    at: int
    state: str
    reason: str


def history(connection: Connection, licence: int, document_id: int, limit: int = 50) -> list[Happened]:
    """List the latest moves of a document, the latest first: its events, and since when its entry is to be sent."""
    query = (
        sa.select(event.c.at, event.c.state, event.c.reason)
        .where(event.c.subject == document_id, event.c.licence == licence, event.c.kind == "document")
        .order_by(event.c.at.desc(), event.c.id.desc())
        .limit(limit)
    )
    composed = (
        sa.select(entry.c.composed_at, sa.literal(str(DocumentState.WAITING)), sa.literal(str(Reason.DELIVER)))
        .join(membership, membership.c.entry == entry.c.id)
        .where(membership.c.document == document_id, membership.c.licence == licence, membership.c.ended_at.is_(None))
    )
    found = [Happened._make(values) for part in (query, composed) for values in connection.execute(part)]
    first = {(one.at, one.state): one for one in reversed(found)}
    return sorted(first.values(), key=lambda one: one.at, reverse=True)[:limit]
