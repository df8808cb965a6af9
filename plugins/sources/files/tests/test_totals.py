"""The shop's own totals in the folder: added up where they cover the days, else not told."""

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from boekbrug.contract import CannotTell, SettingsError, StatesTotals, Totals

from .support import Shop, order

JULY, AUGUST, SEPTEMBER = (dt.date(2026, month, 1) for month in (7, 8, 9))


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def report(first: str, last: str, gross: str | int = "12.10", **more: Any) -> dict[str, Any]:
    return {"from": first, "to": last, "gross": gross, "vat": {"21": "2.10"}, **more}


def told(shop: Shop, start: dt.date = JULY, end: dt.date = AUGUST) -> Totals | CannotTell:
    return shop.source.totals("shop", start, end)


def test_reports_that_follow_each_other_are_added_up(shop: Shop) -> None:
    shop.write("totals-july.json", json.dumps([report("2026-07-01", "2026-07-30", count=3)]))
    shop.write("totals/31.jsonl", json.dumps(report("2026-07-31", "2026-07-31", vat={"21.0": 1, "9": "0.90"}, count=1)))
    assert told(shop) == Totals(
        gross=Decimal("24.20"), vat_by_rate={"21": Decimal("3.10"), "9": Decimal("0.90")}, count=4
    )
    assert isinstance(shop.source, StatesTotals)


def test_one_span_has_its_newest_report_and_a_longer_one_comes_first(shop: Shop) -> None:
    shop.write("totals-1.json", json.dumps(report("2026-07-01", "2026-07-31", "1.00")), age=90)
    shop.write("totals-2.json", json.dumps(report("2026-07-01", "2026-07-31", "2.00")), age=60)
    shop.write("totals-3.json", json.dumps(report("2026-08-01", "2026-08-31", "4.00")))
    shop.write("totals-4.json", json.dumps(report("2026-07-01", "2026-08-31", "6.50", count=7)))
    assert told(shop) == Totals(gross=Decimal("2.00"), vat_by_rate={"21": Decimal("2.10")})
    found = told(shop, JULY, SEPTEMBER)
    assert isinstance(found, Totals)
    assert (found.gross, found.count) == (Decimal("6.50"), 7)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (json.dumps(report("2026-07-01", "2026-07-30")), "no report of 2026-07-31"),
        (json.dumps(report("2026-06-30", "2026-07-31")), "no report of 2026-07-01"),
        (json.dumps(report("2026-07-01", "2026-07-31", "1.005")), "a report with gross 1.005"),
        (json.dumps(report("2026-07-01", "2026-07-31", vat={"high": "1"})), "a report with vat high"),
        ("{", "totals.json: Input data was truncated"),
        (json.dumps({"from": "2026-07-01"}), "totals.json: Object missing required field `to`"),
    ],
)
def test_what_does_not_cover_the_days_or_does_not_read_is_not_told(shop: Shop, text: str, reason: str) -> None:
    shop.write("totals.json", text)
    assert told(shop) == CannotTell(reason=reason)


def test_reports_are_no_documents(shop: Shop) -> None:
    shop.write("totals-july.json", json.dumps(report("2026-07-01", "2026-07-31")))
    shop.write("totals.csv", "a;b")
    shop.write("orders.json", json.dumps(order(1)))
    assert shop.numbers() == ["W1"]


def test_another_unit_has_no_totals(shop: Shop) -> None:
    with pytest.raises(SettingsError):
        shop.source.totals("till", JULY, AUGUST)
