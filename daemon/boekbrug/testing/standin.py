"""The frame of stand-ins: serves any vendor's application over HTTP, with a clock, faults and counters to control.

The control API lies under `/__control__/`: GET it for the state; POST `clock` ({"set": moment} or {"advance":
seconds}), `latency` ({"seconds": n}), `faults` (a list, see `Fault`); DELETE `faults` or `calls`. What else lies there
(orders, books) is the application's own and reaches it without faults.
"""

import json
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from queue import SimpleQueue
from random import Random
from socketserver import ThreadingMixIn
from types import FrameType
from typing import IO
from wsgiref.simple_server import ServerHandler, WSGIRequestHandler, WSGIServer
from wsgiref.types import WSGIApplication, WSGIEnvironment

from boekbrug.contract.hookspecs import StandinMaker
from boekbrug.runtime.clock import SystemClock
from boekbrug.testing.clock import SettableClock, ShiftedClock
from boekbrug.testing.control import CONTROL, WIRE, Controlled
from boekbrug.testing.wire import Faults, Wire

HOST = "127.0.0.1"


class Surroundings:
    """What a stand-in is made from; the maker fills in `credentials` for whoever is to call it."""

    def __init__(self, *, clock: SettableClock | ShiftedClock, random: Random, size: int, faults: Faults) -> None:
        self.clock = clock
        self.random = random
        self.size = size
        self.faults = faults
        self.credentials: dict[str, str] = {}


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    #: the usual five make the ninth client at once wait for a second
    request_queue_size = 128


class _Answering(ServerHandler):
    http_version = "1.1"
    #: the base class forgets it when an answer is complete
    environ: WSGIEnvironment | None
    request_handler: WSGIRequestHandler


class _Handler(WSGIRequestHandler):
    """Keeps connections open between calls, as vendors do; each answer goes out in one piece."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    server: _Server
    wfile: IO[bytes]  # type: ignore[assignment] # a buffered file, since `wbufsize` says so

    def handle(self) -> None:
        BaseHTTPRequestHandler.handle(self)

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        answering = _Answering(self.rfile, self.wfile, sys.stderr, self.get_environ(), multithread=True)
        answering.request_handler = self
        application = self.server.get_app()
        assert application is not None, "it is set before the server begins"
        answering.run(application)
        # what was cut off by a fault is never closed by the handler
        self.close_connection = self.close_connection or answering.environ is not None

    def get_environ(self) -> WSGIEnvironment:
        return {**super().get_environ(), WIRE: Wire(self.connection)}

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing; calls are counted."""


def make(maker: StandinMaker, *, size: int = 100, seed: int = 0) -> tuple[Surroundings, WSGIApplication]:
    """Make a stand-in with its controls around it, on a clock that runs with this machine's."""
    random = Random(seed)
    surroundings = Surroundings(clock=ShiftedClock(SystemClock()), random=random, size=size, faults=Faults())
    application = maker(surroundings)
    return surroundings, Controlled(application, surroundings.clock, surroundings.faults)


@contextmanager
def running(
    maker: StandinMaker, *, name: str = "standin", port: int = 0, size: int = 100, seed: int = 0
) -> Iterator[dict[str, object]]:
    """Serve a stand-in from a thread of its own; yield its ready line (port 0 takes a free one)."""
    surroundings, application = make(maker, size=size, seed=seed)
    server = _Server((HOST, port), _Handler)
    server.set_app(application)
    thread = threading.Thread(target=server.serve_forever, name=name, kwargs={"poll_interval": 0.02})
    thread.start()
    url = f"http://{HOST}:{server.server_port}"
    try:
        yield {"url": url, "control": url + CONTROL, "credentials": surroundings.credentials}
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def serve(name: str, maker: StandinMaker, *, port: int = 0, size: int = 100, seed: int = 0) -> None:
    """Serve a stand-in until a signal ends it; print one JSON line when it is ready."""
    ended: SimpleQueue[int] = SimpleQueue()

    def end(number: int, frame: FrameType | None) -> None:
        ended.put(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    with running(maker, name=name, port=port, size=size, seed=seed) as ready:
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        ended.get()
