"""What is asked of a source, one function per rule; the table is at the end."""

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import suppress
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec

from boekbrug.contract import (
    SOURCE_KINDS,
    BadAmount,
    BoekbrugError,
    CannotTell,
    ClosesDays,
    Document,
    DocumentRef,
    FoundDocument,
    KeepsFiles,
    Page,
    Problem,
    SendsHooks,
    StatesTotals,
    TakesSnapshots,
    Window,
    WritesBack,
    to_minor,
)
from boekbrug.contract.authorisation import Authorises
from boekbrug.testing.portfaults import PortFault, When
from boekbrug.testing.rules import Rule, require
from boekbrug.testing.shared_rules import SHARED_RULES, leaves, optional_verbs, require_registered
from boekbrug.testing.subjects import SourceSubject

PAGE_LIMIT = 1000
MANY = PAGE_LIMIT + 101
"""Sold where a rule is about pages: at least two of them."""

_CALLS = 50
_PROTOCOLS = (TakesSnapshots, ClosesDays, StatesTotals, WritesBack, KeepsFiles, SendsHooks, Authorises)


def unit_is_listed(subject: SourceSubject) -> None:
    """`units` lists the part that sells, each code once, with a time zone that exists."""
    units = subject.open().units()
    codes = [unit.code for unit in units]
    require(subject.world.unit in codes, f"unit {subject.world.unit} is not among {codes}")
    require(len(set(codes)) == len(codes), f"a unit is listed twice: {codes}")
    for unit in units:
        ZoneInfo(unit.time_zone)


def catalogue_lists_each_choice_once(subject: SourceSubject) -> None:
    """`catalogue` names every payment method, status, rate and account once."""
    subject.world.sell(5)
    catalogue = subject.open().catalogue(subject.world.unit)
    for name in catalogue.__struct_fields__:
        values = [choice.value for choice in getattr(catalogue, name)]
        require(len(set(values)) == len(values), f"{name} repeats a value: {values}")


def everything_is_fetched(subject: SourceSubject) -> None:
    """Every document that was sold is on some page."""
    sold = subject.world.sell(7)
    _require_all(sold, subject.fetch())


def later_documents_come_after_the_cursor(subject: SourceSubject) -> None:
    """A cursor at the end, also of a fetch that found nothing new, leads to whatever is sold later."""
    subject.world.sell(3)
    end = _end(subject.fetch())
    end = _end(subject.fetch(end), end)
    later = subject.world.sell(2)
    _require_all(later, subject.fetch(end))


def fetch_is_resumable_from_every_cursor(subject: SourceSubject) -> None:
    """A fetch that stops after any page and goes on from its cursor in a new instance leaves nothing out."""
    sold = subject.world.sell(MANY)
    pages = subject.fetch()
    for stopped, page in enumerate(pages, 1):
        _require_all(sold, [*pages[:stopped], *subject.fetch(page.cursor)])


def pages_are_bounded(subject: SourceSubject) -> None:
    """A page holds at most a thousand documents, however many there are."""
    subject.world.sell(MANY)
    largest = max(len(page.documents) for page in subject.open().fetch(subject.world.unit, Window(), ""))
    require(largest <= PAGE_LIMIT, f"a page holds {largest} documents")


def same_content_on_refetch(subject: SourceSubject) -> None:
    """A document that did not change at the source is fetched again with equal content."""
    subject.world.sell(5)
    first, second = (_by_identity(subject.fetch()) for _ in range(2))
    for identity, document in first.items():
        again = second.get(identity, document)
        require(again == document, f"{identity} came as {document} and then as {again}")


def identity_is_stable(subject: SourceSubject) -> None:
    """A document keeps its kind and source id when others come; no two share them."""
    sold = subject.world.sell(3)
    before = _by_identity(subject.fetch())
    require(len(before) >= len(sold), f"{len(sold)} documents share {len(before)} identities")
    subject.world.sell(2)
    lost = before.keys() - _by_identity(subject.fetch()).keys()
    require(not lost, f"{sorted(lost)} had another identity once others were sold")


