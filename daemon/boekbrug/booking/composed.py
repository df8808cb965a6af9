"""What composing takes and gives: items with evidence in; drafts of entries, or the reason for none, out."""

import datetime as dt
from collections.abc import Mapping
from enum import StrEnum
from zoneinfo import ZoneInfo

import msgspec

from boekbrug.contract import Document, DocumentKind, Entry, EntryKind, ExchangeRate, Line, Party, Problem

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


class DocumentState(StrEnum):
    """Where a document stands for a licence: always exactly one of these."""

    #: dated before the licence's start
    BEFORE_START = "before-start"
    #: its status at the source does not yet allow booking
    OPEN = "open"
    #: ends by itself: term, approval, dependency, retry
    WAITING = "waiting"
    #: an effect whose outcome is not known
    IN_DOUBT = "in-doubt"
    #: ends by a fix
    PROBLEM = "problem"
    #: ends by a person's decision
    HELD = "held"
    #: never booked, with the reason
    SKIPPED = "skipped"
    #: exists at the target
    BOOKED = "booked"


class Member(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The facet of one revision of a document that a draft books."""

    document_id: int
    revision: int
    facet: str = "sale"


class Original(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The sale that a credit note or payment belongs to, as it was booked.

    `later` holds the lines of everything booked for the sale afterwards: credits and payments. `date` is the day it is
    booked on.
    """

    lines: tuple[Line, ...]
    number: str = ""
    party: Party | None = None
    currency: str = "EUR"
    rate: ExchangeRate | None = None
    kind: EntryKind = EntryKind.SALES
    later: tuple[Line, ...] = ()
    date: dt.date | None = None


class Cleared(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is booked of a payout's payments: the sum in euro cents, and how many of them are not in the books.

    `is_coming` says that days up to the payout's are still to be composed.
    """

    stood: int
    is_foreign: bool = False
    missing: int = 0
    is_coming: bool = False


class Item(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A revision of a document with what boekbrug knows of its sale.

    `booked_as` is the kind of document that the sale is booked from. `original_pending` says that the original was
    fetched but is not composed yet. `seen_paid` is the first day on which a document seen unpaid before was seen paid.
    `sale` is the agreed but not yet booked sale that a prepayment is for, and `prepaid` the lines of each entry that
    holds money for a sale in advance or has released it; `prepaid_pending` says that one of those is not booked yet.
    `cleared` is at which amount a payout's payments stand in the books. `upon` is the entry that has
    to be booked before this document's own. `book_on` is the day that a person chose where its own is closed or filed.
    """

    document_id: int
    revision: int
    document: Document
    original: Original | None = None
    original_pending: bool = False
    booked_as: DocumentKind | None = None
    seen_paid: dt.date | None = None
    party_key: str = ""
    sale: Document | None = None
    prepaid: tuple[tuple[Line, ...], ...] = ()
    prepaid_pending: bool = False
    cleared: Cleared | None = None
    upon: int | None = None
    book_on: dt.date | None = None


class Proof(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is known of a VAT id: VIES' last word with its day, None where it has none; `asked` is the first try since.

    A person may have `accepted` it without proof.
    """

    asked: dt.date | None = None
    answered: dt.date | None = None
    valid: bool | None = None
    accepted: bool = False


class Need(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A fact from outside that a document waits for: the proof of a VAT id, or a currency's rate of a day."""

    vat_id: str = ""
    currency: str = ""
    day: dt.date | None = None


class Evidence(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Facts from outside the document, fetched and stored before composing.

    `rates` has the published rates by currency and rate date, all of them between the days `rates_known`;
    `rates_coming` says that a missing one will be fetched. `proofs` has what is known of VAT ids where
    `demands_proof`; a valid answer counts for `proof_days`. `distance` has what was sold at a distance per year, in
    cents without VAT, over all licences of the administration. The filed-through dates are the administration's, moved
    only by the bookkeeper.
    `taken` are the days that were booked in the other way: from the source's own ledger, or from single sales where
    that is what is booked now. `open_items_alone` says that the package's memorials take no debtors.
    """

    today: dt.date
    start: dt.date
    zone: ZoneInfo = AMSTERDAM
    rates: Mapping[tuple[str, dt.date], ExchangeRate] = {}
    rates_coming: bool = False
    rates_known: tuple[dt.date, dt.date] | None = None
    proofs: Mapping[str, Proof] = {}
    demands_proof: bool = False
    proof_days: int = 30
    distance: Mapping[int, int] = {}
    filed_through: dt.date | None = None
    filed_oss_through: dt.date | None = None
    filed_icp_through: dt.date | None = None
    locked_through: dt.date | None = None
    taken: frozenset[dt.date] = frozenset()
    open_items_alone: bool = False


class Draft(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A balanced entry without its mark; `members` are the facets it books."""

    kind: EntryKind
    journal: str
    date: dt.date
    lines: tuple[Line, ...]
    members: tuple[Member, ...]
    number: str = ""
    currency: str = "EUR"
    text: str = ""
    party: Party | None = None
    rate: ExchangeRate | None = None
    due: dt.date | None = None
    condition: str = ""
    warnings: tuple[Problem, ...] = ()

    def entry(self, mark: str, *, concept: bool = False, reverses: str = "") -> Entry:
        """Give the draft its mark, and with that the form in which a target takes it."""
        return Entry(
            mark=mark,
            kind=self.kind,
            journal=self.journal,
            date=self.date,
            lines=self.lines,
            number=self.number,
            currency=self.currency,
            rate=self.rate,
            due=self.due,
            condition=self.condition,
            text=self.text,
            party=self.party,
            concept=concept,
            reverses=reverses,
        )


class Skipped(msgspec.Struct, frozen=True, gc=False):
    """It is not booked, for this reason."""

    reason: str


class BeforeStart(msgspec.Struct, frozen=True, gc=False):
    """It is dated before the licence's start."""


class Open(msgspec.Struct, frozen=True, gc=False):
    """Its status at the source does not yet allow booking."""

    status: str


class Waiting(msgspec.Struct, frozen=True, gc=False):
    """It waits for something that comes by itself; `need` names what has to be fetched from outside."""

    reason: str
    need: Need | None = None


class Held(msgspec.Struct, frozen=True, gc=False):
    """A person has to decide; `problem` says what about, where a fix is known."""

    reason: str
    problem: Problem | None = None


class Rejected(msgspec.Struct, frozen=True, gc=False):
    """Something has to be fixed first."""

    problems: tuple[Problem, ...]


Composed = Draft | Skipped | BeforeStart | Open | Waiting | Held | Rejected

_STATES: dict[type, DocumentState] = {
    Draft: DocumentState.WAITING,
    Skipped: DocumentState.SKIPPED,
    BeforeStart: DocumentState.BEFORE_START,
    Open: DocumentState.OPEN,
    Waiting: DocumentState.WAITING,
    Held: DocumentState.HELD,
    Rejected: DocumentState.PROBLEM,
}


def state_of(result: Composed) -> DocumentState:
    """Say in which state a result puts its document; a draft waits for its delivery, which alone makes it booked."""
    return _STATES[type(result)]
