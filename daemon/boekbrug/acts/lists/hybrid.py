"""The proof that day totals and what is booked beside them come to what was sold, day by day."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping

from sqlalchemy import Connection

from boekbrug.acts.find import amount
from boekbrug.acts.lists.report import Report
from boekbrug.acts.lists.scope import Days, Scope
from boekbrug.acts.lists.table import Cell, Part, columns, euro
from boekbrug.contract import to_minor
from boekbrug.store import per_day
from boekbrug.store.per_day import ALONE, NOT_BOOKED, TOTAL

_DAYS = columns(
    "date:day currency alone:money day_total:money not_booked:money changed:money sold:money report:money "
    "difference:money"
)
_ALONE = columns("date:day number currency amount:money entry")
MOST_DAYS = 31
"""A source is asked for its own report of each day of a month at most."""
Sums = dict[tuple[str, str], list[int]]


def parts(scope: Scope, connection: Connection, reported: Mapping[str, int]) -> Iterator[Part]:
    """Prove each day: booked one by one + day total + not booked + changed since = sold; and name the first."""
    sums: Sums = defaultdict(lambda: [0] * len(_PLACES))
    for licence in scope.licences:
        for one in per_day.per_day(connection, licence, scope.days.iso):
            found = sums[one.day, one.currency]
            found[_PLACES[one.how]] += one.booked
            found[_PLACES["changed"]] += one.sold - one.booked
    for day in reported:
        # a day that the source sold on and of which nothing was fetched
        sums[day, "EUR"]
    rows = [_row(day, currency, found, reported) for (day, currency), found in sorted(sums.items())]
    yield Part(name="days", columns=_DAYS, rows=tuple(rows), differs=sum(1 for row in rows if row[-1]))
    named = (one for licence in scope.licences for one in per_day.alone(connection, licence, scope.days.iso))
    booked = ((one.day, one.number, one.currency, amount(one.minor, one.currency), one.entry) for one in named)
    yield Part(name="alone", columns=_ALONE, rows=tuple(booked))


_PLACES = {ALONE: 0, TOTAL: 1, NOT_BOOKED: 2, "changed": 3}


def _row(day: str, currency: str, found: list[int], reported: Mapping[str, int]) -> tuple[Cell, ...]:
    sold = sum(found)
    said = reported.get(day) if currency == "EUR" else None
    beside = (None, None) if said is None else (euro(said), euro(said - sold))
    return day, currency, *(amount(minor, currency) for minor in (*found, sold)), *beside


def reported_per_day(scope: Scope, *, ask: bool) -> dict[str, int]:
    """Ask the sources for their own report of each day, in cents of euro; nothing for a longer period than a month."""
    count = (scope.days.end - scope.days.first).days
    found: dict[str, int] = {}
    if not ask or count > MOST_DAYS:
        return found
    for day in (scope.days.first + dt.timedelta(n) for n in range(count)):
        report = Report(scope.over(Days(day, day)), ask=True)
        if report.said is None:
            # one that has no report of a day is not asked for thirty more
            break
        found[day.isoformat()] = to_minor(report.said.gross, "EUR")
    return found