def window_leaves_nothing_inside_out(subject: SourceSubject) -> None:
    """Two windows that meet at a day hold together what one without limits holds."""
    sold = subject.world.sell(12)
    zone = next(ZoneInfo(unit.time_zone) for unit in subject.open().units() if unit.code == subject.world.unit)
    days = {_order_day(document, zone) for document in _documents(subject.fetch())} - {None}
    for day in sorted(day for day in days if day):
        halves = subject.fetch(window=Window(until=day)) + subject.fetch(window=Window(since=day))
        _require_all(sold, halves)


def declared_kinds_only(subject: SourceSubject) -> None:
    """Every document is of a kind that the capabilities declare, and balances are boekbrug's own to draw up."""
    subject.world.sell(7)
    kinds = subject.plugin.capabilities.kinds
    require(kinds <= SOURCE_KINDS, f"{sorted(kinds - SOURCE_KINDS)} is no source's to hand over")
    for document in _documents(subject.fetch()):
        require(document.kind in kinds, f"{document.source_id} is of kind {document.kind}, not one of {sorted(kinds)}")


def documents_survive_storage(subject: SourceSubject) -> None:
    """A document that was stored reads back equal, so each field has the type that the contract says."""
    subject.world.sell(5)
    for document in _documents(subject.fetch()):
        again = msgspec.json.decode(msgspec.json.encode(document), type=Document)
        require(again == document, f"{document} reads back as {again}")


def amounts_are_decimal_without_fraction_of_a_cent(subject: SourceSubject) -> None:
    """No field is a float, and amounts have no more digits than their currency, unless a problem says so."""
    subject.world.sell(7)
    for document in _documents(subject.fetch()):
        for name, value in leaves(document):
            require(not isinstance(value, float), f"{name} of {document.source_id} is a float")
        for amount in () if document.problems else _amounts(document):
            require(_is_exact(amount, document.currency), f"{document.source_id} has {amount!r} {document.currency}")


def every_date_is_aware(subject: SourceSubject) -> None:
    """Moments have a time zone, days are days."""
    subject.world.sell(5)
    for document in _documents(subject.fetch()):
        for name, value in leaves(document):
            if isinstance(value, dt.datetime):
                require(value.tzinfo, f"{name} of {document.source_id} is {value} without time zone")
                require(name in _MOMENTS, f"{name} of {document.source_id} is a moment, not a day")


def broken_input_is_a_problem_not_a_crash(subject: SourceSubject) -> None:
    """What cannot be read becomes a problem, and all other documents still come."""
    sold = [*subject.world.sell(2)]
    subject.world.spoil()
    sold += subject.world.sell(2)
    pages = subject.fetch()
    require(list(_problems(pages)), "nothing says that something could not be read")
    _require_all(sold, pages)


def problems_are_registered(subject: SourceSubject) -> None:
    """Problems of documents and unreadable places name registered codes and state their facts as text."""
    subject.world.sell(1)
    subject.world.spoil()
    require_registered(subject, _problems(subject.fetch()))


def failing_call_loses_nothing(subject: SourceSubject) -> None:
    """A failed call ends the fetch with an error of the contract; going on from the last page leaves nothing out."""
    sold = subject.world.sell(MANY)
    for at in range(_CALLS):
        fault = PortFault(When.READING, at)
        pages: list[Page] = []
        with suppress(BoekbrugError):
            # extend keeps what came before the failure, as the host does
            pages.extend(subject.open(fault=fault).fetch(subject.world.unit, Window(), ""))
        if not fault.struck:
            return
        _require_all(sold, [*pages, *subject.fetch(_end(pages))])


