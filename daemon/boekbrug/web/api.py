"""The API under `/api/v1`: what the pages show and do, for programs that carry a user's key."""

import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, NamedTuple, TypeVar

import msgspec
from fastapi import APIRouter, Depends, FastAPI, Query, Response
from fastapi.openapi.utils import get_openapi
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from boekbrug import __version__
from boekbrug.acts import cases, listing
from boekbrug.acts.approve import approve_chosen
from boekbrug.acts.desk import ActRefused, Desk, NotKnown
from boekbrug.acts.find import Found, find, of_document
from boekbrug.acts.listing import ShownApproval, ShownBooking, ShownSale
from boekbrug.acts.retry import retry
from boekbrug.acts.set_aside import set_aside, take_up
from boekbrug.booking.composed import DocumentState
from boekbrug.contract import BoekbrugError
from boekbrug.store import board, states
from boekbrug.sync.house import House
from boekbrug.web.booked import FIRST, LAST, read_place, write_place
from boekbrug.web.door import LARGEST, Door, Id, PathId, Right, Turned, Visit
from boekbrug.web.find import LONGEST, MOST, plain_amount
from boekbrug.web.incoming import body_within

PREFIX = "/api/v1"
BODY_LIMIT = 256 * 1024
MOST_ITEMS = 200
Limit = Annotated[int, Query(ge=1, le=MOST_ITEMS)]
Whole = Annotated[int, msgspec.Meta(ge=0, le=LARGEST)]
Chosen = Annotated[list[Whole], msgspec.Meta(min_length=1, max_length=1000)]


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


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """To how many it was done."""

    count: int


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why a call was not answered."""

    code: str
    reasons: list[str] = []


_SHAPES = (list[LicenceState], Documents, Bookings, Approvals, Found, list[Found], RetryCall, SetAsideCall, TakeUpCall,
           ApproveCall, ReportCall, Done, Refusal)  # fmt: skip
_SCHEMAS, _COMPONENTS = msgspec.json.schema_components(_SHAPES, ref_template="#/components/schemas/{name}")
_SCHEMA_OF = {str(shape): schema for shape, schema in zip(_SHAPES, _SCHEMAS, strict=True)}


class Refused(Exception):
    """A call is not answered, with this status."""

    def __init__(self, status: int, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.status, self.refusal = status, refusal


class Call(NamedTuple):
    """A call that came in with a key: on whose behalf, and its body."""

    visit: Visit
    body: bytes


Shape = TypeVar("Shape")


def read(call: Call, shape: type[Shape]) -> Shape:
    """Read the body of a call; raise Refused with the fault and its place."""
    try:
        return msgspec.json.decode(call.body, type=shape)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise Refused(400, Refusal(code="body", reasons=[str(error)])) from error


def needs(door: Door, right: Right) -> Callable[[Request], Awaitable[Call]]:
    """Make the check of a route: the key of a user, who may do this."""

    async def call(request: Request) -> Call:
        body = await body_within(request, BODY_LIMIT)
        if body is None:
            raise Refused(413, Refusal(code="too-large"))
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        try:
            visit = await run_in_threadpool(door.with_key, request, right, token if scheme == "Bearer" else "")
        except Turned as error:
            code = {401: "no-key", 403: "not-allowed", 404: "not-known"}[error.status]
            raise Refused(error.status, Refusal(code=code)) from error
        return Call(visit, body)

    return call


def answer(value: object, status: int = 200) -> Response:
    """Write a value as JSON; amounts are text, as money is no float."""
    headers = {"cache-control": "no-store"}
    return Response(msgspec.json.encode(value), status, headers, media_type="application/json")


def _says(result: Any, body: Any = None) -> dict[str, Any]:
    """Describe a route: what it answers, and what it takes."""

    def content(shape: Any) -> dict[str, Any]:
        return {"content": {"application/json": {"schema": _SCHEMA_OF[str(shape)]}}}

    refusal = {"description": "Refused", **content(Refusal)}
    said: dict[str, Any] = {"responses": {200: {"description": "Done", **content(result)}}}
    said["responses"] |= dict.fromkeys((400, 401, 403, 404, 409, 413), refusal)
    if body is not None:
        said["openapi_extra"] = {"requestBody": {"required": True, **content(body)}}
    return said


def api_routes(house: House, door: Door) -> APIRouter:
    """Make the routes to read."""
    router = APIRouter(prefix=PREFIX)
    may_read = Depends(needs(door, Right.SEE))

    @router.get("/licences", **_says(list[LicenceState]))
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

    @router.get("/licences/{licence}/documents", **_says(Documents))
    def documents(
        call: Annotated[Call, may_read], state: DocumentState, before: Id = LARGEST, code: str = "", limit: Limit = 50
    ) -> Response:
        """List the documents in a state, the latest first; those with a problem of a code where one is named."""
        language = _language(call)
        found = listing.in_state(house, call.visit.licence, state, language, limit + 1, before=before, code=code)
        items = found[:limit]
        return answer(Documents(items=items, before=items[-1].id if len(found) > limit else None))

    @router.get("/licences/{licence}/documents/{document}", **_says(Found))
    def document(call: Annotated[Call, may_read], document: PathId) -> Response:
        """Show a document with its entry and what is wrong with it."""
        return answer(of_document(house, call.visit.licence.id, document, _language(call)))

    @router.get("/licences/{licence}/bookings", **_says(Bookings))
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

    @router.get("/licences/{licence}/approvals", **_says(Approvals))
    def approvals(call: Annotated[Call, may_read], after: Id = 0, limit: Limit = 50) -> Response:
        """List the entries that wait for approval, the oldest first."""
        found = listing.unapproved(house, call.visit.licence, limit + 1, after)
        items = found[:limit]
        return answer(Approvals(items=items, after=items[-1].id if len(found) > limit else None))

    @router.get("/find", **_says(list[Found]))
    def find_sale(
        call: Annotated[Call, may_read], q: Annotated[str, Query(min_length=1, max_length=LONGEST)]
    ) -> Response:
        """Find a sale by the beginning of its number, its exact amount or its buyer's e-mail address."""
        return answer(find(house, plain_amount(q.strip()), _language(call), MOST, call.visit.sees))

    return router


