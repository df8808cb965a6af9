"""Amounts, rates and days among the facts of a problem, as readers of a language write them."""

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal

from babel.dates import format_date
from babel.numbers import format_decimal

AMOUNTS = frozenset(
    {
        "amount", "bases", "booked", "computed", "difference", "expected", "gross", "lines", "open", "paid", "rest",
        "sent", "sold", "sum", "total", "vat",
    }
)  # fmt: skip
DAYS = frozenset({"date", "through", "until"})
_AMOUNT, _RATE, _DAY = re.compile(r"-?\d{1,15}\.\d\d"), re.compile(r"\d{1,3}\.\d{1,3}"), re.compile(r"\d{4}-\d\d-\d\d")
AS_KEPT = "en"
"""The language in which facts are kept."""


def spoken(facts: Mapping[str, str], language: str) -> dict[str, str]:
    """Write the facts that are figures anew: 1.234,50 and 3 juli 2026; numbers of documents stay as they are."""
    return dict(facts) if language == AS_KEPT else {name: _said(name, text, language) for name, text in facts.items()}


def _said(name: str, text: str, language: str) -> str:
    if name in AMOUNTS and _AMOUNT.fullmatch(text):
        return format_decimal(Decimal(text), "#,##0.00", language)
    if name == "rate" and _RATE.fullmatch(text):
        return format_decimal(Decimal(text), "#,##0.###", language)
    if name in DAYS and _DAY.fullmatch(text):
        return _day(text, language)
    return text


def _day(text: str, language: str) -> str:
    try:
        return format_date(dt.date.fromisoformat(text), "long", language)
    except ValueError:
        return text
