"""Write what composing came to: entries with their memberships, the states of documents, problems, terms."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection

from boekbrug.booking.composed import (
    Composed,
    DocumentState,
    Draft,
    Held,
    Item,
    Open,
    Rejected,
    Skipped,
    Waiting,
    state_of,
)
from boekbrug.booking.distance import distance_of
from boekbrug.booking.doubles import possible_double
from boekbrug.booking.marks import later_number, mark_of
from boekbrug.booking.rules import Mode
from boekbrug.booking.terms import Composition, InTerm, month_term
from boekbrug.contract import SALE_KINDS, DocumentKind, Line, Problem, from_minor
from boekbrug.store import distance, doubles, entries, problems, states, terms
from boekbrug.store.bulk import select_rows
from boekbrug.store.daily import turnover_of
from boekbrug.store.entries import Booking
from boekbrug.store.problems import Opened
from boekbrug.store.states import Move
from boekbrug.store.terms import DAY, MONTH, Term
from boekbrug.store.words import TERM, Reason, TermState
from boekbrug.sync.books import Books, Candidate
from boekbrug.sync.originals import SALE
from boekbrug.sync.workplace import Workplace

IDS_PER_DOCUMENT = 6
_encode = msgspec.msgpack.Encoder().encode
_WAITING = DocumentState.WAITING._value_


class Subject(NamedTuple):
    """What of a document an entry needs to be kept: its identity, amount, and the sale it may become the basis of."""

    document: int
    kind: str
    total: int
    sale_ref: str
    booked_as: DocumentKind | None


class Batch:
    """Gathers what one transaction writes."""

    def __init__(self, work: Workplace, books: Books, now: int) -> None:
        self._work, self._books, self._now = work, books, now
        self._moves: list[Move] = []
        self._problems: list[Opened] = []
        self._composed: list[entries.Composed] = []
        self._bases: set[str] = set()

    def write(
        self,
        connection: Connection,
        batch: Sequence[Candidate],
        items: Sequence[Item],
        results: Sequence[Composed | InTerm],
    ) -> None:
        """Write the results of documents that have not changed since they were read."""
        changed = changed_since(connection, batch)
        found = [row for row in zip(batch, items, results, strict=True) if row[0].document not in changed]
        marks = marks_for(connection, self._books, [result for _, _, result in found if isinstance(result, Draft)])
        self._place(connection, [(one, result) for one, _, result in found if isinstance(result, InTerm)])
        for candidate, item, result in found:
            if isinstance(result, Draft):
                self._add_draft(candidate, item, result, next(marks))
            elif not isinstance(result, InTerm):
                self._add_other(candidate, result)
        self.flush(connection)

    def write_term(
        self,
        connection: Connection,
        term: Term,
        composition: Composition,
        subjects: Mapping[int, Subject],
        others: Sequence[tuple[Candidate, Item, Composed]],
    ) -> None:
        """Write the entries of a term, and what became of the documents that are in none of them."""
        drafts, shares = composition.drafts, dict(composition.shares)
        alone = [result for _, _, result in others if isinstance(result, Draft)]
        marks = marks_for(connection, self._books, [*drafts, *alone])
        for draft in drafts:
            self._add_total(draft, next(marks), shares, subjects, term.id)
        for document, warnings in composition.warnings:
            self.add_problems(document, warnings)
        for candidate, item, result in others:
            if isinstance(result, Draft):
                self._add_draft(candidate, item, result, next(marks))
            else:
                self._add_other(candidate, result)
        self.flush(connection)

    def _add_draft(self, candidate: Candidate, item: Item, draft: Draft, named: tuple[str, str]) -> None:
        subject = Subject(candidate.document, candidate.kind, candidate.total, candidate.sale_ref, item.booked_as)
        members = [
            Booking(
                member.document_id, member.revision, member.facet,
                turnover=turnover_of(candidate.kind, member.facet, candidate.total),
            )
            for member in draft.members
        ]  # fmt: skip
        entry = self.add_entry(draft, named, members, self._basis([subject]), after=item.upon)
        self._move_in([candidate.document], entry)
        self.add_problems(candidate.document, draft.warnings)

    def _add_total(
        self,
        draft: Draft,
        named: tuple[str, str],
        shares: Mapping[int, tuple[Line, ...]],
        subjects: Mapping[int, Subject],
        term: int,
    ) -> None:
        members = [
            Booking(
                member.document_id,
                member.revision,
                member.facet,
                _encode(lines) if (lines := shares.get(member.document_id)) else None,
                turnover_of((subject := subjects[member.document_id]).kind, member.facet, subject.total),
            )
            for member in draft.members
        ]
        bases = self._basis(subjects[member.document] for member in members)
        entry = self.add_entry(draft, named, members, bases, term=term)
        self._move_in([member.document for member in members], entry)

    def add_entry(
        self,
        draft: Draft,
        named: tuple[str, str],
        members: Sequence[Booking],
        bases: Sequence[tuple[str, str]] = (),
        *,
        after: int | None = None,
        term: int | None = None,
        reverses: int | None = None,
        automatic: bool | None = None,
    ) -> int:
        """Add an entry under its number and mark; return its id."""
        licence, (number, mark) = self._books.licence, named
        entry_id = self._work.ids.take()
        body = draft.entry(mark)
        if number != draft.number:
            body = msgspec.structs.replace(body, number=number)
        self._composed.append(
            entries.Composed(
                id=entry_id, licence=licence.id, administration=licence.administration, rules=licence.rules,
                body=body, members=members, bases=bases, after=after, reverses=reverses, term=term,
                automatic=licence.automatic if automatic is None else automatic,
            )
        )  # fmt: skip
        return entry_id

    def _move_in(self, documents: Iterable[int], entry: int) -> None:
        licence = self._books.licence
        told = licence.automatic
        reason = (Reason.DELIVER if told else Reason.APPROVAL)._value_
        self.add_moves([Move(licence.id, document, _WAITING, reason, entry, told=told) for document in documents])

    def add_moves(self, moves: Iterable[Move]) -> None:
        """Add moves of documents."""
        self._moves += moves

    def _basis(self, subjects: Iterable[Subject]) -> list[tuple[str, str]]:
        found = []
        for one in subjects:
            ref = one.sale_ref
            if ref and one.booked_as is None and one.kind in SALE_KINDS and ref not in self._bases:
                self._bases.add(ref)
                found.append((ref, one.kind))
        return found

    def _add_other(self, candidate: Candidate, result: Composed) -> None:
        next_at, reason, tries = None, "", 0
        if isinstance(result, Rejected):
            reason = result.problems[0].code
            self.add_problems(candidate.document, result.problems)
        elif isinstance(result, Waiting):
            reason = _waits(result)
            tries = candidate.tries + 1
            next_at = self._now if reason is Reason.COMPOSE else self._now + self._work.backoff(tries, None)
        elif isinstance(result, Open):
            reason = result.status
        elif isinstance(result, Skipped | Held):
            reason = result.reason
            if isinstance(result, Held) and result.problem is not None:
                self.add_problems(candidate.document, [result.problem])
        state = state_of(result)
        self._moves.append(Move(self._books.licence.id, candidate.document, state, reason[:64], None, next_at, tries))

    def _place(self, connection: Connection, placed: Sequence[tuple[Candidate, InTerm]]) -> None:
        if not placed:
            return
        licence = self._books.licence
        days = sorted({result.day for _, result in placed})
        known = terms.of_days(connection, licence.id, licence.unit, [day.isoformat() for day in days])
        for day in days:
            term = known.get(day.isoformat()) or self._new_term(connection, day, known)
            if term.due_at is None:
                # it was composed before, so that nothing has to be waited for
                terms.put(connection, term.id, TermState.RUNNING, self._now, self._now)
                term = term._replace(due_at=self._now)
            known[day.isoformat()] = term
        self._moves += [
            Move(licence.id, candidate.document, _WAITING, known[result.day.isoformat()].waits)
            for candidate, result in placed
        ]

    def _new_term(self, connection: Connection, day: dt.date, known: dict[str, Term]) -> Term:
        licence, mode = self._books.licence, self._books.rules.rules.mode
        first, last, kind = day, day, DAY
        if mode is Mode.MEMORIAL_MONTH:
            month = month_term(licence.unit, day)
            first, last, kind = month.first, month.last, MONTH
        due_at = max(self._now, due_at_of(self._books, last))
        term = Term(
            self._work.ids.take(), licence.id, licence.unit, kind, first.isoformat(), last.isoformat(),
            TermState.RUNNING, "", due_at,
        )  # fmt: skip
        terms.add(connection, term, self._now)
        for n in range((last - first).days + 1):
            known.setdefault((first + dt.timedelta(n)).isoformat(), term)
        return term

    def add_problems(self, document: int, found: Sequence[Problem]) -> None:
        """Add what is wrong with a document, or was noticed of it."""
        instances = self._work.instances
        self._problems += [
            Opened(
                problem, licence=self._books.licence.id, document=document, severity=instances.severity(problem.code)
            )
            for problem in instances.codes.distinct(found)
        ]

    def flush(self, connection: Connection) -> None:
        """Write all that was added."""
        ids, now = self._work.ids, self._now
        self._warn_of_doubles(connection)
        entries.write_composed(connection, self._composed, self._work.sealing.party, now)
        self._work.composed.clear()
        # what counters another entry needs that one's number at the target, which only the database knows
        self._work.composed.update(
            (one.id, one.body) for one in self._composed if one.automatic and one.reverses is None
        )
        sold = [(one.id, one.administration, one.body.date.year, distance_of(one.body.lines)) for one in self._composed]
        distance.add(connection, [row for row in sold if row[3]])
        states.move(connection, self._moves, ids.take(len(self._moves)), now)
        problems.open_problems(connection, self._problems, ids.take(len(self._problems)), now)

    def _warn_of_doubles(self, connection: Connection) -> None:
        """Warn of sales that another licence of the administration books too, it seems (bookkeeper.md §2.29)."""
        beside = self._books.beside
        sold = {one.document for entry in self._composed for one in entry.members if one.facet == SALE}
        if not beside or not sold:
            return
        for one in doubles.doubles(connection, beside, sold):
            total = str(from_minor(one.total, one.currency))
            self.add_problems(one.document, [possible_double(one.number, total, one.other, one.licence)])


def due_at_of(books: Books, last: dt.date) -> int:
    """Return when a term may be composed: its last business day is over, and the licence's delay too."""
    over = last + dt.timedelta(1 + books.licence.delay_days)
    moment = dt.datetime.combine(over, dt.time(books.rules.rules.day_ends_at), books.zone)
    return int(moment.timestamp()) * 1_000_000


