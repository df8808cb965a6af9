"""One sale of a licence: where it stands and since when, what is wrong, what books it, and what can be done."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from starlette.requests import Request

from boekbrug.acts import find, licences, records
from boekbrug.acts.find import Found
from boekbrug.acts.set_aside import TAKEN_UP
from boekbrug.booking.composed import DocumentState
from boekbrug.store import cases, lists
from boekbrug.store.booked import AT_TARGET, GONE
from boekbrug.store.words import SET_ASIDE, Reason
from boekbrug.web.door import Door, PathId, Right, Visit
from boekbrug.web.find import reason_of, undecided
from boekbrug.web.licence import moment
from boekbrug.web.page import Pages

ASKED = (
    "payment date unknown near the end of a VAT period",
    "choose how this refund was paid back",
    "choose the lines that this refund is for",
)
"""Reasons that `acts.answer` ends."""


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
        methods = list(licences.as_file(house, licence).rules.payments) if asks(one) else []
        link = records.link(house, licence, one.entry.remote_id) if one.entry and one.entry.remote_id else ""
        values = {
            "one": one, "history": history, "cases": raised, "reason_of": reason_of, "moment": moment, "link": link,
            "can_retry": one.state == DocumentState.PROBLEM, "is_aside": one.reason in TAKEN_UP,
            "undecided": undecided(one), "is_booked": one.state == DocumentState.BOOKED,
            "gone": tells(one, Reason.DELETED, GONE), "to_accept": tells(one, Reason.DIFFERS, *AT_TARGET),
            "changed": one.reason == Reason.CHANGED, "asks": asks(one), "methods": methods,
            "can_set_aside": one.state in (DocumentState.PROBLEM, DocumentState.HELD), "aside": SET_ASIDE,
        }  # fmt: skip
        return pages.render(request, writing, "sale.html", values, visit)

    return router


def tells(one: Found, reason: Reason, *codes: str) -> bool:
    """Tell whether a document is said to stand otherwise in the books, also while something of it is under way."""
    return one.reason in (reason, Reason.DELETED) or any(problem.code in codes for problem in one.problems)


def asks(one: Found) -> bool:
    """Tell whether a document waits for what its source leaves open."""
    return one.state == DocumentState.HELD and one.reason in ASKED
