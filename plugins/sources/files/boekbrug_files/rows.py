"""The rows that files hold, as documented in the README and exported as JSON schema."""

import datetime as dt
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from boekbrug.contract import DocumentKind, LineKind, RefundCause, Treatment

AMOUNT_PATTERN = r"-?[0-9]{1,12}(\.[0-9]{1,2})?"
FRACTION_PATTERN = r"-?[0-9]{1,9}(\.[0-9]{1,6})?"
COUNTRY_PATTERN = r"([A-Z]{2})?"
CURRENCY_PATTERN = r"[A-Z]{3}"


def _text(pattern: str) -> Meta:
    # in the schema only: a pattern checked by msgspec costs a call into `re` per value (8 µs per order), the mapping
    # checks the same patterns for less
    return Meta(extra_json_schema={"pattern": f"^{pattern}$"})


_WHOLE = Annotated[int, Meta(ge=-(10**12), le=10**12)]
Identifier = Annotated[int, Meta(ge=0, le=2**63 - 1)] | Annotated[str, Meta(min_length=1, max_length=200)]
Amount = Annotated[str, _text(AMOUNT_PATTERN)] | _WHOLE
Fraction = Annotated[str, _text(FRACTION_PATTERN)] | _WHOLE
Country = Annotated[str, _text(COUNTRY_PATTERN)]
Currency = Annotated[str, _text(CURRENCY_PATTERN)]
Moment = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    pass


class CustomerRow(_Strict, frozen=True):
    """Who bought."""

    id: Identifier | None = None
    name: str = ""
    company: str = ""
    email: str = ""
    vat_id: str = ""
    is_business: bool | None = None
    street: str = ""
    postcode: str = ""
    city: str = ""
    country: Country = ""


class LineRow(_Strict, frozen=True):
    """One line, priced including VAT, or excluding VAT with its VAT."""

    sku: str = ""
    name: str = ""
    kind: LineKind | None = None
    quantity: Fraction | None = None
    amount_incl: Amount | None = None
    amount_excl: Amount | None = None
    vat_rate: Fraction | None = None
    vat: Amount | None = None
    treatment: Treatment | None = None
    supply_from: dt.date | None = None
    supply_to: dt.date | None = None
    cost: Amount | None = None
    cost_centre: str = ""


class TenderRow(_Strict, frozen=True):
    """Money stated with the document."""

    method: Annotated[str, Meta(min_length=1)]
    amount: Amount
    id: Identifier | None = None
    at: Moment | None = None


class MovementRow(_Strict, frozen=True):
    """One movement of the source's own ledger, debit positive."""

    account: Annotated[str, Meta(min_length=1)]
    amount: Amount
    name: str = ""
    vat_code: str = ""
    vat: Amount | None = None
    text: str = ""
    cost_unit: str = ""


class PayoutRow(_Strict, frozen=True):
    """What a payment provider settled."""

    method: Annotated[str, Meta(min_length=1)]
    gross: Amount
    fees: Amount
    paid: Amount
    fee_vat: Amount | None = None
    payments: tuple[str, ...] = ()


class RefersTo(_Strict, frozen=True):
    """The document that this one takes back or pays."""

    id: Identifier
    kind: DocumentKind = DocumentKind.ORDER


class ExchangeRow(_Strict, frozen=True):
    """Units of the document's currency for one euro."""

    rate: Fraction
    source: Annotated[str, Meta(min_length=1)]
    date: dt.date


class Row(_Strict, frozen=True):
    """One document of any kind."""

    date: Moment
    kind: DocumentKind | None = None
    id: Identifier | None = None
    number: Identifier | None = None
    status: str = ""
    payment_method: str = ""
    customer: CustomerRow | None = None
    lines: tuple[LineRow, ...] = ()
    total_incl: Amount | None = None
    total_vat: Amount | None = None
    currency: Currency = "EUR"
    tenders: tuple[TenderRow, ...] = ()
    on_account: bool = False
    order_number: Identifier | None = None
    sale_ref: str = ""
    refers_to: RefersTo | None = None
    refund_cause: RefundCause | None = None
    ordered_at: Moment | None = None
    paid_at: Moment | None = None
    refunded_at: Moment | None = None
    invoice_date: dt.date | None = None
    supply_from: dt.date | None = None
    supply_to: dt.date | None = None
    business_date: dt.date | None = None
    ship_from: Country = ""
    ship_to: Country = ""
    exchange_rate: ExchangeRow | None = None
    movements: tuple[MovementRow, ...] = ()
    payout: PayoutRow | None = None
    text: str = ""
    link: str = ""


def schema() -> dict[str, Any]:
    """Return the JSON schema of one row; a file holds one, an array of them, or one per line."""
    return msgspec.json.schema(Row)
