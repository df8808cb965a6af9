"""Book movements of a till, and of the source's own ledger, on the accounts that the rules map them to."""

import datetime as dt

from boekbrug.booking.compiled import CompiledRules
from boekbrug.booking.composed import Composed, Evidence, Item, Rejected
from boekbrug.booking.dates import payment_day
from boekbrug.booking.header import Body, booked_on
from boekbrug.booking.parties import NAMED
from boekbrug.contract import Document, EntryKind, Line, Movement, Problem, Role, from_minor, to_minor


def till_body(item: Item, book: CompiledRules, evidence: Evidence) -> Body | Composed:
    """Book a float, bank deposit, petty expense, withdrawal, tip paid out or counted difference of a till."""
    document = item.document
    day = booked_on(item, document.dates.business or payment_day(document, evidence), book, evidence)
    if not isinstance(day, dt.date):
        return day
    faults: list[Problem] = []
    lines: list[Line] = []
    for tender in document.tenders:
        means = book.means_of(tender.method, document.currency)
        if means is None or means.internal:
            facts = {"document": document.number, "method": tender.method}
            faults.append(Problem(code="payment-method-unmapped", facts=facts))
        else:
            minor = to_minor(tender.amount, document.currency)
            lines.append(Line(role=means.role, account=means.account, minor=minor, reference=tender.id, why=means.why))
    for movement in document.movements:
        _add_movement(document, movement, lines, book, faults)
    if not faults and any(not line.account for line in lines):
        faults.append(Problem(code="movement-unmapped", facts={"document": document.number, "account": "input_vat"}))
    rest = sum(line.minor for line in lines)
    if rest and not faults:
        faults.append(not_zero(document.number, rest, document.currency))
    if faults:
        return Rejected(tuple(faults))
    return Body(EntryKind.MEMORIAL, day, lines, "movement")


def _add_movement(
    document: Document, movement: Movement, lines: list[Line], book: CompiledRules, faults: list[Problem]
) -> None:
    line = movement_line(document, movement, book, faults)
    if line is None or not line.minor:
        return
    lines.append(line)
    if line.vat_minor:
        account = book.rules.input_vat
        lines.append(Line(role=Role.VAT, account=account, minor=line.vat_minor, base=len(lines) - 1, why=line.why))


def movement_line(document: Document, movement: Movement, book: CompiledRules, faults: list[Problem]) -> Line | None:
    """Return a movement's line, debit positive; what the rules do not map becomes a fault."""
    rules = book.rules
    account = rules.accounts.get(movement.account)
    code = rules.vat_codes.get(movement.vat_code) if movement.vat_code else ""
    if account is None or code is None:
        facts = {"document": document.number, "account": movement.account, "vat_code": movement.vat_code}
        problem = "movement-unmapped" if account is None else "movement-vat-code-unmapped"
        faults.append(Problem(code=problem, facts=facts))
        return None
    treatment = book.treatment_of_code(code)
    if treatment in NAMED:
        facts = {"document": document.number, "account": movement.account, "vat_code": movement.vat_code}
        faults.append(Problem(code="movement-names-customer", facts=facts))
        return None
    return Line(
        role=Role.BASE if code else Role.OTHER,
        account=account,
        minor=to_minor(movement.amount, document.currency),
        vat_code=code,
        vat_minor=0 if movement.vat is None else to_minor(movement.vat, document.currency),
        treatment=treatment,
        cost_centre=movement.unit_of_cost or rules.cost_centre,
        why=f"ledger {movement.account} {movement.vat_code}".rstrip(),
    )


def not_zero(document: str, rest: int, currency: str) -> Problem:
    """Describe movements that do not sum to zero."""
    facts = {"document": document, "difference": str(from_minor(rest, currency))}
    return Problem(code="movements-unbalanced", facts=facts)
