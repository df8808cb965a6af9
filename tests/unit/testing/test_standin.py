import datetime as dt
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from boekbrug.contract import NotReachable, OutcomeUnknown, Retriable
from boekbrug.runtime.http import HttpPort
from boekbrug.testing.standin import HOST, Surroundings, running

READY_IN_A_PROCESS = """
from tests.unit.testing.test_standin import Guestbook
from boekbrug.testing.standin import serve
serve("guestbook", Guestbook, size=2, seed=5)
"""


class Guestbook:
    """A vendor that keeps what is posted, and knows the surroundings' clock and randomness."""

    def __init__(self, surroundings: Surroundings) -> None:
        self.clock = surroundings.clock
        self.guests = [str(surroundings.random.random()) for _ in range(surroundings.size)]
        surroundings.credentials["key"] = "k"

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "POST":
            self.guests.append(environ["wsgi.input"].read().decode())
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps({"now": self.clock.now().isoformat(), "guests": self.guests}).encode()]


class Visitor:
    """Somebody who calls a running guestbook and its controls."""

    def __init__(self, ready: dict[str, object], http: HttpPort) -> None:
        self.url, self.ready, self.http = str(ready["url"]), ready, http

    def read(self) -> Any:
        return self.http.request("GET", f"{self.url}/guests").json()

    def sign(self, name: str) -> Any:
        return self.http.request("POST", f"{self.url}/guests", creates=True, data=name.encode())

    def control(self, name: str = "", method: str = "POST", **said: object) -> Any:
        body = said.pop("body", said)
        return self.http.request(method, f"{self.ready['control']}{name}", json=body).json()

    def fail(self, kind: str, **more: object) -> None:
        self.control("faults", body=[{"kind": kind, **more}])


@pytest.fixture
def visitor() -> Iterator[Visitor]:
    http = HttpPort(deadline=10)
    with running(Guestbook, size=0) as ready:
        yield Visitor(ready, http)
    http.close()


@pytest.fixture
def hasty(visitor: Visitor) -> Iterator[Visitor]:
    http = HttpPort(deadline=1)
    yield Visitor(visitor.ready, http)
    http.close()


def test_application_is_served_with_its_credentials(visitor: Visitor) -> None:
    assert visitor.sign("Anna").json()["guests"] == ["Anna"]
    assert visitor.ready["credentials"] == {"key": "k"}


def test_same_seed_makes_the_same_world(visitor: Visitor) -> None:
    worlds = []
    for seed in (1, 1, 2):
        with running(Guestbook, size=3, seed=seed) as ready:
            worlds.append(Visitor(ready, visitor.http).read()["guests"])
    assert worlds[0] == worlds[1] != worlds[2]


def test_connection_stays_open_and_is_closed_by_a_fault(visitor: Visitor) -> None:
    with socket.create_connection((HOST, urlsplit(visitor.url).port or 0), timeout=5) as client:
        for name in ("Anna", "Bram"):
            client.sendall(f"POST /guests HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n{name}".encode())
            assert client.recv(65536).startswith(b"HTTP/1.1 200 OK")
        visitor.fail("drop-reply")
        client.sendall(b"GET /guests HTTP/1.1\r\nHost: x\r\n\r\n")
        assert client.recv(65536) == b""
    assert visitor.read()["guests"] == ["Anna", "Bram"]


def test_clock_is_set_and_advanced(visitor: Visitor) -> None:
    visitor.control("clock", set="2027-01-01T00:00:00+01:00")
    visitor.control("clock", advance=3600)
    now = dt.datetime.fromisoformat(visitor.read()["now"])
    assert dt.timedelta() <= now - dt.datetime(2027, 1, 1, tzinfo=dt.UTC) < dt.timedelta(minutes=1)


def test_calls_are_counted_apart_from_controls(visitor: Visitor) -> None:
    visitor.read()
    visitor.sign("Anna")
    visitor.read()
    assert visitor.control(method="GET")["calls"] == {"GET /guests": 2, "POST /guests": 1}
    assert visitor.control("calls", method="DELETE")["calls"] == {}


@pytest.mark.parametrize("kind", ["drop-reply", "garbage", "half-a-body"])
def test_lost_reply_leaves_the_effect(visitor: Visitor, kind: str) -> None:
    visitor.fail(kind)
    with pytest.raises(OutcomeUnknown):
        visitor.sign("Anna")
    assert visitor.read()["guests"] == ["Anna"]


def test_closed_call_has_no_effect(visitor: Visitor) -> None:
    visitor.fail("close")
    with pytest.raises(OutcomeUnknown):
        visitor.sign("Anna")
    assert visitor.read()["guests"] == []


def test_late_effect_comes_after_the_client_gave_up(visitor: Visitor, hasty: Visitor) -> None:
    visitor.fail("late")
    with pytest.raises(OutcomeUnknown):
        hasty.sign("Anna")
    for _ in range(1000):
        if visitor.read()["guests"]:
            break
    assert visitor.read()["guests"] == ["Anna"]


def test_status_is_answered_as_often_as_asked_without_effect(visitor: Visitor) -> None:
    visitor.fail("status", times=2, status=429, headers={"Retry-After": "7"}, body="slow down")
    answers = [visitor.sign(name) for name in ("Anna", "Bram", "Cees")]
    assert [answer.status_code for answer in answers] == [429, 429, 200]
    assert (answers[0].headers["retry-after"], answers[0].text) == ("7", "slow down")
    assert visitor.read()["guests"] == ["Cees"]


def test_fault_strikes_the_calls_it_names(visitor: Visitor) -> None:
    visitor.fail("status", method="POST", path="/guests", status=500)
    assert visitor.read()["guests"] == []
    assert visitor.sign("Anna").status_code == 500


def test_cleared_faults_do_not_strike(visitor: Visitor) -> None:
    visitor.fail("close", times=9)
    assert visitor.control("faults", method="DELETE")["faults"] == []
    assert visitor.sign("Anna").status_code == 200


def test_latency_outlasts_a_deadline(visitor: Visitor, hasty: Visitor) -> None:
    visitor.control("latency", seconds=30)
    with pytest.raises(Retriable) as slow:
        hasty.read()
    assert not isinstance(slow.value, NotReachable)


@pytest.mark.parametrize(
    ("name", "body"),
    [("clock", {"set": "2027-01-01T00:00:00"}), ("clock", {"to": 1}), ("faults", [{"kind": 7}]), ("latency", {})],
)
def test_control_that_makes_no_sense_is_refused(visitor: Visitor, name: str, body: object) -> None:
    assert visitor.http.request("POST", f"{visitor.url}/__control__/{name}", json=body).status_code == 400


def test_unknown_control_is_the_applications_own(visitor: Visitor) -> None:
    visitor.fail("close")
    assert visitor.control("guests", body="Anna")["guests"] == ['"Anna"']


def test_served_process_says_when_it_is_ready_and_ends_on_a_signal() -> None:
    command = [sys.executable, "-c", READY_IN_A_PROCESS]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        http = HttpPort(deadline=5)
        assert len(Visitor(ready, http).read()["guests"]) == 2
        http.close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert set(ready) == {"url", "control", "credentials"}
