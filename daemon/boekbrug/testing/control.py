"""The controls around a stand-in's application: faults, latency, counters, and the API that sets them."""

import datetime as dt
import http.client
import threading
from collections import Counter
from collections.abc import Iterable
from io import BytesIO
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import msgspec

from boekbrug.testing.clock import SettableClock, ShiftedClock
from boekbrug.testing.wire import Broken, Fault, Faults

CONTROL = "/__control__/"
WIRE = "boekbrug.wire"
"""Where a server leaves the connection of a call; without it a fault closes the call without an answer."""
_LONGEST_PAUSE = 600.0


class _SetClock(msgspec.Struct, forbid_unknown_fields=True):
    set: dt.datetime | None = None
    advance: float = 0


class _SetLatency(msgspec.Struct, forbid_unknown_fields=True):
    seconds: float


class _Answer(msgspec.Struct):
    """What an application answered, kept until it is known whether the client may have it."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes


class Controlled:
    """A WSGI application around a vendor's; it knows calls and faults, and no vendor."""

    def __init__(self, application: WSGIApplication, clock: SettableClock | ShiftedClock, faults: Faults) -> None:
        self._application = application
        self._clock = clock
        self._faults = faults
        self._latency = 0.0
        self._calls: Counter[str] = Counter()
        self._pause = threading.Event()
        self._lock = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a call; raise ConnectionAbortedError where the client is to get no complete answer."""
        path, method = environ.get("PATH_INFO", "") or "/", environ["REQUEST_METHOD"]
        length = int(environ.get("CONTENT_LENGTH") or 0)
        environ["wsgi.input"] = BytesIO(environ["wsgi.input"].read(length))
        if path.startswith(CONTROL):
            answer = self._control(method, path.removeprefix(CONTROL), environ)
        else:
            with self._lock:
                self._calls[f"{method} {path}"] += 1
            self._pause.wait(self._latency)
            fault = self._faults.take(*Broken, method=method, path=path)
            answer = self._call(environ) if fault is None else self._faulty(fault, environ)
        start_response(answer.status, answer.headers)
        return [answer.body]

    def _call(self, environ: WSGIEnvironment) -> _Answer:
        answer = _Answer("", [], b"")

        def start(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> Any:
            answer.status, answer.headers = status, headers

        with self._lock:
            body = self._application(environ, start)
            try:
                answer.body = b"".join(body)
            finally:
                getattr(body, "close", bool)()
        return answer

    def _faulty(self, fault: Fault, environ: WSGIEnvironment) -> _Answer:
        wire = environ.get(WIRE)
        if fault.kind == Broken.STATUS:
            return _answered(fault.status, fault.body.encode(), fault.headers)
        if fault.kind == Broken.LATE and wire is not None:
            wire.wait_until_left()
        answer = _Answer("", [], b"") if fault.kind == Broken.CLOSE else self._call(environ)
        if wire is not None:
            wire.write(_on_the_wire(fault, answer))
        raise ConnectionAbortedError(fault.kind)

    def _control(self, method: str, name: str, environ: WSGIEnvironment) -> _Answer:
        body = environ["wsgi.input"].getvalue()
        try:
            match method, name:
                case "GET", "":
                    pass
                case "POST", "clock":
                    self._set_clock(msgspec.json.decode(body, type=_SetClock))
                case "POST", "latency":
                    self._latency = min(msgspec.json.decode(body, type=_SetLatency).seconds, _LONGEST_PAUSE)
                case "POST", "faults":
                    self._faults.add(*msgspec.json.decode(body, type=list[Fault]))
                case "DELETE", "faults":
                    self._faults.clear()
                case "DELETE", "calls":
                    self._calls.clear()
                case _:
                    return self._call(environ)
        except msgspec.DecodeError as wrong:
            return _answered(400, str(wrong).encode())
        return _answered(200, msgspec.json.encode(self._state()), {"Content-Type": "application/json"})

    def _set_clock(self, asked: _SetClock) -> None:
        if asked.set is not None:
            if asked.set.tzinfo is None:
                raise msgspec.ValidationError("`set` needs a time zone")
            self._clock.set(asked.set)
        self._clock.advance(dt.timedelta(seconds=asked.advance))

    def _state(self) -> dict[str, object]:
        return {
            "clock": self._clock.now(),
            "latency": self._latency,
            "faults": self._faults.waiting(),
            "calls": dict(self._calls),
        }


def wait_until_left(environ: WSGIEnvironment) -> None:
    """Give no answer until the client has gone, then raise ConnectionAbortedError."""
    wire = environ.get(WIRE)
    if wire is not None:
        wire.wait_until_left()
    raise ConnectionAbortedError(Broken.LATE)


def _answered(status: int, body: bytes, headers: dict[str, str] | None = None) -> _Answer:
    reason = http.client.responses.get(status, "Unknown")
    return _Answer(f"{status} {reason}", list((headers or {}).items()), body)


def _on_the_wire(fault: Fault, answer: _Answer) -> bytes:
    if fault.kind == Broken.GARBAGE:
        return b"\x16\x03garbage\r\n\r\n"
    if fault.kind == Broken.HALF_A_BODY:
        headers = "".join(f"{name}: {value}\r\n" for name, value in answer.headers if name.lower() != "content-length")
        head = f"HTTP/1.1 {answer.status}\r\n{headers}Content-Length: {len(answer.body) + 1}\r\n\r\n"
        return head.encode("latin-1") + answer.body[: len(answer.body) // 2]
    return b""
