"""Log in: with a password, slowed down for whoever guesses and for nobody else, or with a link that works once."""

import math
import secrets

from boekbrug.acts.desk import Desk
from boekbrug.acts.mailing import demand_mail
from boekbrug.acts.users import check_length, choose_password, mail_link, normal
from boekbrug.contract import BoekbrugError
from boekbrug.runtime import passwords
from boekbrug.store import people
from boekbrug.store.people import User
from boekbrug.sync.house import House

SESSION_LASTS = 24 * 3600 * 1_000_000
FORGOTTEN_AFTER = 15 * 60 * 1_000_000
TRIES = 5
"""Failures of one account from one address; others go on logging in to that account from elsewhere."""
TRIES_OF_ADDRESS = 50
"""Failures from one address over all accounts: an office shares one."""


LINKS = 3
"""Links that are mailed to one user on request, from wherever."""


class WrongLogin(BoekbrugError):
    """The address or the password is not right."""

    code = "wrong-login"


class TooManyTries(BoekbrugError):
    """It went wrong too often from this address; wait some minutes."""

    code = "too-many-tries"


class LinkUsed(BoekbrugError):
    """The link was used or is too old; ask for a new one."""

    code = "link-used"


def with_password(house: House, email: str, password: str, address: str) -> str:
    """Begin a session and return its token; raise WrongLogin or TooManyTries."""
    email = normal(email)
    pair, alone = _who(house, f"{email} {address}"), _who(house, address)
    with house.database.read() as connection:
        now = house.database.now(connection)
        _refuse_guessing(people.failures(connection, pair, now), TRIES, now)
        _refuse_guessing(people.failures(connection, alone, now), TRIES_OF_ADDRESS, now)
        user = people.by_email(connection, email)
    kept = user.password if user and user.disabled_at is None else None
    if not passwords.matches(password[: passwords.LONGEST + 1], kept) or user is None:
        with house.database.write() as connection:
            people.note_failures(connection, (pair, alone), now + FORGOTTEN_AFTER, now)
        house.log.warning("login.failed", address=address)
        raise WrongLogin
    with house.database.write() as connection:
        people.forget_failures(connection, pair)
    return _begin(house, user, address)


def _who(house: House, text: str) -> bytes:
    return house.vault.keyed_hash(f"login {text}")


def _refuse_guessing(found: people.Failures, most: int, now: int) -> None:
    if found.number >= most:
        raise TooManyTries(minutes=str(math.ceil((found.ends_at - now) / 60_000_000)))


def _begin(house: House, user: User, address: str) -> str:
    token = secrets.token_hex(32)
    with Desk(house, f"web:{user.email}").act("login", user.email) as act:
        token_hash = house.vault.keyed_hash(token)
        people.begin_session(act.connection, token_hash, user.id, act.now + SESSION_LASTS, act.now)
        act.facts = {"from": address}
    return token


def forgot(house: House, email: str, address: str) -> None:
    """Mail a link to whoever forgot the password, if there is such a user; nobody learns whether there is.

    Raise ActRefused where no mail is sent. Raise TooManyTries: one user gets three links in a quarter of an hour, and
    from one address as many are asked for as logins may fail.
    """
    demand_mail(house)
    email = normal(email)
    pair, alone = _who(house, f"forgot {email}"), _who(house, f"forgot from {address}")
    with house.database.read() as connection:
        now = house.database.now(connection)
        _refuse_guessing(people.failures(connection, pair, now), LINKS, now)
        _refuse_guessing(people.failures(connection, alone, now), TRIES_OF_ADDRESS, now)
        user = people.by_email(connection, email)
    with house.database.write() as connection:
        people.note_failures(connection, (pair, alone), now + FORGOTTEN_AFTER, now)
    if user is not None and user.disabled_at is None:
        mail_link(Desk(house, f"web:{address}"), email)


def guest(house: House, link: str) -> User:
    """Say for whom a one-time link is; raise LinkUsed."""
    with house.database.read() as connection:
        user = people.by_link(connection, house.vault.keyed_hash(link), house.database.now(connection))
    if user is None:
        raise LinkUsed
    return user


def with_link(house: House, link: str, password: str, address: str) -> str:
    """Use a link up, with a new password where one is given; return the token of a new session.

    Raise LinkUsed, or PasswordLength, which leaves the link as it was.
    """
    user = guest(house, link)
    if password:
        check_length(password)
    with house.database.write() as connection:
        if not people.use_link(connection, house.vault.keyed_hash(link)):
            raise LinkUsed
    if password:
        choose_password(Desk(house, f"web:{user.email}"), user, password)
    return _begin(house, user, address)


def out(house: House, token: str) -> None:
    """End a session."""
    with house.database.write() as connection:
        people.end_session(connection, house.vault.keyed_hash(token))
