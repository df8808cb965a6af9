"""Exact's records as far as they are used; the names of the fields are what is asked for with `$select`."""

import datetime as dt
from decimal import Decimal
from typing import Annotated

import msgspec

from boekbrug.contract import to_minor

_EPOCH = dt.date(1970, 1, 1)
Padded = Annotated[str, "fixed width: strip it"]


class Row(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """A record of a list."""


class DivisionRow(Row, frozen=True):
    """An administration; status 1 is active."""

    code: int
    hid: int | None = None
    description: str = ""
    customer: str | None = None
    customer_name: str | None = None
    status: int = 1
    blocking_status: int | None = 0
    currency: str = "EUR"
    country: str | None = None
    vat_number: str | None = msgspec.field(default=None, name="VATNumber")
    chamber_of_commerce_number: str | None = None
    division_move_date: str | None = None


class MeRow(Row, frozen=True):
    """The user whose token it is."""

    user_id: str = msgspec.field(name="UserID")
    full_name: str = ""
    current_division: int = 0


class AccountRow(Row, frozen=True):
    """A ledger account."""

    id: str = msgspec.field(name="ID")
    code: Padded
    description: str | None = ""
    type: int = 90
    is_blocked: bool | None = False
    use_costcenter: int | None = 0


class VatRow(Row, frozen=True):
    """A VAT code: type E is on top, I included, B base only, N none."""

    code: Padded
    description: str | None = ""
    percentage: Decimal = Decimal(0)
    type: str = "E"
    transactions: str | None = msgspec.field(default="B", name="VATTransactionType")
    charged: bool | None = False
    listing: str | None = msgspec.field(default="N", name="EUSalesListing")
    oss_country: str | None = None
    is_blocked: bool | None = False
    to_pay: str | None = msgspec.field(default=None, name="GLToPayCode")


class JournalRow(Row, frozen=True):
    """A journal: type 10 cash, 12 bank, 16 payment service, 20 sales, 90 general."""

    code: Padded
    description: str | None = ""
    type: int = 0
    allow_vat: bool | None = msgspec.field(default=False, name="AllowVAT")
    allow_variable_currency: bool | None = False
    allow_variable_exchange_rate: bool | None = False
    is_blocked: bool | None = False
    account: str | None = msgspec.field(default=None, name="GLAccountCode")


class PeriodRow(Row, frozen=True):
    """A period of a book year; both moments are midnight UTC of a day that belongs to it."""

    fin_year: int
    fin_period: int
    start_date: str
    end_date: str


class StatusRow(Row, frozen=True):
    """A journal in a period; status 1 is closed."""

    journal: Padded
    year: int
    period: int


class ConditionRow(Row, frozen=True):
    """A payment condition."""

    code: Padded
    description: str | None = ""
    payment_days: int | None = 0


class CostCentreRow(Row, frozen=True):
    """A cost centre."""

    code: Padded


class CustomerRow(Row, frozen=True):
    """A card of the relations; status C is a customer."""

    id: str = msgspec.field(name="ID")
    code: str | None = ""
    name: str | None = ""
    status: str | None = ""
    email: str | None = ""
    country: str | None = ""
    vat_number: str | None = msgspec.field(default=None, name="VATNumber")
    search_code: str | None = ""
    blocked: bool | None = False


class SalesRow(Row, frozen=True):
    """A sales entry as it is found again."""

    entry_id: str = msgspec.field(name="EntryID")
    entry_number: int | None = None
    journal: str | None = ""
    entry_date: str | None = None
    your_ref: str | None = ""
    amount: Decimal | None = msgspec.field(default=None, name="AmountFC")
    vat_amount: Decimal | None = msgspec.field(default=None, name="VATAmountFC")
    currency: str | None = "EUR"


class MarkedLine(Row, frozen=True):
    """A line of a memorial, cash or bank entry as it is found again."""

    entry_id: str = msgspec.field(name="EntryID")
    entry_number: int | None = None
    date: str | None = None
    description: str | None = ""


class LedgerLine(Row, frozen=True):
    """A line of the ledger."""

    entry_id: str = msgspec.field(name="EntryID")
    entry_number: int | None = None
    journal_code: Padded | None = ""
    financial_year: int | None = None
    financial_period: int | None = None
    date: str | None = None
    line_number: int | None = 0
    status: int | None = None
    account: Padded | None = msgspec.field(default="", name="GLAccountCode")
    amount: Decimal | None = msgspec.field(default=None, name="AmountFC")
    euro: Decimal | None = msgspec.field(default=None, name="AmountDC")
    vat_amount: Decimal | None = msgspec.field(default=None, name="AmountVATFC")
    vat_code: Padded | None = msgspec.field(default="", name="VATCode")
    description: str | None = ""
    your_ref: str | None = ""
    cost_center: str | None = ""


class Receivable(Row, frozen=True):
    """An open item of a debtor."""

    entry_number: int | None = None
    journal_code: Padded | None = ""
    amount: Decimal | None = None
    in_transit: Decimal | None = msgspec.field(default=None, name="AmountInTransit")
    your_ref: str | None = ""


class BookedRow(Row, frozen=True):
    """What Exact answers to an entry that it booked."""

    entry_id: str = msgspec.field(name="EntryID")
    entry_number: int | None = None
    amount: Decimal | None = msgspec.field(default=None, name="AmountFC")
    vat_amount: Decimal | None = msgspec.field(default=None, name="VATAmountFC")
    currency: str | None = "EUR"


class NewCustomer(Row, frozen=True):
    """What Exact answers to a customer that it made."""

    id: str = msgspec.field(name="ID")
    code: str | None = ""


def day_of(moment: str | None) -> dt.date | None:
    """Read `/Date(1773446400000)/`: milliseconds since 1970, midnight UTC of the day that is meant."""
    if not moment or not moment.startswith("/Date("):
        return None
    milliseconds = moment[len("/Date(") :].partition(")")[0]
    return _EPOCH + dt.timedelta(milliseconds=int(milliseconds))


def minor(amount: Decimal | None, currency: str | None = "EUR") -> int:
    """Turn an amount of Exact into minor units."""
    return to_minor(amount or Decimal(0), currency or "EUR")
