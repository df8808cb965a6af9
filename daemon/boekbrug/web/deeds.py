"""What the buttons do: try again, set aside, take up, approve, raise a case; then back to the page they stood on."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Response
from starlette.responses import RedirectResponse

from boekbrug.acts import cases
from boekbrug.acts.approve import approve_chosen
from boekbrug.acts.desk import ActRefused
from boekbrug.acts.retry import retry
from boekbrug.acts.set_aside import set_aside, take_up
from boekbrug.web.door import Door, Right, Visit
from boekbrug.web.page import Pages

NOTHING_CHOSEN = "Nothing was chosen; tick the rows that are meant."


def deed_routes(pages: Pages, door: Door) -> APIRouter:
    """Make the addresses that forms are sent to."""
    router = APIRouter(prefix="/licences/{licence}", include_in_schema=False)
    house = pages.house

    @router.post("/retry")
    def again(visit: Annotated[Visit, Depends(door.needs(Right.REPAIR))]) -> Response:
        if visit.fields.one("all"):
            codes = [code] if (code := visit.fields.one("code")) else []
            return _back(visit, "retried", retry(visit.desk(house), visit.licence, codes).documents)
        return _back(visit, "retried", retry(visit.desk(house), visit.licence, chosen=_chosen(visit)).documents)

    @router.post("/set-aside")
    def aside(visit: Annotated[Visit, Depends(door.needs(Right.REPAIR))]) -> Response:
        reason, note = visit.fields.one("reason"), visit.fields.one("note")
        return _back(visit, "aside", set_aside(visit.desk(house), visit.licence, _chosen(visit), reason, note))

    @router.post("/take-up")
    def up(visit: Annotated[Visit, Depends(door.needs(Right.REPAIR))]) -> Response:
        return _back(visit, "taken-up", take_up(visit.desk(house), visit.licence, _chosen(visit)))

    @router.post("/report")
    def report(visit: Annotated[Visit, Depends(door.needs(Right.REPAIR))]) -> Response:
        cases.report(visit.desk(house), visit.licence, _chosen(visit)[0], visit.fields.one("text"))
        return _back(visit, "reported", 1)

    @router.post("/approve")
    def approve(visit: Annotated[Visit, Depends(door.needs(Right.APPROVE))]) -> Response:
        return _back(visit, "approved", approve_chosen(visit.desk(house), visit.licence, _chosen(visit)))

    return router


def _chosen(visit: Visit) -> list[int]:
    """Return what a button of one row names, else what was ticked; raise ActRefused when that is nothing."""
    chosen = visit.fields.numbers("only") or visit.fields.numbers("sale")
    if not chosen:
        raise ActRefused([NOTHING_CHOSEN])
    return chosen


def _back(visit: Visit, done: str, number: int) -> Response:
    page = visit.fields.one("page")
    known = {"problems": "/problems", "open": "/open", "approvals": "/approvals"}
    there = f"/sales/{page}" if page.isascii() and page.isdigit() else known.get(page, "")
    query: dict[str, str | int] = {"done": done, "n": number}
    if visit.fields.one("lang"):
        query["lang"] = visit.fields.one("lang")[:2]
    return RedirectResponse(f"/licences/{visit.licence.name}{there}?{urlencode(query)}", 303)
