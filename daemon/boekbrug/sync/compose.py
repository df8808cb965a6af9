"""Compose: turn fetched documents into entries, or into the reason why not; nothing outside is asked here."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection

from boekbrug.booking.compiled import CompiledRules
from boekbrug.booking.composed import (
    Composed,
    DocumentState,
    Draft,
    Evidence,
    Held,
    Item,
    Open,
    Original,
    Rejected,
    Skipped,
    Waiting,
    state_of,
)
from boekbrug.booking.individual import compose_individual
from boekbrug.booking.marks import later_number, mark_of
from boekbrug.contract import SALE_KINDS, Document, DocumentKind, Problem
from boekbrug.store import entries, licences, problems, states
from boekbrug.store.bulk import select_rows
from boekbrug.store.licences import Licence, LicenceClaim
from boekbrug.store.problems import Opened
from boekbrug.store.states import Move
from boekbrug.store.words import Reason
from boekbrug.sync.originals import BookedOriginal, originals_of
from boekbrug.sync.seen_paid import seen_paid
from boekbrug.sync.steps import Step
from boekbrug.sync.workplace import MICROSECOND, Workplace

_decode = msgspec.msgpack.Decoder(Document).decode
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
_IDS_PER_DOCUMENT = 6


class Candidate(NamedTuple):
    """A document waiting to be composed."""

    document: int
    revision: int
    tries: int
    kind: str
    sale_ref: str
    twin: int | None
    refers_to: str
    number: str
    body: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Books:
    """Where a licence's entries go and by which rules; made once per run."""

    licence: Licence
    rules: CompiledRules
    mark_length: int


def compose(work: Workplace, claim: LicenceClaim, books: Books) -> Iterator[Step]:
    """Compose all that waits for it, one batch per transaction; raise ClaimLost when another worker took over."""
    for linked in (False, True):
        while count := _compose_batch(work, claim, books, linked=linked):
            yield Step("composed", count)


def _compose_batch(work: Workplace, claim: LicenceClaim, books: Books, *, linked: bool) -> int:
    with work.database.read() as connection:
        now = work.database.now(connection)
        batch = candidates(connection, books.licence.id, now, work.limits.batch, linked=linked)
        items = items_of(connection, work, books, batch)
    if not batch:
        return 0
    evidence = Evidence(today=today_on(now), start=dt.date.fromisoformat(books.licence.start))
    results = [compose_one(candidate, item, books, evidence) for candidate, item in zip(batch, items, strict=True)]
    work.ids.ensure(len(batch) * _IDS_PER_DOCUMENT)
    with work.database.write() as connection:
        licences.hold(connection, claim, work.until(now))
        Batch(work, books, now).write(connection, batch, items, results)
    return len(batch)


def candidates(connection: Connection, licence: int, now: int, limit: int, *, linked: bool) -> list[Candidate]:
    """List documents that wait to be composed, those that refer to a sale (`linked`) apart from the others."""
    # what refers to a sale comes after all sales, and one by one per sale, since each changes what is still owed
    rows = select_rows(connection, _LINKED if linked else _ALONE, [licence, now, limit])
    found = [Candidate(*row) for row in rows]
    return list({candidate.refers_to: candidate for candidate in reversed(found)}.values()) if linked else found


_CANDIDATES = """
    select d.id, d.revision, s.tries, d.kind, d.sale_ref, d.twin, d.refers_to, d.number, p.body
    from document_state s join document d on d.id = s.document join payload p on p.document = d.id and p.n = d.revision
    where s.licence = ? and s.next_at <= ? and s.state = 'waiting' and s.reason in ('compose', 'original')
    and d.refers_to {} '' order by s.next_at, s.document limit ?
"""
_ALONE, _LINKED = _CANDIDATES.format("="), _CANDIDATES.format("<>")


def today_on(now: int) -> dt.date:
    """Return the day in the Netherlands at a moment."""
    return (dt.datetime.fromtimestamp(0, dt.UTC) + now * MICROSECOND).astimezone(AMSTERDAM).date()


def items_of(connection: Connection, work: Workplace, books: Books, batch: Sequence[Candidate]) -> list[Item]:
    """Open documents and put beside them what is known of their sales."""
    open_body = work.sealing.open_body
    bases = _bases(connection, books.licence.id, {candidate.sale_ref for candidate in batch if candidate.sale_ref})
    originals = originals_of(connection, work, books.licence, [(c.document, c.refers_to) for c in batch if c.refers_to])
    paid = seen_paid(connection, work, [c.document for c in batch if c.revision > 1 and c.kind in SALE_KINDS])
    items = []
    for candidate in batch:
        content = _decode(open_body(candidate.body, candidate.document, candidate.revision))
        original = originals.get(candidate.document)
        items.append(
            Item(
                document_id=candidate.document,
                revision=candidate.revision,
                document=content,
                original=original if isinstance(original, Original) else None,
                original_pending=original is Reason.ORIGINAL,
                booked_as=bases.get(candidate.sale_ref),
                seen_paid=paid[candidate.document].astimezone(AMSTERDAM).date() if candidate.document in paid else None,
                party_key=_party_key(work, content),
            )
        )
    return items


def _party_key(work: Workplace, content: Document) -> str:
    buyer = content.buyer
    if buyer is None:
        return ""
    if buyer.vat_id:
        return buyer.vat_id
    return work.vault.keyed_hash(buyer.email).hex() if buyer.email else buyer.customer_id


