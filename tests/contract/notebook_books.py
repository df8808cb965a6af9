"""The smallest target that keeps every rule: books in a notebook, which lives outside of the plugin."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec
from tests.contract.notebook import KEY, Notebook, NotebookSettings, call, checked

from boekbrug.contract import (
    Account,
    AccountType,
    Administration,
    Booked,
    Chart,
    ChartUse,
    CheckResult,
    Effect,
    Entry,
    EntryAnswer,
    EntryKind,
    FoundEntry,
    Gone,
    Journal,
    MarkAnswer,
    MarkQuery,
    Match,
    NotReachable,
    NotSent,
    OpenItem,
    Outcome,
    OutcomeUnknown,
    Party,
    Prepared,
    Problem,
    Refused,
    Target,
    TargetCapabilities,
    Unknown,
    VatCode,
)
from boekbrug.testing import TargetWorld

BOTH = frozenset({EntryKind.MEMORIAL, EntryKind.SALES})
CHART = Chart(
    accounts=(
        Account(code="1300", name="Debtors", type=AccountType.DEBTOR),
        Account(code="1500", name="VAT", type=AccountType.VAT),
        Account(code="2010", name="Suspense", type=AccountType.GENERAL),
        Account(code="8000", name="Revenue", type=AccountType.REVENUE),
    ),
    vat_codes=(VatCode(code="H", name="High", rate=Decimal(21), account="1500"),),
    journals=(Journal(code="90", name="Notes", kinds=BOTH),),
)


class Books(Notebook, TargetWorld):
    """Books that a bookkeeper keeps in a notebook, a page each; the page number is the id."""

    def __init__(self) -> None:
        Notebook.__init__(self)
        TargetWorld.__init__(self, settings={"key": KEY}, misconfigured=[{"key": "another-key"}], http=self)
        self.pages: list[dict[str, Any]] = []
        self.routes = {
            ("GET", "/"): lambda params, body: {},
            ("GET", "/pages"): lambda params, body: self.pages,
            ("POST", "/pages"): self._write,
        }

    def _write(self, params: dict[str, str], body: Any) -> object:
        self.pages.append(body)
        return len(self.pages) - 1

    def records(self) -> int:
        return len(self.pages)


class NotebookTarget(Target):
    """Writes entries in a bookkeeper's notebook, one call per page."""

    name = "notebook"
    Settings = NotebookSettings
    capabilities = TargetCapabilities(entry_kinds=BOTH, batch_size=10, lines_per_entry=50, mark_length=40)

    def check(self) -> CheckResult:
        return checked(self)

    def administrations(self) -> Sequence[Administration]:
        return [Administration(code="1", name="The books")]

    def chart(self, administration: str) -> Chart:
        return CHART

    def preflight(self, use: ChartUse, chart: Chart) -> Sequence[Problem]:
        found = [*self.unknown_accounts(use.uses, chart), *self.unknown_codes(use.uses, chart)]
        return [Problem(code="notebook-refuses", facts={"what": what}) for what in found]

    def unknown_accounts(self, lines: Sequence[Any], chart: Chart) -> list[str]:
        known = {account.code for account in chart.accounts}
        return [line.account for line in lines if line.account not in known]

    def unknown_codes(self, lines: Sequence[Any], chart: Chart) -> list[str]:
        known = {code.code for code in chart.vat_codes} | {""}
        return [line.vat_code for line in lines if line.vat_code not in known]

    def faults(self, entry: Entry) -> list[str]:
        found = [*self.unknown_accounts(entry.lines, CHART), *self.unknown_codes(entry.lines, CHART)]
        if entry.journal not in {journal.code for journal in CHART.journals}:
            found.append("journal")
        if sum(line.minor for line in entry.lines):
            found.append("unbalanced")
        return found

    def prepare(self, administration: str, effects: Sequence[Effect]) -> Sequence[Prepared | Refused]:
        return [self.prepare_one(effect) for effect in effects]

    def prepare_one(self, effect: Effect) -> Prepared | Refused:
        assert isinstance(effect.body, Entry)
        if faults := self.faults(effect.body):
            return Refused(problems=tuple(Problem(code="notebook-refuses", facts={"what": what}) for what in faults))
        return Prepared(id=effect.id, kind=effect.kind, mark=effect.mark, payload=msgspec.json.encode(effect.body))

    def post(self, administration: str, prepared: Sequence[Prepared]) -> Sequence[Outcome]:
        return [self.post_one(one) for one in prepared]

    def post_one(self, one: Prepared) -> Outcome:
        try:
            page = call(self, "POST", "/pages", creates=True, data=one.payload).json()
        except NotReachable as closed:
            return NotSent(reason=str(closed))
        except OutcomeUnknown as lost:
            return Unknown(reason=str(lost))
        return Booked(id=str(page), total=msgspec.json.decode(one.payload, type=Entry).total)

    def entries(self) -> Iterator[tuple[str, Entry]]:
        for page, body in enumerate(call(self, "GET", "/pages").json()):
            yield str(page), msgspec.convert(body, Entry)

    def find(self, administration: str, queries: Sequence[MarkQuery]) -> Sequence[MarkAnswer]:
        entries = list(self.entries())
        return [
            tuple(self.match(page, entry) for page, entry in entries if self.carries(entry, query.mark))
            for query in queries
        ]

    def carries(self, entry: Entry, mark: str) -> bool:
        return entry.mark == mark

    def read(self, administration: str, ids: Sequence[str]) -> Sequence[EntryAnswer]:
        entries = dict(self.entries())
        return [self.found(page, entries[page]) if page in entries else Gone() for page in ids]

    def list_marked(self, administration: str, start: dt.date, end: dt.date) -> Mapping[str, tuple[Match, ...]]:
        return {entry.mark: (self.match(page, entry),) for page, entry in self.entries() if start <= entry.date < end}

    def matched(self, administration: str, items: Sequence[OpenItem]) -> Sequence[bool | None]:
        # the notebook says what was booked, and not what was paid of it
        return [None for _ in items]

    def balances(self, administration: str, start: dt.date, end: dt.date) -> Mapping[str, int]:
        sums: dict[str, int] = {}
        for _, entry in self.entries():
            for line in entry.lines if start <= entry.date < end else ():
                sums[line.account] = sums.get(line.account, 0) + line.minor
        return sums

    def list_entries(
        self, administration: str, journal: str, start: dt.date, end: dt.date
    ) -> Sequence[tuple[Match, EntryAnswer]]:
        return [
            (self.match(page, entry), self.found(page, entry))
            for page, entry in self.entries()
            if entry.journal == journal and start <= entry.date < end
        ]

    def link(self, administration: str, remote_id: str) -> str:
        return f"https://notebook.example/{remote_id}"

    def resolve(self, administration: str, parties: Sequence[Party]) -> Sequence[str | Problem | None]:
        return [None for _ in parties]

    def match(self, page: str, entry: Entry) -> Match:
        return Match(id=page, total=entry.total, date=entry.date, journal=entry.journal)

    def found(self, page: str, entry: Entry) -> FoundEntry:
        return FoundEntry(id=page, lines=entry.lines, date=entry.date, journal=entry.journal)
