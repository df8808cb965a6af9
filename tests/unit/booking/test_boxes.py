from decimal import Decimal

import pytest
from tests.unit.booking.cases import CASES, one
from tests.unit.booking.shop import RULES, line, order

from boekbrug.booking import box_of, vat_words
from boekbrug.contract import Treatment

#: written from the return's own form: treatment, rate, box
FORM = """
domestic 21 1a, domestic 19 1a, domestic 9 1b, domestic 6 1b, domestic 13 1c, zero 0 1e, reverse-charge 0 1e,
export 0 3a, intra-eu-goods 0 3b, intra-eu-service 0 3b, distance 19 3c, oss 21 oss, oss 9 oss, foreign 19 foreign,
margin 21 1a, margin 9 1b, margin 0 -, exempt 0 -, outside-scope 0 -, small-business 0 -, platform 0 -
"""
GERMAN = {"treatment": "distance", "rate": "19", "country": "DE", "account": "8026", "vat_account": "1507"}


@pytest.mark.parametrize("row", [row.split() for row in FORM.split(",")], ids=" ".join)
def test_each_treatment_at_a_rate_has_its_box(row: list[str]) -> None:
    treatment, rate, box = row
    assert (box_of(Treatment(treatment), Decimal(rate)) or "-") == box


def test_form_names_every_treatment() -> None:
    assert {Treatment(row.split()[0]) for row in FORM.split(",")} == set(Treatment)


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
    assert vat_words(vat) == (Treatment.DISTANCE, Decimal(19), "DE")
