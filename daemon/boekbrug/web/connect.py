"""`/connect/<plugin>/<app>/<step>`: where a person comes back from a vendor, and where a vendor begins by itself."""

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from boekbrug.acts.desk import NotKnown
from boekbrug.acts.inbound import Completed, Denied, NotBegun, complete
from boekbrug.contract import (
    AuthorisationLost,
    BoekbrugError,
    MissingRight,
    OutcomeUnknown,
    RefusedCall,
    Reply,
    Retriable,
    WrongKey,
)
from boekbrug.web.incoming import body_within, inbound
from boekbrug.web.page import Pages

BODY_LIMIT = 256 * 1024

REFUSALS: tuple[tuple[type[BoekbrugError] | tuple[type[BoekbrugError], ...], int, str], ...] = (
    (NotKnown, 404, "unknown"),
    (NotBegun, 400, "not-begun"),
    (Denied, 400, "denied"),
    (WrongKey, 403, "wrong-key"),
    ((AuthorisationLost, MissingRight, RefusedCall), 400, "refused"),
    (Retriable, 503, "later"),
    (OutcomeUnknown, 502, "refused"),
)


def connect_routes(pages: Pages) -> APIRouter:
    """Make the route of one house."""
    routes = APIRouter(include_in_schema=False)
    house = pages.house

    @routes.api_route("/connect/{plugin}/{app}/{step}", methods=["GET", "POST"])
    async def connect(request: Request, plugin: str, app: str, step: str) -> Response:
        """Take an authorisation one step on."""
        body = await body_within(request, BODY_LIMIT)
        if body is None:
            return told(pages, request, "too-large", 413)
        call = inbound(request, step, body, house.settings.service.public_url)
        try:
            completed = await run_in_threadpool(complete, house, plugin, app, call)
        except BoekbrugError as error:
            return _refusal(pages, request, error, f"{plugin}/{app}/{step}")
        return _answer(pages, request, completed)

    return routes


def _refusal(pages: Pages, request: Request, error: BoekbrugError, address: str) -> Response:
    # facts stay in the log: whoever asks may be anybody
    pages.house.log.warning("connect.refused", address=address, code=error.code, **error.facts)
    for kind, status, text in REFUSALS:
        if isinstance(error, kind):
            return told(pages, request, text, status)
    return told(pages, request, "fault", 500)


def _answer(pages: Pages, request: Request, completed: Completed) -> Response:
    reply = completed.reply
    if reply.redirect.startswith(("https://", "http://")):
        return RedirectResponse(reply.redirect, 302)
    if completed.identity is None or reply != Reply():
        return PlainTextResponse(reply.body, reply.status)
    text = "authorised" if completed.confirmed else "to-confirm"
    return told(pages, request, text, identity=completed.identity.name, connection=completed.connection)


def told(pages: Pages, request: Request, text: str, status: int = 200, /, **facts: str) -> Response:
    """Say what happened and what to do next."""
    writing = pages.writing(request)
    # the facts come from outside: they are put into the text before the page escapes it
    words = [writing.word(f"connect.{text}{part}", **facts) for part in ("-title", "", "-next")]
    answer = pages.render(request, writing, "told.html", {"title": words[0], "lines": words[1:]})
    answer.status_code = status
    return answer
