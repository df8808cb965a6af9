"""How far a unit has been fetched; one worker at a time moves a cursor."""

from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.store.licences import ClaimLost
from boekbrug.store.tables import fetch_cursor


class CursorClaim(NamedTuple):
    """Proof that this worker was the last to claim the cursor, with where it stands."""

    connection: int
    unit: str
    purpose: str
    fence: int
    value: str


_KEY = ("connection", "unit", "purpose")
_NAMED = sa.and_(*(fetch_cursor.c[name] == sa.bindparam(f"of_{name}") for name in _KEY))
_READ = sa.select(fetch_cursor.c.fence, fetch_cursor.c.value, fetch_cursor.c.claimed_until).where(_NAMED)
# two licences of one unit may come for the first time at once
_ADD = sa.text(
    "insert into fetch_cursor (connection, unit, purpose, value, fence, changed_at) "
    "values (:of_connection, :of_unit, :of_purpose, '', 0, :now) on conflict do nothing"
)
_MINE = sa.update(fetch_cursor).where(_NAMED, fetch_cursor.c.fence == sa.bindparam("held"))


def look(connection: Connection, source: int, unit: str, purpose: str, now: int) -> str | None:
    """Return where a cursor stands, "" when there is none yet; None while a worker holds it."""
    row = connection.execute(_READ, _named(source, unit, purpose)).one_or_none()
    if row is None:
        return ""
    return None if row.claimed_until is not None and row.claimed_until > now else row.value


def claim(
    connection: Connection, source: int, unit: str, purpose: str, worker: str, until: int, now: int
) -> CursorClaim | None:
    """Claim a cursor, made when absent; None while another worker holds it."""
    named = _named(source, unit, purpose)
    row = connection.execute(_READ, named).one_or_none()
    if row is None:
        connection.execute(_ADD, {**named, "now": now})
        row = connection.execute(_READ, named).one()
    if row.claimed_until is not None and row.claimed_until > now:
        return None
    values = {"fence": row.fence + 1, "claimed_by": worker, "claimed_until": until}
    taken = connection.execute(_MINE, {**named, "held": row.fence, **values})
    return CursorClaim(source, unit, purpose, row.fence + 1, row.value) if taken.rowcount == 1 else None


def advance(connection: Connection, held: CursorClaim, value: str, until: int, now: int) -> None:
    """Move the cursor as the first statement of the transaction that keeps the page; raise ClaimLost."""
    _update(connection, held, {"value": value, "claimed_until": until, "changed_at": now})


def release(connection: Connection, held: CursorClaim, walked_at: int | None = None) -> None:
    """Let the cursor go, and note when a walk began that came to its end; raise ClaimLost."""
    walked = {} if walked_at is None else {"walked_at": walked_at}
    _update(connection, held, {"claimed_by": None, "claimed_until": None, **walked})


def _update(connection: Connection, held: CursorClaim, values: dict[str, object]) -> None:
    named = _named(held.connection, held.unit, held.purpose)
    moved = connection.execute(_MINE, {**named, "held": held.fence, **values})
    if moved.rowcount != 1:
        raise ClaimLost(cursor=f"{held.connection}/{held.unit}")


def _named(source: int, unit: str, purpose: str) -> dict[str, object]:
    return {"of_connection": source, "of_unit": unit, "of_purpose": purpose}
