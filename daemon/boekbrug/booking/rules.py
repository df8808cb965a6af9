"""The rules of a licence (configuratie): which account, code, journal and policy each part of a document gets.

Account numbers and methods are the licence's own; nothing has a prefilled account and there is no catch-all
(bookkeeper.md §4.43).
"""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from enum import StrEnum
from string import Formatter
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

    def faults(self) -> tuple[str, ...]:
        """List every inconsistency, each with the path of its setting and what to do."""
        return tuple(_faults(self))

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


def _faults(rules: Rules) -> Iterator[str]:
    yield from _vat_faults(rules)
    yield from _account_faults(rules)
    yield from _advance_faults(rules)
    yield from _template_faults(rules.text)
    if rules.basis not in (DocumentKind.ORDER, DocumentKind.INVOICE, DocumentKind.RECEIPT):
        yield f"basis: {rules.basis} does not book a sale; choose order, invoice or receipt"
    if rules.invoices_by == "package" and rules.basis is DocumentKind.INVOICE:
        yield "basis: invoices_by says that the package makes the invoices, so the shop has none to book; choose order"
    if rules.oss is True:
        yield "oss: write false, or the first day of the one-stop shop as a date"
    for method, payment in rules.payments.items():
        if not payment.account and payment.role is not PaymentRole.INTERNAL:
            yield f"payments.{method}.account: name the account its money goes to, or give it the role internal"
        if payment.role is PaymentRole.SINGLE_PURPOSE_VOUCHER and not _is_rate(payment.rate):
            yield f"payments.{method}.rate: a single-purpose voucher needs the VAT rate inside it"
        if payment.role is PaymentRole.SINGLE_PURPOSE_VOUCHER and not rules.has_gift_cards("single-purpose"):
            yield f"payments.{method}.role: gift_cards says that there are no such vouchers; change one of them"


def _vat_faults(rules: Rules) -> Iterator[str]:
    seen: dict[tuple[object, ...], int] = {}
    profits: dict[LineKind | None, int] = {}
    for place, row in enumerate(rules.vat):
        path = f"vat[{place}]"
        first = seen.setdefault((row.treatment, row.rate, row.country, row.kind), place)
        if first != place:
            yield f"{path}: the same treatment, rate, country and kind as vat[{first}]; keep one of them"
        if not _is_rate(row.rate):
            yield f"{path}.rate: {row.rate} is not a percentage between 0 and 100 with at most three decimals"
        elif row.rate and not row.vat_account:
            yield f"{path}.vat_account: a rate of {row.rate} % needs the account its VAT is booked on"
        if row.rate and row.treatment not in WITH_RATE:
            yield f"{path}.rate: {row.treatment} carries no VAT; leave the rate out"
        if row.treatment is Treatment.MARGIN and row.rate:
            first = profits.setdefault(row.kind, place)
            if first != place:
                yield f"{path}.rate: vat[{first}] says already at which rate the margin is taxed; give each a kind"
        if row.treatment is Treatment.DOMESTIC and not row.rate:
            yield f"{path}.rate: domestic VAT needs a rate; use treatment zero, exempt or outside-scope for 0 %"


def _is_rate(rate: Decimal | None) -> bool:
    return rate is not None and rate.is_finite() and 0 <= rate <= 100 and rate * 1000 % 1 == 0


def _account_faults(rules: Rules) -> Iterator[str]:
    sales = EntryKind.SALES if rules.mode in (Mode.INDIVIDUAL, Mode.HYBRID) else EntryKind.MEMORIAL
    if sales not in rules.journals:
        yield f"journals.{sales}: mode {rules.mode} needs a journal for {sales} entries"
    if rules.mode is Mode.HYBRID and EntryKind.MEMORIAL not in rules.journals:
        yield "journals.memorial: mode hybrid needs a journal for its day totals"
    if rules.mode in LEDGER_MODES:
        return
    without = [method for method, payment in rules.payments.items() if not payment.journal]
    if rules.paid_sales == "cash" and EntryKind.CASH not in rules.journals and without:
        yield f"journals.cash: paid sales go into a cash or bank journal; name it, or one for payments.{without[0]}"
    if not rules.debtor:
        yield "debtor: name the account of what customers owe"
    if not rules.rounding.account and rules.rounding.per_document:
        yield "rounding.account: name the account for gross differences, or set rounding.per_document to 0"
    if rules.vat_scheme is VatScheme.CASH and not rules.vat_not_due and not rules.package_defers_vat:
        yield "vat_not_due: the cash scheme needs an account for VAT not yet due, or package_defers_vat = true"


def _advance_faults(rules: Rules) -> Iterator[str]:
    taxed = {row.vat_code for row in rules.vat if row.rate and row.vat_account}
    seen: dict[str, int] = {}
    for place, row in enumerate(rules.advances):
        path, account = f"advances[{place}]", rules.accounts.get(row.ledger)
        if account is None:
            yield f"{path}.ledger: {row.ledger} is none of accounts; name the ledger as the source does"
        elif (first := seen.setdefault(account, place)) != place:
            yield f"{path}.ledger: {account} is declared by advances[{first}] already; keep one of them"
        if row.vat_code not in taxed:
            yield f"{path}.vat_code: no VAT row with a rate and an account has the code {row.vat_code}"


def _template_faults(text: str) -> Iterator[str]:
    try:
        fields = {field for _, field, _, _ in Formatter().parse(text) if field is not None}
    except ValueError as error:
        yield f"text: {error}"
        return
    for unknown in sorted(fields - TEXT_FIELDS):
        yield f"text: {{{unknown}}} is not known; use {', '.join(sorted(TEXT_FIELDS))}"
