"""What a source hands over: documents with their dates, lines, tenders and parties.

Amounts are Decimal units of the document's currency, VAT included unless a field says otherwise; a credit note has
negative amounts. Moments are aware datetimes; dates are shop-local calendar days.
"""

import datetime as dt
from decimal import Decimal
from enum import StrEnum

import msgspec

from boekbrug.contract.money import ExchangeRate
from boekbrug.contract.problems import Problem


class DocumentKind(StrEnum):
    """What a document is at its source."""

    #: agreed with a customer; books a sale when the licence books orders
    ORDER = "order"
    #: books a sale when the licence books invoices
    INVOICE = "invoice"
    #: a till sale
    RECEIPT = "receipt"
    #: takes back (part of) a sale
    CREDIT_NOTE = "credit-note"
    #: money received or returned for a sale, apart from the tenders stated with it
    PAYMENT = "payment"
    #: what a payment provider paid out, with its fees
    PAYOUT = "payout"
    #: float, bank deposit, petty expense, withdrawal
    TILL_MOVEMENT = "till-movement"
    #: a line of the source's own ledger
    LEDGER_MOVEMENT = "ledger-movement"
    #: what stands on a ledger at the end of a period: boekbrug draws it up from the books, and no source hands it over
    BALANCE = "balance"


SALE_KINDS = frozenset({DocumentKind.ORDER, DocumentKind.INVOICE, DocumentKind.RECEIPT})
"""Kinds that can be the basis on which a sale is booked; one sale is booked from one of them."""

SOURCE_KINDS = frozenset(DocumentKind) - {DocumentKind.BALANCE}
"""Kinds that a source may hand over."""


class Readiness(StrEnum):
    """Whether the status at the source allows booking, as the source's settings choose."""

    #: not yet: unpaid, unfinished
    OPEN = "open"
    #: may be booked
    READY = "ready"
    #: never will be: cancelled before anything was owed
    VOID = "void"


class LineKind(StrEnum):
    """What a line sells, takes or gives back; accounts are chosen per kind."""

    #: things
    GOODS = "goods"
    #: work
    SERVICE = "service"
    #: carriage of the goods
    SHIPPING = "shipping"
    #: costs charged for a payment method
    PAYMENT_FEE = "payment-fee"
    #: other surcharges
    SURCHARGE = "surcharge"
    #: price cut over the whole document, negative on a sale
    DISCOUNT = "discount"
    #: stay in a room, house, caravan or tent let by the night
    LODGING = "lodging"
    #: a pitch without anything on it
    CAMPING_PITCH = "camping-pitch"
    #: full price kept for a stay not used
    NO_SHOW = "no-show"
    #: costs of a cancellation
    CANCELLATION = "cancellation"
    #: compensation of damage
    DAMAGE = "damage"
    #: voucher whose VAT is known when sold
    VOUCHER_SINGLE_PURPOSE = "voucher-single-purpose"
    #: gift card: a debt until it is spent
    VOUCHER_MULTI_PURPOSE = "voucher-multi-purpose"
    #: statiegeld
    PACKAGING_DEPOSIT = "packaging-deposit"
    #: aanbetaling
    DOWN_PAYMENT = "down-payment"
    #: borg
    SECURITY_DEPOSIT = "security-deposit"
    #: for the staff
    TIP = "tip"
    #: for the municipality
    TOURIST_TAX = "tourist-tax"
    #: cash rounded to five cents
    CASH_ROUNDING = "cash-rounding"


