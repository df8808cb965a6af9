"""What a source plugin does: hand over documents, page by page, and say what it knows of them.

Beyond the required verbs a source implements only those of the small protocols below that its system offers; the
host asks with isinstance. One instance serves one connection, one run, one thread.
"""

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar, Protocol, runtime_checkable

import msgspec

from boekbrug.contract.authorisation import InboundRequest
from boekbrug.contract.context import Context, Limit
from boekbrug.contract.document import Document, DocumentKind, DocumentRef
from boekbrug.contract.entry import Attachment, Note
from boekbrug.contract.outcome import CannotTell, CheckResult, DocumentAnswer, Outcome
from boekbrug.contract.problems import Problem
from boekbrug.contract.settings import PluginSettings


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the source that sells: shop, till location, park."""

    code: str
    name: str
    time_zone: str = "Europe/Amsterdam"


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One value of a pick-list: what is stored, and how a person knows it."""

    value: str
    label: str


class Catalogue(msgspec.Struct, frozen=True, kw_only=True):
    """The left side of every mapping, as far as the source can list it."""

    payment_methods: tuple[Choice, ...] = ()
    statuses: tuple[Choice, ...] = ()
    vat_rates: tuple[Choice, ...] = ()
    ledger_accounts: tuple[Choice, ...] = ()


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """Which documents are asked for: dated in [since, until) by the source's own order date; None is open."""

    since: dt.date | None = None
    until: dt.date | None = None
    #: documents the host still waits for (Open), to be looked at again
    recheck: tuple[DocumentRef, ...] = ()


class Place(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Where at the source something stands, in words a person can go to: file and row, or a page."""

    name: str
    row: int | None = None


class Unreadable(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is not even a document: kept as a problem of the unit until the place reads well again."""

    place: Place
    problem: Problem


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A page of documents and the cursor that stands after it; both are committed in one transaction.

    `cleared` names places read in full on this page, whose earlier `Unreadable`s end unless repeated. `gone` names
    documents that the source says are deleted.
    """

    documents: tuple[Document, ...]
    cursor: str
    unreadable: tuple[Unreadable, ...] = ()
    cleared: tuple[str, ...] = ()
    gone: tuple[DocumentRef, ...] = ()
    total: int | None = None


class SourceCapabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What the host may expect of a source; pages of daily work and backfill keep separate cursors."""

    kinds: frozenset[DocumentKind]
    #: the source lists what changed since the cursor; without it the host passes what it still waits for to `fetch`
    modified_since: bool = True
    #: webhook topics, each of which `subscribe` is given an address of its own for
    topics: tuple[str, ...] = ()
    limits: tuple[Limit, ...] = ()


class Source(ABC):
    """A system that documents come from; `name` is the entry point's name."""

    name: ClassVar[str]
    Settings: ClassVar[type[PluginSettings]]
    capabilities: ClassVar[SourceCapabilities]

    def __init__(self, context: Context, settings: Any) -> None:
        self.context = context
        self.settings = settings

    @abstractmethod
    def check(self) -> CheckResult:
        """Try the connection and tell a wrong key from a wrong clock from a missing right."""

    @abstractmethod
    def units(self) -> Sequence[Unit]:
        """List the parts that sell."""

    @abstractmethod
    def catalogue(self, unit: str) -> Catalogue:
        """List payment methods, statuses and rates."""

    @abstractmethod
    def fetch(self, unit: str, window: Window, cursor: str) -> Iterator[Page]:
        """Yield pages from a cursor on ("" is the beginning); a document may come again, none may be left out.

        Raise Retriable, AuthorisationLost or another contract error; pages already yielded stand.
        """

    @abstractmethod
    def read(self, unit: str, refs: Sequence[DocumentRef]) -> Sequence[DocumentAnswer]:
        """Read documents as they are now, in the order asked."""


@runtime_checkable
class TakesSnapshots(Protocol):
    """A source whose facts of a period are only complete as a whole (ledger movements)."""

    def snapshot(self, unit: str, start: dt.date, end: dt.date) -> Iterator[Page]:
        """Yield the complete set of [start, end); once the last page came, what is absent has been removed."""
        ...


@runtime_checkable
class ClosesDays(Protocol):
    """A till: a day counts only when it was closed."""

    def closed(self, unit: str, day: dt.date) -> bool | None:
        """Tell whether the business day is closed; None when the source cannot tell."""
        ...


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """The source's own report of a period: gross and VAT per rate, not summed from documents."""

    gross: Decimal
    vat_by_rate: dict[str, Decimal]
    count: int | None = None


@runtime_checkable
class StatesTotals(Protocol):
    """A source with a report of its own, for reconciliation."""

    def totals(self, unit: str, start: dt.date, end: dt.date) -> Totals | CannotTell:
        """Return the source's own totals of [start, end), or why it does not know them for all of these days."""
        ...


@runtime_checkable
class WritesBack(Protocol):
    """A source that can be told what was booked, where the licence wants it: after booking, never in its way."""

    def write_back(self, unit: str, ref: DocumentRef, note: Note) -> Outcome:
        """Write our mark (the note's subject) and the target's number (its text) to the document; may come again."""
        ...


@runtime_checkable
class KeepsFiles(Protocol):
    """A source that keeps a file with a document, such as the PDF of an invoice."""

    def file(self, unit: str, ref: DocumentRef) -> Attachment | None:
        """Return the file of a document; None where it has none."""
        ...


class Hint(msgspec.Struct, frozen=True, kw_only=True):
    """What a webhook says has changed: only a reason to fetch, never a fact; `key` tells a repeat."""

    key: str
    unit: str = ""
    refs: tuple[DocumentRef, ...] = ()


@runtime_checkable
class SendsHooks(Protocol):
    """A source that calls us; polling stays complete without it."""

    def subscribe(self, unit: str, addresses: Mapping[str, str]) -> Mapping[str, str]:
        """Register our address per topic; return what to keep (encrypted) to verify later calls."""
        ...

    def unsubscribe(self, unit: str, kept: Mapping[str, str]) -> None:
        """Withdraw what `subscribe` registered."""
        ...

    def parse_webhook(self, topic: str, request: InboundRequest, kept: Mapping[str, str]) -> Hint | None:
        """Verify a call and say what changed; None when it is of no interest; raise WrongKey."""
        ...
