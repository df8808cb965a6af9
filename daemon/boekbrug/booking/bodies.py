"""Compose the balanced lines that one document stands for, whichever entry they end up in."""

import datetime as dt
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from boekbrug.booking.compiled import CompiledRules
from boekbrug.booking.composed import BeforeStart, Composed, Evidence, Held, Item, Open, Rejected, Skipped, Waiting
from boekbrug.booking.credit import amount_only_lines, keep_remainder, mirrored_postings
from boekbrug.booking.dates import DateUnclear, period_end, rate_fault, tax_point, union_day
from boekbrug.booking.distance import over_threshold
from boekbrug.booking.header import Body, booked_on, booking_number, on_closed_day, other_currency
from boekbrug.booking.money_in import money_lines, rounding_cap
from boekbrug.booking.movements import till_body
from boekbrug.booking.payment import payment_body
from boekbrug.booking.payout import payout_body
from boekbrug.booking.periods import INTRA_EU, on_chosen, return_filed
from boekbrug.booking.place import Place, Standing, place_of
from boekbrug.booking.proofs import unproven
from boekbrug.booking.rules import LEDGER_MODES, VatScheme
from boekbrug.booking.sides import sale_lines
from boekbrug.booking.sums import Sums, check_total_vat, sum_lines
from boekbrug.contract import (
    MINOR_DIGITS,
    SALE_KINDS,
    BadAmount,
    Document,
    DocumentKind,
    EntryKind,
    Line,
    Problem,
    Readiness,
    Role,
    from_minor,
    to_minor,
)


def body_of(item: Item, book: CompiledRules, evidence: Evidence) -> Body | Composed:
    """Return a document's balanced lines with their day, or the reason why it has none."""
    document = item.document
    reason = _not_to_be_booked(item, book)
    if reason is not None:
        return reason
    body = _BODIES.get(document.kind)
    try:
        if body is None:
            return Held("not in this mode")
        found = body(item, book, evidence)
        return _in_its_return(item, found, evidence) if isinstance(found, Body) else found
    except TypeError:
        if not any(line.vat_rate is not None and line.vat_rate.is_snan() for line in document.lines):
            raise
        # the one number that cannot even be looked up
        return _bad_amount(document)
    except (BadAmount, ArithmeticError, ValueError):
        return _bad_amount(document)


def _in_its_return(item: Item, body: Body, evidence: Evidence) -> Body | Held:
    """Hold what belongs in a return of its own that is filed, unless a person chose another day for it."""
    filed = return_filed(body.date, body.lines, evidence)
    if not filed:
        return body
    if item.book_on is None:
        return on_closed_day(item.document, body.date, filed)
    reason = on_chosen(body.date, item.book_on, body.lines, evidence)
    return on_closed_day(item.document, body.date, reason) if reason else body._replace(date=item.book_on)


def _bad_amount(document: Document) -> Rejected:
    facts = {"amount": str(document.total), "currency": document.currency}
    return Rejected((Problem(code="bad-amount", facts=facts),))


def _not_to_be_booked(item: Item, book: CompiledRules) -> Composed | None:
    document, rules = item.document, book.rules
    if document.readiness is not Readiness.READY:
        void = document.readiness is Readiness.VOID
        return Skipped(f"void: {document.status}") if void else Open(document.status)
    if rules.mode in LEDGER_MODES and document.kind is not DocumentKind.LEDGER_MOVEMENT:
        return Skipped("this licence books the source's own ledger")
    if document.kind in SALE_KINDS:
        basis = item.booked_as or rules.basis
        if document.kind is not basis:
            return Skipped(f"booked as {basis}" if item.booked_as else f"this licence books each {basis}")
    if document.problems:
        return Rejected(document.problems)
    if document.currency not in MINOR_DIGITS:
        facts = {"document": document.number, "currency": document.currency}
        return Rejected((Problem(code="currency-unknown", facts=facts),))
    return None


def _sale_body(item: Item, book: CompiledRules, evidence: Evidence) -> Body | Composed:
    document = item.document
    try:
        due = tax_point(item, book.rules, evidence)
    except DateUnclear:
        return Held("payment date unknown near the end of a VAT period")
    # a supply to a business in the Union has a day of its own, known once its lines are
    later = due is not None and document.buyer is not None and document.buyer.vat_id != ""
    day = due if later else booked_on(item, due, book, evidence)
    if not isinstance(day, dt.date) or due is None:
        return BeforeStart() if day is None or isinstance(day, dt.date) else day
    ready = _with_original(item)
    return _summed(ready, due, None if later else day, book, evidence) if isinstance(ready, Item) else ready


def _with_original(item: Item) -> Item | Composed:
    """Return a sale or credit with its lines, once all it refers to stands in the books."""
    document = item.document
    if item.original_pending or item.prepaid_pending:
        return Waiting("original" if item.original_pending else "advance")
    if item.original is not None and item.original.currency != document.currency:
        return other_currency(document, item.original)
    return _without_lines(item) if not document.lines and document.total else item


