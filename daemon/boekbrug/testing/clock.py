"""Clocks that stand where a test or a person puts them."""

import datetime as dt

from boekbrug.contract import Clock

START = dt.datetime(2026, 9, 15, 10, 0, tzinfo=dt.UTC)
"""An ordinary Tuesday, noon in Amsterdam."""


class SettableClock:
    """A clock that stands still until it is moved."""

    def __init__(self, start: dt.datetime = START) -> None:
        self._now = start

    def now(self) -> dt.datetime:
        """Return the moment in UTC."""
        return self._now

    def set(self, moment: dt.datetime) -> None:
        """Put the clock at an aware moment."""
        self._now = moment.astimezone(dt.UTC)

    def advance(self, by: dt.timedelta) -> None:
        """Move the clock."""
        self._now += by


class ShiftedClock:
    """A clock that runs with another one, at a distance that can be set."""

    def __init__(self, base: Clock) -> None:
        self._base = base
        self._shift = dt.timedelta()

    def now(self) -> dt.datetime:
        """Return the moment in UTC."""
        return self._base.now() + self._shift

    def set(self, moment: dt.datetime) -> None:
        """Put the clock at an aware moment, from which it runs on."""
        self._shift = moment - self._base.now()

    def advance(self, by: dt.timedelta) -> None:
        """Move the clock."""
        self._shift += by
