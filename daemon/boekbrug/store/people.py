"""Users of the pages: who they are, what they may see, and what proves that it is them."""

from collections.abc import Collection
from enum import StrEnum
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.store.bulk import run_rows
from boekbrug.store.tables import api_key, licence, login_failure, login_link, session, user_licence, users


class UserRole(StrEnum):
    """What a user is to the licences that he or she sees."""

    #: the shop: sees its own licences and repairs what is stuck
    OWNER = "owner"
    #: books for several shops, and approves
    BOOKKEEPER = "bookkeeper"
    #: keeps this boekbrug: sees every licence
    OPERATOR = "operator"


class User(NamedTuple):
    """A user; `password` is a hash, None until one is chosen."""

    id: int
    email: str
    name: str
    role: str
    language: str
    password: str | None
    disabled_at: int | None
    changed_at: int


_READ = sa.select(*(users.c[name] for name in User._fields))
_ALLOWED = users.c.disabled_at.is_(None)


def any_user(connection: Connection) -> bool:
    """Tell whether anybody can log in."""
    return connection.execute(sa.select(users.c.id).where(_ALLOWED).limit(1)).first() is not None


def add(connection: Connection, user: User) -> None:
    """Add a user; raise IntegrityError when the address has one."""
    connection.execute(sa.insert(users).values(user._asdict()))


def change(connection: Connection, id: int, now: int, **values: object) -> None:
    """Change some columns of a user."""
    connection.execute(sa.update(users).where(users.c.id == id).values(changed_at=now, **values))


def list_all(connection: Connection) -> list[User]:
    """List all users by address."""
    return [User(*row) for row in connection.execute(_READ.order_by(users.c.email))]


def operators(connection: Connection) -> list[User]:
    """List the operators who may log in."""
    return [User(*row) for row in connection.execute(_READ.where(users.c.role == UserRole.OPERATOR, _ALLOWED))]


def by_email(connection: Connection, email: str) -> User | None:
    """Read the user of an address, disabled or not."""
    return _one(connection, _READ.where(users.c.email == email))


def by_session(connection: Connection, token_hash: bytes, now: int) -> User | None:
    """Read whose session this is, while it lasts."""
    found = _READ.join(session, session.c.user == users.c.id)
    return _one(connection, found.where(session.c.token_hash == token_hash, session.c.ends_at > now, _ALLOWED))


def by_link(connection: Connection, token_hash: bytes, now: int) -> User | None:
    """Read for whom a one-time link is, while it can be used."""
    found = _READ.join(login_link, login_link.c.user == users.c.id)
    return _one(connection, found.where(login_link.c.token_hash == token_hash, login_link.c.ends_at > now, _ALLOWED))


def by_key(connection: Connection, token_hash: bytes) -> tuple[User, str] | None:
    """Read whose API key this is, with its scope."""
    query = sa.select(*(users.c[name] for name in User._fields), api_key.c.scope).join(
        api_key, api_key.c.user == users.c.id
    )
    row = connection.execute(
        query.where(api_key.c.token_hash == token_hash, api_key.c.ended_at.is_(None), _ALLOWED)
    ).one_or_none()
    return None if row is None else (User(*row[:-1]), str(row[-1]))


def _one(connection: Connection, query: "sa.Select[Any]") -> User | None:
    row = connection.execute(query).one_or_none()
    return None if row is None else User(*row)


def set_licences(connection: Connection, user: int, ids: Collection[int]) -> None:
    """Let a user see these licences and no others."""
    connection.execute(sa.delete(user_licence).where(user_licence.c.user == user))
    if ids:
        connection.execute(sa.insert(user_licence), [{"user": user, "licence": id} for id in sorted(ids)])


def licences_of(connection: Connection, user: int) -> dict[int, str]:
    """Name the licences that a user was given, by id."""
    query = sa.select(licence.c.id, licence.c.name).join(user_licence, user_licence.c.licence == licence.c.id)
    return dict(connection.execute(query.where(user_licence.c.user == user).order_by(licence.c.name)).all())


