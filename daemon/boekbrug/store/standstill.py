"""Connections that only a person can bring back to work, and whether people have been told."""

from collections.abc import Collection
from typing import NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.store import facts
from boekbrug.store.connections import PAUSED, TROUBLE
from boekbrug.store.licences import ACTIVE
from boekbrug.store.people import User, UserRole
from boekbrug.store.tables import connection as table
from boekbrug.store.tables import licence, problem, user_licence, users

_TOLD = "told "


class Paused(NamedTuple):
    """A paused connection with the problem that it stands still for."""

    problem: int
    id: int
    name: str
    plugin: str
    grant: int | None
    code: str
    facts: dict[str, str]

    @property
    def cause(self) -> tuple[str, int]:
        """Name what has to be mended: a grant that several connections may use, or the connection itself."""
        return ("connection", self.id) if self.grant is None else ("grant", self.grant)


def paused(connection: Connection) -> list[Paused]:
    """List the paused connections of active licences, in the order in which they came to a standstill."""
    uses = sa.or_(licence.c.source == table.c.id, licence.c.target == table.c.id)
    query = (
        sa.select(
            problem.c.id, table.c.id, table.c.name, table.c.plugin, table.c.grant, problem.c.code, problem.c.facts
        )
        .join(table, table.c.id == problem.c.connection)
        .where(table.c.state == PAUSED, problem.c.place == TROUBLE, problem.c.closed_at.is_(None))
        .where(sa.exists().where(uses, licence.c.state == ACTIVE))
        .order_by(problem.c.id)
    )
    rows = connection.execute(query).all()
    return [Paused(*row[:-1], msgspec.json.decode(row[-1], type=dict[str, str])) for row in rows]


def told(connection: Connection) -> set[int]:
    """List the problems that people have been told of."""
    return {int(name.removeprefix(_TOLD)) for name in facts.starting_with(connection, _TOLD)}


def tell(connection: Connection, problem_id: int, now: int) -> bool:
    """Take it upon oneself to tell people of a problem; False when another node was quicker."""
    return facts.change(connection, f"{_TOLD}{problem_id}", None, str(now))


def forget(connection: Connection, ended: Collection[int]) -> None:
    """Forget that people were told of problems that have ended."""
    for id in ended:
        facts.remove(connection, f"{_TOLD}{id}")


def concerned(connection: Connection, connections: Collection[int]) -> tuple[list[str], list[User]]:
    """Name the active licences that use connections, and the users who see them: operators see all."""
    uses = sa.or_(licence.c.source.in_(connections), licence.c.target.in_(connections))
    rows = connection.execute(sa.select(licence.c.id, licence.c.name).where(uses, licence.c.state == ACTIVE)).all()
    seen = sa.select(user_licence.c.user).where(user_licence.c.licence.in_([row.id for row in rows]))
    query = (
        sa.select(*(users.c[name] for name in User._fields))
        .where(users.c.disabled_at.is_(None), sa.or_(users.c.role == UserRole.OPERATOR, users.c.id.in_(seen)))
        .order_by(users.c.id)
    )
    return sorted(row.name for row in rows), [User(*row) for row in connection.execute(query)]
