"""Compose the source's own ledger per day or month, with VAT codes on the bases (bookkeeper.md §1.17, variant B).

The source's VAT rows are not sent by themselves: they are what the VAT of the bases must come to.
"""

import datetime as dt
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from boekbrug.booking.compiled import CompiledRules
from boekbrug.booking.composed import (
    Composed,
    Draft,
    Evidence,
    Held,
    Item,
    Member,
    Rejected,
    Skipped,
    Waiting,
)
from boekbrug.booking.dates import payment_day
from boekbrug.booking.gather import gather
from boekbrug.booking.header import booked_on
from boekbrug.booking.movements import movement_line, not_zero
from boekbrug.booking.terms import NO_JOURNAL, NOTHING, Composition, InTerm, Term
from boekbrug.contract import (
    MINOR_DIGITS,
    DocumentKind,
    EntryKind,
    Line,
    Problem,
    Readiness,
    Role,
    divide_half_up,
    from_minor,
)


class Ledger:
    """The movements of a term in one currency: bases and other lines, and the VAT rows per account."""

    __slots__ = ("clearing", "faults", "items", "lines", "vat_rows")

    def __init__(self) -> None:
        self.clearing: dict[str, int] = {}
        self.items: list[Item] = []
        self.lines: list[Line] = []
        self.vat_rows: dict[str, int] = {}
        self.faults: list[Problem] = []


def compose_ledger(items: Iterable[Item], term: Term, book: CompiledRules, evidence: Evidence) -> Composition:
    """Compose a term of ledger movements; it is booked as a whole or not at all, since only the whole balances."""
    ledgers: dict[str, Ledger] = {}
    others: list[tuple[int, Composed]] = []
    warnings: list[tuple[int, tuple[Problem, ...]]] = []
    for item in items:
        reason = _not_in_term(item, term, book, evidence)
        if reason is not None:
            others.append((item.document_id, reason))
            continue
        ledger = ledgers.setdefault(item.document.currency, Ledger())
        _take(item, ledger, book)
    drafts = []
    for currency in sorted(ledgers):
        ledger = ledgers[currency]
        draft = _draft(ledger, currency, term, book)
        if isinstance(draft, Draft):
            drafts.append(draft)
            warnings += [(ledger.items[-1].document_id, draft.warnings)] if draft.warnings else []
        else:
            others += [(item.document_id, draft) for item in ledger.items]
    return Composition(drafts=tuple(drafts), others=tuple(others), warnings=tuple(warnings))


def place_in_ledger(item: Item, book: CompiledRules, evidence: Evidence) -> InTerm | Composed:
    """Say with which day's others a ledger movement is composed, or why it is not."""
    document = item.document
    if document.kind is not DocumentKind.LEDGER_MOVEMENT or document.readiness is Readiness.VOID:
        return Skipped("this licence books the source's own ledger")
    if document.problems:
        return Rejected(document.problems)
    if document.currency not in MINOR_DIGITS:
        facts = {"document": document.number, "currency": document.currency}
        return Rejected((Problem(code="currency-unknown", facts=facts),))
    day = document.dates.business or document.dates.invoiced or payment_day(document, evidence)
    dated = booked_on(item, day, book, evidence)
    return InTerm(dated) if isinstance(dated, dt.date) else dated


def _not_in_term(item: Item, term: Term, book: CompiledRules, evidence: Evidence) -> Composed | None:
    placed = place_in_ledger(item, book, evidence)
    if not isinstance(placed, InTerm):
        return placed
    return None if term.first <= placed.day <= term.last else Waiting(f"term of {placed.day.isoformat()}")


