"""What composing works with: the books of a licence, and the documents that wait to go into them."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from msgspec import structs
from sqlalchemy import Connection

from boekbrug.booking.answers import Answers, answered
from boekbrug.booking.compiled import CompiledRules
from boekbrug.booking.composed import AMSTERDAM, Cleared, Evidence, Item, Original
from boekbrug.booking.header import booking_number
from boekbrug.booking.rules import LEDGER_MODES, Rules
from boekbrug.booking.terms import Part, part_of
from boekbrug.contract import SALE_KINDS, Document, DocumentKind, EntryKind
from boekbrug.store import agreed, answers, doubles, facts, licences, taken
from boekbrug.store.bulk import select_rows
from boekbrug.store.licences import Licence
from boekbrug.sync.advances import Advance, Named, advances_of
from boekbrug.sync.cleared import cleared_by
from boekbrug.sync.evidence import Facts
from boekbrug.sync.originals import Agreed, BookedOriginal, Coming, originals_of
from boekbrug.sync.seen_paid import seen_paid
from boekbrug.sync.workplace import MICROSECOND, Workplace

_decode = msgspec.msgpack.Decoder(Document).decode
_decode_answers = msgspec.json.Decoder(Answers).decode
_EPOCH = dt.datetime.fromtimestamp(0, dt.UTC)

CLOSED_BY_RULES = ("filed_through", "filed_oss_through", "filed_icp_through", "locked_through")


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
    email_hash: bytes | None
    total: int
    body: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Books:
    """Where a licence's entries go and by which rules; made once per run."""

    licence: Licence
    rules: CompiledRules
    mark_length: int
    #: the package's memorials take no debtors
    open_items_alone: bool = False
    zone: ZoneInfo = AMSTERDAM
    #: the last day that the package has closed, as it was seen last
    locked_through: dt.date | None = None
    #: days booked before the mode was switched to or from the source's own ledger
    taken: frozenset[dt.date] = frozenset()
    #: documents of which a person said something
    answered: frozenset[int] = frozenset()
    facts: Facts = field(default_factory=Facts)
    proof_days: int = 30
    #: the other licences of the administration
    beside: tuple[int, ...] = ()
    #: the last day that was filed of the administration's returns, by return; for VAT beside what the rules say
    filed: Mapping[str, dt.date] = field(default_factory=dict)

    def evidence(self, now: int) -> Evidence:
        """Return what is known at a moment beside the documents."""
        start = dt.date.fromisoformat(self.licence.start)
        rules, known = self.rules.rules, self.facts
        locked = [day for day in (self.locked_through, rules.locked_through) if day is not None]
        return Evidence(
            today=day_at(now, self.zone), start=start, zone=self.zone,
            filed_through=self._filed("vat", rules.filed_through),
            filed_oss_through=self._filed("oss", rules.filed_oss_through),
            filed_icp_through=self._filed("icp", rules.filed_icp_through),
            locked_through=max(locked, default=None), taken=self.taken, rates=known.rates,
            rates_coming=known.rates_coming, rates_known=known.rates_known, proofs=known.proofs,
            demands_proof=known.demands_proof, proof_days=self.proof_days, distance=known.distance,
            open_items_alone=self.open_items_alone,
        )  # fmt: skip

    def _filed(self, which: str, by_rules: dt.date | None) -> dt.date | None:
        return max((day for day in (self.filed.get(which), by_rules) if day is not None), default=None)

    def unfiled(self) -> "Books":
        """Return the same books as if nothing was filed or closed yet."""
        open_rules = dict.fromkeys(CLOSED_BY_RULES)
        rules = CompiledRules(structs.replace(self.rules.rules, **open_rules))
        return replace(self, rules=rules, filed={}, locked_through=None)


def open_books(connection: Connection, work: Workplace, licence: Licence) -> Books:
    """Read a licence's rules, and what its target and unit are like."""
    body = licences.rules_body(connection, licence.id, licence.rules)
    rules = msgspec.json.decode(body, type=Rules)
    days = taken.days_from_sales if rules.mode in LEDGER_MODES else taken.days_from_ledger
    locked = facts.get(connection, f"{facts.LOCKED}{licence.id}")
    known = Facts(
        administration=licence.administration,
        country=rules.country,
        proofs=work.vies is not None,
        rates=work.ecb is not None,
    )
    if known.rates_coming:
        known.read_span(connection)
    filed = agreed.filed_through(connection, licence.administration)
    capabilities = work.instances.target(licence.target, connection).capabilities
    return Books(
        licence=licence,
        rules=CompiledRules(rules),
        facts=known,
        proof_days=work.proof_days,
        mark_length=capabilities.mark_length,
        open_items_alone=not capabilities.debtors_in_memorials,
        zone=licences.zone_of(connection, licence),
        locked_through=dt.date.fromisoformat(locked) if locked else None,
        taken=days(connection, licence.id),
        answered=answers.documents_of(connection, licence.id),
        beside=doubles.licences_beside(connection, licence.administration, licence.id),
        filed={name: dt.date.fromisoformat(day) for name, day in filed.items()},
    )


