"""A context for tests: real folders, a clock that can be set, memory instead of a database, and faults on demand."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path

from boekbrug.contract import AuthorisationLost, BudgetSpent, Clock, Folder, Grant, Http, HttpResponse, NotReachable
from boekbrug.runtime.folder import DiskFolder
from boekbrug.testing.clock import SettableClock
from boekbrug.testing.portfaults import FaultyFolder, FaultyHttp, PortFault


class NoHttp:
    """An outside world that nobody can reach, for plugins that make no calls."""

    def request(
        self,
        method: str,
        url: str,
        *,
        creates: bool = False,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        data: bytes | None = None,
        json: object = None,
    ) -> HttpResponse:
        """Raise NotReachable."""
        raise NotReachable(url=url)


class NoGrant:
    """The grant of a connection that was never authorised."""

    def token(self) -> str:
        """Raise AuthorisationLost."""
        raise AuthorisationLost

    def refused(self, token: str) -> str:
        """Raise AuthorisationLost."""
        raise AuthorisationLost

    def facts(self) -> Mapping[str, str]:
        """Raise AuthorisationLost."""
        raise AuthorisationLost


class GivenGrant(NoGrant):
    """A grant with one token that cannot be refreshed."""

    def __init__(self, token: str, **facts: str) -> None:
        self._token = token
        self._facts = facts

    def token(self) -> str:
        """Return the token."""
        return self._token

    def facts(self) -> Mapping[str, str]:
        """Return the facts."""
        return self._facts


class MemoryCache:
    """A cache that is lost with the context."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[str, tuple[bytes, dt.datetime]] = {}

    def get(self, key: str) -> bytes | None:
        """Return the value, or None when absent or past its time."""
        value, until = self._kept.get(key, (None, None))
        return value if until is not None and self._clock.now() < until else None

    def put(self, key: str, value: bytes, keep: dt.timedelta) -> None:
        """Remember a value for some time."""
        self._kept[key] = (value, self._clock.now() + keep)


class MemoryBudget:
    """A budget that counts what is taken and has an end only where it is told of one."""

    def __init__(self, clock: Clock) -> None:
        self.taken: Counter[str] = Counter()
        self._clock = clock
        self._left: dict[str, tuple[int, dt.datetime]] = {}

    def take(self, *keys: str, cost: int = 1) -> None:
        """Take the cost from every key at once or from none; raise BudgetSpent with the time to wait."""
        now = self._clock.now()
        left = {key: known for key in keys if (known := self._left.get(key)) is not None and now < known[1]}
        for key, (remaining, resets_at) in left.items():
            if remaining < cost:
                raise BudgetSpent(retry_after=resets_at - now, key=key)
        self._left |= {key: (remaining - cost, resets_at) for key, (remaining, resets_at) in left.items()}
        self.taken.update(dict.fromkeys(keys, cost))

    def learn(self, key: str, *, remaining: int, resets_at: dt.datetime) -> None:
        """Correct a key by what the outside system said."""
        self._left[key] = (remaining, resets_at)

    def through(self, *keys: str, cost: int) -> dt.datetime:
        """Return now, or the last reset among the keys that have less left than the cost."""
        short = [known[1] for key in keys if (known := self._left.get(key)) is not None and known[0] < cost]
        return max([self._clock.now(), *short])


class KeptLog:
    """A log that keeps its events for the test to read."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, object]]] = []

    def info(self, event: str, **facts: object) -> None:
        """Keep an event."""
        self.events.append((event, facts))

    def warning(self, event: str, **facts: object) -> None:
        """Keep an event."""
        self.events.append((event, facts))


class KitContext:
    """The ports of one plugin instance under test; each instance is given a new one, so that nothing is remembered."""

    def __init__(
        self,
        *,
        http: Http | None = None,
        grant: Grant | None = None,
        clock: Clock | None = None,
        fault: PortFault | None = None,
    ) -> None:
        self.fault = fault or PortFault()
        self.http = FaultyHttp(http or NoHttp(), self.fault)
        self.grant: Grant = grant or NoGrant()
        self.clock: Clock = clock or SettableClock()
        self.cache = MemoryCache(self.clock)
        self.budget = MemoryBudget(self.clock)
        self.log = KeptLog()

    def folder(self, path: str) -> Folder:
        """Open a folder of this machine; raise SettingsError when it is absent or may not be used."""
        return FaultyFolder(DiskFolder(Path(path)), self.fault)

    def new_ids(self) -> Iterator[str]:
        """Yield identifiers, the same in every run."""
        return (f"id{number:06}" for number in count(1))
