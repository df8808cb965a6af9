"""Give lines in a foreign currency their euro amounts."""

import datetime as dt

from msgspec.structs import replace

from boekbrug.booking.composed import Evidence, Held, Item, Need, Rejected, Waiting
from boekbrug.contract import MINOR_DIGITS, DocumentKind, ExchangeRate, Line, Problem, Role, divide_half_up

#: roles of a payout's line on the suspense account that it clears
_MONEY = (Role.PAYMENT, Role.DEBTOR)

WITHOUT_RATE = 5
"""Most days in a row without a published rate: Good Friday to Easter Monday, or Christmas with a weekend."""


def rate_for(item: Item, day: dt.date, evidence: Evidence) -> ExchangeRate | Rejected | Waiting:
    """Return the rate stated with the document, a credit note's original rate, else the published one of the day.

    On days without a published rate the last one before counts.
    """
    document = item.document
    rate = document.rate
    if rate is None and item.original is not None and document.kind is DocumentKind.CREDIT_NOTE:
        rate = item.original.rate
    if rate is None and item.document.rate is None:
        rate = _published(document.currency, day, evidence)
    if rate is not None and rate.rate > 0:
        return rate
    if evidence.rates_coming and document.rate is None and not _is_known(day, evidence):
        return Waiting(f"exchange rate {document.currency} {day}", Need(currency=document.currency, day=day))
    facts = {"document": document.number, "currency": document.currency, "date": day.isoformat()}
    return Rejected((Problem(code="currency-without-rate", facts=facts),))


def _published(currency: str, day: dt.date, evidence: Evidence) -> ExchangeRate | None:
    of_day = evidence.rates.get((currency, day))
    if of_day is not None or not _is_known(day, evidence):
        return of_day
    earlier = (evidence.rates.get((currency, day - dt.timedelta(n))) for n in range(1, WITHOUT_RATE + 1))
    return next((rate for rate in earlier if rate is not None), None)


def _is_known(day: dt.date, evidence: Evidence) -> bool:
    known = evidence.rates_known
    return known is not None and known[0] + dt.timedelta(WITHOUT_RATE) <= day <= known[1]


def euro_lines(item: Item, lines: list[Line], rate: ExchangeRate, differences: str) -> list[Line] | Held:
    """Add euro cents to each line; a payment clears its sale, and a payout its payments, at what they stand at.

    The rest is exchange difference.
    """
    document, original, cleared = item.document, item.original, item.cleared
    if document.kind is DocumentKind.PAYOUT and cleared is not None and cleared.is_foreign:
        booked = [
            replace(line, euro_minor=-cleared.stood) if line.role in _MONEY else line
            for line in ineuro_of(lines, document.currency, rate)
        ]
        return _with_difference(booked, differences)
    if original is None or original.rate is None or document.kind is not DocumentKind.PAYMENT:
        return ineuro_of(lines, document.currency, rate)
    stood = ineuro_of(lines, document.currency, original.rate)
    booked = [
        replace(line, euro_minor=euro_of(line.minor, document.currency, rate)) if line.role is Role.PAYMENT else line
        for line in stood
    ]
    return _with_difference(booked, differences)


def _with_difference(lines: list[Line], account: str) -> list[Line] | Held:
    rest = sum(line.euro_minor or 0 for line in lines)
    if not rest:
        return lines
    if not account:
        return Held("choose an account for: exchange difference")
    # nothing moves in the currency itself
    return [*lines, Line(role=Role.OTHER, account=account, minor=0, euro_minor=-rest, why="exchange difference")]


def ineuro_of(lines: list[Line], currency: str, rate: ExchangeRate) -> list[Line]:
    """Add euro cents to each line at one rate; the remainder goes to the largest line that is not VAT."""
    euros = [euro_of(line.minor, currency, rate) for line in lines]
    largest = max(
        (place for place, line in enumerate(lines) if line.role is not Role.VAT),
        key=lambda place: abs(lines[place].minor),
    )
    euros[largest] -= sum(euros)
    return [replace(line, euro_minor=euro) for line, euro in zip(lines, euros, strict=True)]


def euro_of(minor: int, currency: str, rate: ExchangeRate) -> int:
    """Turn minor units of a currency into cents of euro, half a cent away from zero."""
    above, below = rate.rate.as_integer_ratio()
    scale = 10 ** (MINOR_DIGITS["EUR"] - MINOR_DIGITS[currency])
    return divide_half_up(minor * scale * below, above)
