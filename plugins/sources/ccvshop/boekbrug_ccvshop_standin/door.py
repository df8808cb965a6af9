"""Who may come in, and how often: keys, signatures and clock of a request, and calls per minute."""

import datetime as dt
import hashlib
import hmac
from collections import Counter

PUBLIC, SECRET = "pub_standin_0123456789", "s3cr3t_standin_0123456789abcdef"
APP_SECRET = "app_secret_standin"  # noqa: S105 - of a shop that does not exist
SKEW = 300
PER_MINUTE = {"GET": 150}
WRITES_PER_MINUTE = 100


class Refused(Exception):
    """An answer that is no success: HTTP status, the vendor's code, and a word for the developer."""

    def __init__(self, status: int, code: str = "", message: str = "") -> None:
        self.status, self.code, self.message = status, code, message
        super().__init__(message)


def signature(secret: str, *parts: str | bytes) -> str:
    """Return the lower-case hex HMAC-SHA512 of parts joined by pipes."""
    joined = b"|".join(part if isinstance(part, bytes) else part.encode() for part in parts)
    return hmac.new(secret.encode(), joined, hashlib.sha512).hexdigest()


def let_in(method: str, target: str, body: bytes, headers: dict[str, str], now: dt.datetime) -> None:
    """Check a request's headers; raise Refused with 401."""
    when = headers.get("x-date", "")
    if headers.get("x-public") != PUBLIC:
        raise Refused(401, "401.10", "unknown public key")
    expected = signature(SECRET, PUBLIC, method, target, body, when)
    if not hmac.compare_digest(expected, headers.get("x-hash", "")):
        raise Refused(401, "401.20", "the hash is wrong")
    if abs((_moment(when) - now).total_seconds()) > SKEW:
        raise Refused(401, "401.30", "the date is too far away")


def _moment(text: str) -> dt.datetime:
    """Read `Z`, `+00:00` and `+0000`."""
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise Refused(401, "401.30", "the date cannot be read") from error
    if moment.tzinfo is None:
        raise Refused(401, "401.30", "the date has no zone")
    return moment


class Turnstile:
    """Counts calls per minute of the clock, method and resource."""

    def __init__(self) -> None:
        self.enforced = True
        self.total_limit = 0
        self._minute = 0
        self._calls: Counter[str] = Counter()

    def count(self, method: str, resource: str, now: dt.datetime) -> None:
        """Count a call; raise Refused with 429."""
        minute = int(now.timestamp()) // 60
        if minute != self._minute:
            self._minute = minute
            self._calls.clear()
        self._calls[f"{method} {resource}"] += 1
        if not self.enforced:
            return
        if self.total_limit and self._calls.total() > self.total_limit:
            raise Refused(429, "429.11", "the limit of all calls is reached")
        if self._calls[f"{method} {resource}"] > PER_MINUTE.get(method, WRITES_PER_MINUTE):
            raise Refused(429, "429.10", "the limit of this method and resource is reached")
