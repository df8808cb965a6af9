import datetime as dt
from decimal import Decimal

import pytest
from msgspec.structs import replace
from tests.unit.booking.shop import (
    CONSUMER,
    EVIDENCE,
    NOON,
    amounts,
    book,
    codes,
    item,
    line,
    order,
    shipping,
)

from boekbrug.booking import (
    BeforeStart,
    Composed,
    Draft,
    Held,
    Open,
    Original,
    Rejected,
    Skipped,
    Waiting,
    compose_individual,
)
from boekbrug.booking.rules import PaymentRule
from boekbrug.contract import (
    Buyer,
    Dates,
    Document,
    DocumentKind,
    DocumentLine,
    EntryKind,
    LineKind,
    Problem,
    Readiness,
    Role,
    Tender,
    Treatment,
)

BELGIAN = Buyer(company="Chocolade BV", vat_id="BE0403170701", is_business=True, country="BE")


def test_sale_on_account_is_owed_by_the_customer() -> None:
    document = order(line("49.95", "21", "8.67"), line("24.50", "9", "2.02"), on_account=True, buyer=CONSUMER)
    composed = compose_individual(item(document), book(), EVIDENCE)
    assert amounts(composed) == "C1500 8.67, C1501 2.02, C8000(VH) 41.28, C8010(VL) 22.48, D1300 74.45"
    assert isinstance(composed, Draft)
    assert composed.party is not None
    assert composed.party.name == "J. Jansen"


@pytest.mark.parametrize(
    ("paid", "kind", "journal"),
    [({"ideal": "121.00"}, EntryKind.CASH, "20"), ({"ideal": "100.00"}, EntryKind.SALES, "70")],
    ids=["paid", "in part"],
)
def test_sale_that_leaves_nothing_open_may_be_lines_of_a_cash_journal(
    paid: dict[str, str], kind: EntryKind, journal: str
) -> None:
    document = order(line("121.00"), paid=paid, on_account=True)
    composed = compose_individual(item(document), book(paid_sales="cash"), EVIDENCE)
    assert isinstance(composed, Draft)
    assert (composed.kind, composed.journal) == (kind, journal)


def test_journal_of_the_payment_method_goes_before_that_of_all_cash() -> None:
    payments = {"ideal": PaymentRule(account="1060", journal="30")}
    document = order(line("121.00"), paid={"ideal": "121.00"})
    composed = compose_individual(item(document), book(paid_sales="cash", payments=payments), EVIDENCE)
    assert isinstance(composed, Draft)
    assert composed.journal == "30"


def test_base_line_carries_the_vat_of_its_side() -> None:
    composed = compose_individual(item(order(line("121.00"), paid={"ideal": "121.00"})), book(), EVIDENCE)
    assert isinstance(composed, Draft)
    paid, base, vat = composed.lines
    assert (paid.role, paid.minor) == (Role.PAYMENT, 12100)
    assert (base.role, base.minor, base.vat_minor, base.vat_code) == (Role.BASE, -10000, -2100, "VH")
    assert (vat.role, vat.minor, vat.base) == (Role.VAT, -2100, 1)
    assert base.why == "vat domestic 21"


def test_shipping_without_rate_follows_the_goods() -> None:
    document = order(line("60.50", "21", "10.50"), line("43.60", "9", "3.60"), shipping("6.05"), on_account=True)
    assert amounts(compose_individual(item(document), book(), EVIDENCE)) == (
        "C1500 11.11, C1501 3.81, C8000(VH) 50.00, C8010(VL) 40.00, C8090(VH) 2.91, C8090(VL) 2.32, D1300 110.15"
    )


def test_part_payment_and_gift_card_leave_a_named_open_item() -> None:
    document = order(line("121.00"), paid={"giftcard": "25.00", "ideal": "50.00"})
    composed = compose_individual(item(document), book(), EVIDENCE)
    assert amounts(composed) == "C1500 21.00, C8000(VH) 100.00, D1060 50.00, D1300 46.00, D1610 25.00"
    assert isinstance(composed, Draft)
    assert [line.reference for line in composed.lines if line.role is Role.DEBTOR] == ["W1"]


