"""Booking: what all kinds of entries have in common, from the journal to the ledger lines."""

import datetime as dt
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import msgspec

from boekbrug_exactonline_standin.odata import BadQuery, Row
from boekbrug_exactonline_standin.texts import Refusal
from boekbrug_exactonline_standin.world import ZERO, Division, midnight

CENT = Decimal("0.01")


class Posting(msgspec.Struct):
    """One ledger line to be, debit positive; `vat` stands on a base with the VAT that belongs to it."""

    account: Row
    amount: Decimal
    description: str | None = None
    vat_code: str | None = None
    vat: Decimal = ZERO
    vat_type: str = "S"
    customer: Row | None = None
    cost_centre: str | None = None
    line_type: int = 0


class Booking(msgspec.Struct):
    """An entry under way: its journal and period, what is wrong with it, and its postings."""

    division: Division
    now: dt.datetime
    faults: list[tuple[str, ...]]
    journal: Row | None = None
    year: int = 0
    period: int = 0
    date: dt.date = dt.date(1970, 1, 1)
    rate: Decimal = Decimal(1)
    currency: str = "EUR"

    def fault(self, key: str, *names: str) -> None:
        """Note a fault once."""
        if (key, *names) not in self.faults:
            self.faults.append((key, *names))


def known_properties(body: Row, known: Sequence[str]) -> None:
    """Raise BadQuery for a property that the entity does not have."""
    for name in body:
        if name not in known:
            message = f"Error processing request stream. The property name '{name}' specified for type is not valid."
            raise BadQuery(message)


def begin(division: Division, now: dt.datetime, code: Any, kinds: Sequence[int], misfit: str) -> Booking:
    """Begin an entry in a journal of one of these types."""
    booking = Booking(division=division, now=now, faults=[])
    if not code:
        booking.fault("mandatory", "Dagboek")
        return booking
    booking.journal = division.journals.get(str(code).strip())
    if booking.journal is None:
        booking.fault("reference", "Dagboek")
    elif booking.journal["Type"] not in kinds:
        booking.fault(misfit)
    elif booking.journal["IsBlocked"]:
        booking.fault("blocked-journal", booking.journal["Code"])
    return booking


def in_period(booking: Booking, day: dt.date, year: Any, period: Any) -> None:
    """Put an entry into a period: the one asked for, or that of its day."""
    found = booking.division.period_of(day)
    if year is not None and period is not None:
        rows = (row for row in booking.division.periods if (row["FinYear"], row["FinPeriod"]) == (year, period))
        found = next(rows, None)
    if found is None:
        booking.fault("year")
        return
    booking.date, booking.year, booking.period = day, found["FinYear"], found["FinPeriod"]
    if booking.journal and (booking.journal["Code"], booking.year, booking.period) in booking.division.closed:
        booking.fault("closed", f"{booking.year} - {booking.period}")


def in_currency(booking: Booking, currency: Any, rate: Any) -> None:
    """Take over currency and rate, if the journal allows them."""
    booking.currency = currency or "EUR"
    if booking.currency == "EUR":
        return
    if booking.journal and not booking.journal["AllowVariableCurrency"]:
        booking.fault("currency")
    if rate and booking.journal and not booking.journal["AllowVariableExchangeRate"]:
        booking.fault("rate")
    booking.rate = Decimal(rate or 1)


def account_of(booking: Booking, line: Row, forbidden: Sequence[int]) -> Row | None:
    """Return the ledger account of a line, unless it may not be booked on."""
    given = guid(line, "GLAccount")
    if not given:
        booking.fault("mandatory", "Grootboekrekening")
        return None
    account = booking.division.by_id.get(given)
    if account is None:
        booking.fault("reference", "Grootboekrekening")
        return None
    if account["IsBlocked"]:
        booking.fault("blocked-account", f"{account['Code'].strip()} - {account['Description']}")
    if account["Type"] in forbidden:
        booking.fault("account-type")
    _check_cost_centre(booking, line, account)
    return account


def _check_cost_centre(booking: Booking, line: Row, account: Row) -> None:
    centre = line.get("CostCenter")
    if account["UseCostcenter"] == 1 and not centre:
        booking.fault("mandatory", "Kostenplaats")
    if centre and centre not in booking.division.cost_centres:
        booking.fault("reference", "Kostenplaats")


