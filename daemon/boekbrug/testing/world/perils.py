"""Where a worker can die and a database can fail: at every call outside, before and after every transaction."""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum

from sqlalchemy.exc import OperationalError


class Died(BaseException):
    """The worker's process is killed at this point; nothing of it runs any more, no `except Exception` either."""


class Peril(StrEnum):
    """One way in which the machine under the engine fails."""

    #: the worker's process is killed in the middle of a step
    DIED = "died"
    #: what writes is refused at its end for a while, and nothing of it remains; reading goes on
    DISK_FULL = "disk-full"
    #: the database answers nothing for a while
    RESTART = "database-restart"
    #: a transaction is kept, and whoever wrote it is not told
    LOST_COMMIT = "lost-commit"
    #: the worker stands still before or after a transaction is kept, for longer than any lease, and goes on
    STALLED = "stalled"


class Perils:
    """Counts the points that workers pass, and lets them fail at those that were chosen."""

    def __init__(self) -> None:
        self.met: Counter[str] = Counter()
        self.passed = 0
        #: lets the time pass for which a worker stands still
        self.stall: Callable[[], None] = lambda: None
        self._armed = False
        #: transactions that were refused, or whose answer was lost
        self.refused = 0
        self._in: dict[Peril, int] = {}
        self._lasts: dict[Peril, int] = {}

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Let what is planned happen while this lasts; what a person or the simulator does is spared."""
        self._armed = True
        try:
            yield
        finally:
            self._armed = False

    def plan(self, peril: Peril, points: int, lasts: int = 1) -> None:
        """Let a peril come after so many more points of its kind; it `lasts` for some of them, and counts once."""
        self._in[peril], self._lasts[peril] = points, lasts

    def clear(self) -> None:
        """Plan nothing any more."""
        self._in.clear()

    def call(self) -> None:
        """Pass a point at which a worker can die: beside a call, or between two of its effects."""
        if not self._armed:
            return
        self.passed += 1
        if self._comes(Peril.DIED):
            raise Died

    def begin(self) -> None:
        """Pass the beginning of a transaction."""
        if self._armed and self._comes(Peril.RESTART):
            raise self._failed("server closed the connection unexpectedly")

    def commit(self) -> None:
        """Pass the end of a transaction, before it is kept."""
        self.call()
        self._stall()
        if self._armed and self._comes(Peril.DISK_FULL):
            raise self._failed("database or disk is full")

    def committed(self) -> None:
        """Pass the end of a transaction that was kept."""
        self.call()
        self._stall()
        if self._armed and self._comes(Peril.LOST_COMMIT):
            raise self._failed("server closed the connection unexpectedly")

    def _stall(self) -> None:
        if self._armed and self._comes(Peril.STALLED):
            self.stall()

    def _comes(self, peril: Peril) -> bool:
        if peril not in self._in:
            return False
        self._in[peril] -= 1
        left = self._in[peril]
        self.met[peril.value] += left == -1
        if left <= -self._lasts[peril]:
            del self._in[peril]
        return left < 0

    def _failed(self, why: str) -> OperationalError:
        self.refused += 1
        return OperationalError("commit", None, sqlite3.OperationalError(why))
