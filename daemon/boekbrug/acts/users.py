"""Users: add them, say which licences they see, send them a link to log in with, and shut them out again."""

import secrets
from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy.exc import IntegrityError

from boekbrug.acts import mailing
from boekbrug.acts.desk import Act, ActRefused, Desk, NotKnown
from boekbrug.acts.letters import LetterKind
from boekbrug.contract import Because, BoekbrugError, Fault, SettingsError
from boekbrug.problems import LANGUAGES
from boekbrug.runtime import passwords
from boekbrug.runtime.mail import is_address
from boekbrug.store import licences, outbox, people
from boekbrug.store.people import Key, User, UserRole
from boekbrug.sync.house import House

LINK_LASTS = 3 * 24 * 3600 * 1_000_000
"""Microseconds in which a one-time link has to be used: a weekend."""
KEY_BEGINS = "bb_"
_LINKS = (LetterKind.INVITATION, LetterKind.LINK)
READ, WRITE = "read", "write"
"""Scopes of API keys."""


class Listed(NamedTuple):
    """A user with the names of the licences that he or she was given; an operator sees all."""

    user: User
    licences: tuple[str, ...]


def normal(email: str) -> str:
    """Write an address in the one form in which it is kept."""
    return email.strip().lower()


def add(
    desk: Desk,
    email: str,
    name: str,
    role: str,
    licence_names: Collection[str],
    language: str = "nl",
    *,
    invite: bool = False,
) -> User:
    """Add a user without a password, and mail a one-time link where asked to `invite`.

    Raise SettingsError with all faults, ActRefused when the address is taken or no mail can be sent.
    """
    email = normal(email)
    if invite:
        mailing.demand_mail(desk.house)
    faults = []
    if not is_address(email) or len(email) > 254:
        faults.append(Fault("email", "{given} is not an e-mail address", given=email))
    if role not in list(UserRole):
        faults.append(Fault("role", "{given} is not one of {known}", given=role, known=", ".join(UserRole)))
    if language not in LANGUAGES:
        faults.append(Fault("language", "{given} is not one of {known}", given=language, known=", ".join(LANGUAGES)))
    if faults:
        raise SettingsError(faults)
    with desk.act("user-add", email, ids=2) as act:
        user = User(act.ids.take(), email, name.strip() or email, role, language, None, None, act.now)
        try:
            people.add(act.connection, user)
        except IntegrityError as error:
            raise ActRefused(Because("{email} is a user already; see: boekbrug user list", email=email)) from error
        _give_licences(act, user, licence_names)
        if invite:
            _mail_link(desk, act, user, LetterKind.INVITATION)
        act.facts = {"role": role, "licences": ", ".join(sorted(licence_names))}
    return user


def _give_licences(act: Act, user: User, names: Collection[str]) -> None:
    known = {row.name: row.id for row in licences.list_all(act.connection)}
    if missing := sorted(set(names) - set(known)):
        raise NotKnown(licence=missing[0])
    people.set_licences(act.connection, user.id, [known[name] for name in names])


def give_licences(desk: Desk, email: str, names: Collection[str]) -> None:
    """Let a user see these licences and no others; raise NotKnown."""
    user = get(desk.house, email)
    with desk.act("user-licences", user.email) as act:
        _give_licences(act, user, names)
        act.facts = {"licences": ", ".join(sorted(names))}


def link(desk: Desk, email: str) -> str:
    """Give a user a one-time link; return the path of its page. Raise NotKnown, ActRefused for a disabled user."""
    user = _enabled(desk.house, email)
    with desk.act("user-link", user.email) as act:
        return _give_link(desk, act, user)


def mail_link(desk: Desk, email: str) -> None:
    """Mail a user a one-time link; raise NotKnown, ActRefused for a disabled user or when no mail can be sent."""
    mailing.demand_mail(desk.house)
    user = _enabled(desk.house, email)
    with desk.act("user-link", user.email, ids=1) as act:
        _mail_link(desk, act, user, LetterKind.INVITATION if user.password is None else LetterKind.LINK)
        act.facts = {"by": "mail"}


def _enabled(house: House, email: str) -> User:
    user = get(house, email)
    if user.disabled_at is not None:
        raise ActRefused(Because("{email} is disabled; allow it first: boekbrug user enable {email}", email=user.email))
    return user


