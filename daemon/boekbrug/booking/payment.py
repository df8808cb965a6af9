"""Book money that came in or went out for a sale, apart from the tenders stated with it."""

import datetime as dt

from boekbrug.booking.advances import held_in_advance, release, total_held
from boekbrug.booking.compiled import CompiledRules
from boekbrug.booking.composed import Composed, Evidence, Held, Item, Original, Rejected, Waiting
from boekbrug.booking.dates import payment_day, rate_fault
from boekbrug.booking.header import Body, booked_on, other_currency
from boekbrug.booking.money_in import OPEN_ITEM
from boekbrug.booking.place import place_of
from boekbrug.booking.sides import NOT_DUE, add_base
from boekbrug.booking.sums import portion, shares_of, sum_lines, vat_inside
from boekbrug.contract import Document, EntryKind, Line, Problem, Readiness, Role, from_minor, to_minor


def payment_body(item: Item, book: CompiledRules, evidence: Evidence) -> Body | Composed:
    """Book a payment against the open item of its sale; under the cash scheme its VAT becomes due with it."""
    document = item.document
    day = booked_on(item, payment_day(document, evidence), book, evidence)
    if not isinstance(day, dt.date):
        return day
    if item.original_pending:
        return Waiting("sale")
    if not document.tenders and item.original is not None and document.total < 0:
        return Held("choose how this refund was paid back")
    lines, journal, problem = _money(document, book)
    if problem is not None:
        return Rejected((problem,))
    if item.original is None:
        return _prepayment(item, Body(EntryKind.CASH, day, lines, "prepayment", journal), book)
    return _clearing(document, item.original, Body(EntryKind.CASH, day, lines, "payment", journal), book)


def _clearing(document: Document, original: Original, body: Body, book: CompiledRules) -> Body | Rejected:
    """Put a payment against what its sale still owes."""
    if original.currency != document.currency:
        return other_currency(document, original)
    amount, owed = sum(line.minor for line in body.lines), owed_of(original)
    if not _fits(amount, owed):
        return _exceeds(document, owed)
    debtor, reference = _debtor(original, book), original.number or document.number
    body.lines.append(Line(role=Role.DEBTOR, account=debtor, minor=-amount, reference=reference, why=OPEN_ITEM))
    release_vat(body.lines, original, amount, owed, book)
    return body


def _prepayment(item: Item, body: Body, book: CompiledRules) -> Body | Composed:
    """Book money received before the invoice, or turn it back."""
    sale, amount = item.sale, sum(line.minor for line in body.lines)
    reason = _not_in_advance(item, amount, book)
    if sale is None or reason:
        return Held(reason)
    if amount > 0 or not item.prepaid:
        return _in_advance(sale, amount, body, book)
    return Waiting("advance") if item.prepaid_pending else _refunded_before_invoice(item, body, amount)


def _not_in_advance(item: Item, amount: int, book: CompiledRules) -> str:
    sale = item.sale
    if sale is None:
        return "the sale of this payment is not booked here"
    if not book.rules.received_in_advance:
        return "choose an account for money received in advance"
    if item.document.currency != "EUR" or sale.currency != "EUR":
        return "an advance in another currency is booked by hand"
    return "the sale of this payment was cancelled" if sale.readiness is Readiness.VOID and amount > 0 else ""


def _in_advance(sale: Document, amount: int, body: Body, book: CompiledRules) -> Body | Composed:
    """Divide an advance over the rates of the sale pro rata: VAT is due with it (bookkeeper.md §1.6)."""
    sums = sum_lines(sale, book, place_of(sale, book.rules.country, oss=book.rules.oss_on(body.date)))
    rate_fault(sale, body.date, sums.bases, sums.faults)
    if sums.faults or not sums.gross:
        return Rejected(tuple(sums.faults)) if sums.faults else Held("the sale of this prepayment has no amount")
    shares = shares_of(amount, [base[0] for base in sums.bases.values()], sums.gross)
    for (posting, centre), share in zip(sums.bases, shares, strict=True):
        add_base(body.lines, book.advance(posting), centre, share, vat_inside(share, posting.parts))
    return body


def _refunded_before_invoice(item: Item, body: Body, amount: int) -> Body | Rejected:
    """Turn a prepayment back on the accounts and codes that it was booked on (bookkeeper.md §1.20)."""
    held = held_in_advance(item.prepaid)
    whole = total_held(held)
    if -amount > whole:
        return _exceeds(item.document, -whole)
    body.lines.extend(release(held, -amount, whole, len(body.lines)))
    return body


def _exceeds(document: Document, owed: int) -> Rejected:
    facts = {"document": document.number, "paid": str(document.total), "open": str(from_minor(owed, document.currency))}
    return Rejected((Problem(code="payment-exceeds-open", facts=facts),))


def _money(document: Document, book: CompiledRules) -> tuple[list[Line], str, Problem | None]:
    lines: list[Line] = []
    journal = ""
    for tender in document.tenders:
        means = book.means_of(tender.method, document.currency)
        if means is None or means.internal:
            facts = {"document": document.number, "method": tender.method}
            return [], "", Problem(code="payment-method-unmapped", facts=facts)
        minor = to_minor(tender.amount, document.currency)
        journal = journal or means.journal
        lines.append(Line(role=means.role, account=means.account, minor=minor, reference=tender.id, why=means.why))
    if sum(line.minor for line in lines) != to_minor(document.total, document.currency) or not lines:
        facts = {"document": document.number, "total": str(document.total)}
        return [], "", Problem(code="payment-differs-from-tenders", facts=facts)
    return lines, journal, None


def owed_of(original: Original) -> int:
    """Return what a sale still owes on its open item, in minor units; what a provider owes for it is no part of it."""
    return sum(line.minor for line in original.lines + original.later if line.why == OPEN_ITEM)


def _fits(amount: int, owed: int) -> bool:
    return abs(amount) <= abs(owed) and (amount > 0) == (owed > 0)


def _debtor(original: Original, book: CompiledRules) -> str:
    return next((line.account for line in original.lines if line.why == OPEN_ITEM), book.rules.debtor)


def release_vat(lines: list[Line], original: Original, amount: int, owed: int, book: CompiledRules) -> None:
    """Add the lines by which VAT of the sale becomes due, in proportion; the last payment takes what is left."""
    for (why, centre), (account, base, vat) in _pending(original, book.rules.vat_not_due).items():
        posting = book.named(why.removeprefix(NOT_DUE))
        assert posting is not None, "rules that lost a rate are refused before a payment is composed"
        base_share = base if amount == owed else portion(base, amount, owed)
        vat_share = vat if amount == owed else portion(vat, amount, owed)
        if base_share or vat_share:
            lines.append(Line(role=Role.OTHER, account=account, minor=-base_share, cost_centre=centre, why=why))
            lines.append(
                Line(role=Role.OTHER, account=book.rules.vat_not_due, minor=-vat_share, cost_centre=centre, why=why)
            )
            add_base(lines, posting, centre, -base_share - vat_share, -vat_share)


def _pending(original: Original, not_due: str) -> dict[tuple[str, str], tuple[str, int, int]]:
    pending: dict[tuple[str, str], tuple[str, int, int]] = {}
    for line in original.lines + original.later:
        if not line.why.startswith(NOT_DUE):
            continue
        key = line.why, line.cost_centre
        account, base, vat = pending.get(key, ("", 0, 0))
        is_vat = line.account == not_due
        pending[key] = (account, base, vat + line.minor) if is_vat else (line.account, base + line.minor, vat)
    return pending
