"""What the store holds at this moment, counted cheaply enough to be asked every few seconds."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.booking.composed import DocumentState
from boekbrug.store import states
from boekbrug.store.connections import TROUBLE
from boekbrug.store.licences import ACTIVE
from boekbrug.store.tables import document_state, effect, licence, problem
from boekbrug.store.words import TERM, EffectState, Reason


def documents_by_state(connection: Connection) -> dict[str, int]:
    """Count the documents of all licences per state."""
    return states.counts(connection)


def problems_by_code(connection: Connection) -> dict[str, int]:
    """Count open problems per code."""
    query = sa.select(problem.c.code, sa.func.count()).where(problem.c.closed_at.is_(None)).group_by(problem.c.code)
    return dict(connection.execute(query).all())


def in_doubt(connection: Connection) -> int:
    """Count effects whose outcome is unknown."""
    # the condition of the index of open effects, word for word, else SQLite would read them all
    is_open = sa.text("effect.state in ('intent', 'unknown')")
    query = sa.select(sa.func.count()).select_from(effect).where(is_open, effect.c.state == EffectState.UNKNOWN)
    return int(connection.scalar(query) or 0)


def waiting_since(connection: Connection) -> int | None:
    """Return since when the document waits that waits longest, approvals and terms left aside; None when none does."""
    columns = document_state.c
    # licence by licence the index leads to what waits, past all that is booked
    query = (
        sa.select(sa.func.min(columns.changed_at))
        .select_from(licence)
        .join(document_state, sa.and_(columns.licence == licence.c.id, columns.state == DocumentState.WAITING))
        .where(columns.reason != Reason.APPROVAL, columns.reason.not_like(f"{TERM}%"), licence.c.state == "active")
    )
    return _moment(connection, query)


def due_since(connection: Connection, now: int) -> int | None:
    """Return since when the licence is due that has been due for longest without being taken; None when none is."""
    columns = licence.c
    free_since = sa.func.coalesce(columns.claimed_until, 0)
    query = sa.select(sa.func.min(sa.case((free_since > columns.next_at, free_since), else_=columns.next_at))).where(
        columns.next_at <= now, columns.state == "active", free_since <= now
    )
    return _moment(connection, query)


def at_target(connection: Connection) -> tuple[int, int | None]:
    """Add up what active licences found different at their targets when they last compared, and when the oldest did."""
    columns = licence.c
    query = sa.select(sa.func.sum(columns.differences), sa.func.min(columns.compared_at))
    differences, oldest = connection.execute(query.where(columns.state == ACTIVE)).one()
    return int(differences or 0), oldest


def last_run(connection: Connection) -> int | None:
    """Return when a licence last ended a run while neither of its connections was in trouble."""
    troubled = sa.select(problem.c.connection).where(problem.c.place == TROUBLE, problem.c.closed_at.is_(None))
    query = sa.select(sa.func.max(licence.c.last_run_at)).where(
        licence.c.source.not_in(troubled), licence.c.target.not_in(troubled)
    )
    return _moment(connection, query)


def _moment(connection: Connection, query: sa.Select[Any]) -> int | None:
    found = connection.scalar(query)
    return None if found is None else int(found)
