"""When the books of licences are compared with what was booked, and when they were."""

from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.store.licences import ACTIVE
from boekbrug.store.tables import licence

_IS_ACTIVE = licence.c.state == ACTIVE


def without(connection: Connection) -> bool:
    """Tell whether an active licence has no night yet."""
    query = sa.select(licence.c.id).where(_IS_ACTIVE, licence.c.compare_at.is_(None))
    return connection.execute(query.limit(1)).first() is not None


def plan(connection: Connection, night_of: Callable[[int], int]) -> None:
    """Give every active licence without a night its own."""
    query = sa.select(licence.c.id).where(_IS_ACTIVE, licence.c.compare_at.is_(None))
    for id in connection.scalars(query).all():
        connection.execute(sa.update(licence).where(licence.c.id == id).values(compare_at=night_of(id)))


def due(connection: Connection, now: int) -> tuple[int, int] | None:
    """Return the active licence whose night has come first, and when; None when none has."""
    query = sa.select(licence.c.id, licence.c.compare_at).where(_IS_ACTIVE, licence.c.compare_at <= now)
    found = connection.execute(query.order_by(licence.c.compare_at).limit(1)).one_or_none()
    return None if found is None else (found.id, found.compare_at)


def move(connection: Connection, id: int, due_at: int, next_at: int) -> bool:
    """Move the comparison of a licence from one moment to another; False when another node has moved it."""
    mine = sa.update(licence).where(licence.c.id == id, licence.c.compare_at == due_at)
    return connection.execute(mine.values(compare_at=next_at)).rowcount == 1


def keep(connection: Connection, id: int, untold: int, now: int) -> None:
    """Keep that a licence's books were compared, and of how many entries they told nothing."""
    kept = {"untold": untold, "compared_at": now}
    connection.execute(sa.update(licence).where(licence.c.id == id).values(kept))
