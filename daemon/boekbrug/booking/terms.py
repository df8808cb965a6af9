"""Compose a day or month as a whole: what belongs in it as one entry per currency, the rest by itself.

A document that cannot be booked holds up nothing; it comes later, as `/n` of the same term.
"""

import datetime as dt
from collections.abc import Iterable, Sequence

import msgspec
from msgspec.structs import replace

from boekbrug.booking.bodies import body_of
from boekbrug.booking.compiled import CompiledRules
from boekbrug.booking.composed import Composed, Draft, Evidence, Held, Item, Member, Rejected, Skipped, Waiting
from boekbrug.booking.currency import euro_lines, rate_for
from boekbrug.booking.distance import add_distance
from boekbrug.booking.gather import gather
from boekbrug.booking.header import Body, finish
from boekbrug.booking.marks import later_number
from boekbrug.booking.money_in import OPEN_ITEM
from boekbrug.booking.parties import is_named
from boekbrug.booking.rules import Mode
from boekbrug.contract import DocumentKind, EntryKind, ExchangeRate, Line, Party, Problem, Role, Treatment, to_minor

NOTHING = "nothing to book"
NO_JOURNAL = "choose a journal for memorial entries"


class Term(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A day, or a calendar month, of a unit; `later` counts its entries after the first (1 is the first)."""

    unit: str
    first: dt.date
    last: dt.date
    later: int = 1

    def number(self, currency: str) -> str:
        """Return the booking number: unit, day or month, currency, and `/n` from the second entry on."""
        name = self.first.isoformat() if self.first == self.last else f"{self.first:%Y-%m}"
        return later_number(f"{self.unit}-{name}-{currency}", self.later)


class Composition(msgspec.Struct, frozen=True, kw_only=True):
    """A composed term: its entries, and by document id what became of each document outside them.

    `shares` has for each document in an entry, by its id, the lines that it stands for, and `warnings` what was
    noticed of it.
    """

    drafts: tuple[Draft, ...]
    others: tuple[tuple[int, Composed], ...]
    shares: tuple[tuple[int, tuple[Line, ...]], ...] = ()
    warnings: tuple[tuple[int, tuple[Problem, ...]], ...] = ()


class InTerm(msgspec.Struct, frozen=True, gc=False):
    """It is composed with the others of this day."""

    day: dt.date


class Part(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one document adds to its term; `lines` has euro amounts where the currency is another."""

    member: Member
    kind: EntryKind
    date: dt.date
    currency: str
    lines: tuple[Line, ...]
    rate: ExchangeRate | None = None
    warnings: tuple[Problem, ...] = ()


def day_term(unit: str, day: dt.date, later: int = 1) -> Term:
    """Return the term of one day."""
    return Term(unit=unit, first=day, last=day, later=later)


def month_term(unit: str, day: dt.date, later: int = 1) -> Term:
    """Return the term of the calendar month that a day lies in."""
    first = day.replace(day=1)
    last = (first + dt.timedelta(31)).replace(day=1) - dt.timedelta(1)
    return Term(unit=unit, first=first, last=last, later=later)


def compose_term(items: Iterable[Item], term: Term, book: CompiledRules, evidence: Evidence) -> Composition:
    """Compose all documents of a term; those that always go by themselves come out as drafts of their own.

    The items may be a stream: of each only its part is kept.
    """
    distance = dict(evidence.distance)
    evidence = replace(evidence, distance=distance)
    parts: dict[str, list[Part]] = {}
    others: list[tuple[int, Composed]] = []
    for item in items:
        found = _part(item, term, book, evidence)
        if isinstance(found, Part):
            parts.setdefault(found.currency, []).append(found)
            add_distance(distance, found.date, found.lines)
        else:
            others.append((item.document_id, found))
    drafts = []
    for currency in sorted(parts):
        draft = total(parts[currency], currency, term, book)
        if draft is None:
            others += [(part.member.document_id, Skipped(NOTHING)) for part in parts[currency]]
        else:
            drafts.append(draft)
    inside = [part for currency in sorted(parts) for part in parts[currency]]
    return Composition(
        drafts=tuple(drafts),
        others=tuple(others),
        shares=tuple((part.member.document_id, part.lines) for part in inside),
        warnings=tuple((part.member.document_id, part.warnings) for part in inside if part.warnings),
    )


def place_in_term(item: Item, book: CompiledRules, evidence: Evidence) -> InTerm | Composed:
    """Say with which day's others a document is composed, or what becomes of it by itself."""
    body = body_of(item, book, evidence)
    if not isinstance(body, Body):
        return body
    if books_alone(item, body, book, evidence):
        return finish(item, body, book, evidence)
    if item.document.currency != "EUR" and isinstance(rate := rate_for(item, body.date, evidence), Waiting):
        return rate
    return InTerm(body.date) if book.journals[EntryKind.MEMORIAL] else Held(NO_JOURNAL)


def part_of(item: Item, book: CompiledRules, evidence: Evidence) -> Part | Composed:
    """Return what a document adds to a total, whatever term it belongs to."""
    body = body_of(item, book, evidence)
    return _converted(item, body, book, evidence) if isinstance(body, Body) else body


def _part(item: Item, term: Term, book: CompiledRules, evidence: Evidence) -> Part | Composed:
    body = body_of(item, book, evidence)
    if not isinstance(body, Body):
        return body
    if books_alone(item, body, book, evidence):
        return finish(item, body, book, evidence)
    if not term.first <= body.date <= term.last:
        return Waiting(f"term of {body.date.isoformat()}")
    if not book.journals[EntryKind.MEMORIAL]:
        return Held(NO_JOURNAL)
    return _converted(item, body, book, evidence)


def _converted(item: Item, body: Body, book: CompiledRules, evidence: Evidence) -> Part | Rejected | Waiting | Held:
    lines, rate = body.lines, None
    if item.document.currency != "EUR":
        found = rate_for(item, body.date, evidence)
        if isinstance(found, Rejected | Waiting):
            return found
        converted = euro_lines(item, lines, found, book.rules.exchange_differences)
        if isinstance(converted, Held):
            return converted
        lines, rate = converted, found
    return Part(
        member=Member(document_id=item.document_id, revision=item.revision, facet=body.facet),
        kind=body.kind,
        date=body.date,
        currency=item.document.currency,
        lines=tuple(lines),
        rate=rate,
        warnings=body.warnings,
    )


def books_alone(item: Item, body: Body, book: CompiledRules, evidence: Evidence) -> bool:
    """Tell whether a document is booked by itself in every mode, or by the choice of a hybrid licence.

    Supplies that are declared per customer always are (bookkeeper.md §1.3), and so is what follows a sale booked by
    itself, so that neither side of it is in a total. Where totals take no open items, a sale that leaves one is too.
    """
    if item.document.kind is DocumentKind.PAYOUT or is_named(body.lines):
        return True
    if item.original is not None:
        return item.original.kind is not EntryKind.MEMORIAL
    if evidence.open_items_alone and any(line.role is Role.DEBTOR for line in body.lines):
        return True
    return book.rules.mode is Mode.HYBRID and _hybrid_alone(item, body, book)


def _hybrid_alone(item: Item, body: Body, book: CompiledRules) -> bool:
    # what is paid in advance goes the way of the sale that it is for
    document = item.sale or item.document
    choice, buyer = book.rules.hybrid, document.buyer
    if choice.identified and buyer is not None and buyer.vat_id and buyer.is_business is not False:
        return True
    if choice.on_account and (document.on_account or any(line.why == OPEN_ITEM for line in body.lines)):
        return True
    if choice.export and any(line.treatment is Treatment.EXPORT for line in body.lines):
        return True
    return choice.above is not None and abs(to_minor(document.total, document.currency)) > choice.above


def total(parts: Sequence[Part], currency: str, term: Term, book: CompiledRules) -> Draft | None:
    """Add parts of one currency up to the entry of a term; None when nothing is left to book."""
    lines = gather(part.lines for part in parts)
    if not lines:
        return None
    rules = book.rules
    number = term.number(currency)
    rates = {part.rate for part in parts}
    collective = rules.collective_debtor
    return Draft(
        kind=EntryKind.MEMORIAL,
        journal=book.journals[EntryKind.MEMORIAL],
        date=term.last,
        lines=tuple(lines),
        members=tuple(part.member for part in parts),
        number=number,
        currency=currency,
        text=number,
        party=Party(key=f"collective {collective}", name=collective) if collective else None,
        rate=rates.pop() if len(rates) == 1 else None,
        warnings=tuple(warning for part in parts for warning in part.warnings),
    )
