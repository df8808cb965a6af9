"""Klanten: how all clients of a bookkeeper stand, by when each has to file, and what was agreed to."""

import datetime as dt
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Response
from sqlalchemy import Connection
from starlette.requests import Request

from boekbrug.acts import licences as acts
from boekbrug.acts.lists import every
from boekbrug.acts.lists.scope import Days
from boekbrug.booking.composed import DocumentState
from boekbrug.store import agreed, approvals, board, licences, proposals, states
from boekbrug.store.agreed import Agreement
from boekbrug.store.board import Line
from boekbrug.web.door import Door, Right, Visit
from boekbrug.web.lists import period_name, periods_before
from boekbrug.web.page import Pages

PAGE = 100
STUCK = (DocumentState.PROBLEM, DocumentState.HELD, DocumentState.IN_DOUBT)


class Client(NamedTuple):
    """A licence with the last period that is over: when it is to be filed, whether it was, and who agreed to what."""

    line: Line
    period: Days
    due: dt.date
    filed: bool
    stuck: int
    unapproved: bool
    changes: int
    agreed: dict[str, Agreement]
    lists: int

    @property
    def is_green(self) -> bool:
        """Tell whether nothing is left to do for the period."""
        return not (self.stuck or self.unapproved or self.changes) and (self.filed or len(self.agreed) == self.lists)


def client_routes(pages: Pages, door: Door) -> APIRouter:
    """Make `/clients`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/clients")
    def clients(
        request: Request, visit: Annotated[Visit, Depends(door.needs(Right.APPROVE))], after: str = ""
    ) -> Response:
        writing = pages.writing(request, visit)
        with pages.house.database.read() as connection:
            lines = board.lines(connection, after, PAGE + 1, visit.sees)
            changes = proposals.waiting(connection, visit.sees)
            found = [_client(connection, line, writing.now.date(), changes) for line in lines[:PAGE]]
        found.sort(key=lambda one: (one.is_green, one.due, one.line.name))
        values = {
            "found": found, "more": lines[PAGE - 1].name if len(lines) > PAGE else "",
            "period_name": period_name, "today": writing.now.date(),
        }  # fmt: skip
        return pages.render(request, writing, "clients.html", values, visit, "clients")

    return router


def _client(connection: Connection, line: Line, today: dt.date, changes: dict[str, int]) -> Client:
    licence = licences.get(connection, line.id)
    length = acts.file_of(connection, licence).rules.filing_period or "quarter"
    period = periods_before(today, length, 1)[0]
    counts = states.counts(connection, line.id)
    filed = agreed.filed_through(connection, licence.administration).get("vat", "")
    subject = every.subject_of(period)
    found = {name: agreed.agreements(connection, line.id, name).get(subject) for name in every.NAMES}
    return Client(
        line=line,
        period=period,
        due=filing_deadline(period.last, length),
        filed=filed >= period.last.isoformat(),
        stuck=sum(counts[state] for state in STUCK),
        unapproved=bool(approvals.page(connection, line.id, 0, 1)),
        changes=changes.get(line.name, 0),
        agreed={name: one for name, one in found.items() if one is not None},
        lists=len(every.NAMES),
    )


def filing_deadline(last: dt.date, length: str) -> dt.date:
    """Return by when the VAT return of a period that ends on a day is due (art. 10 and 19 AWR, dutch-accounting.md).

    Months and quarters: the last day of the next month; years: 31 March.
    """
    months = 3 if length == "year" else 1
    year, month = last.year + (last.month + months) // 12, (last.month + months) % 12 + 1
    return dt.date(year, month, 1) - dt.timedelta(days=1)
