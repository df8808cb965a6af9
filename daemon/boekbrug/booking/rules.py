"""The rules of a licence (configuratie): which account, code, journal and policy each part of a document gets.

Account numbers and methods are the licence's own; nothing has a prefilled account and there is no catch-all
(bookkeeper.md §4.43).
"""

import datetime as dt
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

import msgspec

from boekbrug.contract import DocumentKind, EntryKind, LineKind, Treatment

Name = Annotated[str, msgspec.Meta(min_length=1)]
Cents = Annotated[int, msgspec.Meta(ge=0)]

TEXT_FIELDS = frozenset({"number", "order", "name", "source", "kind", "text"})
"""What a text template may name: booking number, order number, buyer's name, source id, kind, the document's text."""

FIXED_KINDS = frozenset(
    {
        LineKind.VOUCHER_MULTI_PURPOSE,
        LineKind.PACKAGING_DEPOSIT,
        LineKind.SECURITY_DEPOSIT,
        LineKind.TIP,
        LineKind.TOURIST_TAX,
        LineKind.CASH_ROUNDING,
    }
)
"""Line kinds without any VAT event; they need an account of their own."""

OWED_KINDS = frozenset({LineKind.VOUCHER_SINGLE_PURPOSE, LineKind.DOWN_PAYMENT})
"""Line kinds that are taxed when they are paid and delivered later: their account is a debt, not revenue."""

VOUCHER_KINDS = {
    LineKind.VOUCHER_SINGLE_PURPOSE: "single-purpose",
    LineKind.VOUCHER_MULTI_PURPOSE: "multi-purpose",
}
"""Kinds of gift cards, as the question about them is answered: VAT is due at sale, or when they are redeemed."""

ASKED_KINDS = frozenset({LineKind.NO_SHOW, LineKind.CANCELLATION, LineKind.DAMAGE})
"""Line kinds whose treatment the bookkeeper chooses once (bookkeeper.md §2.25)."""

ACCESSORY_KINDS = frozenset({LineKind.SHIPPING, LineKind.PAYMENT_FEE, LineKind.SURCHARGE, LineKind.DISCOUNT})
"""Line kinds that follow the goods pro rata when the source gives no rate (bookkeeper.md §1.19)."""

WITH_RATE = frozenset({Treatment.DOMESTIC, Treatment.OSS, Treatment.DISTANCE, Treatment.FOREIGN, Treatment.MARGIN})
"""Treatments whose rows may have a rate; that of the margin scheme is the rate of the margin."""


class Mode(StrEnum):
    """How sales are put into entries."""

    #: each sale its own entry
    INDIVIDUAL = "individual"
    #: one entry per business day
    DAY = "day"
    #: some sales individually, the rest per day
    HYBRID = "hybrid"
    #: ledger movements of the source, per day
    MEMORIAL_DAY = "memorial-day"
    #: ledger movements of the source, per month
    MEMORIAL_MONTH = "memorial-month"


LEDGER_MODES = (Mode.MEMORIAL_DAY, Mode.MEMORIAL_MONTH)
"""Modes that book the source's own ledger."""


class VatScheme(StrEnum):
    """When VAT on a sale becomes due."""

    #: when the money comes in (kasstelsel)
    CASH = "cash"
    #: when the invoice goes out (factuurstelsel)
    INVOICE = "invoice"


class Seller(StrEnum):
    """Which VAT regime the seller is under."""

    NORMAL = "normal"
    SMALL_BUSINESS = "small-business"
    EXEMPT = "exempt"
    MARGIN = "margin"


class PaymentRole(StrEnum):
    """What a payment method stands for in the books."""

    #: money, or a gift card, on a suspense account
    PAYMENT = "payment"
    #: the provider owes it (pay later, marketplace)
    DEBTOR = "debtor"
    #: a voucher whose VAT was booked when it was sold
    SINGLE_PURPOSE_VOUCHER = "single-purpose-voucher"
    #: on the house, a staff meal, training: it is taken off what was sold, and is never revenue
    INTERNAL = "internal"


class _Rule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    pass


class VatRule(_Rule, frozen=True):
    """Where a treatment at a rate goes; `kind` narrows it to one kind of line, `country` to one country's VAT."""

    treatment: Treatment
    account: Name
    rate: Decimal = Decimal(0)
    country: str = ""
    kind: LineKind | None = None
    vat_code: str = ""
    vat_account: str = ""


class PaymentRule(_Rule, frozen=True):
    """Where the money of a payment method goes; `party` names the provider that owes it when the role is debtor.

    `rounds_cash` lets a payment differ by the rounding to five cents; `rate` is the VAT inside a single-purpose
    voucher; `fees` is the cost account of a provider whose statement is its invoice (a marketplace's commission).
    An internal tender has no account.
    """

    account: str = ""
    role: PaymentRole = PaymentRole.PAYMENT
    journal: str = ""
    party: str = ""
    rounds_cash: bool = False
    rate: Decimal | None = None
    fees: str = ""


class LineRule(_Rule, frozen=True):
    """What a kind of line does otherwise than goods: own account, own code, a treatment that the bookkeeper chose."""

    account: str = ""
    vat_code: str | None = None
    treatment: Treatment | None = None
    follows_goods: bool | None = None