def day_at(now: int, zone: ZoneInfo) -> dt.date:
    """Return the day in a zone at a moment."""
    return (_EPOCH + now * MICROSECOND).astimezone(zone).date()


_BOOKED = """
    select d.id, d.revision, s.tries, d.kind, d.sale_ref, d.twin, d.refers_to, d.number, d.email_hash, d.total, p.body
    from document_state s join document d on d.id = s.document join payload p on p.document = d.id and p.n = d.revision
    where s.licence = ? and
"""
_COLUMNS = _BOOKED + " s.state = 'waiting' and"
_CANDIDATES = (
    _COLUMNS
    + """
    s.next_at <= ? and s.reason in ('compose', 'original', 'sale', 'advance', 'rate', 'proof')
    and {} order by s.next_at, s.document limit ?
"""
)
_STAGES = {
    "alone": _CANDIDATES.format("d.refers_to = '' and d.kind <> 'payout'"),
    "linked": _CANDIDATES.format("d.refers_to <> '' and d.kind <> 'payout'"),
    "payouts": _CANDIDATES.format("d.kind = 'payout'"),
}
_IN_TERM = _COLUMNS + " s.reason = ? and s.document > ? and d.refers_to {} '' order by s.document limit ?"
_ALONE_IN_TERM, _LINKED_IN_TERM = _IN_TERM.format("="), _IN_TERM.format("<>")


STAGES = ("alone", "linked", "payouts")
"""What is composed one after another: sales, then what refers to one, then what clears the payments of many."""


def candidates(connection: Connection, licence: int, now: int, limit: int, stage: str) -> list[Candidate]:
    """List documents of a stage that wait to be composed."""
    found = [Candidate(*row) for row in select_rows(connection, _STAGES[stage], [licence, now, limit])]
    if stage != "linked":
        return found
    # one by one per sale, since each changes what is still owed
    return list({candidate.refers_to: candidate for candidate in reversed(found)}.values())


def waiting_for(
    connection: Connection, licence: int, reason: str, after: int, limit: int, *, linked: bool
) -> list[Candidate]:
    """List a page of the documents that wait for a term, by id."""
    rows = select_rows(connection, _LINKED_IN_TERM if linked else _ALONE_IN_TERM, [licence, reason, after, limit])
    return [Candidate(*row) for row in rows]


def by_ids(connection: Connection, licence: int, documents: Collection[int]) -> list[Candidate]:
    """Read documents that wait, those that refer to no sale first."""
    query = f"{_COLUMNS} d.id in ?* order by case when d.refers_to = '' then 0 else 1 end, d.id"
    return [Candidate(*row) for row in select_rows(connection, query, [licence, list(documents)])] if documents else []


def booked_ids(connection: Connection, licence: int, documents: Collection[int]) -> list[Candidate]:
    """Read documents whatever their state, as they are now."""
    return [Candidate(*row) for row in select_rows(connection, f"{_BOOKED} d.id in ?*", [licence, list(documents)])]


def items_of(
    connection: Connection, work: Workplace, books: Books, batch: Sequence[Candidate], *, term: str = ""
) -> list[Item]:
    """Open documents and put beside them what is known of their sales.

    A sale that waits for the `term`, or for whichever when none is named, stands as it will be booked there.
    """
    bases = _bases(connection, books.licence.id, {candidate.sale_ref for candidate in batch if candidate.sale_ref})
    referring = [(c.document, c.refers_to) for c in batch if c.refers_to]
    found = originals_of(connection, work, books.licence, referring)
    coming = {id: one.document for id, one in found.items() if isinstance(one, Coming) and term in ("", one.waits)}
    to_come = _to_come(connection, work, books, set(coming.values()))
    paid = seen_paid(connection, work, [c.document for c in batch if c.revision > 1 and c.kind in SALE_KINDS])
    said = _said(connection, books, batch)
    contents = [_content(work, books, candidate, said.get(candidate.document)) for candidate in batch]
    agreed = _agreed(connection, work, books, batch, found)
    held = _held(connection, work, books, batch, contents, agreed)
    items = []
    for candidate, content in zip(batch, contents, strict=True):
        standing = found.get(candidate.document)
        original = to_come.get(coming.get(candidate.document, 0)) or standing
        seen, advance = paid.get(candidate.document), held.get(candidate.document)
        answer = said.get(candidate.document)
        items.append(
            Item(
                document_id=candidate.document,
                revision=candidate.revision,
                document=content,
                original=original if isinstance(original, Original) else None,
                original_pending=_is_pending(original, candidate, agreed),
                booked_as=bases.get(candidate.sale_ref),
                seen_paid=None if seen is None else seen.astimezone(books.zone).date(),
                party_key=_party_key(candidate, content),
                sale=agreed.get(candidate.document),
                prepaid=() if advance is None else advance.entries,
                prepaid_pending=advance is not None and advance.pending,
                cleared=_cleared(connection, books, candidate, content, work),
                upon=original.entry if isinstance(original, BookedOriginal) else advance and advance.newest,
                book_on=None if answer is None else answer.book_on,
            )
        )
    books.facts.load(connection, [item.document for item in items])
    return items


