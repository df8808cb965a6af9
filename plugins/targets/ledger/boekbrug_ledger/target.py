"""Books as plain text in a folder: the target `ledger`."""

import datetime as dt
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from boekbrug.contract import (
    Administration,
    Booked,
    CannotTell,
    Chart,
    ChartUse,
    CheckResult,
    Context,
    Effect,
    Entry,
    EntryAnswer,
    EntryKind,
    Gone,
    MarkAnswer,
    MarkQuery,
    Match,
    NotSent,
    OpenItem,
    Outcome,
    PluginSettings,
    Prepared,
    Problem,
    Refused,
    RefusedCall,
    StorageFull,
    Target,
    TargetCapabilities,
)
from boekbrug_ledger.administrations import Administrations
from boekbrug_ledger.beancount import Beancount
from boekbrug_ledger.books import Books, dialect_of
from boekbrug_ledger.chart import Book, ChartFault
from boekbrug_ledger.checks import faults, rule_faults
from boekbrug_ledger.dialect import EURO, Dialect, Posting, Transaction, Written, posted
from boekbrug_ledger.escape import decode
from boekbrug_ledger.hledger import Hledger
from boekbrug_ledger.records import record
from boekbrug_ledger.settings import DialectName, LedgerSettings

_DIALECTS: Mapping[DialectName, type[Dialect]] = {DialectName.HLEDGER: Hledger, DialectName.BEANCOUNT: Beancount}
_PLACE = re.compile(r".+:\d+").fullmatch


