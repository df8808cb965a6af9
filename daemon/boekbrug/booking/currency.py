"""Give lines in a foreign currency their euro amounts."""

import datetime as dt

from msgspec.structs import replace

from boekbrug.booking.composed import Evidence, Item, Rejected, Waiting
from boekbrug.contract import MINOR_DIGITS, DocumentKind, ExchangeRate, Line, Problem, Role, divide_half_up


def rate_for(item: Item, day: dt.date, evidence: Evidence) -> ExchangeRate | Rejected | Waiting:
    """Return the rate stated with the document, a credit note's original rate, else the published one of the day."""
    document = item.document
    rate = document.rate
    if rate is None and item.original is not None and document.kind is DocumentKind.CREDIT_NOTE:
        rate = item.original.rate
    rate = rate or evidence.rates.get((document.currency, day))
    if rate is not None and rate.rate > 0:
        return rate
    if evidence.rates_coming and document.rate is None:
        return Waiting(f"exchange rate {document.currency} {day}")
    facts = {"document": document.number, "currency": document.currency, "date": day.isoformat()}
    return Rejected((Problem(code="currency-without-rate", facts=facts),))


def euro_lines(item: Item, lines: list[Line], rate: ExchangeRate, differences: str) -> list[Line]:
    """Add euro cents to each line; a payment clears its sale at the sale's rate, the rest is exchange difference."""
    currency, original = item.document.currency, item.original
    if original is None or original.rate is None or item.document.kind is not DocumentKind.PAYMENT:
        return in_euro(lines, currency, rate)
    money = [line for line in lines if line.role is Role.PAYMENT]
    received = {id(line): _euro(line.minor, currency, rate) for line in money}
    stood = in_euro(lines, currency, original.rate)
    booked = [
        replace(euro, euro_minor=received.get(id(line), euro.euro_minor))
        for line, euro in zip(lines, stood, strict=True)
    ]
    rest = sum(line.euro_minor or 0 for line in booked)
    if rest:
        # nothing moves in the currency itself
        why = "exchange difference"
        booked.append(Line(role=Role.OTHER, account=differences, minor=0, euro_minor=-rest, why=why))
    return booked


def in_euro(lines: list[Line], currency: str, rate: ExchangeRate) -> list[Line]:
    """Add euro cents to each line at one rate; the remainder goes to the largest line that is not VAT."""
    euros = [_euro(line.minor, currency, rate) for line in lines]
    largest = max(
        (place for place, line in enumerate(lines) if line.role is not Role.VAT),
        key=lambda place: abs(lines[place].minor),
    )
    euros[largest] -= sum(euros)
    return [replace(line, euro_minor=euro) for line, euro in zip(lines, euros, strict=True)]


def _euro(minor: int, currency: str, rate: ExchangeRate) -> int:
    above, below = rate.rate.as_integer_ratio()
    scale = 10 ** (MINOR_DIGITS["EUR"] - MINOR_DIGITS[currency])
    return divide_half_up(minor * scale * below, above)
