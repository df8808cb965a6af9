import datetime as dt
from decimal import Decimal

import pytest
from tests.unit.booking.cases import CASES
from tests.unit.booking.drafts import one
from tests.unit.booking.shop import RULES, book, line, order, shipping

from boekbrug.booking import Original, box_of, vat_words
from boekbrug.booking.declared import declared
from boekbrug.contract import DocumentKind, Treatment, from_minor

#: written from the return's own form: treatment, rate, box
FORM = """
domestic 21 1a, domestic 19 1a, domestic 9 1b, domestic 6 1b, domestic 13 1c, zero 0 1e, reverse-charge 0 1e,
export 0 3a, intra-eu-goods 0 3b, intra-eu-service 0 3b, distance 19 3c, oss 21 oss, oss 9 oss, foreign 19 foreign,
margin 21 1a, margin 9 1b, margin 0 -, exempt 0 -, outside-scope 0 -, small-business 0 -, platform 0 -
"""
#: what each worked case has in a return, by the sheets: box, base, VAT; a minus where it has nothing in any
RETURN = """
bk-01-sale -, bk-01-receipt 1a 200.00 42.00, bk-03-prepayment -, bk-03-invoice 3b 500.00 0.00,
bk-03-paid-by-provider 3b 500.00 0.00, bk-05 1a 8000.00 1680.00 1b 1500.00 135.00, bk-06-receipt 1a 200.00 42.00,
bk-06-final 1a 400.00 84.00, bk-06-voucher-sold 1a 50.00 10.50, bk-06-voucher-redeemed -, bk-07 -,
bk-09-day 1a 1000.00 210.00 1b 500.00 45.00, bk-09-count -, bk-10 1a 8.25 1.73, bk-12-oss-return oss -100.00 -19.00,
bk-14-sale 1a 100.00 21.00, bk-14-commission-and-payout -, bk-15 1a 100.00 21.00 none 79.00 0.00,
bk-15-no-cost none 200.00 0.00, bk-15-loss none 70.00 0.00, bk-15-back 1a -100.00 -21.00 none -79.00 0.00,
bk-15-abroad 1a 100.00 21.00 none 79.00 0.00, bk-18-exempt none 80.00 0.00, bk-18-exempt-seller none 80.00 0.00,
bk-18-small-business none 80.00 0.00, bk-18-lodging-over-new-year 1a 82.64 17.36 1b 275.23 24.77,
bk-18-lodging-with-its-vat 1a 82.64 17.36 1b 275.22 24.78, bk-18-lodging-back 1a -47.22 -9.92 1b -39.32 -3.54,
bk-18-lodging-split-by-source 1a 82.64 17.36 1b 275.23 24.77, bk-18-bare-pitch 1b 100.00 9.00,
bk-18-tourist-tax 1a 100.00 21.00, bk-18-packaging-deposit 1a 100.00 21.00, bk-18-security-deposit 1a 100.00 21.00,
bk-19 1a 52.91 11.11 1b 42.32 3.81, bk-20 1a -41.28 -8.67, bk-21 1a 100.00 21.00, bk-22 1a 100.00 21.00,
bk-23 1a -41.28 -8.67, bk-23-pro-rata 1a -27.50 -5.78, bk-24-tip 1b 91.74 8.26, bk-24-tip-paid-out -,
bk-24-deposited -, bk-25-no-show 1a 100.00 21.00, bk-25-cancellation 1a 50.00 10.50, bk-25-damage none 75.00 0.00,
bk-26-northern-ireland 3b 100.00 0.00, bk-26-service-to-northern-ireland none 100.00 0.00,
bk-27-crossing oss 100.00 21.00,
bk-28-sale 3a 100.00 0.00, bk-28-payout -, da-1.1-zero 1e 80.00 0.00, da-1.1-other-rate 1c 100.00 13.00,
da-1.1-reverse-charge 1e 1000.00 0.00, da-1.1-reverse-charge-abroad 3b 1000.00 0.00, da-1.1-eu-service 3b 250.00 0.00,
da-1.1-eu-service-delivered-here 3b 250.00 0.00, da-1.1-export 3a 300.00 0.00, da-1.1-export-advance -,
da-1.1-stock-abroad foreign 100.00 19.00, da-1.1-stock-abroad-to-business foreign 500.00 0.00,
da-1.1-distance 3c 100.00 20.00, da-1.3-oss-from-stock-abroad oss 100.00 21.00,
da-2.1 1a 41.28 8.67 1b 22.48 2.02, da-2.1-payment -, da-2.3-invoice 1a 200.00 42.00, da-2.3-rest 1a 500.00 105.00,
da-2.4-credit 1a -41.28 -8.67, da-2.4-refund -, da-2.8-sold -, da-2.8-redeemed 1a 50.00 10.50, da-2.9 1a 82.65 17.36,
da-2.10 1a -41.28 -8.67 1b -22.48 -2.02, da-2.10-other-rate 1a 90.08 18.92 1b -100.00 -9.00,
da-2.11-intra-eu 3b 500.00 0.00, da-2.11-oss oss 100.00 19.00, wf-5.1 1a 1000.00 210.00 1b 500.00 45.00,
wf-5.3 1a 55.00 11.55 1b 40.00 3.60, wf-5.4-paid -, wf-5.4-payout -, bex-8 1a 500.00 105.00 1b 20.00 1.80,
bex-9 1a 50000.00 10500.00 1b 14000.00 1260.00
"""
GERMAN = {"treatment": "distance", "rate": "19", "country": "DE", "account": "8026", "vat_account": "1507"}