def _give_link(desk: Desk, act: Act, user: User) -> str:
    token = secrets.token_hex(32)
    people.give_link(act.connection, desk.house.vault.keyed_hash(token), user.id, act.now + LINK_LASTS, act.now)
    # an earlier link ended with this one, and mail that has not gone out yet would bring it
    outbox.withdraw(act.connection, act.now, recipient=user.email, kinds=_LINKS)
    return f"/enter/{token}"


def _mail_link(desk: Desk, act: Act, user: User, kind: LetterKind) -> None:
    address = desk.house.settings.service.public_url + _give_link(desk, act, user)
    mailing.post(desk, act, user, kind, {"link": address}, act.now + LINK_LASTS)


def disable(desk: Desk, email: str) -> None:
    """Shut a user out at once: sessions, links and API keys end."""
    user = get(desk.house, email)
    with desk.act("user-disable", user.email) as act:
        people.change(act.connection, user.id, act.now, disabled_at=act.now)
        people.end_all(act.connection, user.id)
        people.end_keys(act.connection, user.id, act.now)
        outbox.withdraw(act.connection, act.now, recipient=user.email, kinds=_LINKS)


def enable(desk: Desk, email: str) -> None:
    """Let a disabled user in again, with a new link or the old password."""
    user = get(desk.house, email)
    with desk.act("user-enable", user.email) as act:
        people.change(act.connection, user.id, act.now, disabled_at=None)


def end_sessions(desk: Desk, user: User) -> None:
    """Log a user out everywhere, and end links that were sent."""
    with desk.act("logout-all", user.email) as act:
        people.end_all(act.connection, user.id)
        outbox.withdraw(act.connection, act.now, recipient=user.email, kinds=_LINKS)


class PasswordLength(BoekbrugError):
    """A password has 12 to 200 characters."""

    code = "password-length"


def check_length(password: str) -> None:
    """Raise PasswordLength for a password that is too short or too long."""
    if not passwords.SHORTEST <= len(password) <= passwords.LONGEST:
        raise PasswordLength


def choose_password(desk: Desk, user: User, password: str) -> None:
    """Keep a user's new password; his or her sessions end. Raise PasswordLength."""
    check_length(password)
    kept = passwords.hashed(password)
    with desk.act("user-password", user.email) as act:
        people.change(act.connection, user.id, act.now, password=kept)
        people.end_all(act.connection, user.id)


def choose_language(desk: Desk, user: User, language: str) -> None:
    """Keep the language in which a user reads."""
    with desk.act("user-language", user.email) as act:
        people.change(act.connection, user.id, act.now, language=language)
        act.facts = {"language": language}


def give_key(desk: Desk, email: str, name: str, scope: str) -> str:
    """Give a user an API key, which is returned and not kept; raise SettingsError for another scope."""
    if scope not in (READ, WRITE):
        raise SettingsError([Fault("scope", "{given} is not one of {known}", given=scope, known=f"{READ}, {WRITE}")])
    user = get(desk.house, email)
    token = KEY_BEGINS + secrets.token_hex(32)
    with desk.act("key-add", user.email, ids=1) as act:
        key = Key(act.ids.take(), name.strip()[:64] or scope, scope, act.now)
        people.add_key(act.connection, user.id, key, desk.house.vault.keyed_hash(token))
        act.facts = {"key": key.name, "scope": scope}
    return token


def end_key(desk: Desk, user: User, id: int) -> None:
    """End an API key of a user; raise NotKnown."""
    with desk.act("key-end", user.email) as act:
        if not people.end_keys(act.connection, user.id, act.now, id):
            raise NotKnown(key=str(id))


def get(house: House, email: str) -> User:
    """Read the user of an address; raise NotKnown."""
    with house.database.read() as connection:
        found = people.by_email(connection, normal(email))
    if found is None:
        raise NotKnown(user=normal(email))
    return found


def list_all(house: House) -> list[Listed]:
    """List all users with their licences."""
    with house.database.read() as connection:
        return [
            Listed(user, tuple(people.licences_of(connection, user.id).values()))
            for user in people.list_all(connection)
        ]
