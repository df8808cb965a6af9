"""Show what waits as it would be booked; nothing is written."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

import msgspec
from sqlalchemy import Connection

from boekbrug.acts.find import ShownEntry, amount, shown_entry
from boekbrug.acts.problems import in_words
from boekbrug.booking.composed import Composed, Draft, Item, Rejected, state_of
from boekbrug.booking.explain import explain_shares
from boekbrug.booking.marks import mark_of
from boekbrug.booking.terms import InTerm
from boekbrug.contract import Entry, Line, Problem, ProblemText
from boekbrug.store import approvals, entries, search, terms
from boekbrug.store.entries import Booking
from boekbrug.store.licences import Licence
from boekbrug.store.terms import Term
from boekbrug.store.words import TermState
from boekbrug.sync.books import STAGES, Books, Candidate, candidates, items_of, open_books
from boekbrug.sync.compose import compose_one
from boekbrug.sync.house import House
from boekbrug.sync.originals import read_share
from boekbrug.sync.terms import Reading
from boekbrug.sync.workplace import Workplace

MOST_SHARES = 20
"""Documents told per line; a day may have thousands."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What one document adds to a line."""

    number: str
    amount: Decimal


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """Why a line is there: the settings that decided it, and the documents that make it up, `documents` in all."""

    settings: tuple[str, ...]
    parts: tuple[Part, ...]
    documents: int


class Previewed(msgspec.Struct, frozen=True, kw_only=True):
    """A document, or a term, with the entry that would book it, or why it has none.

    For `approval` it was composed already; `documents` counts what a term holds.
    """

    number: str
    kind: str
    total: Decimal
    currency: str
    state: str
    reason: str
    approval: bool
    entry: ShownEntry | None
    problems: tuple[ProblemText, ...]
    documents: int = 1
    why: tuple[Explained, ...] = ()


def preview(house: House, licence: Licence, language: str, most: int) -> list[Previewed]:
    """Compose what waits, and show what was composed and waits for approval."""
    look = _Look(house, licence, language)
    with house.database.read() as connection:
        found = list(look.unapproved(connection, most))
        found += look.uncomposed(connection, most - len(found))
        found += look.in_terms(connection, most - len(found))
    return found


def preview_term(house: House, licence: Licence, language: str, term: Term) -> list[Previewed]:
    """Compose a day or month as if it were over."""
    look = _Look(house, licence, language)
    with house.database.read() as connection:
        return look.in_term(connection, term)


