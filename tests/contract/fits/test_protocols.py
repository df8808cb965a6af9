"""The optional protocols can be offered in any combination, and none is offered by accident."""

import inspect
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from tests.contract.fits.ccvshop import CcvShop

import boekbrug.contract
from boekbrug.contract import Authorises, ClosesDays, Source, Target
from boekbrug.runtime.http import HttpPort

OPTIONAL = [
    named
    for named in vars(boekbrug.contract).values()
    if inspect.isclass(named) and getattr(named, "_is_runtime_protocol", False)
]


def verbs(protocol: type[Any]) -> list[str]:
    return [name for name, verb in vars(protocol).items() if inspect.isroutine(verb) and not name.startswith("_")]


def test_no_two_protocols_share_a_verb() -> None:
    assert len(OPTIONAL) >= 11
    for base in (Source, Target):
        counted = Counter([*verbs(base), *(name for protocol in OPTIONAL for name in verbs(protocol))])
        assert {name for name, times in counted.items() if times > 1} == set()


def test_authorised_source_does_not_seem_to_close_days() -> None:
    assert isinstance(CcvShop, Authorises)
    assert not issubclass(CcvShop, ClosesDays)


class Echo(BaseHTTPRequestHandler):
    """Answers with the request line and the body as they came."""

    def do_POST(self) -> None:
        body = self.requestline.encode() + b"\n" + self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("X-Hash", "proof")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent."""


@pytest.fixture
def echo() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_signed_bytes_go_out_as_given_through_the_real_port(echo: str) -> None:
    port = HttpPort()
    target = "/api/rest/v1/orders/?min%5Fdate=2026%2D01%2D01&q=a%2Fb+c~%7e&empty="
    body = b'{ "text" : "\\/ caf\xc3\xa9" }'
    answer = port.request("POST", echo + target, creates=True, data=body)
    assert answer.content == b"POST " + target.encode() + b" HTTP/1.1\n" + body
    assert answer.headers["x-hash"] == "proof"
    port.close()
