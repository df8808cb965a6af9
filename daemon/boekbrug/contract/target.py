"""What a target plugin does: create effects once, and always be able to say what is there.

Beyond the required verbs a target implements only those of the small protocols below that its package offers; the
host asks with isinstance. One instance serves one connection, one run, one thread.
"""

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, Protocol, runtime_checkable

import msgspec

from boekbrug.contract.context import Context, Limit
from boekbrug.contract.document import Treatment
from boekbrug.contract.entry import Attachment, Entry, EntryKind, Note, Party, Role
from boekbrug.contract.outcome import CheckResult, EntryAnswer, MarkAnswer, Match, Outcome, Refused
from boekbrug.contract.problems import Problem
from boekbrug.contract.settings import PluginSettings


class AccountType(StrEnum):
    """What a ledger account is for, as far as bookings care."""

    #: revenue
    REVENUE = "revenue"
    #: costs and differences
    COST = "cost"
    #: other balance-sheet accounts, suspense accounts among them
    GENERAL = "general"
    #: cash in hand
    CASH = "cash"
    #: bank, credit card, payment service
    BANK = "bank"
    #: receivable
    DEBTOR = "debtor"
    #: payable
    CREDITOR = "creditor"
    #: VAT
    VAT = "vat"


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A ledger account; `id` is what the package calls it in calls, where that is not the code."""

    code: str
    name: str
    type: AccountType
    id: str = ""
    blocked: bool = False


class VatKind(StrEnum):
    """How a VAT code takes its amounts."""

    #: base excluding VAT, VAT on top
    EXCLUSIVE = "exclusive"
    #: amounts include VAT
    INCLUSIVE = "inclusive"
    #: base only: zero rates, reverse charge
    BASE_ONLY = "base-only"
    #: no VAT at all
    NONE = "none"


class VatCode(msgspec.Struct, frozen=True, kw_only=True):
    """A VAT code of the package; `country` is filled for OSS and foreign VAT."""

    code: str
    name: str
    rate: Decimal
    kind: VatKind = VatKind.EXCLUSIVE
    treatment: Treatment | None = None
    country: str = "NL"
    account: str = ""
    id: str = ""
    blocked: bool = False
    for_sales: bool = True


class Journal(msgspec.Struct, frozen=True, kw_only=True):
    """A journal (dagboek) and what may go into it; `id` is what the package calls it in calls, if not the code.

    `account` is the ledger account that a cash or bank journal stands for.
    """

    code: str
    name: str
    kinds: frozenset[EntryKind]
    id: str = ""
    account: str = ""
    allows_vat: bool = True
    blocked: bool = False


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """A period of the books, both days inclusive; `closed_journals` empty and `open` false closes it for all."""

    code: str
    start: dt.date
    end: dt.date
    open: bool = True
    closed_journals: tuple[str, ...] = ()


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """A payment condition."""

    code: str
    name: str
    days: int = 0


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """All an administration offers to book on."""

    accounts: tuple[Account, ...]
    vat_codes: tuple[VatCode, ...]
    journals: tuple[Journal, ...]
    periods: tuple[Period, ...] = ()
    conditions: tuple[Condition, ...] = ()
    cost_centres: tuple[str, ...] = ()


class Administration(msgspec.Struct, frozen=True, kw_only=True):
    """One set of books at the target; `facts` are shown to tell look-alikes apart and checked before relinking."""

    code: str
    name: str
    currency: str = "EUR"
    environment: str = ""
    facts: dict[str, str] = {}


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """One account as the rules use it; `journal` is that of a payment method which has one of its own."""

    account: str
    role: Role
    vat_code: str = ""
    vat_rate: Decimal | None = None
    treatment: Treatment | None = None
    setting: str = ""
    journal: str = ""


class ChartUse(msgspec.Struct, frozen=True, kw_only=True):
    """All that a licence's rules use of a chart, so that it can be checked before the first booking."""

    uses: tuple[Use, ...]
    journals: dict[EntryKind, str]
    conditions: tuple[str, ...] = ()
    cost_centres: tuple[str, ...] = ()


class TargetCapabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What the host may send and how; a batch is an envelope, its items have outcomes of their own."""

    entry_kinds: frozenset[EntryKind]
    batch_size: int = 1
    lines_per_entry: int = 1000
    #: how many workers may write to one administration at a time; 0 is no limit
    writers: int = 0
    #: longest mark that a searchable field takes
    mark_length: int = 30
    #: entries can be posted as concept and made final by a person
    concept: bool = False
    attachments: bool = False
    #: memorials take lines on the debtor's account; where not, a sale that leaves an open item is in no total
    debtors_in_memorials: bool = True
    #: the source's VAT cents are taken as given
    explicit_vat: bool = True
    #: the package makes these roles' lines by itself in at least one kind; `read` returns them like any other
    generates: frozenset[Role] = frozenset()
    #: `find` can answer; without it every unknown outcome goes to a person
    finds: bool = True
    #: an answer that something is absent is final as soon as its writer is dead: no request can still be under way
    absence_is_final: bool = False
    #: `prepare` asks the outside system; what is prepared without asking is claimed only when it is sent
    prepare_asks: bool = True
    limits: tuple[Limit, ...] = ()


class EffectKind(StrEnum):
    """What a call may create."""

    #: a journal entry
    ENTRY = "entry"
    #: a debtor
    PARTY = "party"
    #: a file on an entry
    ATTACHMENT = "attachment"
    #: a remark; cannot be looked up
    NOTE = "note"


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """Something to create, looked up again by `mark`; what it depends on exists and is filled in already."""

    id: int
    kind: EffectKind
    mark: str
    body: Entry | Party | Attachment | Note
    on: str = ""


class Prepared(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An effect as it will be sent, byte for byte, every time; effects of one `group` may share a batch.

    `numbers` holds what was reserved or read for it (a next journal number), kept with the intent.
    """

    id: int
    kind: EffectKind
    mark: str
    payload: bytes
    group: str = ""
    numbers: dict[str, str] = {}


class MarkQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What to look for; `prepared` carries reserved numbers and the date by which a target may narrow its search."""

    mark: str
    kind: EffectKind
    prepared: Prepared | None = None
    date: dt.date | None = None
    journal: str = ""


class Target(ABC):
    """A system that entries go to; `name` is the entry point's name."""

    name: ClassVar[str]
    Settings: ClassVar[type[PluginSettings]]
    capabilities: ClassVar[TargetCapabilities]

    def __init__(self, context: Context, settings: Any) -> None:
        self.context = context
        self.settings = settings

    @abstractmethod
    def check(self) -> CheckResult:
        """Try the connection and tell a wrong key from a missing right."""

    @abstractmethod
    def administrations(self) -> Sequence[Administration]:
        """List the sets of books that the connection may write."""

    @abstractmethod
    def chart(self, administration: str) -> Chart:
        """Read accounts, VAT codes, journals, periods and conditions."""

    @abstractmethod
    def preflight(self, use: ChartUse, chart: Chart) -> Sequence[Problem]:
        """Find what this package would refuse of these rules, before anything is sent."""

    @abstractmethod
    def prepare(self, administration: str, effects: Sequence[Effect]) -> Sequence[Prepared | Refused]:
        """Turn effects into what will be sent, in the order given; may read and reserve, creates nothing."""

    @abstractmethod
    def post(self, administration: str, prepared: Sequence[Prepared]) -> Sequence[Outcome]:
        """Create one batch and say per item what became of it, in the order given.

        Raise an authorisation error or Retriable only when nothing of the batch was processed; raise OutcomeUnknown
        when that holds for all of it.
        """

    @abstractmethod
    def find(self, administration: str, queries: Sequence[MarkQuery]) -> Sequence[MarkAnswer]:
        """Return all records per mark, whole marks only, in the order asked."""

    @abstractmethod
    def read(self, administration: str, ids: Sequence[str]) -> Sequence[EntryAnswer]:
        """Read entries as they are booked now, in the order asked.

        An id may be as a person typed it: in capitals, or the number that the package shows, where it can be looked
        up. Answer under the id by which `find` and `list_marked` tell the record, whatever was typed, and with
        CannotTell naming them `among` when several records bear it.
        """

    @abstractmethod
    def list_marked(self, administration: str, start: dt.date, end: dt.date) -> Mapping[str, tuple[Match, ...]]:
        """List every record dated in [start, end) that carries a mark of ours, by mark."""


@runtime_checkable
class ResolvesParties(Protocol):
    """A target with debtors of its own."""

    def resolve(self, administration: str, parties: Sequence[Party]) -> Sequence[str | Problem | None]:
        """Look up remote ids, in the order given; None when absent, a problem when a card differs; creates nothing."""
        ...


@runtime_checkable
class ListsEntries(Protocol):
    """A target that can list foreign postings too, for adopting and reconciling."""

    def list_entries(
        self, administration: str, journal: str, start: dt.date, end: dt.date
    ) -> Sequence[tuple[Match, EntryAnswer]]:
        """List all entries of a journal dated in [start, end)."""
        ...


@runtime_checkable
class StatesBalances(Protocol):
    """A target that can be asked for balances."""

    def balances(self, administration: str, start: dt.date, end: dt.date) -> Mapping[str, int]:
        """Return the movement per account code in [start, end), in minor units, debit positive."""
        ...


class OpenItem(msgspec.Struct, frozen=True, kw_only=True):
    """What an entry left open on a debtor's account, debit positive, in minor units; `reference` names it there."""

    remote_id: str
    account: str
    reference: str
    minor: int


@runtime_checkable
class TellsMatching(Protocol):
    """A target that knows which open items were paid or set off; what was is not reversed before that is undone."""

    def matched(self, administration: str, items: Sequence[OpenItem]) -> Sequence[bool | None]:
        """Say of each item, in the order asked, whether anything was matched with it; None where that cannot be told.

        What the entries of these items themselves do to an item does not count.
        """
        ...


@runtime_checkable
class Attaches(Protocol):
    """A target on whose entries files can be hung, where the licence wants it: after booking, never in its way."""

    def attach(self, administration: str, remote_id: str, mark: str, file: Attachment) -> Outcome:
        """Hang a file on an entry, looking first whether it hangs there; may come again after an unknown outcome."""
        ...


@runtime_checkable
class Forecasts(Protocol):
    """A target whose limits are so narrow that people want to know when their entries will be through."""

    def forecast(self, administration: str, entries: int) -> dt.datetime:
        """Return when so many more entries will be through, as far as the limits tell; asks nothing outside."""
        ...


@runtime_checkable
class Links(Protocol):
    """A target whose records can be opened in a browser."""

    def link(self, administration: str, remote_id: str) -> str:
        """Return the address of a record."""
        ...
