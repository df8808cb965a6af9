"""The invariants that no constraint can state, each as a query for the rows that break it."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.booking.composed import DocumentState
from boekbrug.contract import EffectKind
from boekbrug.store import events
from boekbrug.store.effects import OPEN
from boekbrug.store.tables import (
    daily,
    document,
    document_state,
    effect,
    entry,
    entry_line,
    entry_state,
    event,
    licence,
    membership,
    problem,
    tally,
    troubles,
)
from boekbrug.store.words import EffectState, EntryState, Reason

_EXAMPLES = 5
Query = sa.Select[Any]
Columns = tuple[sa.Column[Any], ...]
Last = Callable[[str, Columns], sa.Subquery]
"""Finds the last event of a kind per some columns."""


def broken(connection: Connection, query: Query | sa.CompoundSelect[Any]) -> tuple[int, tuple[str, ...]]:
    """Count the rows that break an invariant and name some of them."""
    count = connection.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0
    if not count:
        return 0, ()
    rows = connection.execute(query.limit(_EXAMPLES))
    return count, tuple(" ".join(map(str, row)) for row in rows)


def _unbalanced() -> Query:
    return sa.select(entry_line.c.entry).group_by(entry_line.c.entry).having(sa.func.sum(entry_line.c.minor) != 0)


def _without_lines() -> Query:
    return sa.select(entry.c.id).where(~sa.exists().where(entry_line.c.entry == entry.c.id))


def _total_differs() -> Query:
    debit = sa.func.sum(sa.case((entry_line.c.minor > 0, entry_line.c.minor), else_=0))
    return (
        sa.select(entry.c.id)
        .join(entry_line, entry_line.c.entry == entry.c.id)
        .group_by(entry.c.id, entry.c.total)
        .having(debit != entry.c.total)
    )


def _without_state() -> Query:
    has = sa.exists().where(document_state.c.document == document.c.id, document_state.c.licence == licence.c.id)
    unit = sa.and_(licence.c.source == document.c.connection, licence.c.unit == document.c.unit)
    return sa.select(document.c.id, licence.c.name).join(licence, unit).where(licence.c.state != "ended", ~has)


def _unknown_state() -> Query:
    columns = document_state.c
    return sa.select(columns.document, columns.state).where(columns.state.not_in(list(DocumentState)))


def _booked_without_record() -> Query:
    columns = entry_state.c
    return sa.select(columns.entry).where(columns.state == EntryState.BOOKED, columns.remote_id.is_(None))


def _document_booked_alone() -> Query:
    columns = document_state.c
    return (
        sa.select(columns.document, columns.licence)
        .outerjoin(entry_state, entry_state.c.entry == columns.entry)
        .where(columns.state == DocumentState.BOOKED)
        .where(sa.or_(entry_state.c.state.is_(None), entry_state.c.state != EntryState.BOOKED))
    )


def _membership_of_replaced() -> Query:
    return (
        sa.select(membership.c.entry, membership.c.document)
        .join(entry_state, entry_state.c.entry == membership.c.entry)
        .where(membership.c.ended_at.is_(None), entry_state.c.state == EntryState.REPLACED)
    )


def _living_without_membership() -> Query:
    live = sa.exists().where(membership.c.entry == entry_state.c.entry, membership.c.ended_at.is_(None))
    over = entry_state.c.reason.in_((Reason.REVERSED, Reason.DELETED))
    return sa.select(entry_state.c.entry).where(entry_state.c.state != EntryState.REPLACED, ~live, ~over)


def _doubt_without_effect() -> Query:
    unsettled = sa.exists().where(effect.c.subject == entry_state.c.entry, effect.c.state.in_(OPEN))
    doubtful = (EntryState.SENDING, EntryState.IN_DOUBT)
    return sa.select(entry_state.c.entry).where(entry_state.c.state.in_(doubtful), ~unsettled)


def _by_number(kind: str, per: Columns) -> sa.Subquery:
    newest = sa.func.max(event.c.id).label("newest")
    return sa.select(*per, newest).where(event.c.kind == kind).group_by(*per).subquery()


def _by_time(kind: str, per: Columns) -> sa.Subquery:
    latest = sa.select(*per, sa.func.max(event.c.at).label("at")).where(event.c.kind == kind).group_by(*per).subquery()
    same = [event.c.at == latest.c.at, *(column == latest.c[column.name] for column in per)]
    newest = sa.func.max(event.c.id).label("newest")
    found = sa.select(*per, newest).join(latest, sa.and_(*same)).where(event.c.kind == kind)
    return found.group_by(*per).subquery()


def _whichever_is_last(differs: Callable[[Last], Query]) -> sa.CompoundSelect[Any]:
    # each worker numbers its events from a block of its own, and a host's clock may be put back: a row is broken when
    # it differs from the event with the highest number and from the one with the latest moment
    return sa.intersect(differs(_by_number), differs(_by_time))


_FIRST = DocumentState.WAITING
_FIRST_OF_ENTRY = (EntryState.COMPOSED, EntryState.DUE)


def _moved_without_event(columns: Any, first: tuple[str, ...]) -> sa.ColumnElement[bool]:
    # a row is its own first event
    return sa.and_(event.c.state.is_(None), columns.state.not_in(first))


def _state_differs_from_event(last_of: Last) -> Query:
    last = last_of(events.DOCUMENT, (event.c.subject, event.c.licence))
    columns = document_state.c
    return (
        sa.select(columns.document, columns.licence, columns.state)
        .join(last, sa.and_(last.c.subject == columns.document, last.c.licence == columns.licence), isouter=True)
        .join(event, sa.and_(event.c.subject == last.c.subject, event.c.id == last.c.newest), isouter=True)
        .where(
            sa.or_(
                _moved_without_event(columns, (_FIRST,)),
                event.c.state != columns.state,
                event.c.reason != columns.reason,
            )
        )
        # that it waits for delivery is told by its entry
        .where(sa.or_(columns.state != _FIRST, columns.reason != Reason.DELIVER, columns.entry.is_(None)))
    )


def _entry_differs_from_event(last_of: Last) -> Query:
    # claims and calls under way are leases, not facts: they have no event
    settled = (EntryState.COMPOSED, EntryState.DUE, EntryState.BOOKED, EntryState.REFUSED, EntryState.REPLACED)
    last = last_of(events.ENTRY, (event.c.subject,))
    columns = entry_state.c
    booked_at_once = sa.exists().where(
        effect.c.subject == columns.entry, effect.c.kind == EffectKind.ENTRY, effect.c.state == EffectState.BOOKED,
        effect.c.looks == 0, effect.c.settled_at >= sa.func.coalesce(event.c.at, 0),
    )  # fmt: skip
    return (
        sa.select(columns.entry, columns.state)
        .join(last, last.c.subject == columns.entry, isouter=True)
        .join(event, sa.and_(event.c.subject == last.c.subject, event.c.id == last.c.newest), isouter=True)
        .where(columns.state.in_(settled))
        .where(
            sa.or_(
                sa.and_(booked_at_once, columns.state != EntryState.BOOKED),
                sa.and_(~booked_at_once, _moved_without_event(columns, _FIRST_OF_ENTRY)),
                sa.and_(~booked_at_once, event.c.state != columns.state),
            )
        )
    )


def _count_differs() -> Query:
    columns = document_state.c
    one = sa.literal(-1).label("number")
    both = sa.union_all(
        sa.select(tally.c.licence, tally.c.state, tally.c.number), sa.select(columns.licence, columns.state, one)
    ).subquery()
    difference = sa.func.sum(both.c.number)
    return sa.select(both.c.licence, both.c.state).group_by(both.c.licence, both.c.state).having(difference != 0)


def _turnover_differs() -> Query:
    booked = (
        sa.select(
            entry.c.licence, entry.c.date.label("day"), entry.c.currency,
            sa.literal(-1).label("number"), (-membership.c.turnover).label("minor"),
        )
        .join(entry_state, sa.and_(entry_state.c.entry == entry.c.id, entry_state.c.state == EntryState.BOOKED))
        .join(membership, sa.and_(membership.c.entry == entry.c.id, membership.c.ended_at.is_(None)))
        .where(membership.c.turnover.is_not(None))
    )  # fmt: skip
    both = sa.union_all(sa.select(*daily.c), booked).subquery()
    per = (both.c.licence, both.c.day, both.c.currency)
    is_off = sa.or_(sa.func.sum(both.c.number) != 0, sa.func.sum(both.c.minor) != 0)
    return sa.select(*per).group_by(*per).having(is_off)


def _troubles_differ() -> Query:
    columns = problem.c
    opened = sa.select(columns.licence, columns.code, (-columns.counts).label("number")).where(
        columns.closed_at.is_(None), columns.licence.is_not(None)
    )
    both = sa.union_all(sa.select(troubles.c.licence, troubles.c.code, troubles.c.number), opened).subquery()
    per = (both.c.licence, both.c.code)
    return sa.select(*per).group_by(*per).having(sa.func.sum(both.c.number) != 0)


INVARIANTS: dict[str, Query | sa.CompoundSelect[Any]] = {
    "every entry balances": _unbalanced(),
    "every entry has lines": _without_lines(),
    "an entry's total is its debit side": _total_differs(),
    "every document has a state for every licence of its unit": _without_state(),
    "there are no other states": _unknown_state(),
    "what is booked has a record at the target": _booked_without_record(),
    "a booked document has a booked entry": _document_booked_alone(),
    "a replaced entry books nothing": _membership_of_replaced(),
    "a living entry books something": _living_without_membership(),
    "an entry in doubt has an effect that is not settled": _doubt_without_effect(),
    "a document's state is that of its last event": _whichever_is_last(_state_differs_from_event),
    "the counts are those of the documents": _count_differs(),
    "the counts of problems are those that are open": _troubles_differ(),
    "the turnover of a day is that of its sales": _turnover_differs(),
    "an entry's state is that of its last event": _whichever_is_last(_entry_differs_from_event),
}
"""What must always be true, by its sentence, with the query for what breaks it."""
