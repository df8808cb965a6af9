"""The outbox: mail is written down with the act that it tells of, and handed to the mail server afterwards."""

from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.store.tables import mail

DUE, SENDING, SENT = "due", "sending", "sent"
REFUSED = "refused"
"""The server does not want it; a person looks, until the mail ends."""
LAPSED, WITHDRAWN = "lapsed", "withdrawn"
"""Not sent before what it says was over; not to be sent any more."""
PATIENCE = 15 * 60 * 1_000_000
"""Microseconds after which mail that was tried in vain counts as stuck."""
OVER = (SENT, LAPSED, WITHDRAWN)


class Mail(NamedTuple):
    """A mail to one person; `sealed` is its text, erased when it is over; after `ends_at` it would tell nothing."""

    id: int
    kind: str
    about: str
    recipient: str
    sealed: bytes | None
    state: str
    reason: str
    tries: int
    fence: int
    next_at: int | None
    ends_at: int
    written_at: int
    changed_at: int


_READ = sa.select(*(mail.c[name] for name in Mail._fields))
_UNSENT = mail.c.next_at.is_not(None)


def add(connection: Connection, one: Mail) -> None:
    """Put a mail into the outbox."""
    connection.execute(sa.insert(mail).values(one._asdict()))


def next_due(connection: Connection, now: int) -> Mail | None:
    """Return the mail that has been due for longest."""
    query = _READ.where(_UNSENT, mail.c.next_at <= now).order_by(mail.c.next_at, mail.c.id).limit(1)
    row = connection.execute(query).one_or_none()
    return Mail(*row) if row else None


def claim(connection: Connection, one: Mail, until: int, now: int) -> Mail | None:
    """Take a mail to send it; None when another node was quicker. It is due again at `until`, should we die."""
    fence = one.fence + 1
    values = {"state": SENDING, "fence": fence, "tries": one.tries + 1, "next_at": until, "changed_at": now}
    query = sa.update(mail).where(mail.c.id == one.id, mail.c.fence == one.fence, _UNSENT).values(values)
    taken = connection.execute(query).rowcount == 1
    return one._replace(state=SENDING, fence=fence, tries=one.tries + 1) if taken else None


def conclude(connection: Connection, one: Mail, state: str, reason: str, next_at: int | None, now: int) -> bool:
    """Write what became of a mail that we claimed; False when it was withdrawn or taken over meanwhile."""
    values: dict[str, object] = {"state": state, "reason": reason, "next_at": next_at, "changed_at": now}
    if state in OVER:
        values["sealed"] = None
    query = sa.update(mail).where(mail.c.id == one.id, mail.c.fence == one.fence)
    return connection.execute(query.values(values)).rowcount == 1


def withdraw(connection: Connection, now: int, *, id: int = 0, recipient: str = "", kinds: tuple[str, ...] = ()) -> int:
    """Keep one mail, or those of some kinds to a recipient, from being sent; return how many were not sent yet."""
    which = mail.c.id == id if id else sa.and_(mail.c.recipient == recipient, mail.c.kind.in_(kinds))
    ended = {"state": WITHDRAWN, "sealed": None, "next_at": None, "fence": mail.c.fence + 1, "changed_at": now}
    return connection.execute(sa.update(mail).where(which, _UNSENT).values(ended)).rowcount


def hasten(connection: Connection, id: int, now: int) -> bool:
    """Let a mail that is not sent be tried now; return whether there is such a one."""
    query = sa.update(mail).where(mail.c.id == id, _UNSENT, mail.c.state != SENDING)
    return connection.execute(query.values(state=DUE, next_at=now, changed_at=now)).rowcount == 1


def list_latest(connection: Connection, limit: int, before: int | None = None) -> list[Mail]:
    """List mail, the latest first, going on before an id."""
    query = _READ.order_by(mail.c.id.desc()).limit(limit)
    return [Mail(*row) for row in connection.execute(query if before is None else query.where(mail.c.id < before))]


def stuck(connection: Connection, now: int) -> int:
    """Count the mail that is refused, or has been tried in vain for longer than `PATIENCE`."""
    late = sa.and_(mail.c.tries > 0, mail.c.written_at < now - PATIENCE)
    query = sa.select(sa.func.count()).where(_UNSENT, sa.or_(mail.c.state == REFUSED, late))
    return int(connection.scalar(query) or 0)