def api_acts(house: House, door: Door) -> APIRouter:
    """Make the routes to act."""
    router = APIRouter(prefix=PREFIX)
    may_repair, may_approve = Depends(needs(door, Right.REPAIR)), Depends(needs(door, Right.APPROVE))

    @router.post("/licences/{licence}/retry", **_says(Done, RetryCall))
    def again(call: Annotated[Call, may_repair]) -> Response:
        """Try documents with a problem again, with priority."""
        sent = read(call, RetryCall)
        found = retry(_desk(house, call), call.visit.licence, sent.codes, chosen=sent.documents)
        return answer(Done(count=found.documents))

    @router.post("/licences/{licence}/set-aside", **_says(Done, SetAsideCall))
    def aside(call: Annotated[Call, may_repair]) -> Response:
        """Do not book documents that are stuck."""
        sent = read(call, SetAsideCall)
        desk, licence = _desk(house, call), call.visit.licence
        return answer(Done(count=set_aside(desk, licence, sent.documents, sent.reason, sent.note)))

    @router.post("/licences/{licence}/take-up", **_says(Done, TakeUpCall))
    def up(call: Annotated[Call, may_repair]) -> Response:
        """Book documents after all that were set aside."""
        return answer(Done(count=take_up(_desk(house, call), call.visit.licence, read(call, TakeUpCall).documents)))

    @router.post("/licences/{licence}/report", **_says(Done, ReportCall))
    def report(call: Annotated[Call, may_repair]) -> Response:
        """Ask the operator to look at a document."""
        sent = read(call, ReportCall)
        cases.report(_desk(house, call), call.visit.licence, sent.document, sent.text)
        return answer(Done(count=1))

    @router.post("/licences/{licence}/approve", **_says(Done, ApproveCall))
    def approve(call: Annotated[Call, may_approve]) -> Response:
        """Approve entries that were shown."""
        chosen = read(call, ApproveCall).entries
        return answer(Done(count=approve_chosen(_desk(house, call), call.visit.licence, chosen)))

    return router


def _language(call: Call) -> str:
    assert call.visit.user is not None
    return call.visit.user.language


def _desk(house: House, call: Call) -> Desk:
    assert call.visit.user is not None
    return Desk(house, f"api:{call.visit.user.email}")


def described(house: House) -> dict[str, Any]:
    """Return the OpenAPI description of the API."""
    door = Door(house)
    routes = [route for router in (api_routes(house, door), api_acts(house, door)) for route in router.routes]
    found = get_openapi(title="boekbrug", version=__version__, routes=routes)
    parts = found.setdefault("components", {})
    parts.setdefault("schemas", {}).update(_COMPONENTS)
    parts["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    return {**found, "security": [{"key": []}]}


def add_api(app: FastAPI, house: House, door: Door) -> None:
    """Add the API to an app, with its description and its way to refuse."""
    app.include_router(api_routes(house, door))
    app.include_router(api_acts(house, door))

    @app.get(f"{PREFIX}/openapi.json", include_in_schema=False)
    def description() -> Response:
        return answer(described(house))

    def refused(_request: Request, error: Exception) -> Response:
        assert isinstance(error, Refused)
        return answer(error.refusal, error.status)

    app.add_exception_handler(Refused, refused)


def refusal_of(error: BoekbrugError) -> Response:
    """Answer a call whose act was refused."""
    if isinstance(error, NotKnown):
        return answer(Refusal(code=error.code), 404)
    reasons = list(error.reasons) if isinstance(error, ActRefused) else []
    return answer(Refusal(code=error.code, reasons=reasons), 409)
