"""What changed in periods since they were filed, and what is held because of that, with its effect per box."""

from collections.abc import Iterator, Sequence
from itertools import islice

import msgspec
from sqlalchemy import Connection

from boekbrug.acts.lists.filing import FiledPeriod, figures_of, filed
from boekbrug.acts.lists.scope import Facet, Scope, origins
from boekbrug.acts.lists.table import BookList, Cell, Part, columns, euro
from boekbrug.acts.lists.vat import DOCUMENTS, box_name, document_rows, listed
from boekbrug.booking.boxes import Box
from boekbrug.booking.composed import Draft
from boekbrug.booking.declared import Amounts, declared
from boekbrug.booking.terms import InTerm, part_of
from boekbrug.booking.terms import Part as TermPart
from boekbrug.contract import Document, DocumentKind, RefundCause
from boekbrug.runtime.clock import EPOCH
from boekbrug.store import agreed, facets
from boekbrug.store.licences import Licence
from boekbrug.sync.books import Books, booked_ids, items_of, open_books
from boekbrug.sync.compose import compose_one
from boekbrug.sync.originals import CORRECTION
from boekbrug.sync.workplace import MICROSECOND, Workplace

_BATCH = 200
_CHANGES = columns("first:day last:day on:day by figure filed_base:money filed_vat:money base:money vat:money")
_HELD = columns("number kind:word dated:day box:word rate:rate country base:money vat:money")
_BOXES = {
    "vat": frozenset(str(box) for box in Box) - {str(Box.OSS), str(Box.FOREIGN)},
    "icp": frozenset({str(Box.UNION)}),
    "oss": frozenset({str(Box.OSS)}),
}
"""What of a document each return mentions."""
_decode = msgspec.msgpack.Decoder(Document).decode
Rows = Iterator[tuple[Cell, ...]]


def supplementary_list(scope: Scope, kind: str) -> BookList:
    """List what changed since each return of a kind was filed that has a day in common with the scope.

    Three tables: figures that differ from those filed; the documents booked since into a filed period, and the
    errors of it that were mended later; and documents that are held, with what they would add per box.
    """
    found = [
        one for one in filed(scope.house, scope.licence)
        if one.row.kind == kind and one.days.first <= scope.days.last and one.days.last >= scope.days.first
    ]  # fmt: skip
    with scope.house.database.read() as connection:
        changes = tuple(row for one in found for row in _changes(scope, connection, one))
        later = tuple(row for one in found for row in _booked_later(scope, connection, one) if row[0] in _BOXES[kind])
        held = tuple(row for licence in scope.licences for row in _held(scope, connection, licence))
    parts = [
        Part(name="changes", columns=_CHANGES, rows=changes, differs=len(changes)),
        Part(name="documents", columns=DOCUMENTS, rows=later, differs=len(later)),
        Part(name="held", columns=_HELD, rows=held, differs=len(held)),
    ]
    return listed(scope, "supplementary", parts)


def _changes(scope: Scope, connection: Connection, one: FiledPeriod) -> Rows:
    now, then = figures_of(scope.over(one.days), connection, one.row.kind), one.figures
    on = (EPOCH + one.row.at * MICROSECOND).date().isoformat()
    for key in sorted(now.keys() | then.keys()):
        before, after = then.get(key, (0, 0)), now.get(key, (0, 0))
        if before != after:
            change = after[0] - before[0], after[1] - before[1]
            amounts = (euro(minor) for minor in (*before, *change))
            yield (one.row.first_day, one.row.last_day, on, one.row.actor, key, *amounts)


def _booked_later(scope: Scope, connection: Connection, one: FiledPeriod) -> Rows:
    for facet in scope.over(one.days).facets(connection, since=one.row.at):
        yield from document_rows(facet, scope.declared(connection, facet))
    after = scope.over(one.days._replace(first=one.days.end, last=scope.house.clock.now().date()))
    of_later = after.facets(connection, since=one.row.at)
    while page := list(islice(of_later, _BATCH)):
        for facet in _errors(scope, connection, page, one):
            yield from document_rows(facet, scope.declared(connection, facet))


def _errors(scope: Scope, connection: Connection, page: Sequence[Facet], one: FiledPeriod) -> Iterator[Facet]:
    """Yield what mends an error of the filed period: corrections, reversals, and credits that say so (§1.12)."""
    wrong = _credited_errors(scope, connection, page)
    for licence in scope.licences:
        mine = [facet for facet in page if facet.head.licence == licence.id and facet.part is not None]
        days = origins(connection, licence, mine) if mine else {}
        for facet in mine:
            assert facet.part is not None, "others were left out above"
            mends = facet.part.facet.startswith((CORRECTION, "reversal")) or facet.part.document in wrong
            if mends and one.row.first_day <= days.get(facet.part.document, "") <= one.row.last_day:
                yield facet


def _credited_errors(scope: Scope, connection: Connection, page: Sequence[Facet]) -> set[int]:
    credits = [
        (facet.part.document, facet.part.revision)
        for facet in page
        if facet.part is not None and facet.part.kind == DocumentKind.CREDIT_NOTE
    ]
    sealed = facets.bodies(connection, credits) if credits else {}
    open_body = scope.house.place("list").sealing.open_body
    return {
        document
        for document, (n, body) in sealed.items()
        if _decode(open_body(body, document, n)).refund_cause is RefundCause.ERROR
    }


def _held(scope: Scope, connection: Connection, licence: Licence) -> Rows:
    work, after = scope.house.place("list"), 0
    books = open_books(connection, work, licence).unfiled()
    while ids := agreed.held_by_filing(connection, licence.id, after, _BATCH):
        yield from _effects(connection, work, books, ids)
        after = ids[-1]


def _effects(connection: Connection, work: Workplace, books: Books, ids: Sequence[int]) -> Rows:
    found = booked_ids(connection, books.licence.id, ids)
    evidence = books.evidence(work.database.now(connection))
    for candidate, item in zip(found, items_of(connection, work, books, found), strict=True):
        result = compose_one(candidate, item, books, evidence)
        if isinstance(result, InTerm):
            part = part_of(item, books.rules, evidence)
            lines = part.lines if isinstance(part, TermPart) else ()
        else:
            lines = result.lines if isinstance(result, Draft) else ()
        amounts: Amounts = declared(lines, books.rules)
        document = item.document
        head = (document.number, str(document.kind), _day(document))
        for words, (base, vat) in amounts.items():
            yield (*head, box_name(words), words.rate, words.country, euro(base), euro(vat))
        if not amounts:
            yield (*head, "none", None, "", euro(0), euro(0))


def _day(document: Document) -> str:
    moment = document.dates.paid or document.dates.ordered
    day = document.dates.business or document.dates.invoiced or (moment.date() if moment else None)
    return "" if day is None else day.isoformat()
