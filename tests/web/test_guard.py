from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.web.conftest import Browser, browsing, settings_with

from boekbrug.runtime.settings import load
from boekbrug.store import schema
from boekbrug.sync.house import House
from boekbrug.web.guard import is_local


@contextmanager
def pages_at(folder: Path, host: str) -> Iterator[Browser]:
    house = House(load(settings_with(folder, host=host), {}))
    schema.upgrade(house.database)
    with browsing(house) as client:
        yield client
    house.close()


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("localhost", True),
        ("::1", True),
        ("[::1]", True),
        ("0.0.0.0", False),
        ("192.168.1.5", False),
        ("::", False),
        ("localhost.evil.example", False),
        ("", False),
    ],
)
def test_only_this_machine_is_local(host: str, local: bool) -> None:
    assert is_local(host) is local


@pytest.mark.parametrize("path", ["/", "/find?q=W1", "/healthzz", "/openapi.json"])
def test_pages_of_a_public_address_are_refused_with_what_to_do(tmp_path: Path, path: str) -> None:
    with pages_at(tmp_path, "0.0.0.0") as client:
        refused = client.get(path)
        assert refused.status_code == 403
        assert "ssh -L" in refused.text


def test_watchers_and_vendors_reach_a_public_address(tmp_path: Path) -> None:
    with pages_at(tmp_path, "0.0.0.0") as client:
        outside = {"host": "boekbrug.example.nl"}
        assert client.get("/healthz", headers=outside).status_code == 200
        assert client.get("/metrics", headers=outside).status_code == 200
        assert client.post("/hook/1/orders/guess", headers=outside).status_code == 404
        assert client.get("/connect/files/app/callback", headers=outside).status_code == 404
        assert client.get("/static/boekbrug.css", headers=outside).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "boekbrug.example.nl"},
        {"host": "rebound.evil.example:8765"},
        {"x-forwarded-for": "203.0.113.9"},
        {"forwarded": "for=203.0.113.9"},
        {"x-real-ip": "203.0.113.9"},
    ],
)
def test_what_comes_through_a_proxy_or_under_another_name_is_refused(client: Browser, headers: dict[str, str]) -> None:
    assert client.get("/", headers=headers).status_code == 403
    assert client.get("/healthz", headers=headers).status_code == 200


@pytest.mark.parametrize("host", ["localhost:8765", "[::1]:8765", "127.0.0.1"])
def test_this_machine_is_let_in_under_its_own_names(client: Browser, host: str) -> None:
    assert client.get("/", headers={"host": host}).status_code == 200


def test_every_answer_has_its_headers(client: Browser) -> None:
    for path in ("/", "/healthz", "/metrics", "/nowhere"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "set-cookie" not in headers