class AdvanceRule(_Rule, frozen=True):
    """Where advances are declared that the source's `ledger` keeps without VAT; `vat_code` is that of a VAT row.

    `opening` is what stood on the ledger when the licence started, in cents.
    """

    ledger: Name
    account: Name
    vat_code: Name
    opening: Cents = 0


class RoundingRule(_Rule, frozen=True):
    """Gross differences that may be booked, in cents: per line and at most per document (bookkeeper.md §1.10)."""

    account: str = ""
    per_line: Annotated[int, msgspec.Meta(ge=0, le=1)] = 1
    per_document: Annotated[int, msgspec.Meta(ge=0, le=5)] = 5


class HybridRule(_Rule, frozen=True):
    """Which sales a hybrid licence books individually beside those that always are."""

    identified: bool = True
    on_account: bool = True
    export: bool = True
    above: Annotated[int, msgspec.Meta(gt=0)] | None = None


class Rules(_Rule, frozen=True):
    """All choices of a licence; `vat_scheme` has no default and the other questions are asked before activation.

    Amounts are cents of euro, dates shop-local days.
    """

    vat_scheme: VatScheme
    mode: Mode = Mode.INDIVIDUAL
    basis: DocumentKind = DocumentKind.ORDER
    number: Literal["order", "invoice"] = "invoice"
    country: Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$")] = "NL"
    #: None: not answered; False: no OSS; a date: in OSS since
    oss: dt.date | bool | None = None
    seller: Seller | None = None
    filing_period: Literal["month", "quarter", "year"] | None = None
    filed_through: dt.date | None = None
    #: OSS and ICP returns are filed apart from the VAT return
    filed_oss_through: dt.date | None = None
    filed_icp_through: dt.date | None = None
    #: the last day of the books that may not be booked on, beside what the package itself has closed
    locked_through: dt.date | None = None
    #: where the package makes them, the shop has none to book, and those there are must not be of the same sales
    invoices_by: Literal["shop", "package"] | None = None
    #: which gift cards are sold and redeemed: others are a problem
    gift_cards: Literal["single-purpose", "multi-purpose", "both", "none"] | None = None
    provider_booked_by: Literal["boekbrug", "package", "bookkeeper"] | None = None
    vat: tuple[VatRule, ...] = ()
    payments: dict[str, PaymentRule] = {}
    lines: dict[LineKind, LineRule] = {}
    journals: dict[EntryKind, Name] = {}
    rounding: RoundingRule = RoundingRule()
    hybrid: HybridRule = HybridRule()
    debtor: str = ""
    debtors: Literal["collective", "customer"] = "collective"
    collective_debtor: str = ""
    cash_rounding: str = ""
    #: VAT not yet due under the cash scheme; left out where the package defers VAT by itself
    vat_not_due: str = ""
    package_defers_vat: bool = False
    received_in_advance: str = ""
    #: a sale that leaves nothing open: an entry in the sales journal, or lines in the journal of its payment method
    paid_sales: Literal["sales", "cash"] = "sales"
    #: how a 0 % sale within the country is meant, when the source gives no treatment
    zero_rate: Literal["zero", "exempt", "outside-scope", "margin", "reverse-charge"] | None = None
    #: goods to a business in the Union are declared on the day of their invoice, at the latest the 15th after supply
    union_by_fifteenth: bool = True
    #: what to do when only the order date is known and it lies within three days of the end of a VAT period
    payment_date_unknown: Literal["ask", "order-date"] = "ask"
    #: what belongs on a day that the package has closed and no return has yet: held, or booked on the first open day of
    #: the same VAT period
    closed_period: Literal["hold", "first-open-day"] = "hold"
    #: hang the source's own file of a sale (the invoice as PDF) on its entry
    attachments: bool = False
    text: str = "{number}"
    condition: str = ""
    due_days: Annotated[int, msgspec.Meta(ge=0)] | None = None
    cost_centre: str = ""
    day_ends_at: Annotated[int, msgspec.Meta(ge=0, lt=24)] = 0
    corrections: Literal["ask", "automatic"] = "ask"
    transit: str = ""
    fees: str = ""
    fees_withheld: str = ""
    input_vat: str = ""
    input_vat_code: str = ""
    exchange_differences: str = ""
    #: the source's own ledger accounts and till movements, by their names there
    accounts: dict[str, Name] = {}
    #: the source's own VAT codes
    vat_codes: dict[str, str] = {}
    #: those of `accounts` that hold VAT: reconciled with the VAT of the bases, not sent by themselves
    vat_ledgers: tuple[str, ...] = ()
    #: those of `accounts` that come to nothing over a term: clearings, receipts that were paid
    clearing_ledgers: tuple[str, ...] = ()
    #: those of `accounts` that hold money received in advance, of which the source books no VAT yet
    advances: tuple[AdvanceRule, ...] = ()

    def oss_on(self, day: dt.date) -> bool:
        """Tell whether the one-stop shop applies on a day."""
        return isinstance(self.oss, dt.date) and self.oss <= day

    def has_gift_cards(self, kind: str) -> bool:
        """Tell whether gift cards of a kind may occur: the question is not answered yet, or so."""
        return self.gift_cards in (None, "both", kind)

    def open_questions(self) -> tuple[str, ...]:
        """Name the questions that must be answered before the licence is activated (bookkeeper.md §4.40)."""
        asked = ("oss", "seller", "filing_period", "filed_through", "invoices_by", "gift_cards", "provider_booked_by")
        return tuple(name for name in asked if getattr(self, name) is None)
