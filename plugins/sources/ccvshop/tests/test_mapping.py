import datetime as dt
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boekbrug.contract import Document, DocumentKind, LineKind, Treatment
from boekbrug_ccvshop.mapping import invoice_document, order_document
from boekbrug_ccvshop.settings import CcvSettings
from boekbrug_ccvshop.wire import Row, decode_invoice, decode_order, decode_row
from boekbrug_ccvshop_standin.pricing import Content, Item, totals
from boekbrug_ccvshop_standin.render import invoice_json, order_json, row_json
from boekbrug_ccvshop_standin.world import Invoice, Order, Person

EVA = Person(id=77_001, name="Eva Voorbeeld", email="eva@example.com", deliver_to="NL")
MOMENT = dt.datetime(2026, 1, 10, 19, 5, tzinfo=dt.UTC)
LAMP, BOOK = Item(name="Lamp", price=2495, count=2), Item(name="Boek", price=1250, tax=9)


def rows_of(content: Content, sign: int = 1) -> list[Row]:
    return [
        decode_row(
            msgspec.json.encode(row_json(item, n, "x/", resource="orderrows", sign=sign, untaxed=content.untaxed))
        )
        for n, item in enumerate(content.items, 1)
    ]


def mapped(content: Content, changes: dict[str, Any] | None = None, **facts: Any) -> Document:
    """Map an order of the stand-in; `changes` replaces fields of its JSON."""
    order = Order(id=501, number=1042, created=MOMENT, content=content, person=EVA, **facts)
    body = msgspec.json.encode({**order_json(order, "x/"), **(changes or {})})
    return order_document(decode_order(body), rows_of(content), CcvSettings())


def invoiced(content: Content, changes: dict[str, Any] | None = None, **facts: Any) -> Document:
    invoice = Invoice(
        id=9001, number=7, created=MOMENT, order=501, content=content, person=EVA, order_number=1042, **facts
    )
    body = msgspec.json.encode({**invoice_json(invoice, "https://x/"), **(changes or {})})
    return invoice_document(decode_invoice(body), rows_of(content, invoice.sign), CcvSettings(), 501)


def per_rate(document: Document) -> dict[int, tuple[int, int]]:
    sums: dict[int, tuple[int, int]] = {}
    for line in document.lines:
        assert line.vat is not None and line.vat_rate is not None
        gross, vat = sums.get(int(line.vat_rate), (0, 0))
        sums[int(line.vat_rate)] = (gross + int(line.amount * 100), vat + int(line.vat * 100))
    return sums


def codes(document: Document) -> list[str]:
    return [problem.code for problem in document.problems]


def test_example_of_the_fact_sheet_splits_into_its_rates() -> None:
    content = Content(items=(LAMP, Item(name="Boek", price=1250, reduced=250, tax=9)), shipping=695, fee=50)
    document = mapped(content, {"total_tax": 10.78, "total_price": 67.35})
    assert codes(document) == []
    assert document.total_vat == Decimal("10.78")
    assert per_rate(document) == {21: (5735, 995), 9: (1000, 83)}


def test_payment_costs_follow_the_goods_where_the_total_agrees() -> None:
    content = Content(items=(LAMP, BOOK), fee=50)
    document = mapped(content)
    fee = [line for line in document.lines if line.kind is LineKind.PAYMENT_FEE]
    assert [(line.amount, line.vat_rate) for line in fee] == [
        (Decimal("0.40"), Decimal(21)),
        (Decimal("0.10"), Decimal(9)),
    ]


def test_costs_that_no_rate_explains_are_a_problem() -> None:
    document = mapped(Content(items=(LAMP,), fee=500), {"total_tax": 11.11})
    assert codes(document) == ["ccvshop-vat-not-derived"]
    assert document.lines == ()


def test_costs_that_several_rates_explain_are_a_problem() -> None:
    # at 9 % six cents hold half a cent of VAT, at 0 % none: both leave the 8.66 of the lamps
    document = mapped(Content(items=(LAMP,), fee=6), {"total_tax": 8.66})
    assert codes(document) == ["ccvshop-vat-ambiguous"]


def test_configured_rate_of_costs_is_taken_and_checked() -> None:
    content = Content(items=(LAMP, BOOK), fee=50)
    order = Order(id=501, number=1042, created=MOMENT, content=content, person=EVA)
    body = msgspec.json.encode({**order_json(order, "x/"), "total_tax": 9.78})
    document = order_document(decode_order(body), rows_of(content), CcvSettings(costs_rate=Decimal(21)))
    assert codes(document) == []
    assert per_rate(document)[21][0] == 5040


def test_missing_rate_is_derived_where_one_alone_fits() -> None:
    content = Content(items=(LAMP, Item(name="Thee", price=10000, tax=None)))
    document = mapped(content, {"total_tax": 16.92})
    assert [line.vat_rate for line in document.lines] == [21, 9]


