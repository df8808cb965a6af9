"""From where the pages can be reached, and what a browser may do with them.

As long as there is no user to log in as, they are for whoever sits at this machine, and for nobody else.
"""

from collections.abc import Callable
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FOR_WATCHERS = frozenset({"/healthz", "/metrics"})
FOR_VENDORS = ("/connect/", "/hook/", "/static/")
REFUSAL = (
    "Pages are shown on the machine of boekbrug only, as long as there is no user: boekbrug user add EMAIL\n"
    "Until then, from elsewhere: ssh -L 8765:127.0.0.1:8765 MACHINE, and http://127.0.0.1:8765 in your own browser.\n"
)
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
STAY_ON_HTTPS = "max-age=31536000"
"""For a year; of other names below ours we know nothing, so they are not included."""
_PASSED_ON = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


def is_local(host: str) -> bool:
    """Tell whether a host, as written in a setting or an address, is this machine alone."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class Guard:
    """Refuses the dashboard to all but this machine while nobody can log in, and gives every answer its headers."""

    def __init__(
        self, app: ASGIApp, listens_on: str, is_peopled: Callable[[], bool], *, stays_on_https: bool = False
    ) -> None:
        self._app, self._listens_locally, self._is_peopled = app, is_local(listens_on), is_peopled
        self._stays_on_https = stays_on_https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                # RFC 6797 §7.2: never over a plain connection
                if self._stays_on_https and scope["scheme"] == "https":
                    headers["strict-transport-security"] = STAY_ON_HTTPS
            await send(message)

        is_open = scope["path"] in FOR_WATCHERS or scope["path"].startswith(FOR_VENDORS)
        allowed = is_open or self._is_from_here(Headers(scope=scope)) or await run_in_threadpool(self._is_peopled)
        answer = self._app if allowed else PlainTextResponse(REFUSAL, 403)
        await answer(scope, receive, send_guarded)

    def _is_from_here(self, headers: Headers) -> bool:
        # a page elsewhere whose name was pointed at 127.0.0.1 says that name; a proxy says whom it speaks for
        named = urlsplit(f"//{headers.get('host', '')}").hostname or ""
        return self._listens_locally and is_local(named) and not any(name in headers for name in _PASSED_ON)