def test_rounding_between_lines_and_total_goes_to_its_account() -> None:
    document = order(line("82.65", "0"), line("17.36", "0"), total="100.00", on_account=True)
    assert amounts(compose_individual(item(document), book(), EVIDENCE)) == "C8015(V0) 100.01, D1300 100.00, D4310 0.01"


def test_cash_rounding_is_outside_the_cap() -> None:
    document = order(line("9.98", "21", "1.73"), paid={"contant": "10.00"})
    assert (
        amounts(compose_individual(item(document), book(), EVIDENCE))
        == "C1500 1.73, C4310 0.02, C8000(VH) 8.25, D1290 10.00"
    )


@pytest.mark.parametrize(("total", "expected"), [("121.02", ["lines-differ-from-total"]), ("121.01", [])])
def test_lines_may_differ_from_the_total_by_a_cent_per_line(total: str, expected: list[str]) -> None:
    composed = compose_individual(item(order(line("121.00"), total=total, on_account=True)), book(), EVIDENCE)
    assert ([] if isinstance(composed, Draft) else codes(composed)) == expected


@pytest.mark.parametrize("vat", ["20.98", "21.02", "0.00"])
def test_vat_beyond_a_cent_is_a_problem(vat: str) -> None:
    assert codes(compose_individual(item(order(line("121.00", "21", vat))), book(), EVIDENCE)) == ["vat-differs"]


def test_unmapped_rate_names_rate_and_treatment() -> None:
    composed = compose_individual(item(order(line("113.00", "13"))), book(), EVIDENCE)
    assert codes(composed) == ["rate-unmapped"]
    assert isinstance(composed, Rejected)
    facts = composed.problems[0].facts
    assert (facts["rate"], facts["treatment"], facts["country"]) == ("13", "domestic", "NL")


def test_vat_missing_on_shipping_is_a_problem() -> None:
    for stated in (shipping("4.95", "0"), shipping("4.95", None, "0.00"), shipping("4.95", "21", "0.00")):
        composed = compose_individual(item(order(line("121.00"), stated)), book(), EVIDENCE)
        assert codes(composed) == ["vat-missing-on-shipping"]


def test_business_in_another_member_state_is_an_intra_eu_supply() -> None:
    document = order(line("500.00", "0"), buyer=BELGIAN, ship_to="BE", on_account=True)
    composed = compose_individual(item(document), book(), EVIDENCE)
    assert amounts(composed) == "C8020(ICL) 500.00, D1300 500.00"
    assert isinstance(composed, Draft)
    assert composed.party is not None
    assert composed.party.vat_id == "BE0403170701"


@pytest.mark.parametrize(
    ("buyer", "ship_to", "code"),
    [
        (replace(BELGIAN, vat_id=""), "BE", "eu-business-without-vat-id"),
        (replace(BELGIAN, vat_id="BE?"), "BE", "vat-id-broken"),
        (replace(BELGIAN, vat_id="BE0403170702"), "BE", "vat-id-broken"),
        (replace(BELGIAN, vat_id="NL123456789B13"), "BE", "vat-id-of-own-country"),
        (Buyer(name="Jan", country="BE"), "BE", "eu-consumer-without-vat"),
    ],
)
def test_zero_percent_in_the_union_needs_a_reason(buyer: Buyer, ship_to: str, code: str) -> None:
    document = order(line("500.00", "0"), buyer=buyer, ship_to=ship_to)
    assert codes(compose_individual(item(document), book(), EVIDENCE)) == [code]


def test_pick_up_is_never_intra_eu() -> None:
    document = order(line("500.00", "0"), buyer=BELGIAN, ship_to="NL", on_account=True)
    assert codes(compose_individual(item(document), book(zero_rate=None), EVIDENCE)) == ["zero-rate-unexplained"]