@pytest.mark.parametrize("row", [row.split() for row in FORM.split(",")], ids=" ".join)
def test_each_treatment_at_a_rate_has_its_box(row: list[str]) -> None:
    treatment, rate, box = row
    assert (box_of(Treatment(treatment), Decimal(rate)) or "-") == box


def test_form_names_every_treatment() -> None:
    assert {Treatment(row.split()[0]) for row in FORM.split(",")} == set(Treatment)


def returned(case: str) -> str:
    sums: dict[str, list[int]] = {}
    for words, amounts in declared(CASES[case]().lines, book()).items():
        sums.setdefault(str(words.box or "none"), []).extend(amounts)
    told = sorted(
        (box, from_minor(sum(both[::2]), "EUR"), from_minor(sum(both[1::2]), "EUR"))
        for box, both in sums.items()
        if any(both)
    )
    return " ".join(" ".join(map(str, row)) for row in told) or "-"


@pytest.mark.parametrize("row", [" ".join(row.split()) for row in RETURN.split(",")])
def test_each_worked_case_comes_into_the_boxes_that_the_sheets_say(row: str) -> None:
    case, _, wanted = row.partition(" ")
    assert returned(case) == wanted


def test_every_worked_case_has_its_boxes() -> None:
    assert sorted(row.split()[0] for row in RETURN.split(",")) == sorted(CASES)


def test_booked_lines_tell_their_box() -> None:
    def boxes(case: str) -> set[object]:
        return {words.box for line in CASES[case]().lines if (words := vat_words(line))}

    assert boxes("da-2.1") == {"1a", "1b"}
    assert boxes("da-2.11-intra-eu") == {"3b"}
    assert boxes("da-2.11-oss") == {"oss"}
    assert boxes("bk-01-sale") == set(), "VAT not yet due is declared with the payment"
    assert boxes("bk-01-receipt") == {"1a"}
    assert boxes("bk-06-final") == {"1a"}, "the released prepayment is taken out of its own box"
    assert boxes("bk-06-voucher-redeemed") == set()


def test_registration_in_the_buyers_country_comes_before_the_one_stop_shop() -> None:
    sale = order(line("119.00", "19"), ship_to="DE", paid={"ideal": "119.00"})
    base, vat = one(sale, oss=None, vat=[*RULES["vat"], GERMAN]).lines[1:]
    assert (base.treatment, base.account, vat.account) == (Treatment.DISTANCE, "8026", "1507")
    assert vat_words(vat) == (Treatment.DISTANCE, Decimal(19), "DE", "")


def test_sale_of_the_one_stop_shop_tells_where_its_stock_lies() -> None:
    here, there = (CASES[case]().lines for case in ("da-2.11-oss", "da-1.3-oss-from-stock-abroad"))
    assert {vat_words(line) for line in here[1:]} == {(Treatment.OSS, Decimal(19), "DE", "")}
    assert {vat_words(line) for line in there[1:]} == {(Treatment.OSS, Decimal(21), "BE", "DE")}
    mixed = order(line("121.00"), shipping("12.10"), ship_from="DE", ship_to="BE", paid={"ideal": "133.10"})
    found = one(mixed, oss=dt.date(2026, 1, 1))
    assert {words for line in found.lines if (words := vat_words(line))} == {(Treatment.OSS, Decimal(21), "BE", "DE")}
    assert {line.account for line in found.lines} >= {"8025", "8090"}
    back = order(line("-121.00"), kind=DocumentKind.CREDIT_NOTE, ship_to="BE", paid={"ideal": "-121.00"})
    credit = one(back, more={"original": Original(lines=found.lines)}, oss=dt.date(2026, 1, 1))
    assert {words for line in credit.lines if (words := vat_words(line))} == {(Treatment.OSS, Decimal(21), "BE", "DE")}
