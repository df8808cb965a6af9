"""Exact Online: the target `exactonline`."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import ClassVar

import msgspec

from boekbrug.contract import (
    Administration,
    Attachment,
    BoekbrugError,
    Booked,
    Chart,
    ChartUse,
    CheckResult,
    Context,
    Effect,
    EffectKind,
    Entry,
    EntryAnswer,
    EntryKind,
    HttpResponse,
    MarkAnswer,
    MarkQuery,
    Match,
    OpenItem,
    Outcome,
    Party,
    PluginSettings,
    Prepared,
    Problem,
    Refused,
    Role,
    Target,
    TargetCapabilities,
    Unknown,
)
from boekbrug_exactonline import attaching, customers, finding, matching, reading, texts
from boekbrug_exactonline.authorising import ExactAuthorisation
from boekbrug_exactonline.books import Books, kept_books, read_books
from boekbrug_exactonline.checks import entry_faults, problem, rule_faults
from boekbrug_exactonline.client import Client, refusal_of
from boekbrug_exactonline.limits import LIMITS
from boekbrug_exactonline.payloads import CUSTOMERS, customer_payload, entry_payload
from boekbrug_exactonline.rows import BookedRow, DivisionRow, MeRow, NewCustomer, SalesRow, day_of
from boekbrug_exactonline.settings import ExactOnlineSettings

_ACTIVE = 1
_FRESH = dt.timedelta(minutes=1)
#: entries per call that is made beside them: 1,000 entries take 1,016 calls
_LOOKED_UP = 50


class _Entry(msgspec.Struct):
    d: BookedRow


class _Customer(msgspec.Struct):
    d: NewCustomer


class ExactOnlineTarget(ExactAuthorisation, Target):
    """Divisions of Exact Online; an entry's id is its EntryID, a customer's the id of its card."""

    name: ClassVar[str] = "exactonline"
    Settings: ClassVar[type[PluginSettings]] = ExactOnlineSettings
    capabilities: ClassVar[TargetCapabilities] = TargetCapabilities(
        entry_kinds=frozenset(EntryKind),
        mark_length=30,
        attachments=True,
        debtors_in_memorials=False,
        generates=frozenset({Role.DEBTOR, Role.VAT}),
        limits=LIMITS,
    )

    def __init__(self, context: Context, settings: ExactOnlineSettings) -> None:
        super().__init__(context, settings)
        self._books: dict[str, Books] = {}
        self._made: Client | None = None

    @property
    def _client(self) -> Client:
        if self._made is None:
            self._made = Client(self.context)
        return self._made

    def check(self) -> CheckResult:
        """Ask who we are and which divisions may be written."""
        try:
            me = self._me()
            listed = {str(row.code) for row in self._divisions(me)}
        except BoekbrugError as error:
            return CheckResult(problems=(Problem(code=error.code, facts=dict(error.facts)),))
        missing = [code for code in self.settings.divisions if code not in listed]
        return CheckResult(
            identity=f"{me.full_name} ({me.user_id})",
            problems=tuple(problem("exact-division-missing", code) for code in missing),
        )

    def administrations(self) -> Sequence[Administration]:
        """List the active divisions that the user granted, over all licences."""
        wanted = self.settings.divisions
        rows = [row for row in self._divisions(self._me()) if row.status == _ACTIVE]
        return [_administration(row) for row in rows if not wanted or str(row.code) in wanted]

    def chart(self, administration: str) -> Chart:
        """Read the chart anew."""
        return self._read_books(administration).chart

    def preflight(self, use: ChartUse, chart: Chart) -> Sequence[Problem]:
        """Find what Exact would refuse of these rules."""
        return rule_faults(use, chart)

    def resolve(self, administration: str, parties: Sequence[Party]) -> Sequence[str | Problem | None]:
        """Look up customers; a card that is no customer, or differs from the sale, is a problem."""
        return customers.resolve(self._client, administration, parties)

    def prepare(self, administration: str, effects: Sequence[Effect]) -> Sequence[Prepared | Refused]:
        """Write entries and customers as Exact takes them; what an old chart refuses is judged by a new one."""
        books = self._current_books(administration)
        answers = [self._prepare(effect, books) for effect in effects]
        stale = self.context.clock.now() - books.read_at > _FRESH
        if stale and any(isinstance(answer, Refused) for answer in answers):
            books = self._read_books(administration)
            answers = [self._prepare(effect, books) for effect in effects]
        return answers

    def post(self, administration: str, prepared: Sequence[Prepared]) -> Sequence[Outcome]:
        """Create one record per call; raise Retriable or an authorisation error when it was not processed."""
        return [self._outcome(item, self._client.post(administration, item.group, item.payload)) for item in prepared]

    def find(self, administration: str, queries: Sequence[MarkQuery]) -> Sequence[MarkAnswer]:
        """Look for marks, in as few calls as filters allow; raise where Exact could not be asked."""
        return finding.find(self._client, administration, lambda: self._current_books(administration), queries)

    def read(self, administration: str, ids: Sequence[str]) -> Sequence[EntryAnswer]:
        """Read entries from the ledger, by EntryID in whatever way it is written, or by entry number."""
        return reading.read(self._client, administration, self._current_books(administration), ids)

    def list_marked(self, administration: str, start: dt.date, end: dt.date) -> Mapping[str, tuple[Match, ...]]:
        """List by mark; a foreign entry's own reference counts as its mark."""
        return reading.list_marked(self._client, administration, start, end)

    def list_entries(
        self, administration: str, journal: str, start: dt.date, end: dt.date
    ) -> Sequence[tuple[Match, EntryAnswer]]:
        """List all entries of a journal."""
        books = self._current_books(administration)
        return reading.list_entries(self._client, administration, books, journal, start, end)

    def balances(self, administration: str, start: dt.date, end: dt.date) -> Mapping[str, int]:
        """Add up the ledger per account."""
        return reading.balances(self._client, administration, start, end)

    def matched(self, administration: str, items: Sequence[OpenItem]) -> Sequence[bool | None]:
        """Compare what entries put on the debtors with the list of receivables."""
        return matching.matched(self._client, administration, self._current_books(administration), items)

    def attach(self, administration: str, remote_id: str, mark: str, file: Attachment) -> Outcome:
        """Hang a file on an entry, unless it hangs there."""
        return attaching.attach(self._client, administration, remote_id, mark, file)

    def forecast(self, administration: str, entries: int) -> dt.datetime:
        """Return when so many more entries will be through: each is a call, and some look-ups come beside them."""
        return self._client.through(administration, entries + entries // _LOOKED_UP)

    def _me(self) -> MeRow:
        return next(iter(self._client.rows("current", "Me", MeRow)))

    def _divisions(self, me: MeRow) -> list[DivisionRow]:
        # which division stands in this address does not matter: the list is of the user
        return list(self._client.rows(str(me.current_division), "system/Divisions", DivisionRow))

    def _current_books(self, division: str) -> Books:
        if division not in self._books:
            kept = kept_books(self.context, division)
            self._books[division] = kept if kept is not None else self._read_books(division)
        return self._books[division]

    def _read_books(self, division: str) -> Books:
        books = self._books[division] = read_books(self.context, self._client, division)
        return books

    def _prepare(self, effect: Effect, books: Books) -> Prepared | Refused:
        if effect.kind is EffectKind.PARTY and isinstance(effect.body, Party):
            if not self.settings.new_customers:
                return Refused(problems=(problem("exact-customer-absent", effect.body.name),))
            return customer_payload(effect, effect.body)
        faults = entry_faults(effect, books)
        if faults:
            return Refused(problems=tuple(faults))
        assert isinstance(effect.body, Entry), "what is no entry was refused"
        return entry_payload(effect, effect.body, books)

    def _outcome(self, item: Prepared, answer: HttpResponse) -> Outcome:
        if answer.status_code == 201:
            return _booked(item, answer)
        message = refusal_of(answer)
        if message is not None:
            return self._refused(item, message)
        return Unknown(reason=f"HTTP {answer.status_code} without a message")

    def _refused(self, item: Prepared, message: str) -> Refused:
        problems = texts.problems_in(message)
        unknown = texts.unknown_among(problems)
        if unknown and item.numbers.get("owed") == "0" and all(map(texts.is_about_total, unknown)):
            return Refused(problems=(Problem(code=texts.ZERO, facts={"what": message}),))
        if unknown:
            self.context.log.warning("exactonline.unknown-text", path=item.group, texts=" | ".join(unknown))
        return Refused(problems=problems)


def _booked(item: Prepared, answer: HttpResponse) -> Outcome:
    try:
        if item.group == CUSTOMERS:
            made = msgspec.json.decode(answer.content, type=_Customer).d
            return Booked(id=made.id, number=(made.code or "").strip())
        row = msgspec.json.decode(answer.content, type=_Entry).d
    except msgspec.MsgspecError:
        return Unknown(reason="HTTP 201 without the record")
    found = SalesRow(entry_id=row.entry_id, amount=row.amount, vat_amount=row.vat_amount, currency=row.currency)
    return Booked(id=row.entry_id, number=str(row.entry_number or ""), total=finding.total_of(found, item.numbers))


def _administration(row: DivisionRow) -> Administration:
    moved = day_of(row.division_move_date)
    facts = {
        "number": str(row.hid or ""),
        "vat_number": (row.vat_number or "").strip(),
        "chamber_of_commerce": (row.chamber_of_commerce_number or "").strip(),
        "country": (row.country or "").strip(),
        "owner": row.customer_name or "",
        "moved": moved.isoformat() if moved else "",
    }
    return Administration(
        code=str(row.code), name=row.description, currency=row.currency.strip(), environment=row.customer or "",
        facts={name: value for name, value in facts.items() if value},
    )  # fmt: skip
