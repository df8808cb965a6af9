"""`/hook/<connection>/<topic>/<secret>`: where vendors call us; the answer is short and never waits for a fetch."""

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from boekbrug.acts import hooks
from boekbrug.acts.hooks import NoHook
from boekbrug.contract import WrongKey
from boekbrug.sync.house import House
from boekbrug.web.incoming import body_within, inbound

BODY_LIMIT = 1024 * 1024


def hook_routes(house: House) -> APIRouter:
    """Make the route of one house."""
    routes = APIRouter(include_in_schema=False)

    @routes.api_route("/hook/{connection:int}/{topic}/{secret}", methods=["GET", "POST", "PUT"])
    async def hook(request: Request, connection: int, topic: str, secret: str) -> Response:
        """Take in a vendor's call."""
        body = await body_within(request, BODY_LIMIT)
        if body is None:
            return PlainTextResponse("Too large", 413)
        call = inbound(request, topic, body, house.settings.service.public_url)
        try:
            await run_in_threadpool(hooks.receive, house, connection, topic, secret, call)
        except NoHook:
            return PlainTextResponse("Not found", 404)
        except WrongKey:
            return PlainTextResponse("Forbidden", 403)
        return PlainTextResponse("OK")

    return routes