def test_same_percentage_goes_to_the_country_of_arrival() -> None:
    document = order(line("121.00"), ship_to="BE", buyer=Buyer(name="Jan", country="BE"), paid={"ideal": "121.00"})
    below = compose_individual(item(document), book(), EVIDENCE)
    crossed = compose_individual(item(document), book(oss=dt.date(2026, 7, 1)), EVIDENCE)
    assert amounts(below) == "C1500 21.00, C8000(VH) 100.00, D1060 121.00"
    assert amounts(crossed) == "C1505 21.00, C8025(BE21) 100.00, D1060 121.00"
    unanswered = compose_individual(item(document), book(oss=None), EVIDENCE)
    assert codes(unanswered) == ["oss-unanswered"]


def test_goods_leaving_the_union_are_export() -> None:
    document = order(line("100.00", "0"), ship_to="CH", paid={"ideal": "100.00"})
    assert amounts(compose_individual(item(document), book(), EVIDENCE)) == "C8030(EX) 100.00, D1060 100.00"


def test_goods_to_northern_ireland_are_intra_eu() -> None:
    buyer = Buyer(company="Ltd", vat_id="XI980780684", is_business=True, country="GB")
    document = order(line("100.00", "0"), ship_to="GB", buyer=buyer, paid={"ideal": "100.00"})
    assert amounts(compose_individual(item(document), book(), EVIDENCE)) == "C8020(ICL) 100.00, D1060 100.00"


def test_platform_sale_is_a_problem() -> None:
    document = order(line("100.00", "0", treatment=Treatment.PLATFORM))
    assert codes(compose_individual(item(document), book(), EVIDENCE)) == ["platform-sale"]


@pytest.mark.parametrize(
    ("answer", "refused"),
    [
        (None, set()),
        ("both", set()),
        ("none", {LineKind.VOUCHER_SINGLE_PURPOSE, LineKind.VOUCHER_MULTI_PURPOSE}),
        ("single-purpose", {LineKind.VOUCHER_MULTI_PURPOSE}),
        ("multi-purpose", {LineKind.VOUCHER_SINGLE_PURPOSE}),
    ],
)
def test_gift_cards_are_of_the_kind_that_was_answered(answer: str | None, refused: set[LineKind]) -> None:
    accounts = {"voucher-single-purpose": {"account": "1600"}, "voucher-multi-purpose": {"account": "1610"}}
    for kind, rate in ((LineKind.VOUCHER_SINGLE_PURPOSE, "21"), (LineKind.VOUCHER_MULTI_PURPOSE, None)):
        document = order(line("50.00", rate, kind=kind), paid={"ideal": "50.00"})
        composed = compose_individual(item(document), book(gift_cards=answer, lines=accounts), EVIDENCE)
        assert isinstance(composed, Rejected) == (kind in refused)
        if kind in refused:
            assert codes(composed) == ["gift-card-kind"]


def test_export_in_dollars_balances_in_both_currencies() -> None:
    from boekbrug.contract import ExchangeRate

    rate = ExchangeRate(rate=Decimal("1.10"), source="ECB", date="2026-07-14")
    document = order(line("110.00", "0"), ship_to="US", paid={"paypal": "110.00"}, currency="USD", rate=rate)
    composed = compose_individual(item(document), book(), EVIDENCE)
    assert isinstance(composed, Draft)
    assert [booked.euro_minor for booked in composed.lines] == [10000, -10000]
    unknown = compose_individual(item(replace(document, rate=None)), book(), EVIDENCE)
    assert codes(unknown) == ["currency-without-rate"]
    coming = compose_individual(item(replace(document, rate=None)), book(), replace(EVIDENCE, rates_coming=True))
    assert isinstance(coming, Waiting)


def test_euro_remainder_never_touches_vat() -> None:
    from boekbrug.contract import ExchangeRate

    rate = ExchangeRate(rate=Decimal("1.1357"), source="ECB", date="2026-07-14")
    document = order(line("10.01", "21"), line("3.33", "9"), paid={"paypal": "13.34"}, currency="USD", rate=rate)
    composed = compose_individual(item(document), book(), EVIDENCE)
    assert isinstance(composed, Draft)
    assert sum(booked.euro_minor or 0 for booked in composed.lines) == 0
    vat = [booked for booked in composed.lines if booked.role is Role.VAT]
    assert [booked.euro_minor for booked in vat] == [-153, -24]


