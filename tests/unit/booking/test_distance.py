import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace
from tests.unit.booking.cases import CASES
from tests.unit.booking.drafts import day, one, receipt
from tests.unit.booking.shop import EVIDENCE, book, codes, item, line, order

from boekbrug.booking import Draft, Original, compose_individual, compose_term, day_term, distance_of, vat_words
from boekbrug.booking.distance import is_near
from boekbrug.contract import Buyer, DocumentKind, LineKind

LUC = Buyer(name="Luc", country="BE")


def to_belgium(amount: str, **more: Any) -> Any:
    return order(line(amount), ship_to="BE", buyer=LUC, paid={"ideal": amount}, **more)


@pytest.mark.parametrize(
    ("sold", "year", "amount", "found"),
    [
        (900_000, 2026, "1210.00", []),
        (900_001, 2026, "1210.00", ["oss-threshold-crossed"]),
        (0, 2026, "12100.01", ["oss-threshold-crossed"]),
        (1_000_001, 2025, "1.21", ["oss-threshold-crossed"]),
        (1_000_000, 2025, "1.21", []),
        (2_000_000, 2024, "1.21", []),
    ],
)
def test_sale_that_goes_above_the_limit_of_this_or_last_year_may_not_carry_dutch_vat(
    sold: int, year: int, amount: str, found: list[str]
) -> None:
    composed = compose_individual(item(to_belgium(amount)), book(), replace(EVIDENCE, distance={year: sold}))
    assert ([] if isinstance(composed, Draft) else codes(composed)) == found


def test_warning_comes_at_eight_thousand() -> None:
    assert [is_near({2026: sold}, 2026) for sold in (799_999, 800_000)] == [False, True]
    assert not is_near({2025: 900_000}, 2026)


def test_sale_at_destination_vat_is_the_one_that_crosses() -> None:
    composed = compose_individual(
        item(to_belgium("1210.00")), book(oss=dt.date(2026, 7, 14)), replace(EVIDENCE, distance={2026: 999_999})
    )
    assert isinstance(composed, Draft)
    assert distance_of(composed.lines) == 100_000


def test_dutch_vat_on_a_belgian_consumer_is_counted_and_stays_in_its_box() -> None:
    drafted = one(to_belgium("121.00"))
    assert distance_of(drafted.lines) == 10_000
    words = [words for booked in drafted.lines if (words := vat_words(booked))]
    assert {(found.box, found.country) for found in words} == {("1a", "BE")}
    back = order(line("-121.00"), kind=DocumentKind.CREDIT_NOTE, ship_to="BE", buyer=LUC, paid={"ideal": "-121.00"})
    assert distance_of(one(back, more={"original": Original(lines=drafted.lines)}).lines) == -10_000


def test_only_goods_to_consumers_in_other_member_states_are_counted() -> None:
    assert distance_of(CASES["da-2.1"]().lines) == 0
    assert distance_of(CASES["da-1.1-export"]().lines) == 0
    assert distance_of(CASES["da-2.11-intra-eu"]().lines) == 0
    service = order(line("121.00", kind=LineKind.SERVICE), ship_to="BE", buyer=LUC, paid={"ideal": "121.00"})
    assert distance_of(one(service).lines) == 0


def test_total_of_a_day_stops_at_the_limit() -> None:
    documents = [
        item(to_belgium("6050.00", kind=DocumentKind.RECEIPT, source_id=str(n), number=f"K{n}")) for n in range(3)
    ]
    documents = [replace(one, document_id=n) for n, one in enumerate(documents)]
    rules = book(mode="day", basis="receipt")
    composition = compose_term(documents, day_term("shop", dt.date(2026, 7, 14)), rules, EVIDENCE)
    [draft] = composition.drafts
    assert distance_of(draft.lines) == 1_000_000
    assert codes(composition.others[0][1]) == ["oss-threshold-crossed"]
    assert EVIDENCE.distance == {}, "what was handed in is left as it was"
    assert distance_of(day(receipt(line("121.00"), paid={"pin": "121.00"})).lines) == 0
    assert Decimal(draft.lines[0].minor) / 100 == Decimal("12100.00")
