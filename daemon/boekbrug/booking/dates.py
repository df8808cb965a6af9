"""Derive from a document's own dates when its VAT is due and which day's rate applies (bookkeeper.md §1.2).

The tax point decides the period; the rate date decides the rate; the order date is neither, and stands in for an
unknown payment date only where no period ends nearby.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Iterator
from decimal import Decimal

from boekbrug.booking.apart import LODGING_REDUCED, LODGING_STANDARD_SINCE, is_split_by_source
from boekbrug.booking.compiled import Posting
from boekbrug.booking.composed import Evidence, Item
from boekbrug.booking.periods import closed
from boekbrug.booking.rates import Span, had
from boekbrug.booking.rules import Rules, VatScheme
from boekbrug.contract import Document, DocumentKind, DocumentLine, LineKind, Problem, RefundCause, Treatment

#: days before and after the end of a VAT period within which an order date does not do as payment date
NEAR = 3


class DateUnclear(Exception):
    """The tax point cannot be told; a person has to say."""


def tax_point(item: Item, rules: Rules, evidence: Evidence) -> dt.date | None:
    """Return the shop-local day that decides the VAT period; raise DateUnclear; None when no date is known at all."""
    document = item.document
    dates = document.dates
    if document.kind is DocumentKind.RECEIPT:
        return dates.business or _trading_day(item, rules, evidence)
    if document.kind is DocumentKind.CREDIT_NOTE:
        return _day_of_error(item, evidence) or _credited(document, rules, evidence)
    paid = _paid(item, evidence)
    if rules.vat_scheme is VatScheme.CASH and paid is not None:
        return paid
    known = dates.invoiced if paid is None else paid if dates.invoiced is None else min(paid, dates.invoiced)
    return known or dates.supply_to or dates.supply_from or _ordered(item, rules, evidence)


def _trading_day(item: Item, rules: Rules, evidence: Evidence) -> dt.date | None:
    """Return the unit's day of a till sale: until the cut-off hour it is still yesterday."""
    moment = item.document.dates.paid or item.document.dates.ordered
    if moment is None:
        return item.document.dates.invoiced
    local = moment.astimezone(evidence.zone)
    return local.date() - dt.timedelta(local.hour < rules.day_ends_at)


def payment_day(document: Document, evidence: Evidence) -> dt.date | None:
    """Return the shop-local day on which money moved."""
    dates = document.dates
    moment = dates.paid or dates.refunded
    if moment is None:
        moment = max((tender.at for tender in document.tenders if tender.at is not None), default=dates.ordered)
    return dates.business if moment is None else moment.astimezone(evidence.zone).date()


def _paid(item: Item, evidence: Evidence) -> dt.date | None:
    dates = item.document.dates
    if dates.paid is not None:
        return dates.paid.astimezone(evidence.zone).date()
    moments = [tender.at for tender in item.document.tenders if tender.at is not None]
    if moments:
        return max(moments).astimezone(evidence.zone).date()
    return item.seen_paid


def _day_of_error(item: Item, evidence: Evidence) -> dt.date | None:
    """Return the day of a sale whose invoice was wrong, while its period can still have the correction (§1.12).

    Afterwards the credit counts on its own day, and the supplementary list names it. A return always does.
    """
    original = item.original
    if item.document.refund_cause is not RefundCause.ERROR or original is None or original.date is None:
        return None
    return None if closed(original.date, evidence) else original.date


def _credited(document: Document, rules: Rules, evidence: Evidence) -> dt.date | None:
    dates = document.dates
    refunded = dates.refunded or dates.paid
    if refunded is not None and (rules.vat_scheme is VatScheme.CASH or dates.invoiced is None):
        return refunded.astimezone(evidence.zone).date()
    ordered = None if dates.ordered is None else dates.ordered.astimezone(evidence.zone).date()
    return dates.invoiced or dates.business or ordered


