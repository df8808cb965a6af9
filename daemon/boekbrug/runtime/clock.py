"""Time as the machine tells it, and the deadline of one call."""

import datetime as dt
import time
from collections.abc import Callable

from boekbrug.contract import Clock


class SystemClock:
    """The clock of this machine."""

    def now(self) -> dt.datetime:
        """Return the moment in UTC."""
        return dt.datetime.now(dt.UTC)


class Deadline:
    """A moment on the monotonic clock, which no correction of the machine's time moves."""

    def __init__(self, seconds: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._at = monotonic() + seconds

    def remaining(self) -> float:
        """Return the seconds left; raise TimeoutError when there are none."""
        left = self._at - self._monotonic()
        if left <= 0:
            raise TimeoutError("the deadline of the call has passed")
        return left


EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)


def microseconds(clock: Clock, later: dt.timedelta = dt.timedelta()) -> int:
    """Return a clock's moment, or one that is later, as the database keeps it."""
    return to_microseconds(clock.now() + later)


def to_microseconds(moment: dt.datetime) -> int:
    """Return an aware moment as the database keeps it: microseconds since 1970 in UTC."""
    return (moment - EPOCH) // _MICROSECOND
