"""Sales in other currencies take the bank's rate of their day where the source states none."""

import datetime as dt
import shutil
from collections.abc import Iterator
from contextlib import closing
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from tests.integration import returns
from tests.integration.journey import Business, order
from tests.integration.outside import Service, service

from boekbrug.acts.lists.every import make
from boekbrug.acts.lists.scope import Days, scope_of
from boekbrug.store import outside


@pytest.fixture
def bank() -> Iterator[Service]:
    with service("ecb") as found:
        yield found


@pytest.fixture
def business(sqlite_template: Path, tmp_path: Path, bank: Service) -> Iterator[Business]:
    url = f"sqlite:///{shutil.copy(sqlite_template, tmp_path)}"
    one = Business(tmp_path, url, more=f'[rates]\nurl = "{bank.url}"\n')
    with closing(one.house):
        # the bank lives in the same year as the business
        bank.set("clock", {"set": one.clock.now().isoformat()})
        yield one


def in_dollars(n: int, day: str, **more: Any) -> dict[str, Any]:
    return order(n, currency="USD", date=f"{day}T10:00:00+02:00", **more)


def go_to(business: Business, bank: Service, moment: str) -> dict[str, int]:
    business.clock.set(dt.datetime.fromisoformat(moment))
    bank.set("clock", {"set": moment})
    return business.sync()


def test_sale_takes_the_rate_of_its_day_and_keeps_where_it_is_from(business: Business, bank: Service) -> None:
    business.write("a.jsonl", in_dollars(1, "2026-09-14"), order(2))
    assert business.sync() == {"booked": 2}
    with business.house.database.read() as connection:
        kept = {rate.day: rate for rate in outside.rates(connection, "USD", "2026-09-10")}
    assert (kept["2026-09-14"].rate, kept["2026-09-14"].source) == ("1.1013", "ECB eurofxref-hist-90d.xml")
    # 121.00 / 1.1013
    assert "109.87 EUR" in business.ledger()
    business.write("b.jsonl", in_dollars(3, "2026-09-14"))
    assert business.sync() == {"booked": 3}
    assert bank.state()["calls"] == {"GET /eurofxref-hist-90d.xml": 1}, "known rates are not fetched again"


def test_weekend_takes_friday_s_rate_and_today_waits_for_its_own(business: Business, bank: Service) -> None:
    business.write("a.jsonl", in_dollars(1, "2026-09-12"), in_dollars(2, "2026-09-15"))
    assert business.sync() == {"booked": 1, "waiting": 1}, "a quarter past twelve: today's comes at four"
    # 121.00 / 1.1010, Friday the eleventh
    assert "109.90 EUR" in business.ledger()
    assert go_to(business, bank, "2026-09-15T16:00:00+00:00") == {"booked": 2}
    # 121.00 / 1.1014
    assert "109.86 EUR" in business.ledger()


def test_bank_that_is_away_or_talks_nonsense_makes_sales_wait(business: Business, bank: Service) -> None:
    business.write("a.jsonl", in_dollars(1, "2026-09-14"))
    bank.set("faults", [{"kind": "status", "status": 503}])
    assert business.sync() == {"waiting": 1}
    bank.set("rates", {"rates": {"2026-09-14": {"USD": "0"}}})
    assert business.sync() == {"waiting": 1}
    bank.set("rates", {"rates": {"2026-09-14": {"USD": "N/A"}}})
    assert business.sync() == {"waiting": 1}
    bank.set("rates", {"rates": {}})
    assert business.wait(1) == {"booked": 1}


def test_table_that_stands_still_never_lends_an_old_rate(business: Business, bank: Service) -> None:
    bank.set("rates", {"stops": "2026-08-28"})
    business.write("a.jsonl", in_dollars(1, "2026-09-14"))
    assert business.sync() == {"waiting": 1}
    assert go_to(business, bank, "2026-10-20T16:00:00+00:00") == {"waiting": 1}


