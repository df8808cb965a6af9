import datetime as dt
from decimal import Decimal

import pytest
from msgspec.structs import replace
from tests.unit.booking.drafts import MARGIN, PROVIDER, ledger_rules, movement, one, payment, payout, second_hand, stay
from tests.unit.booking.shop import EVIDENCE, RULES, amounts, book, codes, item, line, order, shipping

from boekbrug.booking import Draft, Held, Skipped, compose_individual
from boekbrug.booking.memorial import compose_ledger
from boekbrug.booking.terms import month_term
from boekbrug.contract import Dates, DocumentKind, LineKind, Payout, Treatment


@pytest.mark.parametrize(
    ("supply_from", "supply_to", "found"),
    [
        (dt.date(2025, 12, 30), dt.date(2026, 1, 1), []),
        (dt.date(2025, 12, 30), dt.date(2026, 1, 2), ["lodging-rate"]),
        (dt.date(2026, 7, 1), None, ["lodging-rate"]),
    ],
)
def test_lodging_rate_follows_the_night(supply_from: dt.date, supply_to: dt.date | None, found: list[str]) -> None:
    night = line("109.00", "9", kind=LineKind.LODGING, supply_from=supply_from, supply_to=supply_to)
    composed = compose_individual(item(order(night, paid={"ideal": "109.00"})), book(), EVIDENCE)
    assert ([] if isinstance(composed, Draft) else codes(composed)) == found


def test_bare_pitch_stays_at_the_reduced_rate() -> None:
    pitch = order(line("109.00", "9", kind=LineKind.CAMPING_PITCH), paid={"ideal": "109.00"})
    assert amounts(one(pitch)) == "C1501 9.00, C8010(VL) 100.00, D1060 109.00"


def test_small_business_charges_no_vat() -> None:
    own = [{"treatment": "small-business", "account": "8000"}]
    taxed = compose_individual(item(order(line("121.00"))), book(seller="small-business", vat=own), EVIDENCE)
    assert codes(taxed) == ["vat-by-untaxed-seller"]
    plain = order(line("100.00", "0"), paid={"ideal": "100.00"})
    assert amounts(one(plain, seller="small-business", vat=own)) == "C8000 100.00, D1060 100.00"


def test_several_invoices_of_one_order_are_all_booked() -> None:
    for number in ("F1", "F2"):
        invoice = order(line("121.00"), kind=DocumentKind.INVOICE, sale_ref="W1", number=number, on_account=True)
        drafted = one(invoice, more={"booked_as": DocumentKind.INVOICE}, basis="invoice")
        assert drafted.number == number


def test_shipping_at_another_rate_is_booked_with_a_warning() -> None:
    drafted = one(order(line("109.00", "9"), shipping("12.10", "21"), paid={"ideal": "121.10"}))
    assert [warning.code for warning in drafted.warnings] == ["shipping-rate-differs"]


def test_total_vat_of_the_document_leads_where_lines_state_none() -> None:
    bottles = [line("1.99"), line("1.99"), line("1.99")]
    drafted = one(order(*bottles, paid={"ideal": "5.97"}, total_vat=Decimal("1.04")))
    assert amounts(drafted) == "C1500 1.04, C8000(VH) 4.93, D1060 5.97"
    off = compose_individual(item(order(*bottles, total_vat=Decimal("1.10"))), book(), EVIDENCE)
    assert codes(off) == ["vat-differs-from-total"]


def test_discount_over_the_whole_order_lowers_every_rate() -> None:
    discount = line("-10.00", None, kind=LineKind.DISCOUNT)
    drafted = one(order(line("60.50"), line("43.60", "9"), discount, paid={"ideal": "94.10"}))
    assert amounts(drafted) == "C1500 9.49, C1501 3.25, C8000(VH) 45.20, C8010(VL) 36.16, D1060 94.10"


def test_refund_without_lines_of_a_mixed_sale_is_for_a_person() -> None:
    sale = one(order(line("121.00"), line("10.90", "9"), on_account=True))
    from boekbrug.booking import Original

    refund = order(kind=DocumentKind.CREDIT_NOTE, total="-5.00")
    composed = compose_individual(item(refund, original=Original(lines=sale.lines)), book(), EVIDENCE)
    assert isinstance(composed, Held)
    assert codes(compose_individual(item(order(total="5.00")), book(), EVIDENCE)) == ["lines-missing"]


def test_voucher_covers_no_goods_at_another_rate() -> None:
    methods = {"bon": {"account": "1600", "role": "single-purpose-voucher", "rate": "21"}}
    composed = compose_individual(
        item(order(line("10.90", "9"), paid={"bon": "10.90"})), book(payments=methods), EVIDENCE
    )
    assert codes(composed) == ["voucher-without-sale"]


