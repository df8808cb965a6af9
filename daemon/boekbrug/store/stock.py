"""What the store holds at this moment, counted cheaply enough to be asked every few seconds."""

from collections import Counter
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.booking.composed import DocumentState
from boekbrug.store import problems, states
from boekbrug.store.booked import AT_TARGET, EXTRA
from boekbrug.store.connections import TROUBLE
from boekbrug.store.licences import ACTIVE
from boekbrug.store.tables import document_state, effect, entry_state, licence, membership, problem
from boekbrug.store.words import EffectState


def documents_by_state(connection: Connection) -> dict[str, int]:
    """Count the documents of all licences per state."""
    return states.counts(connection)


def problems_by_code(connection: Connection) -> dict[str, int]:
    """Count what has an open problem per code: sales, not their lines."""
    found: Counter[str] = Counter()
    for code, _, number, _ in problems.by_code(connection):
        found[code] += number
    return dict(found)


def in_doubt(connection: Connection) -> int:
    """Count effects whose outcome is unknown."""
    # the condition of the index of open effects, word for word, else SQLite would read them all
    is_open = sa.text("effect.state in ('intent', 'unknown')")
    query = sa.select(sa.func.count()).select_from(effect).where(is_open, effect.c.state == EffectState.UNKNOWN)
    return int(connection.scalar(query) or 0)


def waiting_since(connection: Connection) -> int | None:
    """Return since when the document waits that waits longest, approvals and terms left aside; None when none does.

    It is found by its turn or by that of its entry, past the thousands that have none: they wait for a person.
    """
    columns, turn = document_state.c, entry_state.c
    active = sa.select(licence.c.id).where(licence.c.state == ACTIVE)
    oldest = sa.select(sa.func.min(columns.changed_at)).where(columns.state == DocumentState.WAITING)
    # "at least 0" and not "is not null": without statistics SQLite would else walk past all that is booked
    own = oldest.where(columns.licence.in_(active), columns.next_at >= 0)
    due = sa.select(turn.entry).where(turn.licence.in_(active), turn.next_at >= 0)
    member = membership.c
    of_entry = oldest.select_from(membership).join(
        document_state, sa.and_(columns.licence == member.licence, columns.document == member.document)
    )
    of_entry = of_entry.where(member.entry.in_(due), member.ended_at.is_(None))
    found = [_moment(connection, query) for query in (own, of_entry)]
    return min((moment for moment in found if moment is not None), default=None)


def due_since(connection: Connection, now: int) -> int | None:
    """Return since when the licence is due that has been due for longest without being taken; None when none is."""
    columns = licence.c
    free_since = sa.func.coalesce(columns.claimed_until, 0)
    query = sa.select(sa.func.min(sa.case((free_since > columns.next_at, free_since), else_=columns.next_at))).where(
        columns.next_at <= now, columns.state == "active", free_since <= now
    )
    return _moment(connection, query)


def at_target(connection: Connection) -> tuple[int, int | None]:
    """Count what is known to differ at the targets of active licences and what these told nothing of in their last
    night, and say when the night was of the one that compared the longest ago.
    """
    columns, held = licence.c, problem.c
    query = sa.select(sa.func.sum(columns.untold), sa.func.min(columns.compared_at))
    untold, oldest = connection.execute(query.where(columns.state == ACTIVE)).one()
    active = sa.select(columns.id).where(columns.state == ACTIVE)
    # all sales of a day are of one entry; what is extra is of none
    number = sa.func.count(sa.distinct(sa.func.coalesce(held.entry, -held.id)))
    differ = sa.select(number).where(held.code.in_((*AT_TARGET, EXTRA)), held.closed_at.is_(None))
    return int(connection.scalar(differ.where(held.licence.in_(active))) or 0) + int(untold or 0), oldest


def last_run(connection: Connection) -> int | None:
    """Return when a licence last ended a run while neither of its connections was in trouble."""
    both = problem.c.connection.in_([licence.c.source, licence.c.target])
    troubled = sa.exists().where(both, problem.c.place == TROUBLE, problem.c.closed_at.is_(None))
    query = sa.select(sa.func.max(licence.c.last_run_at)).where(~troubled)
    return _moment(connection, query)


def _moment(connection: Connection, query: sa.Select[Any]) -> int | None:
    found = connection.scalar(query)
    return None if found is None else int(found)
