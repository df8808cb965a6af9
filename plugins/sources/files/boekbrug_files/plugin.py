"""The source `files`: a watched folder of documents as JSON, JSON lines or CSV."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

from boekbrug.contract import (
    SOURCE_KINDS,
    CannotTell,
    Catalogue,
    CheckResult,
    Choice,
    Document,
    DocumentAnswer,
    DocumentKind,
    DocumentRef,
    FoundDocument,
    Gone,
    Page,
    Problem,
    ProblemCode,
    SettingsError,
    Source,
    SourceCapabilities,
    Totals,
    Unfit,
    Unit,
    Window,
    hookimpl,
)
from boekbrug_files.codes import CODES
from boekbrug_files.labels import OTHER_UNIT
from boekbrug_files.mapping import Mapper
from boekbrug_files.reports import totals_of
from boekbrug_files.rows import schema
from boekbrug_files.settings import FilesSettings
from boekbrug_files.walk import Walk

CATALOGUE_PAGES = 2
"""Pages of documents that are looked at for payment methods, statuses and rates."""


class FilesSource(Source):
    """A folder of orders, invoices, receipts, credit notes, payments, payouts and movements."""

    name = "files"
    Settings = FilesSettings
    capabilities: ClassVar[SourceCapabilities] = SourceCapabilities(kinds=SOURCE_KINDS)

    @staticmethod
    def schema() -> dict[str, Any]:
        """Return the JSON schema of a row."""
        return schema()

    def check(self) -> CheckResult:
        """List the folder."""
        folder = self.settings.folder
        try:
            self.context.folder(folder).files()
        except SettingsError as error:
            return CheckResult(problems=(_no_folder(folder, "; ".join(error.faults)),))
        except OSError as error:
            return CheckResult(problems=(_no_folder(folder, error.strerror or str(error)),))
        return CheckResult(identity=folder)

    def units(self) -> Sequence[Unit]:
        """Return the one unit that the settings name."""
        settings = self.settings
        return (Unit(code=settings.unit, name=settings.unit_name, time_zone=settings.time_zone),)

    def catalogue(self, unit: str) -> Catalogue:
        """Return what the first two thousand documents use, and the statuses that the settings name."""
        self._require(unit)
        seen: dict[str, dict[str, None]] = {"methods": {}, "statuses": {}, "rates": {}}
        seen["statuses"] |= dict.fromkeys((*self.settings.bookable_statuses, *self.settings.void_statuses))
        for _, page in zip(range(CATALOGUE_PAGES), self._walk("", Mapper(self.settings)).pages(), strict=False):
            for document in page.documents:
                _note(document, seen)
        return Catalogue(
            payment_methods=_choices(seen["methods"]),
            statuses=_choices(seen["statuses"]),
            vat_rates=_choices(seen["rates"]),
        )

    def fetch(self, unit: str, window: Window, cursor: str) -> Iterator[Page]:
        """Yield what changed in the folder; of a JSON-lines file that grew, only what was added."""
        self._require(unit)
        mapper = Mapper(self.settings)
        return self._walk(cursor, mapper).pages(_within(window, mapper))

    def read(self, unit: str, refs: Sequence[DocumentRef]) -> Sequence[DocumentAnswer]:
        """Look through the whole folder; a file that cannot be read leaves open what it may hold."""
        self._require(unit)
        asked = {(ref.kind, ref.source_id) for ref in refs}
        found: dict[tuple[DocumentKind, str], Document] = {}
        walk = self._walk("", Mapper(self.settings))
        is_complete = True
        for page in walk.pages(lambda document: (document.kind, document.source_id) in asked):
            found |= {(document.kind, document.source_id): document for document in page.documents}
            is_complete = is_complete and not page.unreadable
        absent = Gone() if is_complete and not walk.left else CannotTell(reason="not every file of the folder reads")
        documents = (found.get((ref.kind, ref.source_id)) for ref in refs)
        return [absent if document is None else FoundDocument(document=document) for document in documents]

    def totals(self, unit: str, start: dt.date, end: dt.date) -> Totals | CannotTell:
        """Add up the shop's own reports in the folder, where they cover the days."""
        self._require(unit)
        limit = self.settings.whole_file_limit * 1024 * 1024
        return totals_of(self.context.folder(self.settings.folder), limit, start, end)

    def _walk(self, cursor: str, mapper: Mapper) -> Walk:
        return Walk(self.context, self.settings, mapper, cursor)

    def _require(self, unit: str) -> None:
        if unit != self.settings.unit:
            own = self.settings
            fault = Unfit(OTHER_UNIT, folder=own.folder, own=own.unit, unit=unit).fault("")
            raise SettingsError([fault])


def _within(window: Window, mapper: Mapper) -> Callable[[Document], bool] | None:
    since, until = window.since, window.until
    if since is None and until is None:
        return None

    def is_within(document: Document) -> bool:
        day = mapper.day_of(document)
        return day is None or ((since is None or since <= day) and (until is None or day < until))

    return is_within


def _note(document: Document, seen: dict[str, dict[str, None]]) -> None:
    seen["methods"] |= dict.fromkeys(tender.method for tender in document.tenders)
    seen["rates"] |= dict.fromkeys(str(line.vat_rate) for line in document.lines if line.vat_rate is not None)
    if document.status:
        seen["statuses"][document.status] = None


def _choices(values: dict[str, None]) -> tuple[Choice, ...]:
    return tuple(Choice(value=value, label=value) for value in sorted(values))


def _no_folder(folder: str, reason: str) -> Problem:
    return Problem(code="files-folder", facts={"folder": folder, "reason": reason})


@hookimpl
def register_source(register: Callable[[type[Source]], None]) -> None:
    """Register the source."""
    register(FilesSource)


@hookimpl
def register_problem_codes(register: Callable[[ProblemCode], None]) -> None:
    """Register what can be wrong with files and rows."""
    for code in CODES:
        register(code)
