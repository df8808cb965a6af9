"""Correct documents that changed after they were booked: out as they were booked, in under today's rules."""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection

from boekbrug.booking.composed import Composed, DocumentState, Draft, Held, Member, Skipped, Waiting
from boekbrug.booking.corrections import Correction, correct, reverse_lines
from boekbrug.booking.rules import LEDGER_MODES
from boekbrug.booking.terms import InTerm, Part, day_term, part_of, total
from boekbrug.contract import DocumentKind, Line, OpenItem, Problem
from boekbrug.store import corrected, licences, problems, states
from boekbrug.store.entries import Booking
from boekbrug.store.licences import LicenceClaim
from boekbrug.store.states import Move
from boekbrug.store.words import Reason
from boekbrug.sync.batch import IDS_PER_DOCUMENT, Batch, marks_for
from boekbrug.sync.books import Books, Candidate, booked_ids, items_of
from boekbrug.sync.compose import compose_one
from boekbrug.sync.matched import MATCHED, open_items, paid_of
from boekbrug.sync.originals import CORRECTION
from boekbrug.sync.standing import Stands, own_draft, standing_of, taken_out
from boekbrug.sync.steps import Step
from boekbrug.sync.workplace import Workplace

_encode = msgspec.msgpack.Encoder().encode
PREPAYMENT = "prepayment"
DELETED = "what books it was deleted in the books; accept that first"
RELEASED = "its invoice has released this prepayment; reverse that first"
WHOLE_TERM = "the source's own ledger is corrected by reversing its term and booking it anew"


class Planned(NamedTuple):
    """A correction as it can be written; `shares` has the document's own lines by facet."""

    standing: Stands
    revision: int
    entries: tuple[Draft, ...]
    shares: Mapping[str, tuple[Line, ...]]


def correct_changed(work: Workplace, claim: LicenceClaim, books: Books) -> Iterator[Step]:
    """Correct what changed after it was booked, where the rules say so; elsewhere a person decides."""
    automatic = books.rules.rules.corrections == "automatic"
    with work.database.read() as connection:
        now = work.database.now(connection)
        changed = corrected.due(connection, books.licence.id, now, work.limits.batch)
    for document in changed:
        with work.database.read() as connection:
            found = plan(connection, work, books, document, now) if automatic else Held(Reason.CHANGED)
            items = left_open(connection, work, books, document, found)
        paid = paid_of(work, books.licence, items)
        if paid:
            found = Held(MATCHED)
        work.ids.ensure(IDS_PER_DOCUMENT)
        with work.database.write() as connection:
            licences.hold(connection, claim, work.until(now))
            if not corrected.is_due(connection, books.licence.id, document):
                continue
            keep(connection, work, books, document, found, now)
            if paid:
                _tell_matched(connection, work, books, document, paid, now)
        yield Step("composed", int(isinstance(found, Planned)))


def plan(
    connection: Connection,
    work: Workplace,
    books: Books,
    document: int,
    now: int,
    *,
    chosen: dt.date | None = None,
    remove: bool = False,
) -> Planned | Composed:
    """Compose the correction of a booked document, or say why there is none; `remove` takes it out whatever it is."""
    standing = standing_of(connection, books.licence.id, document)
    is_deleted = any(one.reason == Reason.DELETED for one in standing)
    if is_deleted or not standing or standing[-1].state != "booked":
        return Held(DELETED if is_deleted else "it is not booked")
    [candidate] = booked_ids(connection, books.licence.id, [document])
    if books.rules.rules.mode in LEDGER_MODES and candidate.kind != DocumentKind.BALANCE:
        return Held(WHOLE_TERM)
    if standing[0].facet == PREPAYMENT and items_of(connection, work, books, [candidate])[0].original is not None:
        return Held(RELEASED)
    taken = Skipped("taken out by a person")
    replacement = taken if remove else _replacement(connection, work, books, candidate, now)
    last, n = standing[-1], 1 + _corrections(standing)
    booked = own_draft(connection, work, last)
    if taken_out(standing):
        if not isinstance(replacement, Draft):
            return replacement
        found: Correction | Composed = Correction(entries=(_in_again(replacement, n),))
    else:
        found = correct(booked, replacement, n, 0, books.evidence(now), chosen=chosen)
    if not isinstance(found, Correction):
        return found
    out, back = f"{CORRECTION}{n} out", f"{CORRECTION}{n} in"
    # under which number is decided with the mark; without it the two halves are named alike
    entries = tuple(
        replace(draft, number=booked.number) if draft.members[0].facet == out else draft for draft in found.entries
    )
    lines = replacement.lines if isinstance(replacement, Draft) else ()
    return Planned(last, candidate.revision, entries, {out: reverse_lines(booked.lines), back: lines})


