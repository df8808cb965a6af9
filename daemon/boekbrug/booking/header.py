"""Give balanced lines their header: date, numbers, text, party, rate and euro amounts."""

import datetime as dt
from typing import NamedTuple

from boekbrug.booking.compiled import CompiledRules
from boekbrug.booking.composed import (
    BeforeStart,
    Composed,
    Draft,
    Evidence,
    Held,
    Item,
    Member,
    Original,
    Rejected,
    Waiting,
)
from boekbrug.booking.currency import euro_lines, rate_for
from boekbrug.booking.dates import period_end
from boekbrug.booking.parties import party_of
from boekbrug.booking.periods import closed, on_chosen
from boekbrug.contract import Document, EntryKind, Line, Problem

TAKEN = "this day is booked in the other way already"
"""Why a sale is held on a day of the source's own ledger, and a movement of that on a day of single sales."""


class Body(NamedTuple):
    """Balanced lines and the day they are booked on."""

    kind: EntryKind
    date: dt.date
    lines: list[Line]
    facet: str = "sale"
    journal: str = ""
    warnings: tuple[Problem, ...] = ()


def booked_on(item: Item, day: dt.date | None, book: CompiledRules, evidence: Evidence) -> dt.date | Composed:
    """Return the date of what belongs on a day: that day, or another where it is closed; or why there is none."""
    document = item.document
    if day is None:
        return Rejected((Problem(code="date-missing", facts={"document": document.number}),))
    if day < evidence.start:
        return BeforeStart()
    if day > evidence.today:
        facts = {"document": document.number, "date": day.isoformat()}
        return Rejected((Problem(code="date-in-future", facts=facts),))
    if day in evidence.taken:
        return Held(TAKEN)
    reason = closed(day, evidence)
    return _another_day(item, day, reason, book, evidence) if reason else day


def _another_day(item: Item, day: dt.date, reason: str, book: CompiledRules, evidence: Evidence) -> dt.date | Held:
    """Return the day that a person chose, or the first open one where the rules say so and no VAT period ends before.

    What is filed is never moved without a person (bookkeeper.md §1.11, §4.45).
    """
    if item.book_on is not None:
        reason = on_chosen(day, item.book_on, (), evidence)
        return on_closed_day(item.document, day, reason) if reason else item.book_on
    locked, filed = evidence.locked_through, evidence.filed_through
    if book.rules.closed_period == "first-open-day" and locked is not None and (filed is None or day > filed):
        first_open = locked + dt.timedelta(1)
        if first_open <= min(period_end(day, book.rules), evidence.today):
            return first_open
    return on_closed_day(item.document, day, reason)


def on_closed_day(document: Document, day: dt.date, reason: str) -> Held:
    """Hold what belongs on a day that is filed or closed, and say so as a problem."""
    what, _, through = reason.partition(" through: ")
    code = "period-filed" if what.endswith("filed") else "period-closed"
    facts = {"document": document.number, "date": day.isoformat(), "through": through}
    return Held(reason, Problem(code=code, facts=facts) if through else None)


def other_currency(document: Document, original: Original) -> Rejected:
    """Refuse what is in another currency than the sale it belongs to."""
    facts = {"document": document.number, "currency": document.currency, "original": original.currency}
    return Rejected((Problem(code="currency-differs-from-original", facts=facts),))


def finish(item: Item, body: Body, book: CompiledRules, evidence: Evidence) -> Draft | Rejected | Waiting | Held:
    """Turn a body into a draft; a foreign currency without a rate waits for one or is a problem."""
    journal = body.journal or book.journals[body.kind]
    if not journal:
        return Held(f"choose a journal for {body.kind} entries")
    document, rules, lines = item.document, book.rules, body.lines
    rate = None
    if document.currency != "EUR":
        found = rate_for(item, body.date, evidence)
        if isinstance(found, Rejected | Waiting):
            return found
        rate = found
        converted = euro_lines(item, lines, rate, book.rules.exchange_differences)
        if isinstance(converted, Held):
            return converted
        lines = converted
    if sum([line.minor for line in lines]):
        return Rejected((Problem(code="entry-unbalanced", facts={"document": document.number}),))
    number = booking_number(document, book)
    return Draft(
        kind=body.kind,
        journal=journal,
        date=body.date,
        lines=tuple(lines),
        members=(Member(document_id=item.document_id, revision=item.revision, facet=body.facet),),
        number=number,
        currency=document.currency,
        text=number if book.text_is_number else booking_text(document, number, rules.text),
        party=party_of(item, lines, book),
        rate=rate,
        due=due_date(document, body.date, rules.due_days),
        condition=rules.condition,
        warnings=body.warnings,
    )


def booking_number(document: Document, book: CompiledRules) -> str:
    """Return the number that people know the booking by, as the rules choose."""
    if book.rules.number == "order" and document.order_number:
        return document.order_number
    return document.number


def booking_text(document: Document, number: str, template: str) -> str:
    """Fill a text template."""
    buyer = document.buyer
    return template.format(
        number=number,
        order=document.order_number or document.number,
        name="" if buyer is None else buyer.company or buyer.name,
        source=document.source_id,
        kind=document.kind.value,
        text=document.text,
    )


def due_date(document: Document, day: dt.date, days: int | None) -> dt.date | None:
    """Return the due date, counted from the invoice date where there is one."""
    return None if days is None else (document.dates.invoiced or day) + dt.timedelta(days)
