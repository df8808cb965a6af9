"""Amounts, countries and moments as rows write them, checked and never guessed."""

import datetime as dt
import re
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from boekbrug_files.faults import RowFault
from boekbrug_files.rows import AMOUNT_PATTERN, COUNTRY_PATTERN, CURRENCY_PATTERN, FRACTION_PATTERN

_is_amount = re.compile(AMOUNT_PATTERN).fullmatch
_is_fraction = re.compile(FRACTION_PATTERN).fullmatch
_is_country = re.compile(COUNTRY_PATTERN).fullmatch
_is_currency = re.compile(CURRENCY_PATTERN).fullmatch
#: outside these a date is a typing error, and arithmetic near the ends of the calendar overflows
_YEARS = range(1900, 3000)


_PRICES_KEPT = 32_768


class _Prices(dict[str | int, Decimal]):
    """Prices met before: those of a shop repeat, and finding one costs a tenth of checking and converting it."""

    def __missing__(self, value: str | int) -> Decimal:
        price = amount(value, "")
        if len(self) == _PRICES_KEPT:
            self.clear()
        self[value] = price
        return price


class UncertainMoment(Exception):
    """A wall-clock time that happened twice or not at all on that day."""


def amount(value: str | int, field: str) -> Decimal:
    """Return an amount of at most two decimals; raise RowFault."""
    if isinstance(value, int) or _is_amount(value):
        return Decimal(value)
    raise RowFault("files-amount", field=field, value=str(value))


def price(value: str | int, field: str) -> Decimal:
    """Return an amount that is likely to come again; raise RowFault."""
    try:
        return _prices[value]
    except RowFault as fault:
        fault.facts["field"] = field
        raise


@lru_cache(maxsize=4096)
def fraction(value: str | int, field: str) -> Decimal:
    """Return a rate or quantity; raise RowFault. Files hold few different ones."""
    if isinstance(value, int) or _is_fraction(value):
        return Decimal(value)
    raise RowFault("files-amount", field=field, value=str(value))


@lru_cache(maxsize=512)
def country(code: str, field: str) -> str:
    """Return an ISO 3166 alpha-2 code or nothing; raise RowFault."""
    if _is_country(code):
        return code
    raise RowFault("files-wrong-value", field=field, detail=f"{code!r}; ISO 3166 alpha-2, NL")


@lru_cache(maxsize=64)
def currency(code: str) -> str:
    """Return what is written like an ISO 4217 code; raise RowFault. Whether it exists is the books' question."""
    if _is_currency(code):
        return code
    raise RowFault("files-wrong-value", field="currency", detail=f"{code!r}; ISO 4217, EUR")


def day(value: dt.date, field: str) -> dt.date:
    """Return a calendar day of a plausible year; raise RowFault."""
    if value.year in _YEARS:
        return value
    raise RowFault("files-moment", field=field, value=value.isoformat())


def moment(text: str, field: str, zone: ZoneInfo) -> dt.datetime:
    """Return an aware moment; without offset it is wall-clock time of the zone; raise RowFault or UncertainMoment."""
    at = _parsed(text)
    if at is None or at.year not in _YEARS:
        raise RowFault("files-moment", field=field, value=text)
    return at if at.tzinfo is not None else _on_the_wall(at, zone)


def _parsed(text: str) -> dt.datetime | None:
    if text[4:5] != "-" or text[7:8] != "-":  # fromisoformat also takes weeks and dates without dashes
        return None
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        return None


def _on_the_wall(naive: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    first = naive.replace(tzinfo=zone).utcoffset()
    second = naive.replace(tzinfo=zone, fold=1).utcoffset()
    if first is None or first != second:
        raise UncertainMoment
    return naive.replace(tzinfo=dt.timezone(first))


_prices = _Prices()