def test_cash_scheme_defers_vat_until_the_money_comes() -> None:
    cash = book(vat_scheme="cash")
    sale = order(line("242.00"), on_account=True, dates=Dates(ordered=NOON, invoiced=dt.date(2026, 7, 14)))
    booked = compose_individual(item(sale), cash, EVIDENCE)
    assert amounts(booked) == "C1506 42.00, C8000 200.00, D1300 242.00"
    assert isinstance(booked, Draft)
    receipt = order(kind=DocumentKind.PAYMENT, paid={"ideal": "242.00"}, total="242.00")
    paid = compose_individual(item(receipt, original=Original(lines=booked.lines, number="W1")), cash, EVIDENCE)
    assert amounts(paid) == "C1300 242.00, C1500 42.00, C8000(VH) 200.00, D1060 242.00, D1506 42.00, D8000 200.00"


def test_payments_in_parts_release_all_vat_to_the_cent() -> None:
    cash = book(vat_scheme="cash")
    sale = order(line("100.00"), on_account=True, dates=Dates(invoiced=dt.date(2026, 7, 14)))
    booked = compose_individual(item(sale), cash, EVIDENCE)
    assert isinstance(booked, Draft)
    later = booked.lines[:0]
    for part in ("33.33", "33.33", "33.34"):
        receipt = order(kind=DocumentKind.PAYMENT, paid={"ideal": part}, total=part)
        original = Original(lines=booked.lines, number="W1", later=later)
        paid = compose_individual(item(receipt, original=original), cash, EVIDENCE)
        assert isinstance(paid, Draft)
        later += paid.lines
    everything = replace(booked, lines=booked.lines + later)
    assert amounts(everything) == "C1500 17.36, C8000(VH) 82.64, D1060 100.00"
    too_much = order(kind=DocumentKind.PAYMENT, paid={"ideal": "0.01"}, total="0.01")
    original = Original(lines=booked.lines, later=later)
    assert codes(compose_individual(item(too_much, original=original), cash, EVIDENCE)) == ["payment-exceeds-open"]


def test_credit_note_mirrors_the_accounts_of_its_original() -> None:
    then = book(
        vat=[{"treatment": "domestic", "rate": 21, "account": "8001", "vat_code": "OUD", "vat_account": "1509"}]
    )
    sale = compose_individual(item(order(line("49.95"), paid={"ideal": "49.95"})), then, EVIDENCE)
    assert isinstance(sale, Draft)
    credit = order(line("-49.95", "21", "-8.67"), kind=DocumentKind.CREDIT_NOTE, paid={"ideal": "-49.95"})
    composed = compose_individual(item(credit, original=Original(lines=sale.lines)), book(), EVIDENCE)
    assert amounts(composed) == "C1060 49.95, D1509 8.67, D8001(OUD) 41.28"


def test_credit_note_waits_for_its_original() -> None:
    credit = order(line("-49.95"), kind=DocumentKind.CREDIT_NOTE)
    assert compose_individual(item(credit, original_pending=True), book(), EVIDENCE) == Waiting("original")


def test_readiness_and_basis_decide_first() -> None:
    document = order(line("121.00"), paid={"ideal": "121.00"})

    def compose(document: Document, booked_as: DocumentKind | None = None) -> Composed:
        return compose_individual(item(document, booked_as=booked_as), book(), EVIDENCE)

    assert compose(replace(document, readiness=Readiness.OPEN, status="new")) == Open("new")
    assert compose(replace(document, readiness=Readiness.VOID, status="cancelled")) == Skipped("void: cancelled")
    assert compose(replace(document, kind=DocumentKind.ORDER)) == Skipped("this licence books each invoice")
    assert compose(document, booked_as=DocumentKind.ORDER) == Skipped("booked as order")
    assert compose(order(line("0.00"), paid={"ideal": "0.00"})) == Skipped("nothing to book")
    problem = Problem(code="plugin-bug")
    assert codes(compose(replace(document, problems=(problem,)))) == ["plugin-bug"]
    assert codes(compose(replace(document, currency="XXX"))) == ["currency-unknown"]
    assert codes(compose(replace(document, total=Decimal("NaN")))) == ["bad-amount"]
    for amount in ("1E+999990", "-Infinity", "sNaN"):
        for broken in (line(amount), line("121.00", "21", amount)):
            assert codes(compose(order(broken, total="121.00"))) == ["bad-amount"]
    assert codes(compose(replace(document, tenders=(Tender(method="?", amount=Decimal(1)),)))) == [
        "payment-method-unmapped"
    ]
    assert codes(compose(order(line("1"), paid={"ideal": "2"}))) == ["paid-more-than-total"]
    assert codes(compose(replace(document, dates=Dates()))) == ["date-missing"]


