"""One sale of a licence: where it stands and since when, what is wrong, what books it, and what can be done."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from starlette.requests import Request

from boekbrug.acts import find, records
from boekbrug.booking.composed import DocumentState
from boekbrug.store import cases, lists
from boekbrug.store.words import SET_ASIDE
from boekbrug.web.door import Door, PathId, Right, Visit
from boekbrug.web.find import reason_of
from boekbrug.web.licence import moment
from boekbrug.web.page import Pages


def sale_routes(pages: Pages, door: Door) -> APIRouter:
    """Make `/licences/<licence>/sales/<document>`."""
    router = APIRouter(prefix="/licences/{licence}", include_in_schema=False)
    house = pages.house

    @router.get("/sales/{document:int}")
    def sale(request: Request, document: PathId, visit: Annotated[Visit, Depends(door.needs(Right.SEE))]) -> Response:
        writing, licence = pages.writing(request, visit), visit.licence
        one = find.of_document(house, licence.id, document, writing.language)
        with house.database.read() as connection:
            history = lists.history(connection, licence.id, document)
            raised = cases.of_document(connection, licence.id, document)
        link = records.link(house, licence, one.entry.remote_id) if one.entry and one.entry.remote_id else ""
        values = {
            "one": one, "history": history, "cases": raised, "reason_of": reason_of, "moment": moment, "link": link,
            "can_retry": one.state == DocumentState.PROBLEM, "is_aside": one.reason in SET_ASIDE,
            "can_set_aside": one.state in (DocumentState.PROBLEM, DocumentState.HELD), "aside": SET_ASIDE,
        }  # fmt: skip
        return pages.render(request, writing, "sale.html", values, visit)

    return router