def begin_session(connection: Connection, token_hash: bytes, user: int, ends_at: int, now: int) -> None:
    """Begin a session; those that have ended are forgotten."""
    connection.execute(sa.delete(session).where(session.c.ends_at <= now))
    connection.execute(sa.insert(session).values(token_hash=token_hash, user=user, ends_at=ends_at))


def sessions_of(connection: Connection, user: int, now: int) -> int:
    """Count the sessions of a user that have not ended."""
    query = sa.select(sa.func.count()).where(session.c.user == user, session.c.ends_at > now)
    return int(connection.scalar(query) or 0)


def end_session(connection: Connection, token_hash: bytes) -> None:
    """End one session."""
    connection.execute(sa.delete(session).where(session.c.token_hash == token_hash))


def end_all(connection: Connection, user: int) -> None:
    """End all sessions and links of a user."""
    connection.execute(sa.delete(session).where(session.c.user == user))
    connection.execute(sa.delete(login_link).where(login_link.c.user == user))


def end_keys(connection: Connection, user: int, now: int, id: int | None = None) -> int:
    """End the API keys of a user, or one of them; return how many."""
    query = sa.update(api_key).where(api_key.c.user == user, api_key.c.ended_at.is_(None))
    if id is not None:
        query = query.where(api_key.c.id == id)
    return connection.execute(query.values(ended_at=now)).rowcount


def give_link(connection: Connection, token_hash: bytes, user: int, ends_at: int, now: int) -> None:
    """Give a user a link that lets in once; an earlier one ends."""
    connection.execute(sa.delete(login_link).where(sa.or_(login_link.c.ends_at <= now, login_link.c.user == user)))
    connection.execute(sa.insert(login_link).values(token_hash=token_hash, user=user, ends_at=ends_at))


def use_link(connection: Connection, token_hash: bytes) -> bool:
    """Use a link up; return whether it was still there."""
    return connection.execute(sa.delete(login_link).where(login_link.c.token_hash == token_hash)).rowcount == 1


class Key(NamedTuple):
    """An API key as its owner sees it; the key itself is shown once and not kept."""

    id: int
    name: str
    scope: str
    given_at: int


def add_key(connection: Connection, user: int, key: Key, token_hash: bytes) -> None:
    """Add an API key."""
    connection.execute(sa.insert(api_key).values(user=user, token_hash=token_hash, **key._asdict()))


def keys_of(connection: Connection, user: int) -> list[Key]:
    """List the API keys of a user."""
    query = sa.select(*(api_key.c[name] for name in Key._fields)).where(api_key.c.user == user)
    return [Key(*row) for row in connection.execute(query.where(api_key.c.ended_at.is_(None)).order_by(api_key.c.id))]


class Failures(NamedTuple):
    """How often a login went wrong of late, and when that is forgotten."""

    number: int
    ends_at: int


def failures(connection: Connection, who: bytes, now: int) -> Failures:
    """Count the recent failures of somebody."""
    columns = login_failure.c
    query = sa.select(columns.number, columns.ends_at).where(columns.who == who, columns.ends_at > now)
    row = connection.execute(query).one_or_none()
    return Failures(*row) if row else Failures(0, now)


_FAILED = """
    insert into login_failure (who, number, ends_at) values (?, 1, ?)
    on conflict (who) do update set ends_at = excluded.ends_at,
        number = case when login_failure.ends_at <= ? then 1 else login_failure.number + 1 end
"""


def note_failures(connection: Connection, who: Collection[bytes], ends_at: int, now: int) -> None:
    """Count one more failure each; those that have been forgotten are removed."""
    connection.execute(sa.delete(login_failure).where(login_failure.c.ends_at <= now))
    run_rows(connection, _FAILED, [(one, ends_at, now) for one in sorted(who)])


def forget_failures(connection: Connection, who: bytes) -> None:
    """Begin to count anew, after a login that went well."""
    connection.execute(sa.delete(login_failure).where(login_failure.c.who == who))