def test_rows_that_miss_the_total_are_held() -> None:
    document = mapped(Content(items=(LAMP,)), {"total_price": 60.0})
    assert codes(document) == ["ccvshop-total-differs"]
    assert document.problems[0].facts["lines"] == "49.90"


def test_difference_of_a_few_cents_is_left_to_the_books() -> None:
    document = mapped(Content(items=(LAMP,)), {"total_price": 49.88})
    assert codes(document) == []
    assert (sum(line.amount for line in document.lines), document.total) == (Decimal("49.90"), Decimal("49.88"))


def test_row_total_of_one_piece_is_multiplied_where_only_that_adds_up() -> None:
    document = mapped(Content(items=(LAMP,)), {"total_price": 99.8, "total_tax": 17.32})
    assert sum(line.amount for line in document.lines) == Decimal("99.80")


def test_prices_without_vat_get_it_on_top() -> None:
    document = mapped(Content(items=(LAMP, BOOK), shipping=695, net=True))
    assert document.total == sum(line.amount for line in document.lines) == Decimal("82.42")
    assert per_rate(document) == {21: (6879, 1194), 9: (1363, 113)}


def test_costs_with_vat_beside_rows_without_are_read_as_they_add_up() -> None:
    content = Content(items=(LAMP,), shipping=1210, net=True)
    document = mapped(content, {"total_price": 72.48, "total_tax": 12.58})
    assert codes(document) == []
    assert [line.amount for line in document.lines] == [Decimal("60.38"), Decimal("12.10")]


def test_parts_of_a_cent_are_put_together_again() -> None:
    rows = [
        decode_row(b'{"id":%d,"count":1,"tax":21,"total_price":8.2645,"total_price_with_attributes":8.2645}' % n)
        for n in range(1, 4)
    ]
    header = {"total_price": 30.0, "total_tax": 5.21, "order_row_taxes_included": False}
    order = Order(id=501, number=1, created=MOMENT, content=Content(items=(LAMP,)), person=EVA)
    body = msgspec.json.encode({**order_json(order, "x/"), **header})
    document = order_document(decode_order(body), rows, CcvSettings())
    assert codes(document) == []
    assert sum(line.amount for line in document.lines) == Decimal("30.00")


def test_supply_within_the_union_carries_no_vat_and_says_so() -> None:
    buyer = Person(id=1, name="M", email="m@example.de", company="Muster", vat_id="DE 136.695.976", country="DE")
    order = Order(
        id=1,
        number=1,
        created=MOMENT,
        content=Content(items=(LAMP,), shipping=500, intra=True, untaxed=True),
        person=buyer,
    )
    body = msgspec.json.encode(order_json(order, "x/"))
    document = order_document(decode_order(body), rows_of(order.content), CcvSettings())
    assert {line.treatment for line in document.lines} == {Treatment.INTRA_EU_GOODS}
    assert document.buyer and document.buyer.vat_id == "DE136695976"
    assert (document.total_vat, document.ship_to) == (Decimal(0), "DE")


def test_rows_still_stated_with_vat_lose_it_where_none_was_charged() -> None:
    content = Content(items=(Item(name="Lamp", price=12100),))
    changes = {"is_intra_community_order": True, "total_tax": 0, "total_price": 100}
    document = mapped(content, changes)
    assert [(line.amount, line.vat_rate) for line in document.lines] == [(Decimal("100.00"), Decimal(0))]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"is_intra_community_order": True}, "ccvshop-vat-on-intra-eu"),
        ({"taxes_included": False}, "ccvshop-vat-hidden"),
        ({"total_tax": 1.0}, "ccvshop-vat-differs"),
        ({"paymethod": "", "paymethod_id": None}, "ccvshop-no-payment-method"),
        ({"status": 8}, "ccvshop-cancelled-but-paid"),
    ],
)
def test_contradiction_is_a_problem(changes: dict[str, Any], code: str) -> None:
    assert codes(mapped(Content(items=(LAMP,)), changes)) == [code]


def test_deposit_needs_to_be_told_what_it_is() -> None:
    content = Content(items=(LAMP, Item(name="Krat", price=390, tax=0, type="deposit")))
    assert codes(mapped(content)) == ["ccvshop-row-kind"]
    order = Order(id=1, number=1, created=MOMENT, content=content, person=EVA)
    settings = CcvSettings(row_kinds={"deposit": LineKind.PACKAGING_DEPOSIT})
    body = msgspec.json.encode(order_json(order, "x/"))
    document = order_document(decode_order(body), rows_of(content), settings)
    assert [line.kind for line in document.lines] == [LineKind.GOODS, LineKind.PACKAGING_DEPOSIT]


