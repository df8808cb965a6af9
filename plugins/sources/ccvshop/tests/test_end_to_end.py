"""A shop of every variant over HTTP into a ledger: the shop's own totals, faults, limits, time."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import requests

from boekbrug.acts.retry import retry
from boekbrug.sync.worker import Worker
from boekbrug_ccvshop_standin.generate import VARIANTS
from boekbrug_ccvshop_standin.pricing import Content, Item
from boekbrug_ccvshop_standin.world import Person, own_totals

from .books import Books, books

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
LAMP = Content(items=(Item(name="Lamp", price=2495, count=2),), shipping=695)
EVA = Person(id=77_001, name="Eva Voorbeeld", email="eva@example.com", deliver_to="NL")
CODES = {"VH": "21", "VL": "9"}


@pytest.fixture
def bridge(tmp_path: Path) -> Iterator[Books]:
    with books(tmp_path / "bridge") as found:
        yield found


def compare(bridge: Books, mode: str) -> None:
    """Hold what is booked per VAT code against the shop's own report."""
    own, vat = own_totals(bridge.world, mode)["rates"], bridge.vat()
    booked = {rate: [_cents(vat[code][0]) + _cents(vat[code][1]), _cents(vat[code][1])] for code, rate in CODES.items()}
    assert booked == {rate: own[rate] for rate in booked}
    assert sum(_cents(vat[code][0]) for code in ("EX", "ICL")) == own["0"][0]


def _cents(amount: str) -> int:
    return int(amount.replace(".", ""))


PROBLEMS = {
    "orders": {
        "ccvshop-cancelled-but-paid",
        "ccvshop-reimbursed-without-credit",
        "ccvshop-row-kind",
        "eu-business-without-vat-id",
        "platform-sale",
        "zero-rate-unexplained",
    },
    "invoices": {
        "ccvshop-reimbursed-without-credit",
        "ccvshop-row-kind",
        "eu-business-without-vat-id",
        "platform-sale",
        "zero-rate-unexplained",
    },
}


@pytest.mark.parametrize("mode", ["orders", "invoices"])
def test_shop_with_every_variant_has_its_own_totals_in_the_books(tmp_path: Path, mode: str) -> None:
    with books(tmp_path / "bridge", size=2 * len(VARIANTS)) as bridge:
        bridge.connect(mode)
        bridge.run_until_quiet()
        compare(bridge, mode)
        counts = bridge.counts()
        listed = [order for order in bridge.world.orders.values() if order.completed]
        assert sum(counts.values()) == len(listed if mode == "orders" else bridge.world.invoices)
        assert set(counts) <= {"booked", "open", "problem", "skipped"}
        assert set(bridge.problems().values()) == PROBLEMS[mode]
        assert bridge.run() == counts


def test_faults_on_the_way_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    with books(tmp_path / "bridge", size=3 * len(VARIANTS)) as bridge:
        bridge.connect("invoices")
        for kind, facts in (
            ("status", {"status": 429, "body": '{"status":429,"code":"429.10"}', "path": "/api/rest/v1/invoices/"}),
            ("status", {"status": 500, "body": '{"status":500,"code":"500.10"}', "path": "/api/rest/v1/orders/"}),
            ("status", {"status": 503, "body": "<html>", "path": "/api/rest/v1/invoices/9"}),
            ("wrong-hash", {"path": "/api/rest/v1/invoices/9"}),
            ("half-a-body", {"path": "/api/rest/v1/orders/"}),
            ("garbage", {"path": "/api/rest/v1/invoices/"}),
        ):
            bridge.fault(kind, **facts)
        assert bridge.run_until_quiet() > 6
        compare(bridge, "invoices")
        entries = bridge.ledger().count("; mark:") or bridge.ledger().count("mark:")
        assert entries == bridge.counts()["booked"]


def test_clock_that_is_six_minutes_off_is_named_and_mends_itself(bridge: Books) -> None:
    bridge.connect("invoices")
    bridge.world.add_invoice(bridge.world.add_order(content=LAMP, person=EVA))
    bridge.surroundings.clock.advance(dt.timedelta(minutes=6))
    assert bridge.run() == {}
    assert bridge.trouble() == ["wrong-clock"]
    bridge.clock.advance(dt.timedelta(minutes=6))
    assert bridge.run() == {"booked": 1}
    assert bridge.trouble() == []