def test_voucher_defers_no_vat_of_what_is_left_open() -> None:
    methods = {
        "bon": {"account": "1600", "role": "single-purpose-voucher", "rate": "21"},
        "ideal": {"account": "1060"},
    }
    sale = order(line("121.00"), paid={"bon": "60.50", "ideal": "30.25"}, on_account=True)
    composed = compose_individual(item(sale), book(payments=methods, vat_scheme="cash"), EVIDENCE)
    assert isinstance(composed, Draft)
    # half of what the voucher left is open, and its VAT waits; that of the voucher was due when it was sold
    assert [(one.account, one.vat_code, one.minor) for one in composed.lines] == [
        ("1600", "", 5000), ("8000", "", -5000), ("1060", "", 3025), ("1300", "", 3025),
        ("8000", "", -2500), ("1506", "", -525), ("8000", "VH", -2500), ("1500", "", -525),
    ]  # fmt: skip


def test_payment_for_nothing_booked_is_held() -> None:
    assert isinstance(compose_individual(item(payment("10.00")), book(), EVIDENCE), Held)


def test_payout_that_does_not_add_up_is_a_problem() -> None:
    wrong = payout("ideal", "100.00", "1.00", "98.00")
    assert codes(compose_individual(item(wrong), book(**PROVIDER), EVIDENCE)) == ["payout-differs"]
    other = replace(wrong, payout=Payout(method="?", gross=Decimal(1), fees=Decimal(0), paid=Decimal(1)))
    assert codes(compose_individual(item(other), book(**PROVIDER), EVIDENCE)) == ["payment-method-unmapped"]
    assert isinstance(compose_individual(item(wrong), book(provider_booked_by="package"), EVIDENCE), Skipped)
    assert isinstance(compose_individual(item(wrong), book(), EVIDENCE), Held)


def test_till_movement_without_account_or_balance_is_a_problem() -> None:
    unmapped = movement("fooi", "10.00", contant="-10.00")
    assert codes(compose_individual(item(unmapped), book(), EVIDENCE)) == ["movement-unmapped"]
    one_sided = movement("fooi", "10.00", contant="-9.00")
    rules = book(accounts={"fooi": "1630"})
    assert codes(compose_individual(item(one_sided), rules, EVIDENCE)) == ["movements-unbalanced"]


def test_vat_rows_that_the_bases_do_not_come_to_stop_the_term() -> None:
    rules = book(**ledger_rules(omzet="8000", debiteuren="1300", hoog="1500", laag="1501"))
    from boekbrug.contract import Document, Movement

    rows = [("omzet", "-100", "hoog"), ("hoog", "-20", ""), ("debiteuren", "120", "")]
    document = Document(
        kind=DocumentKind.LEDGER_MOVEMENT,
        source_id="1",
        number="7",
        total=Decimal(0),
        dates=Dates(business=dt.date(2026, 7, 14)),
        movements=tuple(Movement(account=name, amount=Decimal(amount), vat_code=code) for name, amount, code in rows),
    )
    composition = compose_ledger([item(document)], month_term("park", dt.date(2026, 7, 1)), rules, EVIDENCE)
    assert composition.drafts == ()
    assert codes(composition.others[0][1]) == ["vat-ledger-differs"]


def test_margin_sale_without_cost_is_booked_gross_and_warned_of() -> None:
    drafted = one(second_hand("200.00", None), **MARGIN)
    assert [problem.code for problem in drafted.warnings] == ["margin-cost-missing"]
    whole = [*RULES["vat"], {"treatment": "margin", "account": "8061"}]
    assert one(second_hand("200.00", None), zero_rate="margin", vat=whole).warnings == (), "globalisation needs no cost"


def test_margin_sale_that_mentions_vat_is_a_problem() -> None:
    for wrong in (line("200.00", "21", treatment=Treatment.MARGIN), line("200.00", "0", "34.71", cost=Decimal(79))):
        found = codes(compose_individual(item(order(wrong)), book(**MARGIN), EVIDENCE))
        assert found in (["vat-on-untaxed"], ["vat-differs"])


def test_stay_over_new_year_with_other_vat_than_its_nights_is_a_problem() -> None:
    for vat in ("33.03", "69.42"):
        wrong = stay(line("400.00", None, vat, kind=LineKind.LODGING))
        assert codes(compose_individual(item(wrong), book(), EVIDENCE)) == ["vat-differs"]
    reduced = stay(line("400.00", "9", kind=LineKind.LODGING))
    assert codes(compose_individual(item(reduced), book(), EVIDENCE)) == ["lodging-rate"]


def test_money_received_in_2025_for_a_stay_in_2026_is_taxed_as_the_stay() -> None:
    stays = Dates(supply_from=dt.date(2026, 2, 1), supply_to=dt.date(2026, 2, 3))
    sale = order(line("109.00", "9", kind=LineKind.LODGING), dates=stays)
    assert codes(compose_individual(item(payment("50.00"), sale=sale), book(), EVIDENCE)) == ["lodging-rate"]
