"""Mail: written into the outbox with the act that it tells of, sent by the daemon, shown while it is stuck."""

import secrets
from typing import NamedTuple

import msgspec

from boekbrug.acts.desk import Act, ActRefused, Desk, NotKnown
from boekbrug.acts.letters import LetterKind, words
from boekbrug.contract import Because, BoekbrugError
from boekbrug.runtime.mail import LONGEST_SENDING, Letter, MailRefused
from boekbrug.store import outbox
from boekbrug.store.outbox import Mail
from boekbrug.store.people import User
from boekbrug.sync.house import House

_SECOND = 1_000_000
_LEASE = 2 * LONGEST_SENDING * _SECOND
_FIRST_WAIT, _LONGEST_WAIT = 60 * _SECOND, 3600 * _SECOND
_NOT_SET_UP = Because("Mail is not set up; add [mail] to boekbrug.toml, or hand the link over yourself.")


class Sent(NamedTuple):
    """A mail that was tried: what became of it, and what the server said."""

    kind: str
    recipient: str
    state: str
    reason: str


def demand_mail(house: House) -> None:
    """Raise ActRefused unless the settings name a mail server."""
    if not house.settings.mail.host:
        raise ActRefused(_NOT_SET_UP)


def post(
    desk: Desk,
    act: Act,
    to: User,
    kind: LetterKind,
    facts: dict[str, str],
    ends_at: int,
    about: str = "",
    reply_to: str = "",
) -> None:
    """Put a mail to a user into the outbox, in the act's transaction; after `ends_at` it is not sent any more."""
    house = desk.house
    said = words(kind, to.language, name=to.name, **facts)
    domain = house.settings.mail.sender.partition("@")[2]
    letter = Letter(
        id=f"<{secrets.token_hex(16)}@{domain}>", recipient=to.email, name=to.name, subject=said.subject,
        text=said.text.lstrip(), reply_to=reply_to,
    )  # fmt: skip
    id = act.ids.take()
    sealed = house.vault.encrypt(msgspec.json.encode(letter), _place(id))
    outbox.add(
        act.connection,
        Mail(
            id, kind, about, to.email, sealed, outbox.DUE, "", tries=0, fence=0, next_at=act.now, ends_at=ends_at,
            written_at=act.now, changed_at=act.now,
        ),
    )  # fmt: skip


def _place(id: int) -> bytes:
    return b"mail %d" % id


def send_next(house: House) -> Sent | None:
    """Send the mail that has been due for longest; None when none is. Of several nodes one does."""
    database = house.database
    with database.read() as connection:
        due = outbox.next_due(connection, database.now(connection)) if house.settings.mail.host else None
    if due is None:
        return None
    with database.write() as connection:
        now = database.now(connection)
        taken = outbox.claim(connection, due, now + _LEASE, now)
    if taken is None:
        return None
    state, reason, wait = _send(house, taken, now)
    with database.write() as connection:
        now = database.now(connection)
        next_at = None if state in outbox.OVER else taken.ends_at if wait is None else min(now + wait, taken.ends_at)
        outbox.conclude(connection, taken, state, reason, next_at, now)
    return Sent(taken.kind, taken.recipient, state, reason)


def _send(house: House, taken: Mail, now: int) -> tuple[str, str, int | None]:
    """Return the state that follows, what the server said, and how long to wait; None is until the mail ends."""
    if now >= taken.ends_at:
        return outbox.LAPSED, taken.reason, None
    assert taken.sealed is not None
    try:
        letter = msgspec.json.decode(house.vault.decrypt(taken.sealed, _place(taken.id)), type=Letter)
        house.mailer().send(letter)
    except MailRefused as refused:
        return outbox.REFUSED, refused.facts["reason"], None
    except BoekbrugError as error:
        reason = error.facts.get("reason") or str(error)
        return outbox.DUE, reason, min(_FIRST_WAIT * 2 ** (taken.tries - 1), _LONGEST_WAIT)
    return outbox.SENT, "", None


def again(desk: Desk, id: int) -> None:
    """Try a mail now that is not sent; raise NotKnown when there is none such."""
    with desk.act("mail-again", str(id)) as act:
        if not outbox.hasten(act.connection, id, act.now):
            raise NotKnown(mail=str(id))


def withdraw(desk: Desk, id: int) -> None:
    """Do not send a mail any more; raise NotKnown when it is over already."""
    with desk.act("mail-withdraw", str(id)) as act:
        if not outbox.withdraw(act.connection, act.now, id=id):
            raise NotKnown(mail=str(id))


def list_latest(house: House, limit: int, before: int | None = None) -> list[Mail]:
    """List the mail that was written, the latest first."""
    with house.database.read() as connection:
        return outbox.list_latest(connection, limit, before)
