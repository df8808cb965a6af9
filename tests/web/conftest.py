"""A shop with a few sales of every kind, and the pages over its house."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from tests.office import LONG_AGO, Office, order
from tests.web.people import add_user, served

from boekbrug.runtime.settings import load
from boekbrug.service.pages import Pages, address_of, listen
from boekbrug.sync.house import House
from boekbrug.web import create_app
from boekbrug.web.health import Crew

ORDERS = [
    order(1),
    order(2, customer={"email": "eva@example.org", "name": "Eva <b>Bos</b>", "country": "NL"}),
    order(3, payment_method="unheard-of"),
    order(4, payment_method="unheard-of"),
    order(5, status="new"),
    order(6, status="cancelled"),
    order(7, date="2026-06-20T12:00:00+02:00"),
]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    found = Office(tmp_path_factory.mktemp("web") / "office")
    found.furnish(automatic=True)
    found.put("orders.jsonl", ORDERS)
    torn = found.shop / "torn.json"
    torn.write_text('{"id": 8,', encoding="utf-8")
    os.utime(torn, (LONG_AGO, LONG_AGO))
    found.run("sync", "webshop", exits=1)
    return found


@pytest.fixture(scope="module")
def house(office: Office) -> Iterator[House]:
    found = House(load(office.config, {}))
    yield found
    found.close()


class Browser:
    """Asks for pages over HTTP."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._session = requests.Session()

    def get(
        self, path: str, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> requests.Response:
        """Ask for a page."""
        return self._session.get(self._address + path, params=params, headers=headers, timeout=30)

    def post(self, path: str, headers: Mapping[str, str] | None = None) -> requests.Response:
        """Send nothing."""
        return self._session.post(self._address + path, headers=headers, timeout=30)

    def close(self) -> None:
        """Hang up."""
        self._session.close()


@contextmanager
def browsing(house: House, crew: Crew | None = None) -> Iterator[Browser]:
    """Serve the pages of a house, as the daemon does."""
    with listen("127.0.0.1", 0) as listener:
        pages = Pages(create_app(house, None if crew is None else lambda: crew), listener)
        pages.start()
        browser = Browser(address_of(listener))
        try:
            yield browser
        finally:
            browser.close()
            pages.stop()


@pytest.fixture(scope="module")
def client(house: House) -> Iterator[Browser]:
    with browsing(house) as browser:
        yield browser


def settings_with(folder: Path, **service: object) -> Path:
    """Write settings with a service section and return the file."""
    file = folder / "boekbrug.toml"
    lines = "\n".join(f"{name} = {json.dumps(value)}" for name, value in service.items())
    file.write_text(f'state = "state"\n[service]\n{lines}\n', encoding="utf-8")
    return file


ROLES = {"owner@x.nl": "owner", "books@x.nl": "bookkeeper", "keeper@x.nl": "operator", "other@x.nl": "owner"}


@pytest.fixture(scope="session")
def manned(tmp_path_factory: pytest.TempPathFactory) -> Office:
    found = Office(tmp_path_factory.mktemp("dashboard") / "office")
    found.furnish(automatic=True)
    lines = [order(n) for n in range(1, 4)]
    lines += [order(n, payment_method="unheard-of") for n in (4, 5, 6, 7)]
    lines += [order(8, status="new"), order(9, number="=cmd()")]
    found.put("orders.jsonl", lines)
    found.run("sync", "webshop", exits=1)
    file = (found.folder / "licences" / "webshop.toml").read_text(encoding="utf-8")
    other = found.folder / "licences" / "other.toml"
    other.write_text(
        file.replace('name = "webshop"', 'name = "other"').replace("automatic = true", "automatic = false")
    )
    found.run("licence", "apply", str(other))
    found.run("licence", "activate", "other")
    found.run("sync", "other", exits=1)
    return found


@pytest.fixture(scope="session")
def manned_house(manned: Office) -> Iterator[House]:
    found = House(load(manned.config, {}))
    for email, role in ROLES.items():
        add_user(found, email, role, *(["other"] if email == "other@x.nl" else ["webshop"]))
    yield found
    found.close()


@pytest.fixture(scope="session")
def manned_address(manned_house: House) -> Iterator[str]:
    with served(manned_house) as found:
        yield found
