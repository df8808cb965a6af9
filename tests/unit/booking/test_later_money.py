"""Payments, prepayments and credits after the sale: schemes, currencies and what is left."""

from decimal import Decimal
from typing import Any

from msgspec.structs import replace
from tests.unit.booking.drafts import one, payment
from tests.unit.booking.shop import EVIDENCE, amounts, book, codes, item, line, order

from boekbrug.booking import Draft, Original, compose_individual
from boekbrug.contract import DocumentKind, ExchangeRate, Tender


def rate(value: str) -> ExchangeRate:
    return ExchangeRate(rate=Decimal(value), source="ECB", date="2026-07-14")


def original(sale: Draft, *later: Draft) -> Original:
    lines = tuple(line for entry in later for line in entry.lines)
    return Original(lines=sale.lines, number="W1", currency=sale.currency, rate=sale.rate, later=lines)


def test_payment_at_another_rate_clears_the_sale_and_books_the_difference() -> None:
    sale = one(order(line("110.00", "0"), ship_to="US", on_account=True, currency="USD", rate=rate("1.10")))
    paid = replace(payment("110.00", "paypal"), currency="USD", rate=rate("1.00"))
    drafted = one(paid, more={"original": original(sale)}, exchange_differences="4330")
    assert amounts(drafted) == "C1300 100.00, C4330 10.00, D1062 110.00"
    assert sum(line.euro_minor or 0 for line in drafted.lines) == 0


def test_credit_note_takes_the_rate_of_its_sale() -> None:
    sale = one(order(line("110.00", "0"), ship_to="US", paid={"paypal": "110.00"}, currency="USD", rate=rate("1.10")))
    back = order(
        line("-110.00", "0"), kind=DocumentKind.CREDIT_NOTE, ship_to="US", paid={"paypal": "-110.00"}, currency="USD"
    )
    assert amounts(one(back, more={"original": original(sale)})) == "C1062 100.00, D8030(EX) 100.00"


def test_payment_in_another_currency_than_its_sale_is_a_problem() -> None:
    sale = one(order(line("110.00", "0"), ship_to="US", on_account=True, currency="USD", rate=rate("1.10")))
    composed = compose_individual(item(payment("100.00"), original=original(sale)), book(), EVIDENCE)
    assert codes(composed) == ["currency-differs-from-original"]


def test_credit_of_an_unpaid_sale_takes_back_vat_that_never_became_due() -> None:
    sale = one(order(line("242.00"), on_account=True), vat_scheme="cash")
    credit = order(line("-242.00"), kind=DocumentKind.CREDIT_NOTE, on_account=True)
    moved = [{"treatment": "domestic", "rate": "21", "account": "8001", "vat_code": "VH", "vat_account": "1500"}]
    back = one(credit, more={"original": original(sale)}, vat_scheme="cash", vat=moved)
    assert amounts(back) == "C1300 242.00, D1506 42.00, D8000 200.00"


def test_several_prepayments_are_released_at_the_final_invoice() -> None:
    stay = order(line("726.00"), line("109.00", "9"))
    first = replace(payment("100.00"), tenders=(Tender(method="ideal", amount=Decimal(100), id="tr_1"),))
    second = payment("250.00", "pin")
    held = [one(document, more={"sale": stay}) for document in (first, second)]
    final = replace(stay, tenders=first.tenders, total=Decimal("835.00"))
    drafted = one(final, more={"prepaid": tuple(entry.lines for entry in held)})
    together = replace(drafted, lines=held[0].lines + held[1].lines + drafted.lines)
    assert amounts(together) == (
        "C1500 126.00, C1501 9.00, C8000(VH) 600.00, C8010(VL) 100.00, D1050 250.00, D1060 100.00, D1300 485.00"
    )
    assert all(booked.base is None or drafted.lines[booked.base].vat_minor == booked.minor for booked in drafted.lines)


def test_refund_after_a_credit_under_the_cash_scheme_takes_the_vat_back_then() -> None:
    cash: dict[str, Any] = {"vat_scheme": "cash"}
    sale = one(order(line("242.00"), paid={"ideal": "242.00"}), **cash)
    credit = order(line("-121.00"), kind=DocumentKind.CREDIT_NOTE, on_account=True)
    credited = one(credit, more={"original": original(sale)}, **cash)
    assert amounts(credited) == "C1300 121.00, D1506 21.00, D8000 100.00"
    refund = one(payment("-121.00"), more={"original": original(sale, credited)}, **cash)
    assert amounts(refund) == "C1060 121.00, C1506 21.00, C8000 100.00, D1300 121.00, D1500 21.00, D8000(VH) 100.00"


def test_rounding_does_not_make_vat_of_an_open_sale_due() -> None:
    sale = one(order(line("100.01", "21", "17.36"), total="100.00", on_account=True), vat_scheme="cash")
    assert amounts(sale) == "C1506 17.36, C8000 82.65, D1300 100.00, D4310 0.01"