def test_platform_sale_is_marked() -> None:
    document = mapped(Content(items=(LAMP,), platform=True, untaxed=True))
    assert {line.treatment for line in document.lines} == {Treatment.PLATFORM}


def test_what_is_collected_stays_in_the_shops_country() -> None:
    document = mapped(
        Content(items=(LAMP,)), {"customer": {"billingaddress": {"country_code": "DE"}}}, deliver="pickup"
    )
    assert document.ship_to == "NL"


def test_blank_delivery_address_is_the_billing_address() -> None:
    blank = {"billingaddress": {"country_code": "be", "street": "Straat", "housenumber": 4}, "deliveryaddress": None}
    document = mapped(Content(items=(LAMP,)), {"customer": blank})
    assert document.ship_to == "BE"
    assert document.buyer and document.buyer.street == "Straat 4"


@pytest.mark.parametrize("sign", [1, -1])
def test_credit_invoice_is_negative_however_it_is_written(sign: int) -> None:
    document = invoiced(Content(items=(LAMP, BOOK), shipping=695), credit=True, sign=sign)
    assert document.kind is DocumentKind.CREDIT_NOTE
    assert codes(document) == []
    assert document.total == sum(line.amount for line in document.lines) == Decimal("-69.35")
    assert document.total_vat == sum(line.vat or 0 for line in document.lines)


def test_invoice_of_the_last_evening_of_the_year_is_of_the_next_in_amsterdam() -> None:
    document = invoiced(Content(items=(LAMP,)), {"create_date": "2025-12-31T23:30:00Z"})
    assert document.dates.invoiced == dt.date(2026, 1, 1)


def test_invoice_of_shipping_alone_is_booked_when_it_adds_up() -> None:
    document = invoiced(Content(shipping=695))
    assert codes(document) == []
    assert [line.kind for line in document.lines] == [LineKind.SHIPPING]


def test_invoice_that_lost_its_rows_is_held() -> None:
    content = Content(items=(LAMP,))
    invoice = Invoice(id=1, number=7, created=MOMENT, order=5, content=content, person=EVA, order_number=1)
    found = invoice_document(decode_invoice(msgspec.json.encode(invoice_json(invoice, "x/"))), [], CcvSettings(), 5)
    assert codes(found) == ["ccvshop-rows-missing"]


ITEMS = st.builds(
    Item,
    name=st.just("Iets"),
    price=st.integers(1, 50_000),
    tax=st.sampled_from([21, 9]),
    count=st.integers(1, 5),
    option=st.integers(0, 300),
)
CONTENTS = st.builds(
    Content,
    items=st.lists(ITEMS, min_size=1, max_size=6).map(tuple),
    shipping=st.integers(0, 1500),
    fee=st.integers(0, 300),
    discount=st.integers(0, 100),
    net=st.booleans(),
)


@settings(max_examples=300, deadline=None)
@given(CONTENTS)
def test_any_sale_splits_to_the_cent_as_the_shop_counts_it(content: Content) -> None:
    document, found = mapped(content), totals(content)
    assert codes(document) == []
    assert int(document.total * 100) == found.total
    assert sum(line.amount for line in document.lines) == document.total
    assert sum(line.vat or 0 for line in document.lines) == document.total_vat == Decimal(found.tax) / 100
    for line in document.lines:
        assert line.vat is not None and line.vat_rate is not None
        assert abs(line.vat - line.amount * line.vat_rate / (100 + line.vat_rate)) <= Decimal("0.015")


@settings(max_examples=150, deadline=None)
@given(CONTENTS.map(lambda content: msgspec.structs.replace(content, fee=0, discount=0)))
def test_any_sale_without_costs_has_the_shops_own_amounts_per_rate(content: Content) -> None:
    own = {rate: sums for rate, sums in totals(content).rates.items() if sums != (0, 0)}
    assert per_rate(mapped(content)) == own


@settings(max_examples=200, deadline=None)
@given(CONTENTS, st.integers(-200, 200), st.integers(-200, 200))
def test_no_total_makes_it_crash_or_book_other_vat_than_stated(content: Content, total: int, tax: int) -> None:
    found = totals(content)
    changes = {"total_price": (found.total + total) / 100, "total_tax": max(found.tax + tax, 0) / 100}
    document = mapped(content, changes)
    stated = sum(line.vat or 0 for line in document.lines)
    assert document.problems or stated == document.total_vat


FIELDS = st.sampled_from(["total_price", "total_tax", "total_shipping", "fee", "create_date", "paid"])
ODD = st.text(max_size=6) | st.none() | st.integers() | st.floats(allow_nan=False)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(FIELDS, ODD, max_size=3))
def test_odd_values_are_refused_or_mapped_and_never_crash(changes: dict[str, Any]) -> None:
    try:
        document = mapped(Content(items=(LAMP,)), changes)
    except msgspec.ValidationError:
        return
    assert document.number == "1042"