def left_open(
    connection: Connection, work: Workplace, books: Books, document: int, found: Planned | Composed
) -> list[OpenItem]:
    """List the open items of a document that its correction takes out whole, as a reversal would."""
    if not isinstance(found, Planned) or any(facet.endswith(" in") for facet in _facets(found)):
        return []
    return open_items(connection, work, standing_of(connection, books.licence.id, document))


def _facets(planned: Planned) -> Iterator[str]:
    return (member.facet for draft in planned.entries for member in draft.members)


def _tell_matched(
    connection: Connection, work: Workplace, books: Books, document: int, paid: list[str], now: int
) -> None:
    problems.close_code(connection, books.licence.id, document, MATCHED, now)
    batch = Batch(work, books, now)
    batch.add_problems(document, [Problem(code=MATCHED, facts={"number": one}) for one in paid])
    batch.flush(connection)


def _corrections(standing: list[Stands]) -> int:
    numbers = [int(one.facet.split()[1]) for one in standing if one.facet.startswith(CORRECTION)]
    return max(numbers, default=0)


def _in_again(replacement: Draft, n: int) -> Draft:
    member = Member(
        document_id=replacement.members[0].document_id,
        revision=replacement.members[0].revision,
        facet=f"{CORRECTION}{n} in",
    )
    return replace(replacement, members=(member,))


def _replacement(connection: Connection, work: Workplace, books: Books, candidate: Candidate, now: int) -> Composed:
    """Compose a document as if nothing of it was booked and no period filed: the date is the correction's to choose."""
    books = books.unfiled()
    [item] = items_of(connection, work, books, [candidate])
    evidence = books.evidence(now)
    found = compose_one(candidate, item, books, evidence)
    if not isinstance(found, InTerm):
        return found
    part = part_of(item, books.rules, evidence)
    if not isinstance(part, Part):
        return part
    term = day_term(books.licence.unit, part.date)
    return total([part], part.currency, term, books.rules) or Skipped("nothing to book")


def keep(
    connection: Connection, work: Workplace, books: Books, document: int, found: Planned | Composed, now: int
) -> None:
    """Write a correction; without one the document stays as it is, unless the change does not touch its booking."""
    licence = books.licence.id
    if isinstance(found, Planned):
        _write(connection, work, books, found, now)
    elif isinstance(found, Skipped):
        entry = corrected.accept_revision(connection, licence, document)
        move = Move(licence, document, DocumentState.BOOKED, Reason.PLAIN, entry)
        states.move(connection, [move], work.ids.take(), now)
    else:
        again = now + work.backoff(8, None) if isinstance(found, Waiting) else None
        corrected.put_off(connection, licence, document, again)
        return
    problems.close_for_documents(connection, licence, [document], now)


def _write(connection: Connection, work: Workplace, books: Books, planned: Planned, now: int) -> None:
    licence, standing = books.licence, planned.standing
    batch = Batch(work, books, now)
    after, first = standing.entry, 0
    marks = marks_for(connection, books, planned.entries)
    for draft in planned.entries:
        of_total = standing.share is not None or len(draft.members) > 1
        members = [
            Booking(
                standing.document,
                planned.revision,
                member.facet,
                _encode(planned.shares[member.facet]) if of_total else None,
            )
            for member in draft.members
        ]
        after = batch.add_entry(draft, next(marks), members, after=after, term=standing.term)
        batch.add_problems(standing.document, draft.warnings)
        first = first or after
    reason = Reason.DELIVER if licence.automatic else Reason.APPROVAL
    batch.add_moves([Move(licence.id, standing.document, DocumentState.WAITING, reason, first)])
    batch.flush(connection)
