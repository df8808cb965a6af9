from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.integration.vendor import KEPT, PUBLIC, Browser, browsing, plugins, settings

from boekbrug.acts import connections, hooks
from boekbrug.acts.desk import ActRefused, Desk
from boekbrug.contract import Administration, Unit
from boekbrug.store import changes, licences
from boekbrug.store.changes import NewLicence
from boekbrug.store.licences import Licence
from boekbrug.sync.house import House
from boekbrug.testing.clock import SettableClock
from boekbrug.web import create_app
from boekbrug.web.hooks import BODY_LIMIT

LATER = 10**18


class Shop:
    """A house with two units of one shop, each with a licence that is due much later."""

    def __init__(self, house: House, vendor: Browser) -> None:
        self.house, self.desk, self.vendor = house, Desk(house, "owner"), vendor
        self.id = connections.add(self.desk, "shop", "rotating", {}).id
        self.licences = {unit: self._licence(unit) for unit in ("north", "south")}

    def _licence(self, unit: str) -> int:
        first = self.desk.ids.take(2)
        with self.house.database.write() as connection:
            changes.keep_unit(connection, self.id, Unit(code=unit, name=unit))
            books = changes.keep_administration(connection, self.id, Administration(code="1", name="1"), first, 0)
            when = ("2026-01-01", "active", True, 15, 1, LATER, None)
            row = Licence(first + 1, unit, unit[:4], self.id, unit, self.id, books, *when)
            changes.add_licence(connection, NewLicence(row, ""), 0)
        return first + 1

    def call(self, unit: str = "north", topic: str = "sold", **told: Any) -> int:
        body = msgspec.json.encode(told or {"key": "1"})
        answer = self.vendor.post(KEPT[unit][topic], data=body, headers={"x-key": f"key of {unit}"})
        return answer.status_code

    def due(self) -> set[str]:
        with self.house.database.read() as connection:
            return {unit for unit, id in self.licences.items() if licences.get(connection, id).next_at != LATER}

    def put_off(self) -> None:
        with self.house.database.write() as connection:
            connection.exec_driver_sql(f"update licence set next_at = {LATER}")


@pytest.fixture
def shop(ready_url: str, tmp_path: Path) -> Iterator[Shop]:
    house = House(settings(tmp_path, ready_url, "http://unused"), clock=SettableClock(), plugins=plugins())
    with browsing(create_app(house)) as vendor:
        made = Shop(house, vendor)
        for unit in ("north", "south"):
            assert hooks.subscribe(made.desk, "shop", unit) == 2
        yield made
    house.close()
    KEPT.clear()


def test_call_makes_the_licences_of_its_unit_due(shop: Shop) -> None:
    assert shop.call("north") == 200
    assert shop.due() == {"north"}


def test_repeated_call_makes_nothing_due_twice(shop: Shop) -> None:
    shop.call(key="7")
    shop.put_off()
    assert shop.call(key="7") == 200
    assert shop.due() == set()
    shop.call(key="8")
    assert shop.due() == {"north"}


def test_call_of_no_interest_makes_nothing_due(shop: Shop) -> None:
    assert shop.call(key="") == 200
    assert shop.due() == set()


def test_each_topic_and_unit_has_an_address_of_its_own(shop: Shop) -> None:
    addresses = {address for unit in KEPT.values() for address in unit.values()}
    assert len(addresses) == 4
    assert {address.split("/")[5] for address in addresses} == {"sold", "spoiled"}
    assert all(address.startswith(f"{PUBLIC}/hook/{shop.id}/") for address in addresses)


def test_wrong_secret_topic_or_connection_is_not_found(shop: Shop) -> None:
    secret = KEPT["north"]["sold"].rpartition("/")[2]
    for path in (f"{shop.id}/sold/{secret[:-1]}", f"{shop.id}/stolen/{secret}", f"999/sold/{secret}"):
        assert shop.vendor.post(f"/hook/{path}", data=b'{"key": "1"}').status_code == 404
    assert shop.due() == set()


def test_call_that_the_vendor_did_not_sign_is_refused(shop: Shop) -> None:
    answer = shop.vendor.post(KEPT["north"]["sold"], data=b'{"key": "1"}', headers={"x-key": "guessed"})
    assert answer.status_code == 403
    assert shop.due() == set()


def test_call_that_cannot_be_read_is_a_reason_to_look(shop: Shop) -> None:
    headers = {"x-key": "key of north"}
    for _ in range(2):
        assert shop.vendor.post(KEPT["north"]["sold"], data=b"\xff not JSON", headers=headers).status_code == 200
    assert shop.due() == {"north"}


def test_body_beyond_the_limit_is_refused(shop: Shop) -> None:
    assert shop.vendor.post(KEPT["north"]["sold"], data=b"x" * (BODY_LIMIT + 1)).status_code == 413


def test_secrets_are_stored_as_hashes_and_keys_encrypted(shop: Shop) -> None:
    secret = KEPT["north"]["sold"].rpartition("/")[2].encode()
    with shop.house.database.read() as connection:
        stored = b"".join(
            bytes(value) for row in connection.exec_driver_sql("select secret_hash, kept from hook") for value in row
        )
    assert secret not in stored
    assert b"key of north" not in stored


def test_unsubscribed_unit_is_not_found_any_more(shop: Shop) -> None:
    address = KEPT["north"]["sold"]
    hooks.unsubscribe(shop.desk, "shop", "north")
    assert "north" not in KEPT
    assert shop.vendor.post(address, data=b'{"key": "1"}').status_code == 404
    assert shop.call("south") == 200


def test_subscribing_again_changes_the_secret(shop: Shop) -> None:
    former = KEPT["north"]["sold"]
    hooks.subscribe(shop.desk, "shop", "north")
    assert shop.vendor.post(former, data=b'{"key": "1"}').status_code == 404
    assert shop.call("north") == 200


def test_subscription_needs_a_public_address(shop: Shop) -> None:
    shop.house.settings = shop.house.settings.model_copy(
        update={"service": shop.house.settings.service.model_copy(update={"public_url": ""})}
    )
    with pytest.raises(ActRefused):
        hooks.subscribe(shop.desk, "shop", "north")
