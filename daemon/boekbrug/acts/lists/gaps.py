"""Completeness: numbers missing in a series and days without turnover, each explained or signed."""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from boekbrug.acts.desk import ActRefused, Desk
from boekbrug.acts.lists.scope import Days, Scope
from boekbrug.acts.lists.table import BookList, Cell, Part, columns
from boekbrug.acts.lists.vat import listed
from boekbrug.contract import SALE_KINDS, Because
from boekbrug.runtime.clock import EPOCH
from boekbrug.store import agreed, documents, licences, numbers
from boekbrug.store.agreed import Agreement
from boekbrug.store.licences import Licence
from boekbrug.sync.books import day_at
from boekbrug.sync.workplace import MICROSECOND

GAPS = "gaps"
MOST_LOOKED_UP = 5000
LOOK_BACK = 1000
"""Numbers before the first of a period among which its predecessor is looked for."""
NO_SERIES = "numbers-do-not-follow"
LONGEST = 1000
_NUMBER = re.compile(r"(.*?)(\d{1,15})(\D*)", re.DOTALL).fullmatch
_COLUMNS = columns("what:word kind:word gap count:count explained:word by on:day note")
_SERIES = columns("kind:word prefix first last count:count missing:count")


class Series(NamedTuple):
    """Numbers that differ in their digits alone; `width` is their length where zeros lead."""

    kind: str
    prefix: str
    suffix: str
    width: int

    def write(self, number: int) -> str:
        """Return the number as its documents carry it."""
        return f"{self.prefix}{number:0{self.width}}{self.suffix}"


class Gap(NamedTuple):
    """Something missing, under the name by which it is signed; `explained` says how boekbrug knows better."""

    what: str
    kind: str
    name: str
    number: int
    explained: str = ""


def gap_list(scope: Scope) -> BookList:
    """Find gaps in each series up to its last number of the period, and days on which nothing was sold.

    What is missing between the last number of an earlier period and the first of this one is a gap of this one.
    """
    licence = scope.licence
    with scope.house.database.read() as connection:
        today = day_at(scope.house.database.now(connection), licences.zone_of(connection, licence))
        series, days = _read(connection, scope)
        signed = agreed.agreements(connection, licence.id, GAPS)
        found: list[Gap] = []
        loose = False
        for one, present in sorted(series.items()):
            missing = _missing(present)
            loose = loose or missing is None
            before = [] if missing is None else _missing_before(connection, licence, one, min(present))
            found += _number_gaps(connection, licence, one, before + (missing or []))
    found += _day_gaps(
        Days(max(scope.days.first, dt.date.fromisoformat(licence.start)), min(scope.days.last, today)), days
    )
    parts = [
        _part(found, signed),
        Part(name="series", columns=_SERIES, rows=tuple(_series_rows(series))),
    ]
    return listed(scope, GAPS, parts, (NO_SERIES,) if loose else ())


def _part(found: Sequence[Gap], signed: Mapping[str, Agreement]) -> Part:
    rows, differs = [], 0
    for one in found:
        by = signed.get(one.name)
        differs += not one.explained and by is None
        on = "" if by is None else (EPOCH + by.at * MICROSECOND).date().isoformat()
        rows.append((*one, by.actor if by else "", on, by.note if by else ""))
    return Part(name="gaps", columns=_COLUMNS, rows=tuple(rows), differs=differs)


def _read(connection: Connection, scope: Scope) -> tuple[dict[Series, list[int]], set[str]]:
    series: dict[Series, list[int]] = defaultdict(list)
    days: set[str] = set()
    for one in numbers.dated_in(connection, scope.licence, scope.days.iso):
        if one.kind in SALE_KINDS:
            days.add(one.dated)
        if match := _NUMBER(one.number):
            prefix, digits, suffix = match.groups()
            # a longer number of a series without leading zeros is still of it
            width = len(digits) if digits.startswith("0") else 0
            series[Series(one.kind, prefix, suffix, width)].append(int(digits))
    return _joined(series), days


