"""The days of a month as bars: what is booked, and on top of it what is stuck."""

import calendar
from collections.abc import Mapping
from typing import NamedTuple

from boekbrug.store.lists import Day

HEIGHT = 100
STEP = 20
"""Width of a day with the room beside it, in the chart's own units."""


class Bar(NamedTuple):
    """A day: its numbers, where its bar begins, and how high its two parts are."""

    day: str
    booked: int
    stuck: int
    x: int
    booked_height: int
    stuck_height: int


class Chart(NamedTuple):
    """The bars of a month, and the number that the highest stands for."""

    bars: list[Bar]
    highest: int
    width: int
    height: int = HEIGHT


def chart_of(month: str, days: Mapping[str, Day]) -> Chart:
    """Draw a month, given as `YYYY-MM`; a day with anything at all is never without a bar."""
    year, number = map(int, month.split("-"))
    names = [f"{month}-{day:02}" for day in range(1, calendar.monthrange(year, number)[1] + 1)]
    every = [days.get(name, Day(name, 0, 0)) for name in names]
    highest = max((day.booked + day.stuck for day in every), default=0)
    bars = [
        Bar(day.day, day.booked, day.stuck, n * STEP, _height(day.booked, highest), _height(day.stuck, highest))
        for n, day in enumerate(every)
    ]
    return Chart(bars, highest, len(every) * STEP)


def _height(count: int, highest: int) -> int:
    return max(count * (HEIGHT - 4) // highest, 2) if count else 0
