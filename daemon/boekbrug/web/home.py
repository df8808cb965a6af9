"""The first page: how every licence stands."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Response
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse

from boekbrug.acts import find
from boekbrug.acts.problems import ShownProblem, show
from boekbrug.booking.composed import DocumentState
from boekbrug.runtime.clock import EPOCH
from boekbrug.store import board, problems, search, states
from boekbrug.store.board import Line, Turnover
from boekbrug.store.connections import PAUSED
from boekbrug.store.licences import ACTIVE
from boekbrug.sync.workplace import MICROSECOND
from boekbrug.web.door import Door, Right, Visit
from boekbrug.web.page import Pages
from boekbrug.web.writing import Writing

LICENCES = 20
EXAMPLES = 6
BAR = 1000
"""Width of the bar of states, in its own units."""
ORDER = (
    DocumentState.BOOKED,
    DocumentState.WAITING,
    DocumentState.OPEN,
    DocumentState.PROBLEM,
    DocumentState.HELD,
    DocumentState.IN_DOUBT,
    DocumentState.SKIPPED,
    DocumentState.BEFORE_START,
)
"""What is done, what goes on by itself, what needs somebody, what is never booked."""


class Segment(NamedTuple):
    """A state's part of the bar."""

    state: str
    start: int
    width: int


class Trouble(NamedTuple):
    """Open problems of one code: the oldest in words, the first that have it, and how many do."""

    first: ShownProblem
    about: list[str]
    number: int


class Shown(NamedTuple):
    """A licence as the page shows it."""

    line: Line
    counts: dict[str, int]
    bar: list[Segment]
    today: list[tuple[str, int]]
    month: list[tuple[str, int]]
    month_shown: str
    month_name: str
    last_run: str
    next_run: str
    paused: list[str]
    problems: list[Trouble]

    @property
    def fetched(self) -> int:
        """Return how many documents there are; the sum of the states."""
        return sum(self.counts.values())

    def open_problems(self, severity: str) -> int:
        """Return how many problems of a severity are open."""
        return sum(trouble.number for trouble in self.problems if trouble.first.severity == severity)


def home_routes(pages: Pages, door: Door) -> APIRouter:
    """Make `/`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    def home(request: Request, visit: Annotated[Visit, Depends(door.needs(Right.SEE))], after: str = "") -> Response:
        writing = pages.writing(request, visit)
        with pages.house.database.read() as connection:
            lines = board.lines(connection, after, LICENCES + 1, visit.sees)
            now = pages.house.database.now(connection)
            shown = [shown_licence(pages, connection, writing, line, now) for line in lines[:LICENCES]]
        more = shown[-1].line.name if len(lines) > LICENCES else ""
        values = {"licences": shown, "more": more, "after": after, "order": ORDER}
        if visit.sees is not None and len(lines) == 1 and not after:
            return RedirectResponse(f"/licences/{lines[0].name}", 303)
        return pages.render(request, writing, "home.html", values, visit)

    return router


def shown_licence(pages: Pages, connection: Connection, writing: Writing, line: Line, now: int) -> Shown:
    """Gather what is shown of a licence at first sight."""
    counts = states.counts(connection, line.id)
    today = writing.now.date()
    month = _month_shown(connection, line, today)
    return Shown(
        line=line,
        counts=counts,
        bar=bar_of(counts),
        today=_amounts(writing, board.turnover(connection, line.id, today.isoformat(), today.isoformat())),
        month=_amounts(writing, board.turnover(connection, line.id, f"{month}-01", f"{month}-31")),
        month_shown=month,
        month_name=writing.month(dt.date.fromisoformat(f"{month}-01")),
        last_run=_moment(writing, line.last_run_at) if line.last_run_at else writing.word("licence.never"),
        next_run=_next_run(writing, line, now),
        paused=[
            name
            for name, state in ((line.source_name, line.source_state), (line.target_name, line.target_state))
            if state == PAUSED
        ],
        problems=_problems(pages, connection, writing, line),
    )


def _month_shown(connection: Connection, line: Line, today: dt.date) -> str:
    """Choose this month, or the last one that has entries, so that a shop in its quiet season shows its turnover."""
    latest = board.latest_day(connection, line.id, today.isoformat())
    return latest[:7] or today.isoformat()[:7]


def bar_of(counts: dict[str, int]) -> list[Segment]:
    """Divide the bar among the states that occur; the smallest stays visible."""
    present = [(str(state), counts[state]) for state in ORDER if counts[state]]
    total = sum(count for _, count in present)
    widths = [max(count * BAR // total, BAR // 125) for _, count in present]
    if widths:
        widths[widths.index(max(widths))] += BAR - sum(widths)
    starts = [sum(widths[:place]) for place in range(len(widths))]
    return [Segment(state, start, width) for (state, _), start, width in zip(present, starts, widths, strict=True)]


def _amounts(writing: Writing, found: Sequence[Turnover]) -> list[tuple[str, int]]:
    rows = found or [Turnover("EUR", 0, 0)]
    return [(_money(writing, find.amount(row.minor, row.currency), row.currency), row.number) for row in rows]


def _money(writing: Writing, value: Decimal, currency: str) -> str:
    return writing.amount(value.quantize(Decimal("0.01")), currency)


def _moment(writing: Writing, microseconds: int) -> str:
    return writing.moment(EPOCH + microseconds * MICROSECOND)


def _next_run(writing: Writing, line: Line, now: int) -> str:
    if line.claimed_until is not None and line.claimed_until > now:
        return writing.word("licence.running")
    if line.state != ACTIVE or line.next_at is None:
        return writing.word("licence.none-planned")
    return writing.word("licence.due") if line.next_at <= now else _moment(writing, line.next_at)


def _problems(pages: Pages, connection: Connection, writing: Writing, line: Line) -> list[Trouble]:
    names = {line.source: line.source_name, line.target: line.target_name}
    found = []
    for kind in problems.kinds(connection, line.id, names):
        examples = problems.examples(connection, kind, EXAMPLES)
        numbers = search.numbers_of(connection, {one.document for one in examples if one.document is not None})
        codes, links = pages.house.plugins.problem_codes, {line.id: line.name}
        shown = [show(codes, one, writing.language, numbers, names, links) for one in examples]
        about = list(dict.fromkeys(one.about for one in shown if one.about))
        found.append(Trouble(shown[0], about, kind.number))
    return found