def _bases(connection: Connection, licence: int, refs: set[str]) -> Mapping[str, DocumentKind]:
    if not refs:
        return {}
    query = "select sale_ref, kind from sale_basis where licence = ? and sale_ref in ?*"
    return {ref: DocumentKind(kind) for ref, kind in select_rows(connection, query, [licence, list(refs)])}


def compose_one(candidate: Candidate, item: Item, books: Books, evidence: Evidence) -> Composed:
    """Compose one document, unless another carries its number already."""
    if candidate.twin is not None:
        return Rejected((Problem(code="duplicate-number", facts={"number": candidate.number}),))
    return compose_individual(item, books.rules, evidence)


class Batch:
    """Writes the results of one batch: entries with their memberships, states, problems."""

    def __init__(self, work: Workplace, books: Books, now: int) -> None:
        self._work, self._books, self._now = work, books, now
        self._moves: list[Move] = []
        self._problems: list[Opened] = []
        self._composed: list[entries.Composed] = []

    def write(
        self, connection: Connection, batch: Sequence[Candidate], items: Sequence[Item], results: Sequence[Composed]
    ) -> None:
        """Write all results whose document has not changed since it was read."""
        changed = _changed_since(connection, batch)
        found = [row for row in zip(batch, items, results, strict=True) if row[0].document not in changed]
        marks = self._marks(connection, [result for _, _, result in found if isinstance(result, Draft)])
        bases: set[str] = set()
        for candidate, item, result in found:
            if isinstance(result, Draft):
                self._add_draft(candidate, item, result, next(marks), bases)
            else:
                self._add_other(candidate, result)
        self._flush(connection)

    def _marks(self, connection: Connection, drafts: Sequence[Draft]) -> Iterator[tuple[str, str]]:
        licence, longest = self._books.licence, self._books.mark_length
        wanted = [mark_of(draft.number, licence.code, longest=longest) for draft in drafts]
        taken = entries.taken_marks(connection, licence.administration, wanted) if wanted else set()
        for draft, mark in zip(drafts, wanted, strict=True):
            number, free, n = draft.number, mark, 1
            while free in taken or (n > 1 and entries.taken_marks(connection, licence.administration, [free])):
                n += 1
                number = later_number(draft.number, n)
                free = mark_of(number, licence.code, longest=longest)
            taken.add(free)
            yield number, free

    def _add_draft(
        self, candidate: Candidate, item: Item, draft: Draft, named: tuple[str, str], bases: set[str]
    ) -> None:
        licence = self._books.licence
        number, mark = named
        entry_id = self._work.ids.take()
        basis = self._basis(candidate, item, bases)
        body = draft.entry(mark)
        if number != draft.number:
            body = msgspec.structs.replace(body, number=number)
        self._composed.append(
            entries.Composed(
                id=entry_id, licence=licence.id, administration=licence.administration, rules=licence.rules,
                body=body,
                members=[(member.document_id, member.revision, member.facet) for member in draft.members],
                bases=basis, after=_after(item), reverses=None, term=None, automatic=licence.automatic,
            )
        )  # fmt: skip
        reason = Reason.DELIVER if licence.automatic else Reason.APPROVAL
        self._moves.append(Move(licence.id, candidate.document, _WAITING, reason._value_, entry_id))
        self._add_problems(candidate, draft.warnings)

    def _basis(self, candidate: Candidate, item: Item, bases: set[str]) -> Sequence[tuple[str, str]]:
        ref = candidate.sale_ref
        if not ref or item.booked_as is not None or item.document.kind not in SALE_KINDS or ref in bases:
            return ()
        bases.add(ref)
        return ((ref, candidate.kind),)

    def _add_other(self, candidate: Candidate, result: Composed) -> None:
        next_at, reason, tries = None, "", 0
        if isinstance(result, Rejected):
            reason = result.problems[0].code
            self._add_problems(candidate, result.problems)
        elif isinstance(result, Waiting):
            tries = candidate.tries + 1
            next_at = self._now + self._work.backoff(tries, None)
            reason = Reason.ORIGINAL
        elif isinstance(result, Open):
            reason = result.status
        elif isinstance(result, Skipped | Held):
            reason = result.reason
        state = state_of(result)
        self._moves.append(Move(self._books.licence.id, candidate.document, state, reason[:64], None, next_at, tries))

    def _add_problems(self, candidate: Candidate, found: Sequence[Problem]) -> None:
        if not found:
            return
        severity = self._work.instances.severity
        self._problems += [
            Opened(
                problem, licence=self._books.licence.id, document=candidate.document, severity=severity(problem.code)
            )
            # a document of ten lines without VAT number has one problem, not ten
            for n, problem in enumerate(found)
            if problem not in found[:n]
        ]

    def _flush(self, connection: Connection) -> None:
        ids, now = self._work.ids, self._now
        seal = self._work.sealing.party
        entries.write_composed(connection, self._composed, seal, now)
        states.move(connection, self._moves, ids.take(len(self._moves)), now)
        problems.open_problems(connection, self._problems, ids.take(len(self._problems)), now)


_WAITING = DocumentState.WAITING._value_


def _after(item: Item) -> int | None:
    return item.original.entry if isinstance(item.original, BookedOriginal) else None


def _changed_since(connection: Connection, batch: Sequence[Candidate]) -> set[int]:
    seen = {candidate.document: candidate.revision for candidate in batch}
    rows = select_rows(connection, "select id, revision from document where id in ?*", [list(seen)])
    return {id for id, revision in rows if seen[id] != revision}
