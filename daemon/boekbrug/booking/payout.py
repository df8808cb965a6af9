"""Book what a payment provider paid out: the suspense account is cleared gross, the fees are a cost of their own."""

import datetime as dt
from collections.abc import Iterator

from boekbrug.booking.compiled import CompiledRules, Means
from boekbrug.booking.composed import Composed, Evidence, Held, Item, Rejected, Skipped, Waiting
from boekbrug.booking.dates import payment_day
from boekbrug.booking.header import Body, booked_on
from boekbrug.contract import Document, EntryKind, Line, Payout, Problem, Role, from_minor, to_minor


def payout_body(item: Item, book: CompiledRules, evidence: Evidence) -> Body | Composed:
    """Clear a payout's gross amount from the suspense account of its method (bookkeeper.md §1.7, §1.14)."""
    document, payout = item.document, item.document.payout
    booked_by = book.rules.provider_booked_by
    if booked_by != "boekbrug":
        return Skipped(f"payouts are booked by {booked_by}") if booked_by else Held("choose who books the provider")
    day = booked_on(item, payment_day(document, evidence), book, evidence)
    if not isinstance(day, dt.date):
        return day
    means = None if payout is None else book.means_of(payout.method, document.currency)
    if payout is None or means is None or means.internal:
        facts = {"document": document.number, "method": "" if payout is None else payout.method}
        return Rejected((Problem(code="payment-method-unmapped", facts=facts),))
    return _clearing(item, payout, means, day, book)


def _clearing(item: Item, payout: Payout, means: Means, day: dt.date, book: CompiledRules) -> Body | Composed:
    cleared = item.cleared
    if cleared is not None and cleared.missing and (cleared.is_foreign or cleared.is_coming):
        # what the payments were worth on their days is not known of all of them yet
        return Waiting("sale")
    lines = _payout_lines(item, payout, means, book)
    missing = [line.why for line in lines if not line.account]
    if missing:
        return Held(f"choose an account for: {', '.join(missing)}")
    if sum(line.minor for line in lines):
        return Rejected((_unequal(item.document, payout),))
    return Body(EntryKind.MEMORIAL, day, lines, "payout", "", tuple(_unlike_payments(item, payout)))


def _payout_lines(item: Item, payout: Payout, means: Means, book: CompiledRules) -> list[Line]:
    currency, rules = item.document.currency, book.rules
    gross, fees, paid = (to_minor(amount, currency) for amount in (payout.gross, payout.fees, payout.paid))
    vat = to_minor(payout.fee_vat, currency) if payout.fee_vat is not None and means.fees else 0
    code = rules.input_vat_code if vat else ""
    fee_account = means.fees or rules.fees_withheld
    cleared = item.cleared
    stood = cleared.stood if cleared is not None and cleared.is_foreign and currency == "EUR" else gross
    reference = item.document.number
    lines = [
        Line(role=Role.OTHER, account=rules.transit, minor=paid, reference=reference, why="payout"),
        Line(role=Role.OTHER, account=fee_account, minor=fees - vat, vat_code=code, vat_minor=vat, why="provider fees"),
        Line(role=Role.OTHER, account=rules.input_vat, minor=vat, why="input VAT"),
        Line(role=Role.OTHER, account=rules.exchange_differences, minor=stood - gross, why="exchange difference"),
        Line(role=means.role, account=means.account, minor=-stood, reference=reference, why=means.why),
    ]
    return [line for line in lines if line.minor]


def _unlike_payments(item: Item, payout: Payout) -> Iterator[Problem]:
    """Warn where the payments of a payout are booked at another sum: the difference stays on the suspense account."""
    cleared, document = item.cleared, item.document
    if cleared is None or cleared.missing or cleared.is_foreign or document.currency != "EUR":
        return
    if cleared.stood != to_minor(payout.gross, "EUR"):
        booked = str(from_minor(cleared.stood, "EUR"))
        facts = {"document": document.number, "gross": str(payout.gross), "booked": booked}
        yield Problem(code="payout-unlike-payments", facts=facts)


def _unequal(document: Document, payout: Payout) -> Problem:
    rest = to_minor(payout.gross - payout.fees, document.currency)
    facts = {
        "document": document.number,
        "paid": str(payout.paid),
        "expected": str(from_minor(rest, document.currency)),
    }
    return Problem(code="payout-differs", facts=facts)
