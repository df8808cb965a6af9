"""Units of active licences are subscribed by themselves, once, and withdrawn when no licence uses them any more."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.integration import vendor
from tests.integration.test_hooks import Shop
from tests.integration.vendor import KEPT, browsing, plugins, settings

from boekbrug.acts import licences
from boekbrug.acts.desk import ActRefused
from boekbrug.acts.subscribing import subscribe_next
from boekbrug.contract import Retriable
from boekbrug.store import licences as stored
from boekbrug.sync.house import House
from boekbrug.testing.clock import SettableClock
from boekbrug.web import create_app

#: where nothing depends on the database
on_sqlite = pytest.mark.parametrize("ready_url", ["sqlite"], indirect=True)


@pytest.fixture
def shop(ready_url: str, tmp_path: Path) -> Iterator[Shop]:
    house = House(settings(tmp_path, ready_url, "http://unused"), clock=SettableClock(), plugins=plugins())
    with browsing(create_app(house)) as browser:
        yield Shop(house, browser)
    house.close()
    KEPT.clear()


def look(shop: Shop) -> int:
    """Look until nothing is due; return how often something was done."""
    done = 0
    while subscribe_next(shop.house) is not None:
        done += 1
    return done


def reach_at(shop: Shop, url: str) -> None:
    service = shop.house.settings.service.model_copy(update={"public_url": url})
    shop.house.settings = shop.house.settings.model_copy(update={"service": service})


def pass_time(shop: Shop, **by: float) -> None:
    clock: Any = shop.house.clock
    clock.advance(dt.timedelta(**by))


def end(shop: Shop, unit: str) -> None:
    with shop.house.database.read() as connection:
        found = stored.get(connection, shop.licences[unit])
    licences.pause(shop.desk, found)
    licences.end(shop.desk, found)


def test_each_unit_of_an_active_licence_is_subscribed_once(shop: Shop) -> None:
    assert look(shop) == 2
    first = {unit: dict(addresses) for unit, addresses in KEPT.items()}
    assert set(first) == {"north", "south"}
    pass_time(shop, days=1)
    assert look(shop) == 0
    assert first == KEPT
    assert shop.call("north") == 200
    assert shop.due() == {"north"}


@on_sqlite
def test_nobody_is_asked_to_call_an_address_that_cannot_be_reached(shop: Shop) -> None:
    reach_at(shop, "")
    assert (look(shop), KEPT) == (0, {})


@on_sqlite
def test_new_address_is_told(shop: Shop) -> None:
    look(shop)
    reach_at(shop, "https://moved.example")
    assert look(shop) == 2
    assert all(address.startswith("https://moved.example/") for unit in KEPT.values() for address in unit.values())


@on_sqlite
def test_vendor_that_refuses_is_asked_again_later(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Any, unit: str, addresses: Any) -> Any:
        raise Retriable

    with monkeypatch.context() as patched:
        patched.setattr(vendor.Rotating, "subscribe", refuse)
        assert look(shop) == 2
        assert (look(shop), KEPT) == (0, {})
    pass_time(shop, hours=1)
    assert look(shop) == 2
    assert set(KEPT) == {"north", "south"}


@on_sqlite
def test_subscription_is_renewed_after_a_week_and_the_old_one_withdrawn(shop: Shop) -> None:
    look(shop)
    former = KEPT["north"]["sold"]
    pass_time(shop, days=7)
    assert look(shop) == 2
    assert KEPT["north"]["sold"] != former
    assert shop.vendor.post(former, data=b'{"key": "1"}').status_code == 404


def test_ended_licence_is_withdrawn_and_a_paused_one_is_not(shop: Shop) -> None:
    look(shop)
    with shop.house.database.read() as connection:
        south = stored.get(connection, shop.licences["south"])
    licences.pause(shop.desk, south)
    end(shop, "north")
    assert look(shop) == 1
    assert set(KEPT) == {"south"}
    assert look(shop) == 0


@on_sqlite
def test_active_licence_is_paused_before_it_ends(shop: Shop) -> None:
    with shop.house.database.read() as connection:
        north = stored.get(connection, shop.licences["north"])
    with pytest.raises(ActRefused):
        licences.end(shop.desk, north)