class Treatment(StrEnum):
    """How VAT law looks at a line; "0 %" alone never says which (dutch-accounting.md §1.1)."""

    #: Dutch VAT at the line's rate, boxes 1a to 1c
    DOMESTIC = "domestic"
    #: Dutch zero rate, box 1e
    ZERO = "zero"
    #: exempt by article 11, in no box
    EXEMPT = "exempt"
    #: no VAT event at all: deposits, tourist tax, damages
    OUTSIDE_SCOPE = "outside-scope"
    #: VAT moved to a Dutch buyer, box 1e
    REVERSE_CHARGE = "reverse-charge"
    #: goods to a business in another member state, box 3b
    INTRA_EU_GOODS = "intra-eu-goods"
    #: services to a business in another member state, box 3b
    INTRA_EU_SERVICE = "intra-eu-service"
    #: goods out of the Union, box 3a
    EXPORT = "export"
    #: VAT of the consumer's country, in the OSS return
    OSS = "oss"
    #: VAT of the consumer's country, declared there by the seller and in box 3c
    DISTANCE = "distance"
    #: VAT of the country in which the stock lies, declared there
    FOREIGN = "foreign"
    #: VAT over the profit margin
    MARGIN = "margin"
    #: seller uses the small-business scheme
    SMALL_BUSINESS = "small-business"
    #: the platform owes the VAT
    PLATFORM = "platform"


class RefundCause(StrEnum):
    """Why a sale was taken back; decides the VAT period (bookkeeper.md §1.12)."""

    #: goods came back or the price was cut: period of the refund
    RETURN = "return"
    #: the invoice was wrong: supplementary return
    ERROR = "error"


class Dates(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """The dates a source knows, kept apart; boekbrug derives tax point and rate date from them."""

    ordered: dt.datetime | None = None
    invoiced: dt.date | None = None
    supply_from: dt.date | None = None
    supply_to: dt.date | None = None
    paid: dt.datetime | None = None
    refunded: dt.datetime | None = None
    #: trading day of the unit where the source itself states it (a till's day)
    business: dt.date | None = None


class DocumentLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One line; `amount` includes VAT, `vat` is the source's own figure or None where it states none."""

    amount: Decimal
    kind: LineKind = LineKind.GOODS
    text: str = ""
    sku: str = ""
    quantity: Decimal | None = None
    vat: Decimal | None = None
    vat_rate: Decimal | None = None
    treatment: Treatment | None = None
    supply_from: dt.date | None = None
    supply_to: dt.date | None = None
    cost: Decimal | None = None
    cost_centre: str = ""


class Tender(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Money stated with a sale: `method` is the source's name for how it came; a refund is negative."""

    method: str
    amount: Decimal
    id: str = ""
    at: dt.datetime | None = None


class Buyer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Who bought; countries are ISO 3166 alpha-2."""

    customer_id: str = ""
    name: str = ""
    company: str = ""
    email: str = ""
    vat_id: str = ""
    is_business: bool | None = None
    street: str = ""
    postcode: str = ""
    city: str = ""
    country: str = ""


class DocumentRef(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Names another document of the same connection and unit."""

    kind: DocumentKind
    source_id: str


class Movement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One movement of the source's own ledger: debit positive, credit negative, VAT as a code of the source."""

    account: str
    amount: Decimal
    name: str = ""
    vat_code: str = ""
    vat: Decimal | None = None
    text: str = ""
    unit_of_cost: str = ""


class Payout(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What a payment provider settled: gross of the payments, fees withheld, amount paid out."""

    method: str
    gross: Decimal
    fees: Decimal
    paid: Decimal
    fee_vat: Decimal | None = None
    payments: tuple[str, ...] = ()


class Document(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One document in one state; its identity is (connection, unit, kind, source_id), never its number.

    `problems` holds what the source could not map with certainty: the document is kept and shown, and not booked.
    `number` is what the customer sees. `sale_ref` joins an order, its invoice and its receipt; empty means that the
    document stands alone.
    """

    kind: DocumentKind
    source_id: str
    number: str
    total: Decimal
    currency: str = "EUR"
    dates: Dates = Dates()
    readiness: Readiness = Readiness.READY
    status: str = ""
    sale_ref: str = ""
    total_vat: Decimal | None = None
    lines: tuple[DocumentLine, ...] = ()
    tenders: tuple[Tender, ...] = ()
    buyer: Buyer | None = None
    ship_from: str = ""
    ship_to: str = ""
    refers_to: DocumentRef | None = None
    refund_cause: RefundCause | None = None
    on_account: bool = False
    movements: tuple[Movement, ...] = ()
    payout: Payout | None = None
    rate: ExchangeRate | None = None
    order_number: str = ""
    text: str = ""
    link: str = ""
    problems: tuple[Problem, ...] = ()
