"""Calls that are allowed: per clock minute, per day in UTC, and errors per endpoint and hour."""

import datetime as dt
from collections import Counter, defaultdict

_COUNTED = frozenset({400, 401, 403, 404})
_MINUTE, _DAY, _HOUR = dt.timedelta(minutes=1), dt.timedelta(days=1), dt.timedelta(hours=1)
Key = tuple[str, str]


class Limits:
    """Counts calls per client and division; a limit of 0 is off and told as endless."""

    def __init__(self) -> None:
        self.minutely = 60
        self.daily = 5000
        self.errors = 10
        #: 1 counts refusals by 500 as errors too, which the vendor does not list and integrators met
        self.refusals = 0
        self._taken: Counter[tuple[Key, dt.datetime]] = Counter()
        self._errors: defaultdict[tuple[Key, str], list[dt.datetime]] = defaultdict(list)

    def refusal(self, key: Key, endpoint: str, now: dt.datetime) -> dict[str, str] | None:
        """Count a call; return the headers of a 429 when it is one too many."""
        recent = [at for at in self._errors[key, endpoint] if now - at < _HOUR]
        self._errors[key, endpoint] = recent
        if self.errors and len(recent) > self.errors:
            return {}
        for limit, start, told in ((self.minutely, _minute(now), _minutely), (self.daily, _day(now), _daily)):
            if limit and self._taken[key, start] >= limit:
                return told(limit, 0, start)
        self._taken[key, _minute(now)] += 1
        self._taken[key, _day(now)] += 1
        return None

    def headers(self, key: Key, now: dt.datetime) -> dict[str, str]:
        """Return the six headers of an ordinary answer."""
        minute, day = _minute(now), _day(now)
        return {
            **_minutely(self.minutely, self.minutely - self._taken[key, minute], minute if self.minutely else day),
            **_daily(self.daily, self.daily - self._taken[key, day], day),
        }

    def note(self, key: Key, endpoint: str, status: int, now: dt.datetime) -> None:
        """Remember an error that counts."""
        if status in _COUNTED or (self.refusals and status == 500):
            self._errors[key, endpoint].append(now)


_ENDLESS = 1_000_000


def _minutely(limit: int, left: int, start: dt.datetime) -> dict[str, str]:
    ends = start + (_MINUTE if limit else _DAY)
    return _told("X-RateLimit-Minutely-", limit, left, ends)


def _daily(limit: int, left: int, start: dt.datetime) -> dict[str, str]:
    return _told("X-RateLimit-", limit, left, start + _DAY)


def _told(prefix: str, limit: int, left: int, ends: dt.datetime) -> dict[str, str]:
    return {
        f"{prefix}Limit": str(limit or _ENDLESS),
        f"{prefix}Remaining": str(left if limit else _ENDLESS),
        f"{prefix}Reset": str(int(ends.timestamp() * 1000)),
    }


def _minute(now: dt.datetime) -> dt.datetime:
    return now.replace(second=0, microsecond=0)


def _day(now: dt.datetime) -> dt.datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0)
