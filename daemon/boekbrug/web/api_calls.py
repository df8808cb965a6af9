"""What all calls of the API share: who calls, what is sent, how it is answered and described."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, NamedTuple, TypeVar

import msgspec
from fastapi import Response
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from boekbrug.acts.desk import Desk
from boekbrug.problems import LANGUAGES
from boekbrug.sync.house import House
from boekbrug.web.door import LARGEST, Door, Right, Turned, Visit
from boekbrug.web.incoming import body_within

PREFIX = "/api/v1"
BODY_LIMIT = 256 * 1024
Whole = Annotated[int, msgspec.Meta(ge=0, le=LARGEST)]
Number = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Note = Annotated[str, msgspec.Meta(max_length=1000)]
Chosen = Annotated[list[Whole], msgspec.Meta(min_length=1, max_length=1000)]


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """To how many it was done."""

    count: int


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why a call was not answered."""

    code: str
    reasons: list[str] = []


COMPONENTS: dict[str, Any] = {}
"""The schemas of what is sent and answered, by name, as routes are described."""


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
        request.state.language = visit.user.language if visit.user else LANGUAGES[0]
        return Call(visit, body)

    return call


def answer(value: object, status: int = 200) -> Response:
    """Write a value as JSON; amounts are text, as money is no float."""
    headers = {"cache-control": "no-store"}
    return Response(msgspec.json.encode(value), status, headers, media_type="application/json")


def _schema(shape: Any) -> dict[str, Any]:
    (schema,), components = msgspec.json.schema_components((shape,), ref_template="#/components/schemas/{name}")
    COMPONENTS.update(components)
    return schema


def says(result: Any, body: Any = None) -> dict[str, Any]:
    """Describe a route: what it answers, and what it takes."""

    def content(shape: Any) -> dict[str, Any]:
        return {"content": {"application/json": {"schema": _schema(shape)}}}

    refusal = {"description": "Refused", **content(Refusal)}
    said: dict[str, Any] = {"responses": {200: {"description": "Done", **content(result)}}}
    said["responses"] |= dict.fromkeys((400, 401, 403, 404, 409, 413), refusal)
    if body is not None:
        said["openapi_extra"] = {"requestBody": {"required": True, **content(body)}}
    return said


def language_of(call: Call) -> str:
    """Return the language of the key's user."""
    assert call.visit.user is not None
    return call.visit.user.language


def desk_of(house: House, call: Call) -> Desk:
    """Return the desk at which the key's user acts."""
    assert call.visit.user is not None
    return Desk(house, f"api:{call.visit.user.email}")
