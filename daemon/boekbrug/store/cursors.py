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


def look(connection: Connection, source: int, unit: str, purpose: str, now: int) -> str | None:
    """Return where a cursor stands, "" when there is none yet; None while a worker holds it."""
    columns = fetch_cursor.c
    where = (columns.connection == source, columns.unit == unit, columns.purpose == purpose)
    row = connection.execute(sa.select(columns.value, columns.claimed_until).where(*where)).one_or_none()
    if row is None:
        return ""
    return None if row.claimed_until is not None and row.claimed_until > now else row.value


def claim(
    connection: Connection, source: int, unit: str, purpose: str, worker: str, until: int, now: int
) -> CursorClaim | None:
    """Claim a cursor, made when absent; None while another worker holds it."""
    columns = fetch_cursor.c
    where = (columns.connection == source, columns.unit == unit, columns.purpose == purpose)
    row = connection.execute(sa.select(columns.fence, columns.value, columns.claimed_until).where(*where)).one_or_none()
    if row is None:
        values = {"value": "", "fence": 1, "claimed_by": worker, "claimed_until": until, "changed_at": now}
        named = {"connection": source, "unit": unit, "purpose": purpose}
        connection.execute(sa.insert(fetch_cursor).values(**named, **values))
        return CursorClaim(source, unit, purpose, 1, "")
    if row.claimed_until is not None and row.claimed_until > now:
        return None
    taken = connection.execute(
        sa.update(fetch_cursor)
        .where(*where, columns.fence == row.fence)
        .values(fence=row.fence + 1, claimed_by=worker, claimed_until=until)
    )
    return CursorClaim(source, unit, purpose, row.fence + 1, row.value) if taken.rowcount == 1 else None


def advance(connection: Connection, held: CursorClaim, value: str, until: int, now: int) -> None:
    """Move the cursor as the first statement of the transaction that keeps the page; raise ClaimLost."""
    _update(connection, held, {"value": value, "claimed_until": until, "changed_at": now})


def release(connection: Connection, held: CursorClaim) -> None:
    """Let the cursor go; raise ClaimLost."""
    _update(connection, held, {"claimed_by": None, "claimed_until": None})


def _update(connection: Connection, held: CursorClaim, values: dict[str, object]) -> None:
    columns = fetch_cursor.c
    moved = connection.execute(
        sa.update(fetch_cursor)
        .where(columns.connection == held.connection, columns.unit == held.unit, columns.purpose == held.purpose)
        .where(columns.fence == held.fence)
        .values(**values)
    )
    if moved.rowcount != 1:
        raise ClaimLost(cursor=f"{held.connection}/{held.unit}")
