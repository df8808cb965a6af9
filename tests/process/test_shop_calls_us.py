"""A shop installs our app and calls us, a running daemon books in another system: all of it over HTTP."""

import datetime as dt
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import requests
from tests.ccv_licence import EXACT, ccv_licence
from tests.office import Office
from tests.process.daemon import PATIENCE, Daemon, running

from boekbrug.acts import authorise, connections
from boekbrug.acts.desk import Desk
from boekbrug.runtime.settings import load
from boekbrug.store import schema
from boekbrug.sync.house import House
from boekbrug.testing import standin

shop_application: Any = import_module("boekbrug_ccvshop_standin.application").ShopApplication
exact_application: Any = import_module("boekbrug_exactonline_standin.app").make
SECONDS = 60
"""From webhook to booked, long before the licence's interval is over; one on an idle machine."""
LAMP = {"items": [{"name": "Lamp", "price": 2495, "count": 2}], "shipping": 695}
SETTINGS = """
state = "state"
[service]
port = {port}
public_url = "http://127.0.0.1:{port}"
[log]
format = "json"
[[app]]
name = "own"
plugin = "ccvshop"
client_id = "own"
client_secret_file = "own.secret"
[[app]]
name = "exact"
plugin = "exactonline"
client_id = "{client_id}"
client_secret_file = "exact.secret"
redirect = "{redirect_uri}"
settings = {{ base = "{exact}" }}
"""


class Bridge:
    """A shop and books as their users reach them, and the daemon between."""

    def __init__(self, office: Office, shop: dict[str, Any], exact: dict[str, Any], port: int) -> None:
        self.office, self.shop, self.exact, self.public = office, shop, exact, f"http://127.0.0.1:{port}"
        self._settle_in(port)
        with closing(House(load(office.config))) as house:
            schema.upgrade(house.database)
            desk = Desk(house, "owner")
            connections.add(desk, "exact", "exactonline", {})
            page: Any = authorise.begin(desk, "exact")
            back = requests.get(page.url, allow_redirects=False, timeout=10).headers["Location"]
            authorise.paste(desk, "exact", back)
            arrived = authorise.arrived(house, "exact")
            assert arrived
            authorise.confirm(desk, "exact", arrived.id)

    def _settle_in(self, port: int) -> None:
        known = self.exact["credentials"]
        (self.office.folder / "own.secret").write_text(self.shop["credentials"]["app_secret"])
        (self.office.folder / "exact.secret").write_text(known["client_secret"])
        self.office.config.write_text(SETTINGS.format(port=port, exact=self.exact["url"], **known))
        today = dt.datetime.now(dt.UTC).date()
        licence = ccv_licence(
            EXACT, today - dt.timedelta(days=30), settings="interval = 600\nwrite_back = true",
            rules='basis = "order"\ndebtors = "customer"\ncollective_debtor = "Webwinkel"',
        )  # fmt: skip
        (self.office.folder / "webshop.toml").write_text(licence)

    def control(self, method: str, path: str, **given: Any) -> Any:
        """Do something in the shop."""
        answer = requests.request(method, f"{self.shop['control']}{path}", json=given, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def installer(self, act: str) -> list[Any]:
        """Let the merchant install or uninstall the app; return what our addresses answered."""
        done = len(self.control("GET", "installer"))
        self.control("POST", f"installer/{act}", app=f"{self.public}/connect/ccvshop/own", root=self.shop["url"])
        expected = 2 if act == "install" else 1
        until(lambda: len(self.control("GET", "installer")) == done + expected)
        found: list[Any] = self.control("GET", "installer")[done:]
        return found

    def entries(self) -> list[dict[str, Any]]:
        """Return the entries in the books."""
        books = requests.get(f"{self.exact['control']}books", timeout=10).json()
        found: list[dict[str, Any]] = books["divisions"]["1234567"]["entries"]
        return found

    def states(self) -> dict[str, str]:
        """Return how each connection stands."""
        return {row["name"]: row["state"] for row in self.office.json("connection", "list")}


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that tells nobody when it happens."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def booked(daemon: Daemon) -> None:
    """Wait for the run that delivers something."""
    while not daemon.logs("licence.ran")["delivered"]:
        pass


@pytest.fixture
def bridge(tmp_path: Path) -> Iterator[Bridge]:
    with (
        socket.socket() as kept,
        standin.running(shop_application, size=0) as shop,
        standin.running(exact_application, size=5) as exact,
    ):
        # bound and not listening: the daemon may listen there, and nobody else is given the port
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        kept.bind(("127.0.0.1", 0))
        yield Bridge(Office(tmp_path / "office"), shop, exact, kept.getsockname()[1])


def test_shop_that_installed_the_app_is_booked_within_seconds_of_its_call(bridge: Bridge) -> None:
    office = bridge.office
    with running(office) as daemon:
        daemon.ready()
        back = f"{bridge.shop['url']}/onderhoud/AdminItems/AppStore"
        assert bridge.installer("install") == [["handshake", 200, ""], ["install", 302, back]]
        assert bridge.control("GET", "shop")["installed"]
        [begun] = [name for name, state in bridge.states().items() if state == "unclaimed"]
        office.attempt(
            "connection", "add", "shop", "ccvshop", "--set", "books=orders", "--set", "require_webhook_hash=true"
        )
        office.run("connection", "authorise", "shop", "--assign", begun)
        office.run("licence", "apply", "webshop.toml")
        office.run("licence", "activate", "webshop")
        assert daemon.logs("hooks.subscribed")["topics"] == 6
        assert bridge.control("GET", "shop")["hooks"] == 5

        sold = time.monotonic()
        order = bridge.control("POST", "orders", content=LAMP)
        booked(daemon)
        took = time.monotonic() - sold
        sys.stdout.write(f"from webhook to booked: {took:.2f} s\n")
        assert took < SECONDS
        assert len(bridge.entries()) == 1

        call = bridge.control("GET", "deliveries")[-1]
        assert requests.post(call["address"], call["body"], headers={"x-hash": call["hash"]}, timeout=10).ok
        assert requests.post(call["address"], call["body"], headers={"x-hash": "0"}, timeout=10).status_code == 403
        assert requests.post(f"{call['address']}0", call["body"], timeout=10).status_code == 404

        assert bridge.installer("uninstall") == [["uninstall", 200, ""]]
        bridge.control("POST", "orders", content=LAMP)
        daemon.logs("stage.failed")
        until(lambda: bridge.states()["shop"] == "paused")
        assert len(bridge.entries()) == 1

        bridge.installer("install")
        assert bridge.states()["shop"] == "ok"
        # it goes on by itself
        booked(daemon)
        assert len(bridge.entries()) == 2
        assert office.json("find", str(order["number"]))[0]["state"] == "booked"
    office.run("db", "check")