def vat_code_of(booking: Booking, line: Row, account: Row) -> Row | None:
    """Return the VAT code of a line: what it says, else the default of its account; "" is none."""
    code = line["VATCode"] if "VATCode" in line else account["VATCode"]
    if not code or not code.strip():
        return None
    found = booking.division.vat.get(code.strip())
    if found is None:
        booking.fault("reference", "Btw-code")
    elif found["IsBlocked"]:
        booking.fault("blocked-vat", code.strip())
    return found


def net_and_vat(booking: Booking, amount: Decimal, given: Any, code: Row | None) -> tuple[Decimal, Decimal]:
    """Split an amount by the type of its VAT code; VAT that is given goes before what is computed."""
    vat = None if given is None else Decimal(given)
    if code is None or code["Type"] in "BN":
        if vat:
            booking.fault("vat-amount")
        return amount, ZERO
    rate = code["Percentage"]
    if code["Type"] == "E":
        return amount, cents(amount * rate) if vat is None else vat
    vat = cents(amount * rate / (1 + rate)) if vat is None else vat
    return amount - vat, vat


def cents(amount: Decimal) -> Decimal:
    """Round half a cent away from zero."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def vat_account(booking: Booking, code: Row) -> Row:
    """Return the account that the VAT of a code goes to."""
    return booking.division.by_id[code["GLToPay"]]


def guid(line: Row, name: str) -> str:
    """Return a GUID property; raise BadQuery when it is none."""
    value = line.get(name)
    if not value:
        return ""
    text = str(value).strip("{}").lower()
    if len(text) != 36 or text.count("-") != 4:
        message = (
            "Error processing request stream. Error encountered in converting the value from request payload for "
            f"property '{name}' to type 'Guid', which is the property's expected type."
        )
        raise BadQuery(message)
    return text


def day(value: Any, default: dt.date) -> dt.date:
    """Return a date property; raise BadQuery when it is none."""
    if value is None:
        return default
    try:
        return dt.date.fromisoformat(str(value)[:10])
    except ValueError:
        message = f"Error processing request stream. '{value}' is not a date."
        raise BadQuery(message) from None


def commit(booking: Booking, header: Row, postings: Sequence[Posting], kind: int, wanted: Any) -> Row:
    """Number the entry, write its ledger lines and keep it; raise Refusal with all faults."""
    division = booking.division
    if wanted is not None and any(
        row["EntryNumber"] == wanted and row["_journal"] == header["_journal"] for row in division.entries.values()
    ):
        booking.fault("number", str(wanted), header["_journal"])
    if booking.faults:
        raise Refusal(booking.faults)
    assert booking.journal is not None
    number = wanted or division.number(booking.journal["Code"], booking.year)
    common = {
        "EntryID": division.guid(), "EntryNumber": number, "Created": booking.now, "Modified": booking.now,
        "Status": 20, "Type": kind, "Division": division.code,
    }  # fmt: skip
    entry = {**header, **common}
    division.entries[entry["EntryID"]] = entry
    for n, posting in enumerate(postings):
        division.ledger.append(_ledger_line(booking, entry, n, posting))
    return entry


def _ledger_line(booking: Booking, entry: Row, n: int, posting: Posting) -> Row:
    account, customer = posting.account, posting.customer
    return {
        "ID": booking.division.guid(), "EntryID": entry["EntryID"], "EntryNumber": entry["EntryNumber"],
        "JournalCode": entry["_journal"], "FinancialYear": booking.year, "FinancialPeriod": booking.period,
        "Date": midnight(booking.date), "LineNumber": n, "LineType": posting.line_type, "Type": entry["Type"],
        "Status": 20, "GLAccount": account["ID"], "GLAccountCode": account["Code"],
        "GLAccountDescription": account["Description"], "AmountFC": posting.amount,
        "AmountDC": cents(posting.amount * booking.rate), "AmountVATFC": posting.vat, "AmountVATBaseFC": ZERO,
        "VATCode": posting.vat_code and posting.vat_code.ljust(3), "VATType": posting.vat_type,
        "Account": customer and customer["ID"], "AccountCode": customer and customer["Code"],
        "AccountName": customer and customer["Name"], "Description": posting.description,
        "YourRef": entry.get("YourRef"), "PaymentReference": entry.get("PaymentReference"),
        "InvoiceNumber": entry.get("InvoiceNumber"), "DueDate": entry.get("DueDate"),
        "CostCenter": posting.cost_centre, "Currency": booking.currency, "Document": entry.get("Document"),
        "Created": booking.now, "Modified": booking.now, "Timestamp": booking.division.timestamp(),
    }  # fmt: skip
