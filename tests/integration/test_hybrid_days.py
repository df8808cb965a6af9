"""Day by day: what is booked by itself, the day total and what is not booked come to what was sold."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from tests.integration import returns
from tests.integration.journey import Business, order
from tests.integration.test_lists import listed, random_year, rows
from tests.integration.test_terms import credit, sound

from boekbrug.acts.lists.every import make
from boekbrug.acts.lists.scope import Days, scope_of
from boekbrug.acts.reverse import reverse
from boekbrug.booking.rules import HybridRule, Mode

SEPTEMBER = Days(date(2026, 9, 1), date(2026, 9, 30))
TUESDAY = {"date": "2026-09-15T10:00:00+02:00"}


@pytest.fixture
def business(tmp_path: Path, ready_url: str) -> Iterator[Business]:
    business = Business(tmp_path, ready_url)
    business.choose(mode=Mode.HYBRID, hybrid=HybridRule(above=50000))
    yield business
    sound(business.house.database)
    business.house.close()


def days_of(business: Business) -> dict[str, dict[str, Any]]:
    return {row["date"]: row for row in rows(listed(business, "turnover", SEPTEMBER), "days")}


def amounts(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(
        None if row[name] is None else float(row[name])
        for name in ("alone", "day_total", "not_booked", "changed", "sold")
    )


def test_every_day_is_proven_and_what_is_in_no_total_is_named(business: Business) -> None:
    business.write("a.jsonl", order(1), order(2, payment_method="cheque"), order(3, amount="1210.00"))
    business.write("b.jsonl", order(4, **TUESDAY), credit(5, 3, "-121.00"))
    business.wait(2)
    found = days_of(business)
    assert amounts(found["2026-09-14"]) == (1089.0, 121.0, 121.0, 0.0, 1331.0)
    assert amounts(found["2026-09-15"]) == (0.0, 121.0, 0.0, 0.0, 121.0)
    named = rows(listed(business, "turnover", SEPTEMBER), "alone")
    assert [(row["date"], row["number"], row["amount"], row["entry"]) for row in named] == [
        ("2026-09-14", "W3", Decimal(1210), "W3"), ("2026-09-14", "C5", Decimal(-121), "C5"),
    ]  # fmt: skip


def test_what_changed_or_was_taken_out_stays_in_the_proof(business: Business) -> None:
    business.write("a.jsonl", order(1), order(3, amount="1210.00"), order(4))
    business.wait(2)
    business.write("a.jsonl", order(1, amount="242.00"), order(3, amount="1210.00"), order(4))
    business.sync()
    assert amounts(days_of(business)["2026-09-14"]) == (1210.0, 242.0, 0.0, 121.0, 1573.0)
    reverse(business.desk, business.licence, numbers=["W3"])
    business.sync()
    assert amounts(days_of(business)["2026-09-14"]) == (0.0, 242.0, 1210.0, 121.0, 1573.0)


def test_shops_own_report_is_the_second_source_of_each_day(business: Business) -> None:
    business.write("a.jsonl", order(1), order(3, amount="1210.00"), order(4, **TUESDAY))
    reports = [{"from": f"2026-09-{n:02}", "to": f"2026-09-{n:02}", "gross": "0.00", "vat": {}} for n in range(1, 31)]
    reports[13] |= {"gross": "1331.00", "vat": {"21": "231.00"}}
    reports[14] |= {"gross": "133.10", "vat": {"21": "23.10"}}
    (business.shop.parent / "totals.json").write_text(json.dumps(reports))
    business.wait(2)
    made = make("turnover", scope_of(business.house, business.licence, SEPTEMBER), ask=True)
    told = {row["date"]: (row["report"], row["difference"]) for row in rows(made, "days") if row["sold"]}
    assert told == {
        "2026-09-14": (Decimal(1331), Decimal(0)),
        "2026-09-15": (Decimal("133.10"), Decimal("12.10")),
    }
    [days] = [part for part in made.parts if part.name == "days"]
    assert days.differs == 1, "a day that the report does not agree with has to be looked at"


@pytest.mark.parametrize("seed", [1, 2])
def test_days_of_random_sales_add_up_to_the_documents(business: Business, seed: int) -> None:
    returns.furnish(business, mode=Mode.HYBRID)
    documents = random_year(Random(seed), 60)
    business.write("a.jsonl", *returns.written(documents))
    business.wait(3)
    sold: Counter[str] = Counter()
    for one in documents:
        if one.get("kind", "order") in ("order", "invoice", "receipt", "credit-note"):
            sold[one["date"][:10]] += int(Decimal(one["total_incl"]) * 100)
    year = Days(date(2026, 1, 1), date(2026, 12, 31))
    found = rows(listed(business, "turnover", year), "days")
    per_day: Counter[str] = Counter()
    for row in found:
        parts = row["alone"] + row["day_total"] + row["not_booked"] + row["changed"]
        assert parts == row["sold"]
        per_day[row["date"]] += int(row["sold"] * 100)
    assert {day: sum_ for day, sum_ in per_day.items() if sum_} == {day: sum_ for day, sum_ in sold.items() if sum_}
    totals = sum(row["day_total"] for row in found)
    assert totals == booked_in_totals(business)


def booked_in_totals(business: Business) -> Decimal:
    """Add up independently, from the memberships of entries that book more than one document or belong to a term."""
    query = (
        "select coalesce(sum(d.total), 0) from membership m join document d on d.id = m.document "
        "join entry e on e.id = m.entry where e.term is not null and m.facet = 'sale' and m.ended_at is null "
        "and d.kind in ('order', 'invoice', 'receipt', 'credit-note')"
    )
    with business.house.database.read() as connection:
        return Decimal(int(connection.exec_driver_sql(query).scalar_one())) / 100