def test_order_first_seen_paid_is_booked_on_that_day(bridge: Books) -> None:
    bridge.connect("orders")
    created = bridge.clock.now() - dt.timedelta(days=20)
    order = bridge.world.add_order(content=LAMP, person=EVA, created=created, paid=False, status=4)
    assert bridge.run() == {"open": 1}
    bridge.world.change_order(order.id, {"paid": True, "status": 2})
    bridge.advance(3 * 24 * 3600)
    before = bridge.clock.now()
    assert bridge.run() == {"booked": 1}
    days = {moment.astimezone(AMSTERDAM).date().isoformat() for moment in (before, bridge.clock.now())}
    booked = [line for line in bridge.ledger().splitlines() if str(order.number) in line]
    assert any(day in line for day in days for line in booked)


def test_open_order_that_is_deleted_or_cancelled_is_noticed(bridge: Books) -> None:
    bridge.connect("orders")
    created = bridge.clock.now() - dt.timedelta(days=20)
    gone, cancelled = (
        bridge.world.add_order(content=LAMP, person=EVA, created=created, paid=False, status=4) for _ in range(2)
    )
    assert bridge.run() == {"open": 2}
    bridge.world.delete_order(gone.id)
    bridge.world.change_order(cancelled.id, {"status": 8})
    bridge.advance(24 * 3600)
    bridge.run()
    assert bridge.states() == {
        f"order {gone.number}": ("skipped", "gone-at-source"),
        f"order {cancelled.number}": ("skipped", "void: Geannuleerd, unpaid"),
    }


def test_open_orders_are_asked_for_less_and_less_often(bridge: Books) -> None:
    bridge.connect("orders")
    created = bridge.clock.now() - dt.timedelta(days=20)
    order = bridge.world.add_order(content=LAMP, person=EVA, created=created, paid=False, status=4)
    bridge.run()
    path = f"/api/rest/v1/orders/{order.id}/"
    calls = []
    for _ in range(3):
        bridge.advance(16 * 60)
        bridge.run()
        calls.append(bridge.calls(path))
    assert calls[0] >= 1
    assert calls[-1] <= 3


def test_webhook_books_within_the_run_that_it_causes(tmp_path: Path) -> None:
    with books(tmp_path / "bridge") as bridge, bridge.serving():
        bridge.shop.hooks.mode = "hold"
        bridge.connect("orders")
        created = bridge.clock.now() - dt.timedelta(days=20)
        order = bridge.world.add_order(content=LAMP, person=EVA, created=created, paid=False)
        bridge.run()
        assert bridge.subscribe() == 6
        bridge.world.change_order(order.id, {"paid": True})
        delivery = bridge.shop.hooks.deliveries[-1]
        headers = {"x-hash": delivery.hash}
        for _ in range(2):
            assert requests.post(delivery.address, delivery.body.encode(), headers=headers, timeout=5).ok
        with bridge.house.workplace("test") as work:
            worker = Worker(work)
            while worker.step() is not None:
                pass
        assert bridge.counts() == {"booked": 1}


def test_limits_of_the_shop_are_kept(bridge: Books) -> None:
    bridge.connect("orders")
    for _ in range(170):
        bridge.world.add_order(content=LAMP, person=EVA)
    bridge.run()
    assert bridge.trouble() == ["budget-spent"]
    assert bridge.counts() == {"booked": 150}
    assert bridge.run_until_quiet() == 2
    assert bridge.counts() == {"booked": 170}
    assert bridge.calls("/api/") <= 1.05 * (1 + 170) + 3


def test_old_sale_that_the_shop_refused_to_tell_is_asked_for_when_it_is_tried_again(bridge: Books) -> None:
    bridge.connect("orders")
    created = bridge.clock.now() - dt.timedelta(days=20)
    order = bridge.world.add_order(content=LAMP, person=EVA, created=created)
    bridge.world.add_order(content=LAMP, person=EVA)
    body = '{"status":500,"code":"500.20"}'
    bridge.fault("status", status=500, body=body, path=f"/api/rest/v1/orders/{order.id}/orderrows/")
    assert bridge.run(2) == {"booked": 1, "problem": 1}
    assert bridge.problems() == {str(order.number): "ccvshop-rows-refused"}
    retry(bridge.desk, bridge.licence)
    assert bridge.run() == {"booked": 2}
