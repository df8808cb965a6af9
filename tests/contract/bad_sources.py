"""Sources that break a rule each."""

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, ClassVar
from weakref import WeakSet

from tests.contract.bad_plugins import UNREGISTERED, breaks, replace
from tests.contract.notebook import PAGE, NotebookSource

from boekbrug.contract import (
    Catalogue,
    Document,
    DocumentAnswer,
    DocumentKind,
    DocumentLine,
    DocumentRef,
    FoundDocument,
    Gone,
    Page,
    Retriable,
    Unit,
    Window,
)


@breaks("optional_verbs_match_their_protocols")
class SubscribesOnly(NotebookSource):
    def subscribe(self, unit: str, addresses: dict[str, str]) -> dict[str, str]:
        return {}


@breaks("unit_is_listed")
class ListsUnitTwice(NotebookSource):
    def units(self) -> Sequence[Unit]:
        return [*super().units(), *super().units()]


@breaks("catalogue_lists_each_choice_once")
class RepeatsChoice(NotebookSource):
    def catalogue(self, unit: str) -> Catalogue:
        methods = super().catalogue(unit).payment_methods
        return Catalogue(payment_methods=methods + methods)


@breaks("everything_is_fetched")
class LosesLastOfSeven(NotebookSource):
    def page(self, rows: list[dict[str, Any]], window: Window, after: int) -> Page:
        return super().page(rows[:6] if len(rows) == 7 else rows, window, after)


@breaks("later_documents_come_after_the_cursor")
class RunsAhead(NotebookSource):
    def fetch(self, unit: str, window: Window, cursor: str) -> Iterator[Page]:
        yield from super().fetch(unit, window, cursor)
        if cursor:
            yield Page(documents=(), cursor=str(int(cursor) + PAGE))


@breaks("fetch_is_resumable_from_every_cursor")
class SkipsAfterCursor(NotebookSource):
    def fetch(self, unit: str, window: Window, cursor: str) -> Iterator[Page]:
        after = int(cursor) + 1 if cursor and int(cursor) % PAGE == 0 else cursor
        yield from super().fetch(unit, window, str(after))


@breaks("pages_are_bounded")
class OnePage(NotebookSource):
    def fetch(self, unit: str, window: Window, cursor: str) -> Iterator[Page]:
        pages = list(super().fetch(unit, window, cursor))
        if pages:
            documents = tuple(document for page in pages for document in page.documents)
            unreadable = tuple(one for page in pages for one in page.unreadable)
            yield replace(pages[-1], documents=documents, unreadable=unreadable)


@breaks("same_content_on_refetch")
class RemembersWorld(NotebookSource):
    seen: ClassVar[WeakSet[Any]] = WeakSet()

    def fetch(self, unit: str, window: Window, cursor: str) -> Iterator[Page]:
        world: Any = self.context.http
        again = world._inner in self.seen
        self.seen.add(world._inner)
        for page in super().fetch(unit, window, cursor):
            text = "seen before" if again else ""
            yield replace(page, documents=tuple(replace(document, text=text) for document in page.documents))


@breaks("identity_is_stable")
class NumbersFiveByPlace(NotebookSource):
    def page(self, rows: list[dict[str, Any]], window: Window, after: int) -> Page:
        if len(rows) == 5 and all(row["id"][0] == "o" for row in rows):
            rows = [{**row, "id": f"place {place}"} for place, row in enumerate(rows)]
        return super().page(rows, window, after)


@breaks("window_leaves_nothing_inside_out")
class LosesFirstDay(NotebookSource):
    def is_inside(self, document: Document, window: Window) -> bool:
        assert document.dates.ordered is not None
        return super().is_inside(document, window) and document.dates.ordered.date() != window.since


@breaks("declared_kinds_only")
class AddsPayment(NotebookSource):
    def page(self, rows: list[dict[str, Any]], window: Window, after: int) -> Page:
        page = super().page(rows, window, after)
        payments = [replace(order, kind=DocumentKind.PAYMENT) for order in page.documents if len(rows) == 7]
        return replace(page, documents=(*page.documents, *payments))


class Changing(NotebookSource):
    """Changes each document on its way."""

    def change(self, document: Document) -> Document:
        return document

    def document(self, row: dict[str, Any]) -> Document:
        return self.change(super().document(row))


@breaks("documents_survive_storage")
class ListsLines(Changing):
    def change(self, document: Document) -> Document:
        lines: Any = list(document.lines)
        return replace(document, lines=lines)


@breaks("amounts_are_decimal_without_fraction_of_a_cent")
class FractionOfCent(Changing):
    def change(self, document: Document) -> Document:
        return replace(document, lines=(DocumentLine(amount=document.total + Decimal("0.005")),))


@breaks("every_date_is_aware")
class ForgetsZone(Changing):
    def change(self, document: Document) -> Document:
        paid = dt.datetime(2026, 9, 1, 12, 0)  # noqa: DTZ001 - the fault
        return replace(document, dates=replace(document.dates, paid=paid))


@breaks("broken_input_is_a_problem_not_a_crash")
class HidesBroken(NotebookSource):
    def page(self, rows: list[dict[str, Any]], window: Window, after: int) -> Page:
        return replace(super().page(rows, window, after), unreadable=())


@breaks("problems_are_registered")
class MakesUpProblem(NotebookSource):
    def page(self, rows: list[dict[str, Any]], window: Window, after: int) -> Page:
        page = super().page(rows, window, after)
        return replace(page, unreadable=tuple(replace(one, problem=UNREGISTERED) for one in page.unreadable))


@breaks("failing_call_loses_nothing")
class SkipsFailedPage(NotebookSource):
    def fetch(self, unit: str, window: Window, cursor: str) -> Iterator[Page]:
        try:
            for page in super().fetch(unit, window, cursor):
                cursor = page.cursor
                yield page
        except Retriable:
            yield Page(documents=(), cursor=str(int(cursor or 0) + PAGE))


@breaks("read_answers_in_order")
class ReadsBackwards(NotebookSource):
    def read(self, unit: str, refs: Sequence[DocumentRef]) -> Sequence[DocumentAnswer]:
        return [*reversed(super().read(unit, refs))]


@breaks("removed_document_is_not_found")
class ReadsByPlace(NotebookSource):
    def read(self, unit: str, refs: Sequence[DocumentRef]) -> Sequence[DocumentAnswer]:
        return [self._at(ref.source_id) for ref in refs]

    def _at(self, source_id: str) -> DocumentAnswer:
        if source_id.startswith("kit"):
            return Gone()
        return FoundDocument(document=self.document({**self.rows(0)[int(source_id[1:])], "id": source_id}))