def _ordered(item: Item, rules: Rules, evidence: Evidence) -> dt.date | None:
    ordered = item.document.dates.ordered
    if ordered is None:
        return None
    day = ordered.astimezone(evidence.zone).date()
    if item.document.kind is DocumentKind.ORDER and rules.payment_date_unknown == "ask" and near_period_end(day, rules):
        raise DateUnclear
    return day


def near_period_end(day: dt.date, rules: Rules) -> bool:
    """Tell whether a VAT period ends within three days of a day, to either side."""
    return period_end(day, rules) - day < dt.timedelta(NEAR) or period_end(day, rules) != period_end(
        day - dt.timedelta(NEAR), rules
    )


def period_end(day: dt.date, rules: Rules) -> dt.date:
    """Return the last day of the VAT period that a day lies in; a quarter where the period is not known yet."""
    months = {"month": 1, "quarter": 3, "year": 12}[rules.filing_period or "quarter"]
    last = (day.month - 1) // months * months + months
    return dt.date(day.year + last // 12, last % 12 + 1, 1) - dt.timedelta(1)


def rate_date(document: Document, line: DocumentLine, day: dt.date) -> dt.date:
    """Return the day whose VAT rates apply to a line: that of supply or stay, whatever the payment says."""
    dates = document.dates
    return line.supply_to or line.supply_from or dates.supply_to or dates.supply_from or day


_LODGING = LineKind.LODGING


def rate_fault(document: Document, day: dt.date, bases: Iterable[tuple[Posting, str]], faults: list[Problem]) -> None:
    """Add a problem for each rate that its country did not have on the day of supply, and for stays at a former one."""
    for line in document.lines:
        if line.kind is _LODGING and line.vat_rate == LODGING_REDUCED and not is_split_by_source(document, line):
            stay = rate_date(document, line, day)
            nights_before = line.supply_to is not None or document.dates.supply_to is not None
            if stay > LODGING_STANDARD_SINCE or (stay == LODGING_STANDARD_SINCE and not nights_before):
                facts = {"document": document.number, "line": line.text, "date": stay.isoformat()}
                faults.append(Problem(code="lodging-rate", facts=facts))
    for posting, _ in bases:
        if posting.spans is not None:
            _not_in_force(document, day, posting, posting.spans, faults)


def union_day(document: Document, day: dt.date, treatments: Collection[Treatment], rules: Rules) -> dt.date:
    """Return the day on which a supply to a business in the Union is declared, whenever it is paid.

    Of goods that of the invoice, at the latest the 15th of the month after supply (bookkeeper.md §1.3); of services
    that of supply (dutch-accounting.md §1.4). A credit note has its own day, that of an error the day found for it.
    """
    dates = document.dates
    if document.kind is DocumentKind.CREDIT_NOTE:
        return day if document.refund_cause is RefundCause.ERROR else dates.invoiced or day
    supplied = max((one for one in _supplied(document) if one is not None), default=None)
    if Treatment.INTRA_EU_GOODS not in treatments:
        return supplied or dates.invoiced or day
    if supplied is None:
        return dates.invoiced or day
    following = (supplied.replace(day=1) + dt.timedelta(31)).replace(day=15)
    declared = dates.invoiced or max(supplied, day)
    return min(declared, following) if rules.union_by_fifteenth else declared


def _supplied(document: Document) -> Iterator[dt.date | None]:
    yield document.dates.supply_to or document.dates.supply_from
    for line in document.lines:
        yield line.supply_to or line.supply_from


def _not_in_force(
    document: Document, day: dt.date, posting: Posting, spans: tuple[Span, ...], faults: list[Problem]
) -> None:
    rate = Decimal(posting.parts) / 1000
    days = {rate_date(document, line, day) for line in document.lines if line.vat_rate == rate}
    for wrong in sorted(one for one in days if not had(spans, one)):
        facts = {
            "document": document.number,
            "rate": str(rate),
            "country": "NL" if posting.treatment is Treatment.DOMESTIC else posting.country,
            "date": wrong.isoformat(),
        }
        faults.append(Problem(code="rate-not-in-force", facts=facts))
