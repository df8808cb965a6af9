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
from boekbrug.sync.house import House
from boekbrug.web.connect_page import page
from boekbrug.web.incoming import body_within, inbound

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


def connect_routes(house: House) -> APIRouter:
    """Make the route of one house."""
    routes = APIRouter(include_in_schema=False)

    @routes.api_route("/connect/{plugin}/{app}/{step}", methods=["GET", "POST"])
    async def connect(request: Request, plugin: str, app: str, step: str) -> Response:
        """Take an authorisation one step on."""
        language = request.headers.get("accept-language", "")
        body = await body_within(request, BODY_LIMIT)
        if body is None:
            return page("too-large", language, status=413)
        call = inbound(request, step, body, house.settings.service.public_url)
        try:
            completed = await run_in_threadpool(complete, house, plugin, app, call)
        except BoekbrugError as error:
            return _refusal(house, error, f"{plugin}/{app}/{step}", language)
        return _answer(completed, language)

    return routes


def _refusal(house: House, error: BoekbrugError, address: str, language: str) -> Response:
    # facts stay in the log: whoever asks may be anybody
    house.log.warning("connect.refused", address=address, code=error.code, **error.facts)
    for kind, status, text in REFUSALS:
        if isinstance(error, kind):
            return page(text, language, status=status)
    return page("fault", language, status=500)


def _answer(completed: Completed, language: str) -> Response:
    reply = completed.reply
    if reply.redirect.startswith(("https://", "http://")):
        return RedirectResponse(reply.redirect, 302)
    if completed.identity is None or reply != Reply():
        return PlainTextResponse(reply.body, reply.status)
    text = "authorised" if completed.confirmed else "to-confirm"
    return page(text, language, identity=completed.identity.name, connection=completed.connection)