def read_answers_in_order(subject: SourceSubject) -> None:
    """`read` answers each reference in the order asked: found with its content, and never found what never was."""
    subject.world.sell(3)
    documents = list(_by_identity(subject.fetch()).values())
    never = DocumentRef(kind=documents[0].kind, source_id="kit-never-was")
    asked = [_ref(documents[-1]), never, _ref(documents[0])]
    answers = subject.open().read(subject.world.unit, asked)
    require(len(answers) == len(asked), f"{len(answers)} answers to {len(asked)} references")
    for document, answer in ((documents[-1], answers[0]), (documents[0], answers[2])):
        fits = isinstance(answer, CannotTell) or (isinstance(answer, FoundDocument) and answer.document == document)
        require(fits, f"{document} was answered with {answer}")
    require(not isinstance(answers[1], FoundDocument), f"a document that never was is found: {answers[1]}")


def removed_document_is_not_found(subject: SourceSubject) -> None:
    """`read` answers Gone, or CannotTell, for a document that was deleted."""
    gone = subject.world.sell(3)[1]
    subject.fetch()
    subject.world.remove(gone)
    answer = subject.open().read(subject.world.unit, [gone])[0]
    require(not isinstance(answer, FoundDocument), f"{gone} was deleted and is answered with {answer}")


_MOMENTS = {"ordered", "paid", "refunded", "at"}


def _documents(pages: Iterable[Page]) -> Iterator[Document]:
    for page in pages:
        yield from page.documents


def _ref(document: Document) -> DocumentRef:
    return DocumentRef(kind=document.kind, source_id=document.source_id)


def _by_identity(pages: Iterable[Page]) -> dict[tuple[str, str], Document]:
    return {(document.kind, document.source_id): document for document in _documents(pages)}


def _end(pages: list[Page], start: str = "") -> str:
    return pages[-1].cursor if pages else start


def _require_all(sold: Iterable[DocumentRef], pages: Iterable[Page]) -> None:
    missing = {(ref.kind, ref.source_id) for ref in sold} - _by_identity(pages).keys()
    require(not missing, f"{len(missing)} documents were left out, {min(missing, default='')} among them")


def _problems(pages: Iterable[Page]) -> Iterator[Problem]:
    for page in pages:
        yield from (unreadable.problem for unreadable in page.unreadable)
        for document in page.documents:
            yield from document.problems


def _order_day(document: Document, zone: ZoneInfo) -> dt.date | None:
    if document.dates.ordered is not None:
        return document.dates.ordered.astimezone(zone).date()
    return document.dates.invoiced or document.dates.business


def _amounts(document: Document) -> Iterator[Decimal]:
    for part in (document, *document.lines, *document.tenders, *document.movements, document.payout):
        for name in ("total", "total_vat", "amount", "vat", "gross", "fees", "paid", "fee_vat"):
            if (amount := getattr(part, name, None)) is not None:
                yield amount


def _is_exact(amount: object, currency: str) -> bool:
    try:
        return isinstance(amount, Decimal) and amount.is_finite() and isinstance(to_minor(amount, currency), int)
    except BadAmount:
        return False


SOURCE_RULES: tuple[Rule[SourceSubject], ...] = (
    *SHARED_RULES,
    optional_verbs(_PROTOCOLS),
    Rule(unit_is_listed),
    Rule(catalogue_lists_each_choice_once),
    Rule(everything_is_fetched),
    Rule(later_documents_come_after_the_cursor),
    Rule(fetch_is_resumable_from_every_cursor),
    Rule(pages_are_bounded),
    Rule(same_content_on_refetch),
    Rule(identity_is_stable),
    Rule(window_leaves_nothing_inside_out),
    Rule(declared_kinds_only),
    Rule(documents_survive_storage),
    Rule(amounts_are_decimal_without_fraction_of_a_cent),
    Rule(every_date_is_aware),
    Rule(broken_input_is_a_problem_not_a_crash),
    Rule(problems_are_registered),
    Rule(failing_call_loses_nothing),
    Rule(read_answers_in_order),
    Rule(removed_document_is_not_found),
)