def _summed(item: Item, due: dt.date, day: dt.date | None, book: CompiledRules, evidence: Evidence) -> Body | Composed:
    """Book the sums of a sale; its day is None where its lines decide when it is declared."""
    place = place_of(item.document, book.rules.country, oss=book.rules.oss_on(due))
    if item.original is None:
        sums = sum_lines(item.document, book, place)
    else:
        sums = sum_lines(item.document, book, place, mirrored_postings(item.document, item.original, book))
        keep_remainder(sums, item.original)
    check_total_vat(item.document, sums)
    declared = due if day is not None else _declared_on(item.document, due, sums, book)
    if isinstance(declared, Held):
        return declared
    booked = day or booked_on(item, declared, book, evidence)
    if not isinstance(booked, dt.date):
        return booked
    rate_fault(item.document, declared, sums.bases, sums.faults)
    # a consumer's purchase that stays where it was sold is neither intra-EU nor sold at a distance
    stays = place.origin == place.destination and place.standing is not Standing.FOREIGN_ID
    unfit = None if stays else _not_allowed(item, declared, place, sums, book, evidence)
    return unfit or _balanced(item, booked, sums, book)


def _declared_on(document: Document, day: dt.date, sums: Sums, book: CompiledRules) -> dt.date | Held:
    """Return the day on which a sale is declared: where it is a supply within the Union, that of its invoice."""
    treatments = {posting.treatment for posting, _ in sums.bases}
    if treatments.isdisjoint(INTRA_EU):
        return day
    moved = union_day(document, day, treatments, book.rules)
    if not any(posting.parts for posting, _ in sums.bases):
        return moved
    if period_end(moved, book.rules) != period_end(day, book.rules):
        return Held("supplies with and without VAT fall in different VAT periods")
    return day


def _not_allowed(
    item: Item, day: dt.date, place: Place, sums: Sums, book: CompiledRules, evidence: Evidence
) -> Composed | None:
    """Say why a sale may not have the treatment that it has; a credit has that of its sale."""
    if item.original is not None or sums.faults:
        return None
    over_threshold(item.document, day, sums, evidence)
    return unproven(item.document, day, place, sums, book, evidence)


def _without_lines(item: Item) -> Item | Composed:
    document = item.document
    if document.kind is not DocumentKind.CREDIT_NOTE:
        return Rejected((Problem(code="lines-missing", facts={"document": document.number}),))
    lines = () if item.original is None else amount_only_lines(document, item.original)
    if not lines:
        return Held("choose the lines that this refund is for")
    return replace(item, document=replace(document, lines=lines))


def _balanced(item: Item, day: dt.date, sums: Sums, book: CompiledRules) -> Body | Composed:
    document = item.document
    total = to_minor(document.total, document.currency)
    received = money_lines(item, total, booking_number(document, book), book, sums)
    rounding = received.rounding + sums.gross - total
    if rounding and abs(rounding) > rounding_cap(document, book) and not sums.faults:
        sums.faults.append(_unequal(document, sums.gross))
    if sums.faults:
        return Rejected(tuple(sums.faults))
    if document.kind is DocumentKind.ORDER and received.open_minor and book.rules.vat_scheme is VatScheme.INVOICE:
        return Rejected((_without_invoice(document, received.open_minor),))
    lines = sale_lines(received, rounding, sums, book)
    if not lines:
        return Skipped("nothing to book")
    kind, journal = EntryKind.SALES, ""
    if book.rules.paid_sales == "cash" and _is_paid(lines):
        kind, journal = EntryKind.CASH, _cash_journal(document, book)
    return Body(kind, day, lines, "sale", journal, tuple(sums.warnings))


def _is_paid(lines: Sequence[Line]) -> bool:
    roles = {line.role for line in lines}
    return Role.PAYMENT in roles and Role.DEBTOR not in roles


def _cash_journal(document: Document, book: CompiledRules) -> str:
    means = (book.means_of(tender.method, document.currency) for tender in document.tenders)
    return next((one.journal for one in means if one is not None and one.journal), "")


def _without_invoice(document: Document, owed: int) -> Problem:
    """Refuse an unpaid order under the invoice scheme: only its invoice says when the VAT is due (§1.13)."""
    facts = {"document": document.number, "open": str(from_minor(owed, document.currency))}
    return Problem(code="order-without-invoice", facts=facts)


def _unequal(document: Document, gross: int) -> Problem:
    lines = str(from_minor(gross, document.currency))
    return Problem(
        code="lines-differ-from-total",
        facts={"document": document.number, "lines": lines, "total": str(document.total)},
    )


_BODIES: dict[DocumentKind, Callable[[Item, CompiledRules, Evidence], Body | Composed]] = {
    DocumentKind.ORDER: _sale_body,
    DocumentKind.INVOICE: _sale_body,
    DocumentKind.RECEIPT: _sale_body,
    DocumentKind.CREDIT_NOTE: _sale_body,
    DocumentKind.PAYMENT: payment_body,
    DocumentKind.PAYOUT: payout_body,
    DocumentKind.TILL_MOVEMENT: till_body,
}
