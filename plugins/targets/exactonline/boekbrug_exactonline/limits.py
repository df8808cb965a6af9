"""What Exact allows, learned from the headers of its answers, and endpoints that rest after too many errors."""

import datetime as dt
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from boekbrug.contract import BudgetSpent, Context, HttpResponse, Limit

LIMITS = (
    Limit(name="minute", calls=60, per=dt.timedelta(minutes=1)),
    Limit(name="day", calls=5000, per=dt.timedelta(days=1)),
    # more than 10 within an hour block the endpoint, for longer each time: the ninth is the last
    Limit(name="errors", calls=8, per=dt.timedelta(hours=1)),
)
_HEADERS: Mapping[str, str] = {"minute": "X-RateLimit-Minutely-", "day": "X-RateLimit-"}
#: 500 is not in Exact's list, but integrators were blocked after ten refused bookings
_ERRORS = frozenset({400, 401, 403, 404, 500})
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_WAIT = dt.timedelta(minutes=1)
_AMSTERDAM = ZoneInfo("Europe/Amsterdam")
_SHARE, _MOST_AT_ONCE = 100, 20


class EndpointRests(BudgetSpent):
    """Exact refused nine calls within an hour; the tenth would have it block the app for an hour or more."""

    code = "exact-endpoint-rests"


class Told:
    """What an answer says of one bucket; a bucket that is absent says nothing."""

    __slots__ = ("remaining", "resets_at")

    def __init__(self, remaining: int, resets_at: dt.datetime) -> None:
        self.remaining = remaining
        self.resets_at = resets_at


class Limits:
    """The budgets of one run; `client` keeps the counts of several apps apart."""

    def __init__(self, context: Context, client: str) -> None:
        self._context = context
        self._client = client
        self._known: dict[str, Told] = {}
        self._ahead: dict[str, int] = {}
        self._resting: dict[str, dt.datetime | None] = {}

    def take(self, division: str, endpoint: str) -> None:
        """Take one call; raise BudgetSpent while a limit, or EndpointRests while an endpoint forbids it."""
        key = f"errors:{self._client}:{division}:{endpoint}"
        if key not in self._resting:
            kept = self._context.cache.get(key)
            self._resting[key] = dt.datetime.fromisoformat(kept.decode()) if kept else None
        until, now = self._resting[key], self._context.clock.now()
        if until is not None and now < until:
            raise EndpointRests(until - now, what=endpoint, until=f"{until.astimezone(_AMSTERDAM):%Y-%m-%d %H:%M}")
        if not self._ahead.get(division):
            cost = self._at_once(division)
            self._context.budget.take(f"minute:{self._client}:{division}", f"day:{self._client}:{division}", cost=cost)
            self._ahead[division] = cost
        self._ahead[division] -= 1

    def _at_once(self, division: str) -> int:
        """Return how many calls to take together: one, unless Exact allows far more than the usual 60 a minute."""
        known = [self._known.get(f"{name}:{division}") for name in _HEADERS]
        left = min(told.remaining if told else 0 for told in known)
        return max(1, min(left // _SHARE, _MOST_AT_ONCE))

    def through(self, division: str, calls: int) -> dt.datetime:
        """Return when so many calls will have been allowed."""
        keys = (f"{name}:{self._client}:{division}" for name in _HEADERS)
        return self._context.budget.through(*keys, cost=calls)

    def learn(self, division: str, endpoint: str, answer: HttpResponse) -> None:
        """Correct the budgets by the headers of an answer, and count it when it is an error."""
        for name in _HEADERS:
            told = _told(answer, name)
            if told is not None and self._is_news(f"{name}:{division}", told):
                self._known[f"{name}:{division}"] = told
                key = f"{name}:{self._client}:{division}"
                self._context.budget.learn(key, remaining=told.remaining, resets_at=told.resets_at)
        if answer.status_code in _ERRORS:
            self._count_error(f"errors:{self._client}:{division}:{endpoint}", endpoint)

    def _is_news(self, key: str, told: Told) -> bool:
        # every call counts itself; correcting it is worth a transaction when a new stretch began or half is gone
        known = self._known.get(key)
        return known is None or told.resets_at > known.resets_at or told.remaining * 2 <= known.remaining

    def _count_error(self, key: str, endpoint: str) -> None:
        try:
            self._context.budget.take(key)
        except BudgetSpent as spent:
            until = self._context.clock.now() + (spent.retry_after or _WAIT)
            self._resting[key] = until
            self._context.cache.put(key, until.isoformat().encode(), dt.timedelta(hours=2))
            self._context.log.warning("exactonline.endpoint-rests", endpoint=endpoint, until=until.isoformat())


def wait_after(answer: HttpResponse, now: dt.datetime) -> dt.timedelta:
    """Return how long a 429 asks to wait: until the bucket that is empty is filled again."""
    empty = [told.resets_at for name in _HEADERS if (told := _told(answer, name)) and told.remaining <= 0]
    return max([*empty, now + dt.timedelta(seconds=1)]) - now if empty else _WAIT


def _told(answer: HttpResponse, name: str) -> Told | None:
    remaining = answer.headers.get(f"{_HEADERS[name]}Remaining", "")
    reset = answer.headers.get(f"{_HEADERS[name]}Reset", "")
    if not (remaining.lstrip("-").isdigit() and reset.isdigit()):
        return None
    return Told(int(remaining), _EPOCH + dt.timedelta(milliseconds=int(reset)))