def test_dates_decide_before_start_future_and_filed() -> None:
    document = order(line("121.00"), paid={"ideal": "121.00"})
    assert compose_individual(item(document), book(), replace(EVIDENCE, start=dt.date(2026, 7, 15))) == BeforeStart()
    future = compose_individual(item(document), book(), replace(EVIDENCE, today=dt.date(2026, 7, 13)))
    assert codes(future) == ["date-in-future"]
    filed = compose_individual(item(document), book(), replace(EVIDENCE, filed_through=dt.date(2026, 9, 30)))
    assert isinstance(filed, Held)


def test_order_date_does_not_decide_the_year() -> None:
    late = dt.datetime(2025, 12, 31, 22, 30, tzinfo=dt.UTC)
    paid = dt.datetime(2026, 1, 2, 12, tzinfo=dt.UTC)
    document = order(line("121.00"), paid={"ideal": "121.00"}, dates=Dates(ordered=late, paid=paid))
    composed = compose_individual(item(document), book(), EVIDENCE)
    assert isinstance(composed, Draft)
    assert composed.date == dt.date(2026, 1, 2)
    unknown = replace(document, dates=Dates(ordered=late), kind=DocumentKind.ORDER)
    asked = compose_individual(item(unknown), book(payment_date_unknown="ask", basis="order"), EVIDENCE)
    assert isinstance(asked, Held)


def test_no_vat_event_for_deposits_tips_and_vouchers() -> None:
    document = order(
        line("109.00", "9"),
        line("10.00", None, kind=LineKind.TIP),
        line("12.50", "0", kind=LineKind.PACKAGING_DEPOSIT),
        line("50.00", None, kind=LineKind.VOUCHER_MULTI_PURPOSE),
        paid={"pin": "181.50"},
    )
    composed = compose_individual(item(document), book(), EVIDENCE)
    assert amounts(composed) == "C1501 9.00, C1610 50.00, C1620 12.50, C1630 10.00, C8010(VL) 100.00, D1050 181.50"
    assert codes(
        compose_individual(
            item(order(DocumentLine(amount=Decimal(5), kind=LineKind.SECURITY_DEPOSIT))), book(), EVIDENCE
        )
    ) == ["line-kind-unmapped"]
    assert codes(compose_individual(item(order(line("5.00", "21", kind=LineKind.DAMAGE))), book(), EVIDENCE)) == [
        "line-kind-undecided"
    ]


def test_lines_of_other_kinds_at_one_rate_make_one_base() -> None:
    document = order(line("121.00"), line("60.50", kind=LineKind.SERVICE), line("12.10"), paid={"ideal": "193.60"})
    composed = compose_individual(item(document), book(), EVIDENCE)
    assert isinstance(composed, Draft)
    assert [booked.minor for booked in composed.lines] == [19360, -16000, -3360]


def test_unpaid_orders_have_no_invoice_that_says_when_their_vat_is_due() -> None:
    unpaid = order(line("121.00"), kind=DocumentKind.ORDER, on_account=True)
    partly = order(line("121.00"), kind=DocumentKind.ORDER, paid={"ideal": "100.00"})
    for document in (unpaid, partly):
        assert codes(compose_individual(item(document), book(basis="order"), EVIDENCE)) == ["order-without-invoice"]
        cash = compose_individual(item(document), book(basis="order", vat_scheme="cash"), EVIDENCE)
        assert isinstance(cash, Draft)
