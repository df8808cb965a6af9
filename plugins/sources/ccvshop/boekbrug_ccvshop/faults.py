"""What the shop's answers mean: which errors pass, which stay, and which concern the connection.

Several errors that no retry mends come as HTTP 500; they are told apart by the code in the body.
"""

import datetime as dt
from email.utils import parsedate_to_datetime

import msgspec

from boekbrug.contract import (
    BoekbrugError,
    Clock,
    HttpResponse,
    MissingRight,
    RefusedCall,
    Retriable,
    WrongClock,
    WrongKey,
)

CLOCK_TOLERANCE = dt.timedelta(minutes=5)
WAIT = dt.timedelta(seconds=60)
"""How long to wait after 429, which comes without a word on it: limits are per minute."""

PERMANENT = frozenset(
    {"500.20", "500.21", "500.22", "500.23", "500.24", "500.25", "500.40", "500.50", "500.60", "500.70", "500.80"}
    | {"500.90", "501.10", "501.20", "501.30"}
)
UNKNOWN_RESOURCE = "404.20"
APP_MISSING = "500.90"


class AnswerNotSigned(Retriable):
    """The answer does not carry the shop's signature, so that nothing of it is believed."""

    code = "ccvshop-answer-not-signed"


class AppMissing(MissingRight):
    """The shop has not installed the app that its API belongs to."""

    code = "ccvshop-app-missing"


class _Body(msgspec.Struct):
    code: str | int | float = ""
    developermessage: str = ""


def code_of(answer: HttpResponse) -> tuple[str, str]:
    """Return code and message of an error's body, which may be missing or no JSON at all."""
    try:
        body = msgspec.json.decode(answer.content, type=_Body)
    except (msgspec.DecodeError, UnicodeError):
        return "", ""
    return str(body.code), body.developermessage[:200]


def error_of(answer: HttpResponse, resource: str, clock: Clock) -> BoekbrugError:
    """Turn an answer that is no success and no plain 404 into an error of the contract."""
    status = answer.status_code
    code, message = code_of(answer)
    facts = {"resource": resource, "status": code or str(status), "message": message}
    if status == 401:
        return _not_let_in(answer, clock)
    if code == APP_MISSING:
        return AppMissing(**facts)
    if status == 403:
        return MissingRight(**facts)
    if status == 429:
        return Retriable(WAIT, **facts)
    if code in PERMANENT or (status < 500 and status not in (408, 425)):
        return RefusedCall(**facts)
    return Retriable(None, **facts)


def _not_let_in(answer: HttpResponse, clock: Clock) -> BoekbrugError:
    """Tell a wrong clock from a wrong key by the shop's own time; the error itself does not say."""
    theirs = _their_moment(answer)
    ours = clock.now()
    if theirs is not None and abs(theirs - ours) > CLOCK_TOLERANCE:
        return WrongClock(ours=ours.isoformat(timespec="seconds"), theirs=theirs.isoformat(timespec="seconds"))
    return WrongKey()


def _their_moment(answer: HttpResponse) -> dt.datetime | None:
    for name, read in (("x-date", dt.datetime.fromisoformat), ("date", parsedate_to_datetime)):
        try:
            moment = read(answer.headers.get(name, ""))
        except ValueError:
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return None
