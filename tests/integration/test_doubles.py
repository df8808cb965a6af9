"""Two links into one set of books may both be selling the same sale: a warning, never a stop."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from tests.integration.journey import Business, order

from boekbrug.acts import connections, licences
from boekbrug.acts.reverse import reverse
from boekbrug.acts.synchronise import run_named
from boekbrug.booking.rules import Mode
from boekbrug.store import doubles


@pytest.fixture
def business(tmp_path: Path, ready_url: str) -> Iterator[Business]:
    business = Business(tmp_path, ready_url)
    open_market(business, tmp_path)
    yield business
    business.house.close()


def open_market(business: Business, folder: Path) -> None:
    """Let a second licence book into the same administration."""
    (folder / "market" / "orders").mkdir(parents=True)
    connections.add(business.desk, "market", "files", {"folder": str(folder / "market")})
    file = licences.as_file(business.house, business.licence)
    licences.apply(business.desk, replace(file, name="market", source="market"))
    licences.activate(business.desk, licences.get(business.house, "market"))


def sell_on_the_market(business: Business, text: Path) -> None:
    """Let the market tell what the shop told, and run its licence."""
    (business.shop.parents[1] / "market" / "orders" / "a.jsonl").write_text(text.read_text())
    with business.house.workplace("tests") as work:
        for _ in run_named(work, licences.get(business.house, "market")):
            pass


@pytest.mark.parametrize("mode", [Mode.INDIVIDUAL, Mode.DAY])
def test_same_amount_day_and_customer_in_another_licence_is_warned_of(business: Business, mode: Mode) -> None:
    told = business.write("a.jsonl", order(1), order(2, customer=None), order(3, amount="10.90"))
    business.choose(mode=mode)
    business.wait(1)
    assert business.codes() == []
    told.write_text(told.read_text().replace('"10.90"', '"10.91"'))
    sell_on_the_market(business, told)
    [warning] = business.problems()
    assert (warning.code, warning.severity) == ("possible-double", "warning")
    assert (warning.facts["document"], warning.facts["other"], warning.facts["licence"]) == ("W1", "W1", "bench")
    assert set(business.counts()) == {"booked"}


def test_what_was_reversed_is_no_double(business: Business) -> None:
    told = business.write("a.jsonl", order(1))
    business.sync()
    reverse(business.desk, business.licence, numbers=["W1"])
    business.sync()
    sell_on_the_market(business, told)
    assert business.codes() == []


def test_looking_for_doubles_takes_no_longer_the_more_the_other_licence_has(
    tmp_path: Path, ready: Callable[[str], str]
) -> None:
    business = Business(tmp_path, ready("sqlite"))
    open_market(business, tmp_path)
    business.write("a.jsonl", *(order(n) for n in range(10)))
    business.sync()
    sell_on_the_market(business, business.write("b.jsonl", *(order(n) for n in range(100, 110))))
    few = work_of_looking(business)
    sell_on_the_market(business, business.write("c.jsonl", *(order(n) for n in range(200, 800))))
    assert work_of_looking(business) < 2 * few
    business.house.close()


def work_of_looking(business: Business) -> int:
    """Count the instructions that SQLite takes to look for doubles of the shop's first ten sales."""
    taken = itertools.count()
    with business.house.database.read() as connection:
        beside = doubles.licences_beside(connection, business.licence.administration, business.licence.id)
        sqlite: Any = connection.connection.driver_connection
        sqlite.set_progress_handler(lambda: next(taken) and 0, 1)
        assert doubles.doubles(connection, beside, range(1, 11)) == []
        sqlite.set_progress_handler(None, 1)
    return next(taken)
