"""The smallest plugins that keep every rule: a shop and books in notebooks, which live outside of the plugins."""

import datetime as dt
import json as jsonlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from boekbrug.contract import (
    BadAmount,
    Catalogue,
    CheckResult,
    Choice,
    Dates,
    Document,
    DocumentAnswer,
    DocumentKind,
    DocumentLine,
    DocumentRef,
    FoundDocument,
    Gone,
    HttpResponse,
    Page,
    Place,
    PluginSettings,
    Problem,
    ProblemCode,
    ProblemText,
    Source,
    SourceCapabilities,
    Tender,
    Unit,
    Unreadable,
    Window,
    hookimpl,
    setting,
    to_minor,
)
from boekbrug.runtime.http import Answer
from boekbrug.testing import SourceWorld

ORDER = DocumentKind.ORDER
KEY = "the-right-key"
PAGE = 400
WORDS = ProblemText(message="{what}", cause="{what}", fix="{what}")
CODES = [
    ProblemCode(code=code, texts=dict.fromkeys(("nl", "en", "de"), WORDS), facts=("what",))
    for code in ("notebook-key", "notebook-row", "notebook-refuses")
]


@hookimpl
def register_problem_codes(register: Callable[[ProblemCode], None]) -> None:
    for code in CODES:
        register(code)


class NotebookSettings(PluginSettings):
    """Settings of both notebooks."""

    key: str = setting(label="key", secret=True)


class Notebook:
    """An outside system behind calls: routes by method and path, with one key that it lets in."""

    def __init__(self) -> None:
        self.routes: dict[tuple[str, str], Callable[[dict[str, str], Any], object]] = {}

    def request(
        self,
        method: str,
        url: str,
        *,
        creates: bool = False,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        data: bytes | None = None,
        json: object = None,
    ) -> HttpResponse:
        if (headers or {}).get("key") != KEY:
            return Answer(401, {}, b"")
        body = jsonlib.loads(data) if data else json
        answer = self.routes[method, url](dict(params or {}), body)
        return Answer(200, {}, jsonlib.dumps(answer).encode())


def call(plugin: Any, method: str, url: str, *, creates: bool = False, data: bytes | None = None, **params: str) -> Any:
    headers = {"key": plugin.settings.key}
    return plugin.context.http.request(method, url, creates=creates, params=params, headers=headers, data=data)


def checked(plugin: Any) -> CheckResult:
    if call(plugin, "GET", "/").status_code == 401:
        return CheckResult(problems=(Problem(code="notebook-key", facts={"what": "the key is not known"}),))
    return CheckResult(identity="notebook")


class Shop(Notebook, SourceWorld):
    """A shop that writes its orders in a notebook, a line each."""

    def __init__(self) -> None:
        Notebook.__init__(self)
        SourceWorld.__init__(self, settings={"key": KEY}, misconfigured=[{"key": "another-key"}], http=self)
        self.rows: list[dict[str, Any]] = []
        self.routes = {("GET", "/"): lambda params, body: {}, ("GET", "/rows"): self._list}

    def _list(self, params: dict[str, str], body: Any) -> object:
        after = int(params["after"])
        return self.rows[after : after + PAGE]

    def sell(self, count: int) -> Sequence[DocumentRef]:
        sold = range(len(self.rows), len(self.rows) + count)
        start = self.clock.now()
        for number in sold:
            at = start - dt.timedelta(hours=7 * (number % 20))
            self.rows.append({"id": f"o{number}", "at": at.isoformat(), "total": f"{number}.95", "paid": "cash"})
        return [DocumentRef(kind=ORDER, source_id=f"o{number}") for number in sold]

    def spoil(self) -> None:
        self.rows.append({"id": "spoilt", "at": "yesterday", "total": "ten", "paid": "cash"})

    def remove(self, ref: DocumentRef) -> None:
        for row in self.rows:
            if row["id"] == ref.source_id:
                row["id"] = ""


class NotebookSource(Source):
    """Reads a shop's notebook from the line that the cursor names."""

    name = "notebook"
    Settings = NotebookSettings
    capabilities = SourceCapabilities(kinds=frozenset({ORDER}))

    def check(self) -> CheckResult:
        return checked(self)

    def units(self) -> Sequence[Unit]:
        return [Unit(code="shop", name="The shop")]

    def catalogue(self, unit: str) -> Catalogue:
        return Catalogue(payment_methods=(Choice(value="cash", label="Cash"),))

    def rows(self, after: int) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = call(self, "GET", "/rows", after=str(after)).json()
        return rows

    def fetch(self, unit: str, window: Window, cursor: str) -> Iterator[Page]:
        after = int(cursor or 0)
        while rows := self.rows(after):
            after += len(rows)
            yield self.page(rows, window, after)

    def page(self, rows: list[dict[str, Any]], window: Window, after: int) -> Page:
        documents: list[Document] = []
        unreadable: list[Unreadable] = []
        for row in rows:
            try:
                document = self.document(row)
            except (ValueError, ArithmeticError, BadAmount):
                problem = Problem(code="notebook-row", facts={"what": row["id"]})
                unreadable.append(Unreadable(place=Place(name=row["id"]), problem=problem))
            else:
                if row["id"] and self.is_inside(document, window):
                    documents.append(document)
        return Page(documents=tuple(documents), cursor=str(after), unreadable=tuple(unreadable))

    def is_inside(self, document: Document, window: Window) -> bool:
        assert document.dates.ordered is not None
        day = document.dates.ordered.date()
        return (window.since is None or window.since <= day) and (window.until is None or day < window.until)

    def document(self, row: dict[str, Any]) -> Document:
        total, at = Decimal(row["total"]), dt.datetime.fromisoformat(row["at"])
        to_minor(total)
        return Document(
            kind=ORDER,
            source_id=row["id"],
            number=row["id"],
            total=total,
            dates=Dates(ordered=at, paid=at, invoiced=at.date()),
            lines=(DocumentLine(amount=total, vat_rate=Decimal(21)),),
            tenders=(Tender(method=row["paid"], amount=total, at=at),),
        )

    def read(self, unit: str, refs: Sequence[DocumentRef]) -> Sequence[DocumentAnswer]:
        asked = {ref.source_id for ref in refs}
        found = {row["id"]: self.document(row) for row in self.rows(0) if row["id"] in asked}
        return [FoundDocument(document=found[ref.source_id]) if ref.source_id in found else Gone() for ref in refs]