def _waits(result: Waiting) -> str:
    if result.reason in (Reason.ORIGINAL, Reason.SALE, Reason.ADVANCE):
        return result.reason
    if result.need is not None:
        return Reason.PROOF if result.need.vat_id else Reason.RATE
    # of another term than thought: placed anew at once
    assert result.reason.startswith(TERM), "nothing else waits"
    return Reason.COMPOSE


def marks_for(connection: Connection, books: Books, drafts: Sequence[Draft]) -> Iterator[tuple[str, str]]:
    """Yield a number and a free mark per draft; a number whose entry books nothing any more gets another generation."""
    licence, longest = books.licence, books.mark_length
    wanted = [mark_of(draft.number, licence.code, longest=longest) for draft in drafts]
    taken = entries.taken_marks(connection, licence.administration, wanted) if wanted else {}
    mine: set[str] = set()

    def is_taken(mark: str) -> bool:
        if mark not in taken:
            taken.update(entries.taken_marks(connection, licence.administration, [mark]))
        return mark in taken or mark in mine

    for draft, mark in zip(drafts, wanted, strict=True):
        if mark not in taken and mark not in mine:
            number, free = draft.number, mark
        else:
            number, free = _next_free(draft.number, books, taken, is_taken)
        mine.add(free)
        yield number, free


def _next_free(wish: str, books: Books, taken: Mapping[str, bool], is_taken: Callable[[str], bool]) -> tuple[str, str]:
    n = generation = 1
    while True:
        number = later_number(wish, n)
        mark = mark_of(number, books.licence.code, generation, longest=books.mark_length)
        if not is_taken(mark):
            return number, mark
        if taken.get(mark):
            generation += 1
        else:
            n, generation = n + 1, 1


def changed_since(connection: Connection, batch: Sequence[Candidate]) -> set[int]:
    """Name the documents that have another revision by now."""
    seen = {candidate.document: candidate.revision for candidate in batch}
    rows = select_rows(connection, "select id, revision from document where id in ?*", [list(seen)])
    return {id for id, revision in rows if seen[id] != revision}
