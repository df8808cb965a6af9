"""The pages of one licence: how it stands, what is stuck, what is booked, what waits, and by which rules."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from sqlalchemy import Connection
from starlette.requests import Request

from boekbrug.acts import listing
from boekbrug.acts.problems import ShownProblem, show
from boekbrug.booking.composed import DocumentState
from boekbrug.runtime.clock import EPOCH
from boekbrug.store import board, connections, lists, problems, proposals, states
from boekbrug.store.licences import Licence
from boekbrug.sync.workplace import MICROSECOND
from boekbrug.web.chart import chart_of
from boekbrug.web.door import Door, Id, Right, Visit
from boekbrug.web.find import reason_of, undecided
from boekbrug.web.home import ORDER, shown_licence
from boekbrug.web.page import Pages
from boekbrug.web.writing import Writing

PAGE = 50
AROUND = 20
NOT_YET = (
    DocumentState.OPEN,
    DocumentState.WAITING,
    DocumentState.HELD,
    DocumentState.IN_DOUBT,
    DocumentState.SKIPPED,
    DocumentState.BEFORE_START,
)
"""What the page Open shows, a state at a time."""
See = Right.SEE


def licence_routes(pages: Pages, door: Door) -> APIRouter:
    """Make `/licences/<licence>` with its pages to read."""
    router = APIRouter(prefix="/licences/{licence}", include_in_schema=False)
    house = pages.house

    @router.get("")
    def home(request: Request, visit: Annotated[Visit, Depends(door.needs(See))]) -> Response:
        writing, licence = pages.writing(request, visit), visit.licence
        with house.database.read() as connection:
            line = board.line(connection, licence.id)
            shown = shown_licence(pages, connection, writing, line, house.database.now(connection))
            month = shown.month_shown
            days = lists.per_day(connection, licence.id, f"{month}-01", f"{month}-31")
            beside = around(pages, connection, licence, writing)
            changes = proposals.waiting(connection, [licence.id]).get(licence.name, 0)
        unapproved = listing.unapproved(house, licence, 1)
        values = {
            "one": shown, "line": line, "order": ORDER, "chart": chart_of(month, days), "around": beside,
            "unapproved": unapproved, "changes": changes, "moment": moment,
        }  # fmt: skip
        return pages.render(request, writing, "licence.html", values, visit, "home")

    @router.get("/problems")
    def stuck(
        request: Request, visit: Annotated[Visit, Depends(door.needs(See))], code: str = "", before: Id | None = None
    ) -> Response:
        writing, licence = pages.writing(request, visit), visit.licence
        found = listing.in_state(
            house, licence, DocumentState.PROBLEM, writing.language, PAGE + 1, before=before, code=code[:64]
        )
        with house.database.read() as connection:
            counts = states.counts(connection, licence.id)
            kinds = problems.kinds(connection, licence.id, (licence.source, licence.target))
            beside = around(pages, connection, licence, writing)
        values = {
            "found": found[:PAGE], "count": counts[DocumentState.PROBLEM], "code": code, "more": _more(found),
            "kinds": [kind for kind in kinds if kind.licence is not None and kind.severity == "error"],
            "around": beside, "before": before,
            "titles": {kind.code: house.plugins.problem_codes.title(kind.code, writing.language) for kind in kinds},
        }  # fmt: skip
        return pages.render(request, writing, "problems.html", values, visit, "problems")

    @router.get("/open")
    def not_yet(
        request: Request, visit: Annotated[Visit, Depends(door.needs(See))], state: str = "", before: Id | None = None
    ) -> Response:
        writing, licence = pages.writing(request, visit), visit.licence
        with house.database.read() as connection:
            counts = states.counts(connection, licence.id)
        shown = state if state in list(NOT_YET) else next((one for one in NOT_YET if counts[one]), NOT_YET[0])
        found = listing.in_state(house, licence, shown, writing.language, PAGE + 1, before=before)
        values = {
            "found": found[:PAGE], "state": shown, "states": NOT_YET, "counts": counts, "more": _more(found),
            "reason_of": reason_of, "moment": moment, "before": before, "undecided": undecided,
        }  # fmt: skip
        return pages.render(request, writing, "open.html", values, visit, "open")

    @router.get("/approvals")
    def approvals(request: Request, visit: Annotated[Visit, Depends(door.needs(See))], after: Id = 0) -> Response:
        writing = pages.writing(request, visit)
        found = listing.unapproved(house, visit.licence, PAGE + 1, after)
        values = {"found": found[:PAGE], "more": found[PAGE - 1].id if len(found) > PAGE else None, "after": after}
        return pages.render(request, writing, "approvals.html", values, visit, "approvals")

    return router


def around(pages: Pages, connection: Connection, licence: Licence, writing: Writing) -> list[ShownProblem]:
    """Show what is wrong with the licence's connections themselves, and with places at its source."""
    names = {id: connections.get(connection, id).name for id in (licence.source, licence.target)}
    return [
        show(pages.house.plugins.problem_codes, one, writing.language, {}, names, {})
        for source in names
        for one in problems.list_open(connection, source=source, limit=AROUND)
        if one.licence is None
    ]


def moment(writing: Writing, microseconds: int) -> str:
    """Write a moment of the database."""
    return writing.moment(EPOCH + microseconds * MICROSECOND)


def _more(found: list[listing.ShownSale]) -> int | None:
    return found[PAGE - 1].id if len(found) > PAGE else None
