from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.web.conftest import Browser, browsing, settings_with

from boekbrug.contract import SettingsError
from boekbrug.runtime.settings import load
from boekbrug.store import schema
from boekbrug.sync.house import House
from boekbrug.web.guard import is_local


@contextmanager
def pages_at(folder: Path, host: str, **service: object) -> Iterator[Browser]:
    house = House(load(settings_with(folder, host=host, **service), {}))
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


PASSED_ON = {"x-forwarded-proto": "https", "x-forwarded-for": "203.0.113.9"}


def test_browsers_are_told_to_stay_on_https(tmp_path: Path) -> None:
    with pages_at(tmp_path, "127.0.0.1", public_url="https://boekbrug.example.nl") as client:
        told = client.get("/healthz", headers=PASSED_ON).headers
        assert told["strict-transport-security"] == "max-age=31536000"
        assert "strict-transport-security" not in client.get("/healthz").headers


def test_a_trial_without_https_tells_nobody_to_stay_on_it(tmp_path: Path) -> None:
    with pages_at(tmp_path, "127.0.0.1", public_url="http://trial.example") as client:
        assert "strict-transport-security" not in client.get("/healthz", headers=PASSED_ON).headers


@pytest.mark.parametrize(
    ("proxies", "believed"),
    [
        (["127.0.0.1"], True),
        (["127.0.0.0/8"], True),
        (["10.0.0.7", "10.1.0.0/16"], False),
        ([], False),
    ],
)
def test_only_proxies_that_were_named_say_who_comes_and_how(tmp_path: Path, proxies: list[str], believed: bool) -> None:
    with pages_at(tmp_path, "127.0.0.1", trusted_proxies=proxies) as client:
        cookie = client.get("/login", headers={"x-forwarded-proto": "https"}).headers["set-cookie"]
        assert cookie.startswith("__Host-") is believed
        assert ("Secure" in cookie) is believed


@pytest.mark.parametrize("proxies", [["*"], ["proxy.example"], ["10.0.0.1/8"]])
def test_proxies_are_addresses(tmp_path: Path, proxies: list[str]) -> None:
    with pytest.raises(SettingsError) as refused:
        load(settings_with(tmp_path, trusted_proxies=proxies), {})
    assert "must be an address or a network" in refused.value.faults[0]
