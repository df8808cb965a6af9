"""What goes wrong with calls, and what each of it does to the books."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from typing import Protocol

from boekbrug.contract import (
    AuthorisationLost,
    Booked,
    NotReachable,
    Outcome,
    OutcomeUnknown,
    Prepared,
    Problem,
    Refused,
    Retriable,
    Unknown,
)


class Fault(StrEnum):
    """One way in which a call that creates goes wrong."""

    #: the connection fails before a byte is written
    NOT_SENT = "not-sent"
    #: 429: not processed, come back later
    BUSY = "busy"
    #: the target commits and the reply is lost
    LOST_REPLY = "lost-reply"
    #: the client gives up and the target commits afterwards
    LATE_COMMIT = "late-commit"
    #: nothing was committed and no valid reply came
    LOST_CALL = "lost-call"
    #: 5xx with a body that says nothing of what became of the call: a plugin answers that it is unknown
    SERVER_ERROR = "server-error"
    #: 5xx without a body
    BARE_ERROR = "bare-error"
    #: half of a batch is committed, then the reply is lost
    HALF_BATCH = "half-batch"
    #: the plugin meets an answer it does not understand, after the commit
    GARBAGE = "garbage"
    #: the target refuses what it could have taken
    REFUSED = "refused"
    #: the authorisation is withdrawn
    UNAUTHORISED = "unauthorised"


UNKNOWN = frozenset(
    {
        Fault.LOST_REPLY, Fault.LATE_COMMIT, Fault.LOST_CALL, Fault.SERVER_ERROR, Fault.BARE_ERROR, Fault.HALF_BATCH,
        Fault.GARBAGE,
    }
)  # fmt: skip
"""Accidents after which nobody can say whether the call had its effect."""


class FindFault(StrEnum):
    """One way in which a look-up goes wrong."""

    #: the look-up fails
    UNREACHABLE = "unreachable"
    #: new records are not listed yet
    LATE_LISTING = "late-listing"
    #: the card of a customer is found unfit
    CARD_UNFIT = "card-unfit"
    #: the books say that they cannot tell, and a person has to look
    CANNOT_TELL = "cannot-tell"


class TokenFault(StrEnum):
    """One way in which the exchange of a refresh token goes wrong."""

    #: the pair is exchanged and the answer is lost
    REPLY_LOST = "token-reply-lost"
    #: nothing is exchanged and no valid answer comes
    CALL_LOST = "token-call-lost"
    #: the connection fails before a byte is written
    NOT_SENT = "token-not-sent"


class Ledger(Protocol):
    """Books that commit what is sent to them, at once or later."""

    def commit(self, prepared: Prepared) -> Booked:
        """Write an entry or a customer."""
        ...

    def commit_later(self, prepared: Prepared) -> None:
        """Write it some time before the client's deadline has passed twice."""
        ...

    def commits_before_it_fails(self) -> bool:
        """Say whether a call that ends in 5xx had its effect before."""
        ...

    def retry_after(self) -> dt.timedelta:
        """Say how long to stay away."""
        ...


def post(books: Ledger, prepared: Sequence[Prepared], fault: Fault | None) -> Sequence[Outcome]:
    """Commit a batch, unless or although an accident happens."""
    return _ACCIDENTS[fault](books, prepared)


def _commit_all(books: Ledger, prepared: Sequence[Prepared]) -> Sequence[Outcome]:
    return [books.commit(item) for item in prepared]


def _not_sent(_books: Ledger, _prepared: Sequence[Prepared]) -> Sequence[Outcome]:
    raise NotReachable(host="books")


def _busy(books: Ledger, _prepared: Sequence[Prepared]) -> Sequence[Outcome]:
    raise Retriable(retry_after=books.retry_after())


def _lost_reply(books: Ledger, prepared: Sequence[Prepared]) -> Sequence[Outcome]:
    _commit_all(books, prepared)
    raise OutcomeUnknown(call="post")


def _late_commit(books: Ledger, prepared: Sequence[Prepared]) -> Sequence[Outcome]:
    for item in prepared:
        books.commit_later(item)
    raise OutcomeUnknown(call="post")


def _lost_call(_books: Ledger, _prepared: Sequence[Prepared]) -> Sequence[Outcome]:
    raise OutcomeUnknown(call="post")


def _server_error(books: Ledger, prepared: Sequence[Prepared]) -> Sequence[Outcome]:
    return _answered(books, prepared, "HTTP 503: try again later")


def _bare_error(books: Ledger, prepared: Sequence[Prepared]) -> Sequence[Outcome]:
    return _answered(books, prepared, "HTTP 502")


def _answered(books: Ledger, prepared: Sequence[Prepared], reason: str) -> Sequence[Outcome]:
    """Answer 5xx, which says of nothing whether it was committed before."""
    if books.commits_before_it_fails():
        _commit_all(books, prepared)
    return [Unknown(reason=reason)] * len(prepared)


def _half_batch(books: Ledger, prepared: Sequence[Prepared]) -> Sequence[Outcome]:
    _commit_all(books, prepared[: len(prepared) // 2])
    raise OutcomeUnknown(call="post")


def _garbage(books: Ledger, prepared: Sequence[Prepared]) -> Sequence[Outcome]:
    _commit_all(books, prepared)
    sentence = "the answer is not what the sheet says"
    raise ValueError(sentence)


def _refused(books: Ledger, prepared: Sequence[Prepared]) -> Sequence[Outcome]:
    return list(_every_other(books, prepared))


def _every_other(books: Ledger, prepared: Sequence[Prepared]) -> Iterator[Outcome]:
    problem = Problem(code="refused", facts={"details": "the journal is closed"})
    for n, item in enumerate(prepared):
        yield Refused(problems=(problem,)) if n % 2 == 0 else books.commit(item)


def _unauthorised(_books: Ledger, _prepared: Sequence[Prepared]) -> Sequence[Outcome]:
    raise AuthorisationLost(reason="the user withdrew it")


_ACCIDENTS: dict[Fault | None, Callable[[Ledger, Sequence[Prepared]], Sequence[Outcome]]] = {
    None: _commit_all,
    Fault.NOT_SENT: _not_sent,
    Fault.BUSY: _busy,
    Fault.LOST_REPLY: _lost_reply,
    Fault.LATE_COMMIT: _late_commit,
    Fault.LOST_CALL: _lost_call,
    Fault.SERVER_ERROR: _server_error,
    Fault.BARE_ERROR: _bare_error,
    Fault.HALF_BATCH: _half_batch,
    Fault.GARBAGE: _garbage,
    Fault.REFUSED: _refused,
    Fault.UNAUTHORISED: _unauthorised,
}
