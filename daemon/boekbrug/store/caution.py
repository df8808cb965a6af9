"""Cautious mode: an old database may have forgotten what it booked, so what it sends is looked up first."""

import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.booking.composed import DocumentState
from boekbrug.store import facts
from boekbrug.store.bulk import select_rows
from boekbrug.store.connections import TROUBLE
from boekbrug.store.licences import ENDED
from boekbrug.store.tables import administration, document, document_state, fetch_cursor, licence, problem

_CAUTIOUS, _HEARTBEAT, _PUT_BACK = "cautious ", "heartbeat", "put-back"
_DONE = (DocumentState.BOOKED, DocumentState.SKIPPED, DocumentState.BEFORE_START)


def begin(connection: Connection, now: int) -> None:
    """Be cautious with all administrations from now on, and with whichever is added later."""
    facts.put(connection, _PUT_BACK, str(now))
    for id in connection.scalars(sa.select(administration.c.id)).all():
        begin_with(connection, id, now)


def begin_with(connection: Connection, administration_id: int, now: int) -> None:
    """Be cautious with one administration from now on."""
    facts.put(connection, f"{_CAUTIOUS}{administration_id}", str(now))


def was_put_back(connection: Connection) -> bool:
    """Tell whether an old copy was ever put back, so that the books may hold what nobody here has heard of."""
    return facts.get(connection, _PUT_BACK) is not None


def since(connection: Connection, administration_id: int) -> int | None:
    """Return since when an administration is treated cautiously; None when it is not."""
    found = facts.get(connection, f"{_CAUTIOUS}{administration_id}")
    return None if found is None else int(found)


def awaits_walk(connection: Connection, source: int, unit: str) -> bool:
    """Tell whether an administration that a unit is booked in is treated cautiously."""
    return bool(select_rows(connection, _AWAITS, [source, unit]))


_AWAITS = """
    select 1 from licence l join fact f on f.name = 'cautious ' || cast(l.administration as varchar(20))
    where l.source = ? and l.unit = ? limit 1
"""


def has_caught_up(connection: Connection, administration_id: int, begun: int, day: str) -> bool:
    """Tell whether all units were read to their end since then, all licences ran well, and nothing of up to an ISO day
    is still to be booked.
    """
    troubled = sa.select(problem.c.connection).where(
        problem.c.place == TROUBLE, problem.c.closed_at.is_(None), problem.c.connection.is_not(None)
    )
    mine = licence.c.administration == administration_id, licence.c.state != ENDED
    walked = sa.exists().where(
        fetch_cursor.c.connection == licence.c.source,
        fetch_cursor.c.unit == licence.c.unit,
        fetch_cursor.c.purpose == "daily",
        fetch_cursor.c.walked_at > begun,
    )
    behind = sa.select(licence.c.id).where(
        *mine,
        sa.or_(
            ~walked,
            sa.func.coalesce(licence.c.last_run_at, 0) <= begun,
            licence.c.source.in_(troubled),
            licence.c.target.in_(troubled),
        ),
    )
    if connection.execute(behind.limit(1)).first() is not None:
        return False
    left = (
        sa.select(document.c.id)
        .join(document_state, document_state.c.document == document.c.id)
        .join(licence, licence.c.id == document_state.c.licence)
        .where(*mine, document_state.c.state.not_in(_DONE), document.c.dated <= day)
    )
    return connection.execute(left.limit(1)).first() is None


def end(connection: Connection, administration_id: int) -> None:
    """Trust the database again as far as an administration goes."""
    facts.remove(connection, f"{_CAUTIOUS}{administration_id}")


def beat(connection: Connection, seen: int, now: int) -> bool:
    """Note how far this database has come; return whether a file had `seen` it further, which begins caution."""
    behind = seen > int(facts.get(connection, _HEARTBEAT) or 0)
    if behind:
        begin(connection, now)
    facts.advance(connection, _HEARTBEAT, now)
    return behind
