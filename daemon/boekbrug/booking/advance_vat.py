"""Declare the VAT on advances that a source's own ledger keeps without it (bookkeeper.md §1.17).

VAT is due when the money comes in. What stands on such a ledger on the last day of a VAT period is declared on that day
and taken back on the next, so that the ledger goes on as the source keeps it. Both are documents that boekbrug draws up
from the books.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from boekbrug.booking.compiled import CompiledRules
from boekbrug.booking.composed import Composed, Draft, Evidence, Held, Item, Member, Skipped, Waiting
from boekbrug.booking.corrections import reverse_lines
from boekbrug.booking.header import booked_on
from boekbrug.booking.rules import AdvanceRule
from boekbrug.booking.sums import vat_inside
from boekbrug.booking.terms import NO_JOURNAL, NOTHING
from boekbrug.contract import (
    Dates,
    Document,
    DocumentKind,
    DocumentRef,
    EntryKind,
    Line,
    Movement,
    Role,
    from_minor,
    to_minor,
)

FACET = "advance"
"""What an entry books of a balance."""
DECLARED = "advances "
"""Starts the `why` of the lines that declare a ledger's advances or take them back; the ledger follows."""
OF_ANOTHER = "drawn up for another licence"
ORIGINAL = "original"


def advance_lines(rule: AdvanceRule, held: int, book: CompiledRules) -> tuple[Line, ...]:
    """Return the lines that declare what was received in advance, VAT included, in cents of euro.

    None when nothing is held: what is negative is owed to the source, and declares nothing.
    """
    if held <= 0:
        return ()
    vat_account, parts = book.vat_of_code(rule.vat_code)
    vat, why = vat_inside(held, parts), f"{DECLARED}{rule.ledger}"
    return (
        Line(role=Role.OTHER, account=book.rules.accounts[rule.ledger], minor=held, why=why),
        Line(
            role=Role.BASE, account=rule.account, minor=vat - held, vat_code=rule.vat_code, vat_minor=-vat,
            treatment=book.treatment_of_code(rule.vat_code), cost_centre=book.rules.cost_centre, why=why,
        ),
        Line(role=Role.VAT, account=vat_account, minor=-vat, base=1, why=why),
    )  # fmt: skip


def held_on(rule: AdvanceRule, book: CompiledRules, moved: Mapping[str, int]) -> int:
    """Return what a ledger holds in cents, given what moved on the accounts of the books since the start, debit
    positive; nothing where guests owe more than they paid.
    """
    return max(rule.opening - moved.get(book.rules.accounts[rule.ledger], 0), 0)


def balances(licence: int, unit: str, rule: AdvanceRule, last: dt.date, held: int) -> tuple[Document, Document]:
    """Draw up what a ledger holds on the last day of a period, and that it is taken back on the next."""
    there = _balance(licence, unit, rule, last, held)
    back = _balance(licence, unit, rule, last + dt.timedelta(days=1), -held)
    return there, replace(back, refers_to=DocumentRef(kind=there.kind, source_id=there.source_id))


def _balance(licence: int, unit: str, rule: AdvanceRule, day: dt.date, minor: int) -> Document:
    amount = from_minor(minor, "EUR")
    return Document(
        kind=DocumentKind.BALANCE,
        source_id=f"{licence}/{day.isoformat()}/{rule.ledger}",
        number=f"{unit}-{day.isoformat()}-{rule.ledger}",
        total=amount,
        dates=Dates(business=day),
        movements=(Movement(account=rule.ledger, amount=amount),),
    )


def compose_balance(item: Item, licence: int, book: CompiledRules, evidence: Evidence) -> Composed:
    """Compose the entry that declares a balance, or the one that takes it back once the other has been composed."""
    document = item.document
    if not document.source_id.startswith(f"{licence}/"):
        return Skipped(OF_ANOTHER)
    lines = tuple(_lines(document.movements, book))
    alone = document.refers_to is not None and item.original is None
    if not lines or (alone and not item.original_pending):
        return Skipped(NOTHING)
    if alone:
        return Waiting(ORIGINAL)
    if not book.journals[EntryKind.MEMORIAL]:
        return Held(NO_JOURNAL)
    # the day may well be one of the source's own ledger: what it holds is no sale of that day
    day = booked_on(item, document.dates.business, book, replace(evidence, taken=frozenset()))
    if not isinstance(day, dt.date):
        return day
    return Draft(
        kind=EntryKind.MEMORIAL,
        journal=book.journals[EntryKind.MEMORIAL],
        date=day,
        lines=lines,
        members=(Member(document_id=item.document_id, revision=item.revision, facet=FACET),),
        number=document.number,
        text=document.number,
    )


def _lines(movements: Sequence[Movement], book: CompiledRules) -> Iterator[Line]:
    for movement in movements:
        minor = to_minor(movement.amount, "EUR")
        for rule in book.rules.advances:
            if rule.ledger == movement.account:
                declared = advance_lines(rule, abs(minor), book)
                yield from declared if minor > 0 else reverse_lines(declared)
