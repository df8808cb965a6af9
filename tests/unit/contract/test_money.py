from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boekbrug.contract import (
    MINOR_DIGITS,
    BadAmount,
    divide_half_up,
    from_minor,
    round_half_up,
    to_minor,
    vat_within,
)

minors = st.integers(min_value=-(10**13), max_value=10**13)
currencies = st.sampled_from(sorted(MINOR_DIGITS))
rates = st.decimals(min_value=0, max_value=100, places=3)


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [("20.125", "20.13"), ("-20.125", "-20.13"), ("20.124999", "20.12"), ("0.005", "0.01"), ("1.045", "1.05")],
)
def test_half_a_cent_goes_away_from_zero(amount: str, rounded: str) -> None:
    assert str(round_half_up(Decimal(amount))) == rounded


def test_rounding_to_whole_units() -> None:
    assert round_half_up(Decimal("2.5"), 0) == Decimal(3)
    assert round_half_up(Decimal("-2.5"), 0) == Decimal(-3)


@pytest.mark.parametrize(
    ("gross", "rate", "vat"),
    [
        (175, "21", 30),  # 30.37
        (199, "21", 35),  # 34.54: three lines of 1.99 hold 1.05
        (597, "21", 104),  # 103.61: their total holds 1.04
        (121_00, "21", 21_00),
        (109_00, "9", 9_00),
        (10_00, "9", 83),  # 82.57
        (4_90, "9", 40),  # 40.46
        (100_00, "13", 11_50),  # 1150.44
        (125_50, "25.5", 25_50),  # Finland: a rate with a fraction
        (121, "0", 0),
        (0, "21", 0),
        (121_000_000_000_01, "21", 21_000_000_000_00),
    ],
)
def test_vat_inside_a_gross_amount(gross: int, rate: str, vat: int) -> None:
    assert vat_within(gross, Decimal(rate)) == vat


def test_exact_half_of_a_cent_of_vat_goes_up() -> None:
    assert vat_within(3, Decimal(20)) == 1  # 0.5
    assert vat_within(-3, Decimal(20)) == -1


@given(minors, rates)
def test_vat_is_that_of_the_decimal_rule(gross: int, rate: Decimal) -> None:
    exact = Decimal(gross) * rate / (100 + rate)
    assert vat_within(gross, rate) == exact.quantize(Decimal(1), rounding=ROUND_HALF_UP)


@given(minors, rates)
def test_credit_note_mirrors_its_sale(gross: int, rate: Decimal) -> None:
    assert vat_within(-gross, rate) == -vat_within(gross, rate)


@given(st.integers(), st.integers(min_value=1))
def test_division_is_the_nearest_whole_and_half_goes_away_from_zero(numerator: int, denominator: int) -> None:
    over = 2 * (divide_half_up(numerator, denominator) * denominator - numerator)
    assert abs(over) <= denominator
    if abs(over) == denominator:
        assert (over > 0) == (numerator > 0)


@given(minors, currencies)
def test_minor_units_survive_both_ways(minor: int, currency: str) -> None:
    assert to_minor(from_minor(minor, currency), currency) == minor


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("12.10", "EUR", 12_10),
        ("12.1", "EUR", 12_10),
        ("-0.05", "EUR", -5),
        ("1E+2", "EUR", 100_00),
        ("500", "JPY", 500),
    ],
)
def test_amounts_become_minor_units(amount: str, currency: str, minor: int) -> None:
    assert to_minor(Decimal(amount), currency) == minor


@pytest.mark.parametrize(("amount", "currency"), [("12.105", "EUR"), ("0.001", "EUR"), ("1.5", "JPY")])
def test_fraction_of_a_minor_unit_is_refused(amount: str, currency: str) -> None:
    with pytest.raises(BadAmount) as told:
        to_minor(Decimal(amount), currency)
    assert told.value.facts == {"amount": amount, "currency": currency}


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-Infinity", "sNaN", "1E+999999", "1E-999999", "1E+16"])
def test_amount_that_is_no_number_is_refused(amount: str) -> None:
    with pytest.raises(BadAmount):
        to_minor(Decimal(amount))


@pytest.mark.parametrize("currency", ["XXX", "eur", ""])
def test_unknown_currency_is_refused(currency: str) -> None:
    with pytest.raises(BadAmount) as told:
        to_minor(Decimal(1), currency)
    assert told.value.facts == {"currency": currency}


def test_fraction_beyond_the_28_digits_of_decimal_arithmetic_is_seen() -> None:
    with pytest.raises(BadAmount):
        to_minor(Decimal("12.100000000000000000000000000000001"))
    assert to_minor(Decimal("12.100000000000000000000000000000000")) == 12_10


@pytest.mark.parametrize("zero", ["0", "-0", "0.000", "0E+99", "0E-99"])
def test_zero_is_zero_however_it_is_written(zero: str) -> None:
    assert to_minor(Decimal(zero)) == 0


def test_minor_units_show_the_digits_of_their_currency() -> None:
    assert str(from_minor(1210)) == "12.10"
    assert str(from_minor(500, "JPY")) == "500"
