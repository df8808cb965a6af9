"""Requests of vendors, taken as they came in: their signatures are over bytes."""

from urllib.parse import parse_qsl

from starlette.requests import Request

from boekbrug.contract import InboundRequest


async def body_within(request: Request, limit: int) -> bytes | None:
    """Read a body; None as soon as it has more bytes than the limit."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            return None
    return bytes(body)


def inbound(request: Request, step: str, body: bytes, public_url: str) -> InboundRequest:
    """Describe a request to a plugin; its address is the one the vendor knows, not that behind our proxy."""
    query = request.url.query
    address = f"{public_url or str(request.base_url).rstrip('/')}{_path(request)}"
    return InboundRequest(
        step=step,
        method=request.method,
        url=f"{address}?{query}" if query else address,
        headers=dict(request.headers.items()),
        query=dict(parse_qsl(query, keep_blank_values=True)),
        body=body,
    )


def _path(request: Request) -> str:
    raw: bytes | None = request.scope.get("raw_path")
    return raw.decode("ascii").partition("?")[0] if raw else request.url.path
