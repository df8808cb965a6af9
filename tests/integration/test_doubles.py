"""Two links into one set of books may both be selling the same sale: a warning, never a stop."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.integration.journey import Business, order

from boekbrug.acts import connections, licences
from boekbrug.acts.reverse import reverse
from boekbrug.acts.synchronise import run_named
from boekbrug.booking.rules import Mode


@pytest.fixture
def business(tmp_path: Path, ready_url: str) -> Iterator[Business]:
    business = Business(tmp_path, ready_url)
    (tmp_path / "market" / "orders").mkdir(parents=True)
    connections.add(business.desk, "market", "files", {"folder": str(tmp_path / "market")})
    file = licences.as_file(business.house, business.licence)
    licences.apply(business.desk, replace(file, name="market", source="market"))
    licences.activate(business.desk, licences.get(business.house, "market"))
    yield business
    business.house.close()


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