class _Look:
    def __init__(self, house: House, licence: Licence, language: str) -> None:
        self._house, self._licence, self._language = house, licence, language
        self._work: Workplace = house.place("preview")

    def unapproved(self, connection: Connection, most: int) -> Iterator[Previewed]:
        """Show entries that wait for approval, each once."""
        waiting = {one.entry: one for one in approvals.unapproved(connection, self._licence.id)}
        chosen = list(waiting.values())[:most]
        bodies = entries.load(connection, [one.entry for one in chosen], self._work.sealing.open_party)
        hits = {hit.id: hit for hit in search.by_ids(connection, self._licence.id, [one.document for one in chosen])}
        for one in chosen:
            hit, body = hits[one.document], bodies[one.entry]
            members = entries.bookings(connection, one.entry)
            why = self._why(connection, body, members)
            is_total = len(members) > 1 or members[0].share is not None
            yield Previewed(
                number=body.number if is_total else hit.number, kind="term" if is_total else hit.kind,
                total=amount(body.total if is_total else hit.total, body.currency if is_total else hit.currency),
                currency=body.currency if is_total else hit.currency, state=hit.state or "", reason=hit.reason or "",
                approval=True, entry=shown_entry(body), problems=(), documents=len(members), why=why,
            )  # fmt: skip

    def _why(self, connection: Connection, body: Entry, members: Sequence[Booking]) -> tuple[Explained, ...]:
        numbers = search.numbers_of(connection, [member.document for member in members])
        own = [
            (one.document, numbers[one.document], read_share(one.share) if one.share else body.lines) for one in members
        ]
        return _why(body.lines, own, self._books(connection), body.currency)

    def _books(self, connection: Connection) -> Books:
        return open_books(connection, self._work, self._licence)

    def uncomposed(self, connection: Connection, most: int) -> list[Previewed]:
        """Compose documents one by one that no run has looked at yet."""
        books, now = self._books(connection), self._house.database.now(connection)
        found: list[Previewed] = []
        for stage in STAGES:
            batch = candidates(connection, self._licence.id, now, max(most, 0), stage)
            items = items_of(connection, self._work, books, batch)
            evidence = books.evidence(now)
            for candidate, item in zip(batch, items, strict=True):
                result = compose_one(candidate, item, books, evidence)
                found.append(self._shown(books, candidate, item, result))
        return found[: max(most, 0)]

    def _shown(self, books: Books, candidate: Candidate, item: Item, result: Composed | InTerm) -> Previewed:
        document = item.document
        why: tuple[Explained, ...] = ()
        problems: Sequence[Problem] = result.problems if isinstance(result, Rejected) else ()
        entry, reason = None, getattr(result, "reason", "") or getattr(result, "status", "")
        if isinstance(result, Draft):
            entry = _shown_draft(result, books)
            why = _why(result.lines, [(item.document_id, document.number, result.lines)], books, result.currency)
        elif isinstance(result, InTerm):
            reason = f"term of {result.day.isoformat()}"
        codes = self._house.plugins.problem_codes
        return Previewed(
            number=document.number, kind=str(document.kind), total=document.total, currency=document.currency,
            state="waiting" if isinstance(result, InTerm) else str(state_of(result)), reason=reason, approval=False,
            entry=entry, why=why,
            problems=tuple(in_words(codes, problem, self._language, number=candidate.number) for problem in problems),
        )  # fmt: skip

    def in_terms(self, connection: Connection, most: int) -> list[Previewed]:
        """Compose the days and months that documents wait for, as if they were over."""
        books, now = self._books(connection), self._house.database.now(connection)
        found: list[Previewed] = []
        for term in terms.uncomposed(connection, self._licence.id)[: max(most, 0)]:
            found += self._term(connection, books, term, now)
        return found[: max(most, 0)]

    def in_term(self, connection: Connection, term: Term) -> list[Previewed]:
        """Compose what waits for one term, as if it were over."""
        books, now = self._books(connection), self._house.database.now(connection)
        return list(self._term(connection, books, term, now))

    def _term(self, connection: Connection, books: Books, term: Term, now: int) -> Iterator[Previewed]:
        reading = Reading(self._work, books, term, books.evidence(now))
        composition = reading.compose(connection)
        shares = dict(composition.shares)
        for draft in composition.drafts:
            numbers = search.numbers_of(connection, [member.document_id for member in draft.members])
            own = [(id, numbers[id], shares.get(id, ())) for id in numbers]
            yield Previewed(
                number=draft.number, kind="term", total=amount(draft.entry("").total, draft.currency),
                currency=draft.currency, state="waiting", reason=_due(term, books), approval=False,
                entry=_shown_draft(draft, books), why=_why(draft.lines, own, books, draft.currency), problems=(),
                documents=len(draft.members),
            )  # fmt: skip


def _shown_draft(draft: Draft, books: Books) -> ShownEntry:
    return shown_entry(draft.entry(mark_of(draft.number, books.licence.code, longest=books.mark_length)))


def _why(
    lines: Sequence[Line], own: Iterable[tuple[int, str, Sequence[Line]]], books: Books, currency: str
) -> tuple[Explained, ...]:
    found = explain_shares(lines, own, books.rules.rules, foreign=currency != "EUR")
    return tuple(
        Explained(
            settings=one.settings,
            parts=tuple(
                Part(number=share.number, amount=amount(share.minor, currency)) for share in one.shares[:MOST_SHARES]
            ),
            documents=len(one.shares),
        )
        for one in found
    )


def _due(term: Term, books: Books) -> str:
    if term.state == TermState.CLOSED or term.due_at is None:
        return "composed at the next run"
    moment = dt.datetime.fromtimestamp(term.due_at / 1_000_000, books.zone)
    return f"composed from {moment:%Y-%m-%d %H:%M} on"
