"""Changes of a licence that were written down, looked at, proposed, and decided upon."""

from collections.abc import Collection
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.store.tables import licence, proposal

DRAFT, PROPOSED = "draft", "proposed"
"""Written and looked at by who wrote it; waits for somebody who may approve it."""
APPLIED, REJECTED, WITHDRAWN = "applied", "rejected", "withdrawn"
OPEN = (DRAFT, PROPOSED)


class Proposal(NamedTuple):
    """A change of a licence; `before` and `body` are its file as it was and as it should be."""

    id: int
    licence: int
    before: str
    body: str
    note: str
    state: str
    actor: str
    at: int
    decided_by: str | None = None
    decided_at: int | None = None


_READ = sa.select(*(proposal.c[name] for name in Proposal._fields))


def add(connection: Connection, one: Proposal) -> None:
    """Keep a change."""
    connection.execute(sa.insert(proposal).values(one._asdict()))


def get(connection: Connection, of_licence: int, id: int) -> Proposal | None:
    """Read a change of a licence."""
    row = connection.execute(_READ.where(proposal.c.licence == of_licence, proposal.c.id == id)).one_or_none()
    return Proposal(*row) if row else None


def move(connection: Connection, id: int, before: Collection[str], after: str, **values: object) -> bool:
    """Put a change from one of the states `before` into another; return whether it was in one."""
    query = sa.update(proposal).where(proposal.c.id == id, proposal.c.state.in_(before))
    return connection.execute(query.values(state=after, **values)).rowcount == 1


def of_licence(connection: Connection, id: int, limit: int) -> list[Proposal]:
    """List the changes of a licence, the latest first."""
    query = _READ.where(proposal.c.licence == id).order_by(proposal.c.id.desc()).limit(limit)
    return [Proposal(*row) for row in connection.execute(query)]


def waiting(connection: Connection, sees: Collection[int] | None) -> dict[str, int]:
    """Count what is proposed and not decided upon, by the licence's name, among those one `sees`, None for all."""
    query = (
        sa.select(licence.c.name, sa.func.count())
        .join(proposal, proposal.c.licence == licence.c.id)
        .where(proposal.c.state == PROPOSED)
        .group_by(licence.c.name)
    )
    if sees is not None:
        query = query.where(licence.c.id.in_(sees))
    return dict(connection.execute(query).all())