def _take(item: Item, ledger: Ledger, book: CompiledRules) -> None:
    document = item.document
    ledger.items.append(item)
    for movement in document.movements:
        line = movement_line(document, movement, book, ledger.faults)
        if line is None:
            continue
        if movement.account in book.rules.clearing_ledgers:
            ledger.clearing[movement.account] = ledger.clearing.get(movement.account, 0) + line.minor
        if movement.account in book.rules.vat_ledgers:
            ledger.vat_rows[line.account] = ledger.vat_rows.get(line.account, 0) + line.minor
        elif line.role is Role.BASE:
            _add_base(ledger, line, stated=movement.vat is not None, book=book)
        else:
            # a side of its own per debit and credit, also where gather would net money
            ledger.lines.append(line)


def _add_base(ledger: Ledger, line: Line, *, stated: bool, book: CompiledRules) -> None:
    account, parts = book.vat_of_code(line.vat_code)
    vat = line.vat_minor if stated else divide_half_up(line.minor * parts, 100_000)
    side = "debit" if line.minor > 0 else "credit"
    ledger.lines.append(replace(line, vat_minor=vat, why=f"{line.why} {side}"))
    if vat:
        ledger.lines.append(Line(role=Role.VAT, account=account, minor=vat, base=len(ledger.lines) - 1, why=line.why))


def _draft(ledger: Ledger, currency: str, term: Term, book: CompiledRules) -> Composed:
    if not book.journals[EntryKind.MEMORIAL]:
        return Held(NO_JOURNAL)
    if currency != "EUR":
        return Rejected((Problem(code="ledger-currency", facts={"currency": currency}),))
    number = term.number(currency)
    lines = _reconciled(gather([ledger.lines]), ledger, number, currency)
    rest = sum(line.minor for line in lines)
    if rest and not ledger.faults:
        ledger.faults.append(not_zero(number, rest, currency))
    if ledger.faults:
        return Rejected(tuple(ledger.faults))
    if not lines:
        return Skipped(NOTHING)
    return Draft(
        kind=EntryKind.MEMORIAL,
        journal=book.journals[EntryKind.MEMORIAL],
        date=term.last,
        lines=tuple(lines),
        members=tuple(Member(document_id=item.document_id, revision=item.revision) for item in ledger.items),
        number=number,
        currency=currency,
        text=number,
        warnings=tuple(_uncleared(ledger, number, currency)),
    )


def _uncleared(ledger: Ledger, number: str, currency: str) -> Iterator[Problem]:
    """Warn of accounts that should come to nothing over a term and do not (bookingexperts.md §6)."""
    for account, rest in sorted(ledger.clearing.items()):
        if rest:
            facts = {"document": number, "account": account, "rest": str(from_minor(rest, currency))}
            yield Problem(code="clearing-not-zero", facts=facts)


def _reconciled(lines: list[Line], ledger: Ledger, number: str, currency: str) -> list[Line]:
    """Bring the VAT of the bases to the source's VAT rows: a cent per base may move, more is a fault."""
    for account in sorted(ledger.vat_rows.keys() | {line.account for line in lines if line.role is Role.VAT}):
        places = [place for place, line in enumerate(lines) if line.role is Role.VAT and line.account == account]
        generated = sum(lines[place].minor for place in places)
        difference = ledger.vat_rows.get(account, 0) - generated
        if not difference:
            continue
        if abs(difference) > sum(1 for line in ledger.lines if line.role is Role.VAT and line.account == account):
            rows, bases = (str(from_minor(minor, currency)) for minor in (ledger.vat_rows.get(account, 0), generated))
            facts = {"document": number, "account": account, "rows": rows, "bases": bases}
            ledger.faults.append(Problem(code="vat-ledger-differs", facts=facts))
            continue
        _move_cents(lines, max(places, key=lambda place: abs(lines[place].minor)), difference)
    return lines


def _move_cents(lines: list[Line], place: int, difference: int) -> None:
    vat = lines[place]
    lines[place] = replace(vat, minor=vat.minor + difference)
    assert vat.base is not None, "a VAT line belongs to a base"
    base = lines[vat.base]
    lines[vat.base] = replace(base, vat_minor=base.vat_minor + difference)