def _joined(series: Mapping[Series, list[int]]) -> dict[Series, list[int]]:
    """Join P00099 and P10000: the same width, once with and once without leading zeros."""
    joined: dict[Series, list[int]] = {}
    for one, present in sorted(series.items(), key=lambda item: -item[0].width):
        padded = [
            other for other in joined
            if one.width == 0 and other.width and other[:3] == one[:3] and len(str(min(present))) >= other.width
        ]  # fmt: skip
        joined.setdefault(padded[0] if padded else one, []).extend(present)
    return joined


def _missing(present: Sequence[int]) -> list[int] | None:
    """List the numbers between the first and the last that are not there; None where they are no series at all."""
    known = set(present)
    first, last = min(known), max(known)
    if last - first - len(known) > max(1000, len(known)):
        return None
    return [number for number in range(first, last) if number not in known]


def _missing_before(connection: Connection, licence: Licence, series: Series, first: int) -> list[int]:
    """List the numbers missing since the one that an earlier period ended with; none where the series begins here."""
    for looked in (1, LOOK_BACK):
        names = {series.write(first - n): n for n in range(1, min(looked, first) + 1)}
        known = documents.numbered(connection, licence.source, licence.unit, list(names))
        nearest = min((names[name] for kind, name in known if kind == series.kind), default=None)
        if nearest is not None:
            return list(range(first - nearest + 1, first))
    return []


def _number_gaps(connection: Connection, licence: Licence, series: Series, missing: Sequence[int]) -> Iterator[Gap]:
    names = {number: series.write(number) for number in missing}
    known = documents.numbered(connection, licence.source, licence.unit, list(names.values())[:MOST_LOOKED_UP])
    kinds: dict[str, list[str]] = defaultdict(list)
    for kind, name in known:
        kinds[name].append(kind)
    runs: list[list[int]] = []
    why: dict[int, str] = {}
    for number in missing:
        there = kinds.get(names[number], [])
        why[number] = "other-period" if series.kind in there else there[0] if there else ""
        if runs and runs[-1][-1] == number - 1 and why[number - 1] == why[number]:
            runs[-1].append(number)
        else:
            runs.append([number])
    for run in runs:
        yield Gap("number", series.kind, _span(names[run[0]], names[run[-1]]), len(run), why[run[0]])


def _span(first: str, last: str) -> str:
    return first if first == last else f"{first}..{last}"


def _day_gaps(days: Days, sold: set[str]) -> Iterator[Gap]:
    run: list[str] = []
    for n in range((days.last - days.first).days + 1):
        day = (days.first + dt.timedelta(n)).isoformat()
        if day not in sold:
            run.append(day)
        elif run:
            yield Gap("day", "", _span(run[0], run[-1]), len(run))
            run = []
    if run:
        yield Gap("day", "", _span(run[0], run[-1]), len(run))


def _series_rows(series: Mapping[Series, list[int]]) -> Iterator[tuple[Cell, ...]]:
    for one, present in sorted(series.items()):
        first, last, missing = min(present), max(present), _missing(present)
        gaps = None if missing is None else len(missing)
        yield one.kind, f"{one.prefix}…{one.suffix}", one.write(first), one.write(last), len(present), gaps


def sign_gap(desk: Desk, scope: Scope, name: str, note: str) -> None:
    """Explain a gap; raise ActRefused without a reason, and for what is no gap of the period."""
    if not (note := note.strip()[:LONGEST]):
        raise ActRefused(Because("Say why it is missing, so that others understand it later."))
    rows = gap_list(scope).parts[0].rows
    if name not in {row[2] for row in rows}:
        raise ActRefused(
            Because(
                "{name} is no gap between {days}; see: boekbrug list gaps", name=name, days=" and ".join(scope.days.iso)
            )
        )
    licence = scope.licence
    with desk.act("gap-sign", licence.name) as act:
        agreed.agree(act.connection, Agreement(licence.id, GAPS, name, desk.actor, act.now, note, ""))
        act.licence = licence.id
        act.facts = {"gap": name, "note": note}