def test_earlier_sale_that_comes_later_has_the_rate_of_its_own_day(business: Business, bank: Service) -> None:
    business.write("a.jsonl", in_dollars(1, "2026-09-14"))
    business.sync()
    business.write("b.jsonl", in_dollars(2, "2025-03-03"), in_dollars(3, "2026-06-15"))
    assert business.sync() == {"booked": 3}
    with business.house.database.read() as connection:
        assert {"2025-03-03", "2026-06-15"} <= {rate.day for rate in outside.rates(connection, "USD", "")}


def test_currency_that_the_bank_does_not_publish_is_a_problem(business: Business) -> None:
    business.write("a.jsonl", order(1, currency="BGN", date="2026-09-14T10:00:00+02:00"))
    assert business.sync() == {"problem": 1}
    assert business.codes() == ["currency-without-rate"]


def test_day_total_waits_for_the_rate_of_one_sale_and_takes_it_in_later(business: Business, bank: Service) -> None:
    business.choose(mode="day")
    bank.set("faults", [{"kind": "status", "status": 500, "times": 99}])
    business.write("a.jsonl", in_dollars(1, "2026-09-14"), order(2, date="2026-09-14T11:00:00+02:00"))
    assert go_to(business, bank, "2026-09-17T10:00:00+00:00") == {"waiting": 1, "booked": 1}
    import requests

    requests.delete(f"{bank.url}/__control__/faults", timeout=5).raise_for_status()
    assert go_to(business, bank, "2026-09-18T10:00:00+00:00") == {"booked": 2}


def oss_of(business: Business) -> tuple[dict[str, list[dict[str, Any]]], tuple[str, ...]]:
    days = Days(dt.date(2026, 7, 1), dt.date(2026, 12, 31))
    found = make("oss", scope_of(business.house, business.licence, days), ask=False)
    parts = found.as_dict()
    return {one.name: parts[one.name] for one in found.parts}, found.remarks  # type: ignore[misc]


def test_oss_return_converts_at_the_rate_of_the_quarter_s_last_day(business: Business, bank: Service) -> None:
    returns.furnish(business)
    bank.set("rates", {"holidays": ["2026-09-30"]})
    sold = [returns.sale(Random(n), n, "2026-09-14", "be") | {"currency": "USD"} for n in (1, 2)]
    in_euro = returns.sale(Random(3), 3, "2026-09-14", "de")
    business.write("a.jsonl", *returns.written([*sold, in_euro]))
    assert business.sync() == {"booked": 3}
    parts, remarks = oss_of(business)
    belgian, german = parts["supplies"]
    assert (belgian["return_base"], belgian["return_vat"], remarks) == (None, None, ("rate-of-quarter-missing",))
    assert (german["return_base"], german["return_vat"]) == (german["base"], german["vat"])

    back = returns.credited(Random(4), 4, sold[0], "2026-10-05") | {"currency": "USD"}
    business.write("b.jsonl", *returns.written([back]))
    assert go_to(business, bank, "2026-10-06T16:00:00+00:00") == {"booked": 4}
    assert oss_of(business)[1] == ("rate-of-quarter-missing",), "a credit has the rate of its sale, nothing was fetched"
    business.write("c.jsonl", in_dollars(5, "2026-10-05"))
    assert business.sync() == {"booked": 5}
    # the thirtieth has none: the first of October's, 1.1 + 30/10,000
    parts, remarks = oss_of(business)
    assert remarks == ()
    assert parts["quarter-rates"] == [
        {"quarter": "2026-Q3", "currency": "USD", "exchange_rate": "1.1030", "rate_day": "2026-10-01"}
    ]
    [belgian, _], [corrected] = parts["supplies"], parts["corrections"]
    gross, vat = (sum((Decimal(one[name]) for one in sold), Decimal(0)) for name in ("total_incl", "total_vat"))
    assert (belgian["return_base"], belgian["return_vat"]) == (at(gross - vat, "1.1030"), at(vat, "1.1030"))
    assert belgian["vat"] != belgian["return_vat"], "booked at the rate of its own day"
    assert (corrected["corrects"], corrected["return_vat"]) == ("2026-Q3", at(Decimal(back["total_vat"]), "1.1030"))


def at(amount: Decimal, rate: str) -> Decimal:
    return (amount / Decimal(rate)).quantize(Decimal("0.01"), ROUND_HALF_UP)
