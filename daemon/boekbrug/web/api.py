"""The API under `/api/v1`: what the pages show and do, for programs that carry a user's key."""

import datetime as dt
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, FastAPI, Query, Response
from fastapi.openapi.utils import get_openapi
from starlette.requests import Request

from boekbrug import __version__
from boekbrug.acts import cases, listing
from boekbrug.acts.approve import approve_chosen
from boekbrug.acts.find import Found, find, of_document
from boekbrug.acts.listing import ShownApproval, ShownBooking, ShownSale
from boekbrug.acts.retry import retry
from boekbrug.acts.set_aside import set_aside, take_up
from boekbrug.booking.composed import DocumentState
from boekbrug.store import board, states
from boekbrug.sync.house import House
from boekbrug.web.api_books import api_books
from boekbrug.web.api_calls import (
    COMPONENTS,
    PREFIX,
    Call,
    Chosen,
    Done,
    Refused,
    Whole,
    answer,
    desk_of,
    language_of,
    needs,
    read,
    says,
)
from boekbrug.web.api_lists import api_lists
from boekbrug.web.api_office import api_office, api_post
from boekbrug.web.api_rules import api_changes, api_rules
from boekbrug.web.api_terms import api_terms
from boekbrug.web.booked import FIRST, LAST, read_place, write_place
from boekbrug.web.door import LARGEST, Door, Id, PathId, Right
from boekbrug.web.find import LONGEST, MOST, plain_amount

MOST_ITEMS = 200
Limit = Annotated[int, Query(ge=1, le=MOST_ITEMS)]


class LicenceState(msgspec.Struct, frozen=True, kw_only=True):
    """How a licence stands; moments are in microseconds since 1970."""

    name: str
    state: str
    automatic: bool
    source: str
    target: str
    administration: str
    counts: dict[str, int]
    last_run_at: int | None
    next_at: int | None


class Documents(msgspec.Struct, frozen=True, kw_only=True):
    """A page of documents; `before` begins the next page, if there is one."""

    items: list[ShownSale]
    before: int | None


class Bookings(msgspec.Struct, frozen=True, kw_only=True):
    """A page of what is booked; `before` begins the next page, if there is one."""

    items: list[ShownBooking]
    before: str | None


class Approvals(msgspec.Struct, frozen=True, kw_only=True):
    """A page of entries that wait for approval; `after` begins the next page, if there is one."""

    items: list[ShownApproval]
    after: int | None


