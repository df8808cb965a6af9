"""Turn the tenders stated with a sale into payment lines, and what is left into an open item of the debtor."""

from boekbrug.booking.advances import held_in_advance, release, total_held
from boekbrug.booking.compiled import CompiledRules, Means, Posting
from boekbrug.booking.composed import Item
from boekbrug.booking.sums import Sums, portion, shares_of, vat_inside
from boekbrug.contract import Document, Line, Problem, Role, from_minor, to_minor

#: why a debtor's line is there
OPEN_ITEM = "open item"

#: cash is rounded to five cents, so by two at most
CASH_ROUNDING = 2


class Received:
    """Lines of a sale's money side, with what is still owed, in minor units."""

    __slots__ = ("lines", "open_minor", "rounding", "total")

    def __init__(self, total: int) -> None:
        self.total = total
        self.lines: list[Line] = []
        self.open_minor = 0
        self.rounding = 0

    def owe(self, minor: int, account: str, number: str) -> None:
        """Leave an amount as an open item, named by the booking number."""
        self.open_minor = minor
        self.lines.append(Line(role=Role.DEBTOR, account=account, minor=minor, reference=number, why=OPEN_ITEM))


def money_lines(item: Item, total: int, number: str, book: CompiledRules, sums: Sums) -> Received:
    """Book each tender on its method's account and the rest on the debtor; faults are added to the sums'."""
    document = item.document
    received = Received(total)
    tendered = _release_prepaid(item, received) if item.prepaid else 0
    rounds_cash = False
    for tender in document.tenders:
        means = book.means_of(tender.method, document.currency)
        if means is None:
            facts = {"document": document.number, "method": tender.method}
            sums.faults.append(Problem(code="payment-method-unmapped", facts=facts))
            continue
        if tender.id and any(line.reference == tender.id for entry in item.prepaid for line in entry):
            continue
        # most sales are paid at once: comparing costs a tenth of converting
        minor = total if tender.amount == document.total else to_minor(tender.amount, document.currency)
        tendered += minor
        rounds_cash = rounds_cash or means.rounds_cash
        if means.voucher:
            redeem(document, means, minor, received, sums)
        elif means.internal:
            give_away(minor, received, sums)
        elif minor:
            received.lines.append(
                Line(role=means.role, account=means.account, minor=minor, reference=tender.id, why=means.why)
            )
    rest = total - tendered
    if rest:
        if rounds_cash and abs(rest) <= CASH_ROUNDING and book.rules.cash_rounding:
            account = book.rules.cash_rounding
            received.lines.append(Line(role=Role.ROUNDING, account=account, minor=rest, why="cash rounding"))
        elif document.tenders and not document.on_account and abs(rest) <= rounding_cap(document, book):
            received.rounding = rest
        elif total and (rest > 0) == (total > 0):
            received.owe(rest, book.rules.debtor, number)
        elif not sums.faults:
            sums.faults.append(_overpaid(document, tendered))
    return received


def _release_prepaid(item: Item, received: Received) -> int:
    """Turn back what prepayments hold, as far as this document goes; return the gross amount."""
    held = held_in_advance(item.prepaid)
    whole = total_held(held)
    amount = min(whole, received.total)
    if amount <= 0:
        return 0
    received.lines += release(held, amount, whole, len(received.lines))
    return amount


def redeem(document: Document, means: Means, minor: int, received: Received, sums: Sums) -> None:
    """Take a single-purpose voucher in: its VAT was booked when it was sold, so its share goes without code."""
    found = next((key for key, base in sums.bases.items() if _covers(key[0], base[0], means, minor)), None)
    if found is None:
        facts = {"document": document.number, "method": means.why, "amount": str(from_minor(minor, document.currency))}
        sums.faults.append(Problem(code="voucher-without-sale", facts=facts))
        return
    vat = vat_inside(minor, means.parts)
    net = minor - vat
    received.total -= minor
    sums.bases[found][0] -= minor
    sums.bases[found][1] -= vat
    received.lines.append(Line(role=Role.PAYMENT, account=means.account, minor=net, why=means.why))
    received.lines.append(
        Line(role=Role.OTHER, account=found[0].account, minor=-net, cost_centre=found[1], why=means.why)
    )


def give_away(minor: int, received: Received, sums: Sums) -> None:
    """Take what was on the house off everything that was sold, pro rata; nothing is left of what was given whole.

    It is never revenue (bookkeeper.md §2.30).
    """
    bases = [base for base in sums.bases.values() if base[0]]
    whole = sum(base[0] for base in bases)
    if not whole:
        return
    received.total -= minor
    shares = shares_of(minor, [base[0] for base in bases], whole)
    for base, share in zip(bases, shares, strict=True):
        vat = portion(base[1], share, base[0])
        base[0] -= share
        base[1] -= vat


def _covers(posting: Posting, gross: int, means: Means, minor: int) -> bool:
    return posting.parts == means.parts and abs(gross) >= abs(minor) and (gross > 0) == (minor > 0)


def _overpaid(document: Document, tendered: int) -> Problem:
    paid = str(from_minor(tendered, document.currency))
    return Problem(
        code="paid-more-than-total", facts={"document": document.number, "paid": paid, "total": str(document.total)}
    )


def rounding_cap(document: Document, book: CompiledRules) -> int:
    """Return how many cents of gross difference a document may have."""
    rule = book.rules.rounding
    return min(rule.per_document, rule.per_line * len(document.lines)) if rule.account else 0
