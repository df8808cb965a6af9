"""Money at the edges: Decimal amounts outside, integer minor units inside, never a float."""

from decimal import ROUND_HALF_UP, Context, Decimal, Inexact, InvalidOperation, Overflow

import msgspec

from boekbrug.contract.errors import BadAmount

MINOR_DIGITS = {
    "AUD": 2, "BGN": 2, "BRL": 2, "CAD": 2, "CHF": 2, "CNY": 2, "CZK": 2, "DKK": 2, "EUR": 2, "GBP": 2, "HKD": 2,
    "HUF": 2, "IDR": 2, "ILS": 2, "INR": 2, "ISK": 0, "JPY": 0, "KRW": 0, "MXN": 2, "MYR": 2, "NOK": 2, "NZD": 2,
    "PHP": 2, "PLN": 2, "RON": 2, "SEK": 2, "SGD": 2, "THB": 2, "TRY": 2, "USD": 2, "ZAR": 2,
}  # fmt: skip
"""Digits after the point per ISO 4217 code: the euro and the currencies with an ECB reference rate."""

MINOR_SCALES = {currency: Decimal(1).scaleb(digits) for currency, digits in MINOR_DIGITS.items()}
"""What an amount is multiplied with to become minor units, per currency."""

# 18 digits of minor units fit an integer of the database; a larger exponent is an attack on memory, not a price
_exactly = Context(prec=28, Emax=17, Emin=-17, traps=[Inexact, InvalidOperation, Overflow]).multiply


class ExchangeRate(msgspec.Struct, frozen=True, kw_only=True):
    """Units of foreign currency for one euro, with where and when the rate was published."""

    rate: Decimal
    source: str
    date: str


def to_minor(amount: Decimal, currency: str = "EUR") -> int:
    """Turn an amount into integer minor units.

    Raise BadAmount for a fraction of a minor unit, an unknown currency, and what is no amount at all: not a number,
    infinite, or longer than an integer of the database.
    """
    scale = MINOR_SCALES.get(currency)
    if scale is None:
        raise BadAmount(currency=currency)
    try:
        exact = _exactly(amount, scale)
        minor = int(exact)
    except (ArithmeticError, ValueError):
        raise BadAmount(amount=str(amount), currency=currency) from None
    if minor != exact:
        raise BadAmount(amount=str(amount), currency=currency)
    return minor


def from_minor(minor: int, currency: str = "EUR") -> Decimal:
    """Turn integer minor units into an amount with the currency's digits."""
    return Decimal(minor).scaleb(-MINOR_DIGITS[currency])


def round_half_up(amount: Decimal, digits: int = 2) -> Decimal:
    """Round as the Dutch VAT rules ask: half a cent goes away from zero (dutch-accounting.md §1.5)."""
    return amount.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)


def divide_half_up(numerator: int, denominator: int) -> int:
    """Divide two integers, rounding half away from zero; the denominator is positive."""
    quotient, remainder = divmod(abs(numerator), denominator)
    rounded = quotient + (2 * remainder >= denominator)
    return rounded if numerator >= 0 else -rounded


def vat_within(gross: int, rate: Decimal) -> int:
    """Return the VAT inside a gross amount, both in minor units, at a rate in percent."""
    parts = int(rate * 1000)
    return divide_half_up(gross * parts, 100_000 + parts)