class RetryCall(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which documents to try again: those named, those with one of the codes, or all with a problem."""

    documents: Annotated[list[Whole], msgspec.Meta(max_length=1000)] = []
    codes: Annotated[list[str], msgspec.Meta(max_length=100)] = []


class SetAsideCall(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which documents not to book, and why: `by-hand` or `ignored`, with a note."""

    documents: Chosen
    reason: str
    note: str


class TakeUpCall(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which documents to book after all."""

    documents: Chosen


class ApproveCall(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which entries to approve."""

    entries: Chosen


class ReportCall(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is wrong with a document."""

    document: Whole
    text: str


def api_routes(house: House, door: Door) -> APIRouter:
    """Make the routes to read."""
    router = APIRouter(prefix=PREFIX)
    may_read = Depends(needs(door, Right.SEE))

    @router.get("/licences", **says(list[LicenceState]))
    def licences(call: Annotated[Call, may_read], after: str = "") -> Response:
        """List the licences that the key's user sees, by name, two hundred at a time."""
        with house.database.read() as connection:
            lines = board.lines(connection, after, MOST_ITEMS, call.visit.sees)
            found = [
                LicenceState(
                    name=line.name, state=line.state, automatic=bool(line.automatic), source=line.source_name,
                    target=line.target_name, administration=line.administration, last_run_at=line.last_run_at,
                    next_at=line.next_at, counts=states.counts(connection, line.id),
                )
                for line in lines
            ]  # fmt: skip
        return answer(found)

    @router.get("/licences/{licence}/documents", **says(Documents))
    def documents(
        call: Annotated[Call, may_read], state: DocumentState, before: Id = LARGEST, code: str = "", limit: Limit = 50
    ) -> Response:
        """List the documents in a state, the latest first; those with a problem of a code where one is named."""
        language = language_of(call)
        found = listing.in_state(house, call.visit.licence, state, language, limit + 1, before=before, code=code)
        items = found[:limit]
        return answer(Documents(items=items, before=items[-1].id if len(found) > limit else None))

    @router.get("/licences/{licence}/documents/{document}", **says(Found))
    def document(call: Annotated[Call, may_read], document: PathId) -> Response:
        """Show a document with its entry and what is wrong with it."""
        return answer(of_document(house, call.visit.licence.id, document, language_of(call)))

    @router.get("/licences/{licence}/bookings", **says(Bookings))
    def bookings(
        call: Annotated[Call, may_read],
        first: dt.date | None = None,
        last: dt.date | None = None,
        before: str = "",
        limit: Limit = 50,
    ) -> Response:
        """List what is booked, the latest date first, with the entries."""
        days = (first.isoformat() if first else FIRST, last.isoformat() if last else LAST)
        items, more = listing.booked(house, call.visit.licence, *days, limit, read_place(before))
        return answer(Bookings(items=items, before=write_place(more) if more else None))

    @router.get("/licences/{licence}/approvals", **says(Approvals))
    def approvals(call: Annotated[Call, may_read], after: Id = 0, limit: Limit = 50) -> Response:
        """List the entries that wait for approval, the oldest first."""
        found = listing.unapproved(house, call.visit.licence, limit + 1, after)
        items = found[:limit]
        return answer(Approvals(items=items, after=items[-1].id if len(found) > limit else None))

    @router.get("/find", **says(list[Found]))
    def find_sale(
        call: Annotated[Call, may_read], q: Annotated[str, Query(min_length=1, max_length=LONGEST)]
    ) -> Response:
        """Find a sale by the beginning of its number, its exact amount or its buyer's e-mail address."""
        return answer(find(house, plain_amount(q.strip()), language_of(call), MOST, call.visit.sees))

    return router


def api_acts(house: House, door: Door) -> APIRouter:
    """Make the routes to act."""
    router = APIRouter(prefix=PREFIX)
    may_repair, may_approve = Depends(needs(door, Right.REPAIR)), Depends(needs(door, Right.APPROVE))

    @router.post("/licences/{licence}/retry", **says(Done, RetryCall))
    def again(call: Annotated[Call, may_repair]) -> Response:
        """Try documents with a problem again, with priority."""
        sent = read(call, RetryCall)
        found = retry(desk_of(house, call), call.visit.licence, sent.codes, chosen=sent.documents)
        return answer(Done(count=found.documents))

    @router.post("/licences/{licence}/set-aside", **says(Done, SetAsideCall))
    def aside(call: Annotated[Call, may_repair]) -> Response:
        """Do not book documents that are stuck."""
        sent = read(call, SetAsideCall)
        desk, licence = desk_of(house, call), call.visit.licence
        return answer(Done(count=set_aside(desk, licence, sent.documents, sent.reason, sent.note)))

    @router.post("/licences/{licence}/take-up", **says(Done, TakeUpCall))
    def up(call: Annotated[Call, may_repair]) -> Response:
        """Book documents after all that were set aside."""
        return answer(Done(count=take_up(desk_of(house, call), call.visit.licence, read(call, TakeUpCall).documents)))

    @router.post("/licences/{licence}/report", **says(Done, ReportCall))
    def report(call: Annotated[Call, may_repair]) -> Response:
        """Ask the operator to look at a document."""
        sent = read(call, ReportCall)
        cases.report(desk_of(house, call), call.visit.licence, sent.document, sent.text)
        return answer(Done(count=1))

    @router.post("/licences/{licence}/approve", **says(Done, ApproveCall))
    def approve(call: Annotated[Call, may_approve]) -> Response:
        """Approve entries that were shown."""
        chosen = read(call, ApproveCall).entries
        return answer(Done(count=approve_chosen(desk_of(house, call), call.visit.licence, chosen)))

    return router


_ROUTERS = (api_routes, api_acts, api_books, api_lists, api_terms, api_rules, api_changes, api_office, api_post)


def described(house: House) -> dict[str, Any]:
    """Return the OpenAPI description of the API."""
    door = Door(house)
    routes = [route for make in _ROUTERS for route in make(house, door).routes]
    found = get_openapi(title="boekbrug", version=__version__, routes=routes)
    parts = found.setdefault("components", {})
    parts.setdefault("schemas", {}).update(COMPONENTS)
    parts["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    return {**found, "security": [{"key": []}]}


def add_api(app: FastAPI, house: House, door: Door) -> None:
    """Add the API to an app, with its description and its way to refuse."""
    for make in _ROUTERS:
        app.include_router(make(house, door))

    @app.get(f"{PREFIX}/openapi.json", include_in_schema=False)
    def description() -> Response:
        return answer(described(house))

    def refused(_request: Request, error: Exception) -> Response:
        assert isinstance(error, Refused)
        return answer(error.refusal, error.status)

    app.add_exception_handler(Refused, refused)
