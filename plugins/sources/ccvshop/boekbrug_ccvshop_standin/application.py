"""The shop as a WSGI application: lets calls in, counts them, answers, and signs what it answers."""

import http.client
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import msgspec

from boekbrug.testing.standin import Surroundings
from boekbrug_ccvshop_standin.control import Control
from boekbrug_ccvshop_standin.door import APP_SECRET, PUBLIC, SECRET, Refused, Turnstile, let_in, signature
from boekbrug_ccvshop_standin.generate import furnish
from boekbrug_ccvshop_standin.hooks import Hooks
from boekbrug_ccvshop_standin.resources import PREFIX, Call, Resources, resource_of
from boekbrug_ccvshop_standin.world import World

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

CONTROL = "/__control__/"
ODD = ("wrong-hash", "no-hash", "empty", "not-json")
"""Faults of our own, beside those of the frame: answers that look like a success and are none."""


class ShopApplication:
    """One shop with its keys; `credentials` of the surroundings say which."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self._now = surroundings.clock.now
        self.hooks = Hooks(self._now)
        self.world = World(self._now, self.hooks.fire)
        self._turnstile = Turnstile()
        self._resources = Resources(self.world, self.hooks)
        self._control = Control(self.world, self.hooks, self._turnstile, self._resources, surroundings.random)
        surroundings.credentials |= {"public": PUBLIC, "secret": SECRET, "app_secret": APP_SECRET}
        furnish(self.world, surroundings.random, surroundings.size, self._now())

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request."""
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        if path.startswith(CONTROL):
            return self._controlled(method, path.removeprefix(CONTROL), body, start_response)
        if path.startswith(f"{PREFIX}invoice-") and path.endswith(".pdf"):
            return self._pdf(path.removeprefix(f"{PREFIX}invoice-").removesuffix(".pdf"), start_response)
        target = _target(environ)
        fault = self._surroundings.faults.take(*ODD, method=method, path=path)
        try:
            status, content = self._answer(environ, method, target, body)
        except Refused as refused:
            error = {"status": refused.status, "code": refused.code, "developermessage": refused.message}
            return self._send(start_response, refused.status, json.dumps(error).encode(), [])
        written = b"" if content is None else _written(content)
        if fault is not None and fault.kind in ("empty", "not-json"):
            written = b"" if fault.kind == "empty" else b"<html>Even geduld</html>"
        headers = [] if fault is not None and fault.kind == "no-hash" else self._signed(method, target, written)
        if fault is not None and fault.kind == "wrong-hash":
            headers = [(name, value[::-1] if name == "x-hash" else value) for name, value in headers]
        return self._send(start_response, status, written, headers)

    def _pdf(self, id: str, start_response: "StartResponse") -> Iterable[bytes]:
        """Hand out an invoice to whoever has its address, as shops do."""
        known = id.isdigit() and int(id) in self.world.invoices
        body = f"%PDF-1.4 invoice {id}".encode() if known else b"<html>Niet gevonden</html>"
        kind = "application/pdf" if known else "text/html"
        start_response(
            "200 OK" if known else "404 Not Found", [("Content-Type", kind), ("Content-Length", str(len(body)))]
        )
        return [body]

    def _answer(self, environ: "WSGIEnvironment", method: str, target: str, body: bytes) -> tuple[int, Any]:
        path, _, query = target.partition("?")
        if not path.startswith(PREFIX):
            raise Refused(404, "", "no API here")
        headers = {name: environ.get(f"HTTP_{name.upper().replace('-', '_')}", "") for name in _ASKED}
        let_in(method, target, body, headers, self._now())
        parts = [part for part in path.removeprefix(PREFIX).split("/") if part]
        self._turnstile.count(method, resource_of(parts), self._now())
        base = f"http://{environ.get('HTTP_HOST', 'shop.example')}{PREFIX}"
        asked = dict(parse_qsl(query, keep_blank_values=True))
        return self._resources.answer(Call(method=method, parts=parts, query=asked, body=body, base=base))

    def _signed(self, method: str, target: str, body: bytes) -> list[tuple[str, str]]:
        when = self._now().strftime("%Y-%m-%dT%H:%M:%S+00:00")
        return [("x-date", when), ("x-hash", signature(SECRET, PUBLIC, method, target, body, when))]

    def _controlled(self, method: str, path: str, body: bytes, start_response: "StartResponse") -> Iterable[bytes]:
        parts = [part for part in path.split("/") if part]
        try:
            found = self._control.act(method, parts, body, self._now)
        except (Refused, msgspec.DecodeError, LookupError, TypeError, ValueError) as error:
            return self._send(start_response, 400, str(error).encode(), [])
        return self._send(start_response, 200, msgspec.json.encode(found), [])

    def _send(
        self, start_response: "StartResponse", status: int, body: bytes, headers: list[tuple[str, str]]
    ) -> Iterable[bytes]:
        date = self._now().strftime("%a, %d %b %Y %H:%M:%S GMT")
        plain = [("Content-Type", "application/json"), ("Content-Length", str(len(body))), ("Date", date)]
        start_response(f"{status} {http.client.responses.get(status, 'Unknown')}", plain + headers)
        return [body]


_ASKED = ("x-public", "x-date", "x-hash")


def _target(environ: "WSGIEnvironment") -> str:
    """Return path and query as they came; paths of the API hold nothing that would have to be encoded."""
    query = environ.get("QUERY_STRING", "")
    return f"{environ['PATH_INFO']}?{query}" if query else str(environ["PATH_INFO"])


def _written(content: object) -> bytes:
    """Write JSON as PHP does, slashes escaped."""
    return msgspec.json.encode(content).replace(b"/", b"\\/")
