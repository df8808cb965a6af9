"""What has to hold at any size; the sizes of a proof are asked for by the environment."""

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest

from boekbrug.acts.retry import retry
from boekbrug.acts.synchronise import run_named
from boekbrug.testing.standin import Surroundings, running
from boekbrug_ccvshop_standin.application import ShopApplication
from boekbrug_ccvshop_standin.generate import make
from boekbrug_ccvshop_standin.world import own_totals

from .books import Books, books
from .test_end_to_end import PROBLEMS, compare

ORDERS = int(os.environ.get("BOEKBRUG_TEST_CCV_ORDERS", "12000"))
"""Orders of the larger shop; 200,000 take half an hour each on one core."""
SMALLER = min(ORDERS // 4, 5000)
PER_DAY = 100


def sizes_of_a_day(surroundings: Surroundings, count: int) -> ShopApplication:
    """Make a shop that sells so many orders a day, for as long as it takes."""
    size, surroundings.size = count, 0
    shop = ShopApplication(surroundings)
    shop._turnstile.enforced = False
    random, first = Random(3), surroundings.clock.now() - dt.timedelta(days=size / PER_DAY)
    for n in range(size):
        make(shop.world, random, "plain", (first + dt.timedelta(days=n / PER_DAY)).replace(microsecond=0))
    return shop


def memory(count: int, mode: str) -> int:
    with running(lambda surroundings: sizes_of_a_day(surroundings, count)) as ready:
        credentials = ready["credentials"]
        assert isinstance(credentials, dict)
        keys = {"root": ready["url"], "public": credentials["public"], "secret": credentials["secret"]}
        command = [sys.executable, str(Path(__file__).with_name("drain.py")), json.dumps({**keys, "books": mode})]
        done = subprocess.run(command, capture_output=True, check=True)
    found = json.loads(done.stdout)
    assert found["documents"] == count
    return int(found["memory"])


@pytest.mark.prove
@pytest.mark.parametrize("mode", ["orders", "invoices"])
def test_memory_does_not_grow_with_the_shop(mode: str) -> None:
    small, large = memory(SMALLER, mode), memory(ORDERS, mode)
    sys.stdout.write(f"{mode}: {SMALLER} in {small / 1024:.1f} MiB, {ORDERS} in {large / 1024:.1f} MiB\n")
    assert large <= small + 8 * 1024


def least_calls(bridge: Books, mode: str) -> int:
    """Count the calls that the API asks for: its lists by pages of 250, and the rows of each sale."""
    orders = sum(order.completed for order in bridge.world.orders.values())
    invoices = len(bridge.world.invoices)
    pages = -(-orders // 250)
    return pages + orders if mode == "orders" else pages - (-invoices // 250) + invoices


def unexplained(bridge: Books) -> list[str]:
    """Name the documents that are neither booked nor have a reason or a problem that says why not."""
    problems = bridge.problems()
    return [
        name
        for name, (state, reason) in bridge.states().items()
        if not reason or (state == "problem" and name.split(" ", 1)[1] not in problems)
    ]


def as_it_should_be(bridge: Books, mode: str) -> dict[str, int]:
    """Hold books and states against the shop; return the counts."""
    compare(bridge, mode)
    counts = bridge.counts()
    assert counts.keys() <= {"booked", "open", "problem", "skipped"}
    assert set(bridge.problems().values()) == PROBLEMS[mode]
    assert unexplained(bridge) == []
    assert bridge.ledger().count("mark:") == counts["booked"]
    return counts


@pytest.mark.prove
@pytest.mark.parametrize("mode", ["orders", "invoices"])
def test_whole_shop_is_in_the_books_with_its_own_totals(tmp_path: Path, mode: str) -> None:
    with books(tmp_path / "bridge", size=5000) as bridge:
        bridge.connect(mode)
        runs = bridge.run_until_quiet()
        calls, least = bridge.calls("/api/"), least_calls(bridge, mode)
        counts = as_it_should_be(bridge, mode)
        listed = sum(order.completed for order in bridge.world.orders.values())
        assert sum(counts.values()) == (listed if mode == "orders" else len(bridge.world.invoices))
        told = f"{mode}: {counts}, {runs} runs, {calls} calls for {least}: {calls / least:.4f}"
        sys.stdout.write(f"{told}; own totals {own_totals(bridge.world, mode)}\n")
        assert calls <= 1.05 * least


@pytest.mark.prove
@pytest.mark.parametrize("mode", ["orders", "invoices"])
def test_faults_of_every_kind_lose_and_double_nothing(tmp_path: Path, mode: str) -> None:
    with books(tmp_path / "bridge", size=700) as bridge:
        bridge.connect(mode)
        bridge.surroundings.clock.advance(dt.timedelta(minutes=6))
        assert bridge.run() == {}
        assert bridge.trouble() == ["wrong-clock"]
        bridge.clock.advance(dt.timedelta(minutes=6))
        for kind, facts in _FAULTS:
            bridge.fault(kind, **facts)
        unpaid = [order.id for order in bridge.world.orders.values() if order.completed and not order.paid]
        for gone in unpaid[: len(unpaid) // 2]:
            with bridge.house.workplace("test") as work:
                run = run_named(work, bridge.licence)
                for step in run:
                    if step.phase == "fetched":
                        # a sale before those that were read goes, and every offset behind it shifts
                        bridge.world.delete_order(gone)
                        break
                list(run)
            bridge.advance(61)
        bridge.run_until_quiet()
        assert "ccvshop-rows-refused" in bridge.problems().values()
        retry(bridge.desk, bridge.licence)
        bridge.run_until_quiet()
        as_it_should_be(bridge, mode)


_API = "/api/rest/v1/"
_FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("status", {"status": 429, "body": '{"status":429,"code":"429.10"}', "path": f"{_API}orders/", "times": 2}),
    ("status", {"status": 429, "body": '{"status":429,"code":"429.11"}', "times": 2}),
    ("status", {"status": 500, "body": '{"status":500,"code":"500.10"}', "times": 2}),
    ("status", {"status": 500, "body": '{"status":500,"code":"500.20"}', "path": f"{_API}orders/50", "times": 2}),
    ("status", {"status": 500, "body": '{"status":500,"code":"500.80"}', "path": f"{_API}invoices/9", "times": 2}),
    ("status", {"status": 503, "body": "<html>", "path": f"{_API}orders/"}),
    ("wrong-hash", {"times": 3}),
    ("no-hash", {"path": f"{_API}orders/"}),
    ("empty", {"path": f"{_API}orders/"}),
    ("not-json", {"path": f"{_API}invoices/"}),
    ("half-a-body", {"path": f"{_API}orders/"}),
    ("garbage", {"path": f"{_API}invoices/"}),
    ("drop-reply", {"times": 2}),
    ("close", {"times": 2}),
]
