"""Facts that belong to the database as a whole, by name."""

import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.store.tables import fact

LOCKED = "locked "
"""How the name of the fact begins that holds through which day a licence's target has closed its books."""
_PUT = sa.text(
    "insert into fact (name, value) values (:name, :value) on conflict (name) do update set value = excluded.value"
)
_ADVANCE = sa.text(
    "insert into fact (name, value) values (:name, :value) on conflict (name) do update set value = excluded.value "
    "where cast(fact.value as bigint) < cast(excluded.value as bigint)"
)
_ADD = sa.text("insert into fact (name, value) values (:name, :value) on conflict (name) do nothing")


_GET = sa.select(fact.c.value).where(fact.c.name == sa.bindparam("name"))


def get(connection: Connection, name: str) -> str | None:
    """Read a fact."""
    return connection.scalar(_GET, {"name": name})


def put(connection: Connection, name: str, value: str) -> None:
    """Write a fact."""
    connection.execute(_PUT, {"name": name, "value": value})


def advance(connection: Connection, name: str, value: int) -> None:
    """Write a number that never goes back."""
    connection.execute(_ADVANCE, {"name": name, "value": str(value)})


def remove(connection: Connection, name: str) -> None:
    """Take a fact out."""
    connection.execute(sa.delete(fact).where(fact.c.name == name))


def starting_with(connection: Connection, start: str) -> dict[str, str]:
    """Read the facts whose name begins like this."""
    query = sa.select(fact.c.name, fact.c.value).where(fact.c.name.startswith(start, autoescape=True))
    return dict(connection.execute(query).all())


def change(connection: Connection, name: str, before: str | None, after: str) -> bool:
    """Change a fact that still stands as it was read; return whether it did: of several, one wins."""
    if before is None:
        return connection.execute(_ADD, {"name": name, "value": after}).rowcount == 1
    changed = sa.update(fact).where(fact.c.name == name, fact.c.value == before).values(value=after)
    return connection.execute(changed).rowcount == 1
