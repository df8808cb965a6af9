"""What a target books: balanced entries whose lines have a role.

Amounts are integer minor units of the entry's currency, debit positive and credit negative; the sum over all lines
is zero. A target leaves out the lines that its package makes by itself (debtor, VAT).
"""

import datetime as dt
from base64 import b32encode
from enum import StrEnum
from hashlib import blake2b

import msgspec

from boekbrug.contract.document import Treatment
from boekbrug.contract.money import ExchangeRate


class EntryKind(StrEnum):
    """Which kind of journal entry; a target states which it takes."""

    #: sale or credit note with a debtor
    SALES = "sales"
    #: general journal: day turnover, month, corrections
    MEMORIAL = "memorial"
    #: cash or bank journal
    CASH = "cash"
    #: many sales as one invoice to a collective debtor
    COLLECTIVE = "collective"


class Role(StrEnum):
    """What a line does in its entry."""

    #: owed by a customer
    DEBTOR = "debtor"
    #: money received on a suspense, cash or gift-card account
    PAYMENT = "payment"
    #: taxable base; carries the VAT code and the VAT belonging to it
    BASE = "base"
    #: VAT for the base line that `base` points at
    VAT = "vat"
    #: gross differences and cash rounding
    ROUNDING = "rounding"
    #: everything else, always with an explicit code
    OTHER = "other"


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One line; `minor` is debit positive. A base line states its VAT in `vat_minor`, with the sign of its own side.

    `vat_code` is the target's code, explicit on every line ("" is the target's "no VAT"). `base` is the position of
    the base line that a VAT line belongs to.
    """

    role: Role
    account: str
    minor: int
    vat_code: str = ""
    vat_minor: int = 0
    treatment: Treatment | None = None
    base: int | None = None
    text: str = ""
    cost_centre: str = ""
    reference: str = ""
    euro_minor: int | None = None
    why: str = ""

    @property
    def worth(self) -> int:
        """Return what the line is worth in cents of euro."""
        return self.minor if self.euro_minor is None else self.euro_minor


class Party(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A debtor as the target should know it; `key` is ours: VAT id, keyed e-mail hash or customer id."""

    key: str
    name: str
    email: str = ""
    vat_id: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""
    country: str = ""
    remote_id: str = ""

    @property
    def mark(self) -> str:
        """Return what a target finds the debtor by again: 15 characters, the same for the same key everywhere."""
        digest = blake2b(self.key.encode(), digest_size=8).digest()
        return "BB" + b32encode(digest).decode().rstrip("=")


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """A file to hang on an entry."""

    name: str
    media_type: str
    content: bytes


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """A remark written back to a source or target; cannot be looked up, so at-least-once."""

    subject: str
    text: str


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One balanced journal entry; dates are shop-local days.

    `mark` is what we find it again by; it stands in a searchable field. `number` is the booking number that people
    read. `reverses` holds the remote id of the entry that this one counters.
    """

    mark: str
    kind: EntryKind
    journal: str
    date: dt.date
    lines: tuple[Line, ...]
    number: str = ""
    currency: str = "EUR"
    rate: ExchangeRate | None = None
    period: str = ""
    due: dt.date | None = None
    condition: str = ""
    text: str = ""
    party: Party | None = None
    concept: bool = False
    reverses: str = ""

    @property
    def total(self) -> int:
        """Return the debit side, in minor units."""
        return sum(line.minor for line in self.lines if line.minor > 0)