class LedgerTarget(Target):
    """Plain-text books; an entry's id is its mark, a foreign one's is the file and line where it stands."""

    name: ClassVar[str] = "ledger"
    Settings: ClassVar[type[PluginSettings]] = LedgerSettings
    capabilities: ClassVar[TargetCapabilities] = TargetCapabilities(
        entry_kinds=frozenset(EntryKind),
        batch_size=1000,
        writers=1,
        mark_length=120,
        concept=True,
        # the lock ends with its holder, and what it left half done is cut before anything is called absent
        absence_is_final=True,
        prepare_asks=False,
    )

    def __init__(self, context: Context, settings: LedgerSettings) -> None:
        super().__init__(context, settings)
        self._dialect = _DIALECTS[settings.dialect]
        self._administrations = Administrations(context, settings)

    def check(self) -> CheckResult:
        """Read every chart and see whether the folder may be written."""
        problems = []
        try:
            found = self._administrations.codes()
            with self._administrations.root().lock():
                pass
        except ChartFault as fault:
            return CheckResult(problems=(fault.problem,))
        except StorageFull as fault:
            facts = {"folder": self.settings.folder, "fault": fault.facts.get("reason", "")}
            return CheckResult(problems=(Problem(code="ledger-folder-unusable", facts=facts),))
        for code in found or ["main"]:
            try:
                self._administrations.books(code).book()
            except ChartFault as fault:
                problems.append(fault.problem)
        return CheckResult(identity=", ".join(found), problems=tuple(problems))

    def administrations(self) -> Sequence[Administration]:
        """List the folder itself, or its sub-folders, where there is a chart.toml."""
        return [self._administrations.describe(code) for code in self._administrations.codes()]

    def chart(self, administration: str) -> Chart:
        """Read chart.toml; raise ChartFault, a SettingsError, that names file and key."""
        return self._administrations.books(administration).book().chart

    def preflight(self, use: ChartUse, chart: Chart) -> Sequence[Problem]:
        """Find accounts, VAT codes and journals of the rules that the chart lacks."""
        return rule_faults(use, chart)

    def prepare(self, administration: str, effects: Sequence[Effect]) -> Sequence[Prepared | Refused]:
        """Write the entries' text; entries of one year share a file, and so a batch."""
        try:
            book = self._administrations.books(administration).book()
        except ChartFault as fault:
            return [Refused(problems=(fault.problem,))] * len(effects)
        return [self._prepare(effect, book) for effect in effects]

    def post(self, administration: str, prepared: Sequence[Prepared]) -> Sequence[Outcome]:
        """Append a batch in one durable write per file; raise StorageFull when none of it was written."""
        groups = defaultdict[str, list[int]](list)
        for position, item in enumerate(prepared):
            groups[item.group].append(position)
        outcomes: dict[int, Outcome] = {}
        for name, positions in groups.items():
            try:
                answers = self._append(administration, name, [prepared[position] for position in positions])
            except StorageFull as fault:
                if not outcomes:
                    raise
                answers = [NotSent(reason=str(fault))] * len(positions)
            outcomes.update(zip(positions, answers, strict=True))
        return [outcomes[position] for position in range(len(prepared))]

    def find(self, administration: str, queries: Sequence[MarkQuery]) -> Sequence[MarkAnswer]:
        """Look through all files at once for all marks."""
        try:
            books = self._administrations.books(administration)
        except ChartFault as fault:
            return [CannotTell(reason=str(fault))] * len(queries)
        wanted = {query.mark for query in queries}
        found = defaultdict[str, list[Match]](list)
        for transaction in books.transactions(lambda mark, _: mark in wanted):
            if "mark" in transaction.tags:
                found[transaction.id].append(transaction.match())
        return [tuple(found.get(query.mark, ())) for query in queries]

    def read(self, administration: str, ids: Sequence[str]) -> Sequence[EntryAnswer]:
        """Read entries by mark, or by file and line for those without one."""
        books = self._administrations.books(administration)
        plain = [id.strip() for id in ids]
        wanted, has_places = {*ids, *plain}, any(map(_PLACE, plain))
        codes, answers, matches = books.codes(), dict[str, EntryAnswer](), defaultdict[str, list[Match]](list)
        for transaction in books.transactions(lambda mark, _: mark in wanted or (has_places and not mark)):
            answers[transaction.id] = transaction.answer(codes)
            matches[transaction.id].append(transaction.match())
        for name, found in matches.items():
            if len(found) > 1:
                answers[name] = CannotTell(reason=f"{len(found)} entries carry the mark {name}", among=tuple(found))
        # a shop may put blanks around its numbers, and a person around a mark
        return [answers.get(id) or answers.get(bare) or Gone() for id, bare in zip(ids, plain, strict=True)]

    def list_marked(self, administration: str, start: dt.date, end: dt.date) -> Mapping[str, tuple[Match, ...]]:
        """List the entries with a mark of [start, end), in any dialect."""
        found = defaultdict[str, list[Match]](list)
        for transaction in _dated(self._administrations.books(administration), start, end):
            if "mark" in transaction.tags:
                found[transaction.id].append(transaction.match())
        return {mark: tuple(matches) for mark, matches in found.items()}

    def list_entries(
        self, administration: str, journal: str, start: dt.date, end: dt.date
    ) -> Sequence[tuple[Match, EntryAnswer]]:
        """List the entries tagged with a journal, ours and others'; journal "" lists those without such a tag."""
        books = self._administrations.books(administration)
        codes = books.codes()
        return [
            (transaction.match(), transaction.answer(codes))
            for transaction in _dated(books, start, end)
            if decode(transaction.tags.get("journal", "")) == journal
        ]

    def balances(self, administration: str, start: dt.date, end: dt.date) -> Mapping[str, int]:
        """Add up the movement per account in euro cents; raise RefusedCall for a transaction that cannot be read."""
        books = self._administrations.books(administration)
        codes, movements = books.codes(), Counter[str]()
        for transaction in _dated(books, start, end):
            if transaction.unreadable:
                raise RefusedCall(place=transaction.place, reason=transaction.unreadable)
            for posting in transaction.postings:
                movements[codes.get(posting.account, posting.account)] += _euro(posting, transaction)
        return dict(movements)

    def matched(self, administration: str, items: Sequence[OpenItem]) -> Sequence[bool | None]:
        """Say whether other entries, whoever wrote them, move what has the item's reference on its account."""
        books = self._administrations.books(administration)
        own, codes = {item.remote_id for item in items}, books.codes()
        moved = Counter[tuple[str, str]]()
        for transaction in books.transactions(lambda mark, _: mark not in own):
            for posting in transaction.postings:
                reference = decode(posting.tags.get("reference", ""))
                moved[codes.get(posting.account, posting.account), reference] += posting.minor or 0
        return [bool(moved[item.account, item.reference]) if item.reference else None for item in items]

    def _prepare(self, effect: Effect, book: Book) -> Prepared | Refused:
        if problems := faults(effect, book):
            return Refused(problems=tuple(problems))
        assert isinstance(effect.body, Entry)
        payload = record(self._dialect.entry(effect.body, book.names))
        file = f"{effect.body.date.year:04d}{self._dialect.suffix}"
        return Prepared(id=effect.id, kind=effect.kind, mark=effect.mark, payload=payload, group=file)

    def _append(self, administration: str, name: str, items: Sequence[Prepared]) -> list[Outcome]:
        dialect = dialect_of(name)
        assert dialect is not None, name
        written = [posted(item.payload, dialect) for item in items]
        accounts = {account.decode() for account in set().union(*[one.accounts for one in written])}
        try:
            books = self._administrations.books(administration)
            undeclared = books.append(name, [item.payload for item in items], accounts)
        except ChartFault as fault:
            return [Refused(problems=(fault.problem,)) for _ in items]
        if undeclared:
            return [_refused_or_left(one, undeclared) for one in written]
        return [_booked(item, one.total, dialect) for item, one in zip(items, written, strict=True)]


def _booked(item: Prepared, total: int, dialect: type[Dialect]) -> Booked:
    number = dialect.number.search(item.payload)
    return Booked(id=item.mark, number=decode(number[1].decode()) if number else "", total=total)


def _refused_or_left(written: Written, undeclared: set[str]) -> Outcome:
    missing = sorted({account.decode() for account in written.accounts} & undeclared)
    problems = tuple(Problem(code="ledger-account-unknown", facts={"account": name}) for name in missing)
    return Refused(problems=problems) if problems else NotSent(reason="another entry of the batch was refused")


def _dated(books: Books, start: dt.date, end: dt.date) -> Iterator[Transaction]:
    """Yield what is dated in [start, end), and what has no date that can be read."""
    first, last = start.isoformat().encode(), end.isoformat().encode()

    def may_be_in(_: str, line: bytes) -> bool:
        return line[4:5] != b"-" or line[7:8] != b"-" or first <= line[:10] < last

    for transaction in books.transactions(may_be_in):
        if transaction.date is None or start <= transaction.date < end:
            yield transaction


def _euro(posting: Posting, transaction: Transaction) -> int:
    worth = posting.minor if posting.currency == EURO else posting.euro_minor
    if worth is None:
        raise RefusedCall(place=transaction.place, reason="an amount has no worth in euro")
    return worth