def _cleared(
    connection: Connection, books: Books, candidate: Candidate, content: Document, work: Workplace
) -> Cleared | None:
    if candidate.kind != DocumentKind.PAYOUT:
        return None
    return cleared_by(connection, books.licence, content, books.rules, books.evidence(work.database.now(connection)))


def _said(connection: Connection, books: Books, batch: Sequence[Candidate]) -> Mapping[int, Answers]:
    """Read what persons said of documents."""
    asked = books.answered.intersection(candidate.document for candidate in batch) if books.answered else ()
    found = answers.read(connection, books.licence.id, asked) if asked else {}
    return {document: _decode_answers(said) for document, said in found.items()}


def _content(work: Workplace, books: Books, candidate: Candidate, said: Answers | None) -> Document:
    content = content_of(work, candidate)
    return content if said is None else answered(content, said, books.zone)


def content_of(work: Workplace, candidate: Candidate) -> Document:
    """Open a document as its source told it last."""
    kept = work.fetched.get((candidate.document, candidate.revision))
    return kept or _decode(work.sealing.open_body(candidate.body, candidate.document, candidate.revision))


def _is_pending(original: object, candidate: Candidate, agreed: Mapping[int, Document]) -> bool:
    if isinstance(original, Agreed):
        return original.is_open and candidate.document not in agreed
    return original is not None and not isinstance(original, Original)


def _agreed(
    connection: Connection,
    work: Workplace,
    books: Books,
    batch: Sequence[Candidate],
    found: Mapping[int, object],
) -> Mapping[int, Document]:
    """Open the sales that payments came in advance of, where the rules have an account for such money."""
    wanted = {
        candidate.document: standing.document
        for candidate in batch
        if candidate.kind == DocumentKind.PAYMENT and isinstance(standing := found.get(candidate.document), Agreed)
    }
    if not wanted or not books.rules.rules.received_in_advance:
        return {}
    rows = booked_ids(connection, books.licence.id, set(wanted.values()))
    sales = {row.document: content_of(work, row) for row in rows}
    return {payment: sales[sale] for payment, sale in wanted.items()}


def _held(
    connection: Connection,
    work: Workplace,
    books: Books,
    batch: Sequence[Candidate],
    contents: Sequence[Document],
    agreed: Mapping[int, Document],
) -> Mapping[int, Advance]:
    """Find what is held in advance for the sales of a batch, and for those whose payments it has."""
    if not books.rules.rules.received_in_advance:
        return {}
    sales = [
        Named(candidate.document, f"{content.kind}:{content.source_id}", content.sale_ref)
        for candidate, content in zip(batch, contents, strict=True)
        if candidate.kind in SALE_KINDS
    ]
    sales += [Named(payment, f"{sale.kind}:{sale.source_id}", sale.sale_ref) for payment, sale in agreed.items()]
    return advances_of(connection, work, books.licence, books.rules.rules.basis, sales)


def _to_come(connection: Connection, work: Workplace, books: Books, documents: Collection[int]) -> dict[int, Original]:
    if not documents:
        return {}
    rows = select_rows(connection, f"{_COLUMNS} d.id in ?* and d.refers_to = ''", [books.licence.id, list(documents)])
    evidence = books.evidence(work.database.now(connection))
    found = {}
    for item in items_of(connection, work, books, [Candidate(*row) for row in rows]):
        part = part_of(item, books.rules, evidence)
        if isinstance(part, Part):
            number = booking_number(item.document, books.rules)
            found[item.document_id] = Original(
                lines=part.lines,
                number=number,
                currency=part.currency,
                rate=part.rate,
                kind=EntryKind.MEMORIAL,
                date=part.date,
            )
    return found


def _party_key(candidate: Candidate, content: Document) -> str:
    buyer = content.buyer
    if buyer is None:
        return ""
    if buyer.vat_id:
        return buyer.vat_id
    return buyer.customer_id if candidate.email_hash is None else candidate.email_hash.hex()


def _bases(connection: Connection, licence: int, refs: Collection[str]) -> Mapping[str, DocumentKind]:
    if not refs:
        return {}
    query = "select sale_ref, kind from sale_basis where licence = ? and sale_ref in ?*"
    return {ref: DocumentKind(kind) for ref, kind in select_rows(connection, query, [licence, list(refs)])}
