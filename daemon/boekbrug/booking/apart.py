"""Lines that are booked in two parts: the profit on a margin sale, and a stay across the change of its rate."""

import datetime as dt
from decimal import Decimal
from typing import NamedTuple

from boekbrug.booking.compiled import CompiledRules, Posting
from boekbrug.booking.place import Misfit, Place
from boekbrug.contract import Document, DocumentLine, LineKind, divide_half_up, to_minor

#: first night on which lodging carries the standard rate (dutch-accounting.md §1.2)
LODGING_STANDARD_SINCE = dt.date(2026, 1, 1)
LODGING_REDUCED, LODGING_STANDARD = Decimal(9), Decimal(21)


class Part(NamedTuple):
    """What of a line goes to one posting, in gross minor units."""

    posting: Posting
    gross: int


def margin_parts(document: Document, line: DocumentLine, posting: Posting, book: CompiledRules) -> list[Part]:
    """Split a margin sale into profit and what the article cost; whole without a cost or a rate for profits.

    A loss has no VAT (bookkeeper.md §1.15). A credit note states the cost of what comes back.
    """
    gross, profit = to_minor(line.amount, document.currency), book.profit(line.kind)
    if profit is None or line.cost is None:
        return [Part(posting, gross)]
    margin = max(abs(gross) - abs(to_minor(line.cost, document.currency)), 0)
    signed = margin if gross > 0 else -margin
    return [part for part in (Part(profit, signed), Part(posting, gross - signed)) if part.gross]


def spans_new_year(document: Document, line: DocumentLine) -> bool:
    """Tell whether a stay without a rate of its own has nights on both sides of the change of 2026."""
    if line.kind is not LineKind.LODGING or line.vat_rate is not None or line.treatment is not None:
        return False
    first, last = stay(document, line)
    return first is not None and last is not None and first < LODGING_STANDARD_SINCE < last


def is_split_by_source(document: Document, line: DocumentLine) -> bool:
    """Tell whether a reduced line is a source's own share of a stay over New Year, the rest being at the new rate."""
    first, last = stay(document, line)
    if line.supply_to is not None or first is None or last is None or not first < LODGING_STANDARD_SINCE < last:
        return False
    return any(one.kind is LineKind.LODGING and one.vat_rate == LODGING_STANDARD for one in document.lines)


def stay(document: Document, line: DocumentLine) -> tuple[dt.date | None, dt.date | None]:
    """Return the days of arrival and departure of a line, its document's where it has none."""
    return line.supply_from or document.dates.supply_from, line.supply_to or document.dates.supply_to


def night_parts(document: Document, line: DocumentLine, book: CompiledRules, place: Place) -> list[Part] | Misfit:
    """Split a stay's price evenly over its nights: 9 % before New Year 2026, 21 % from then on."""
    first, last = stay(document, line)
    assert first is not None
    assert last is not None
    gross, nights = to_minor(line.amount, document.currency), (last - first).days
    before = divide_half_up(gross * (LODGING_STANDARD_SINCE - first).days, nights)
    parts = []
    for rate, amount in ((LODGING_REDUCED, before), (LODGING_STANDARD, gross - before)):
        found = book.resolve(place, line.kind, rate, None)
        if isinstance(found, Misfit):
            return found
        parts.append(Part(found, amount))
    return parts
