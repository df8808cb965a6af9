"""The kinds of entries: sales with a debtor, memorials that balance by themselves, cash and bank."""

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from boekbrug_exactonline_standin.books import (
    Booking,
    Posting,
    account_of,
    begin,
    commit,
    day,
    guid,
    in_currency,
    in_period,
    known_properties,
    net_and_vat,
    vat_account,
    vat_code_of,
)
from boekbrug_exactonline_standin.odata import Row
from boekbrug_exactonline_standin.schema import SCHEMAS, WRITABLE
from boekbrug_exactonline_standin.world import ZERO, Division, midnight

_CASH, _BANK, _PURCHASES, _RECEIVABLE, _VAT = 10, 12, 22, 20, 24
_NOT_ON_SALES = (_RECEIVABLE, _PURCHASES, _VAT, _CASH, _BANK)
_NOT_IN_MEMORIAL = (_RECEIVABLE, _PURCHASES, _CASH)


def sales(division: Division, body: Row, now: dt.datetime, switches: Mapping[str, Any]) -> Row:
    """Book a sales entry: Exact adds the debtor and the VAT."""
    known_properties(body, WRITABLE["salesentry/SalesEntries"])
    booking = begin(division, now, body.get("Journal"), (20, 21), "journal")
    in_period(booking, day(body.get("EntryDate"), now.date()), body.get("ReportingYear"), body.get("ReportingPeriod"))
    in_currency(booking, body.get("Currency"), body.get("Rate"))
    customer = _customer(booking, body)
    condition = _condition(booking, body, customer)
    lines = body.get("SalesEntryLines") or []
    if not lines:
        booking.fault("mandatory", "Regels")
    bases: list[Posting] = []
    taxes: list[Posting] = []
    for line in lines:
        known_properties(line, WRITABLE["salesentry/SalesEntryLines"])
        _sales_line(booking, line, bases, taxes)
    net, vat = -sum((base.amount for base in bases), ZERO), -sum((tax.amount for tax in taxes), ZERO)
    if not net + vat and switches.get("zero_total") == "refuse":
        booking.fault("amount")
    due = day(body.get("DueDate"), booking.date + dt.timedelta(days=condition))
    header = _sales_header(booking, body, net + vat, vat, due)
    debtor = Posting(
        account=division.accounts["1300"], amount=net + vat, customer=customer, description=body.get("Description")
    )
    kind = 21 if net + vat < 0 else 20
    entry = commit(booking, header, [debtor, *bases, *taxes], kind, body.get("EntryNumber"))
    _keep_lines(division, "salesentry/SalesEntryLines", entry, lines)
    return entry


def _sales_header(booking: Booking, body: Row, total: Decimal, vat: Decimal, due: dt.date) -> Row:
    row = dict.fromkeys(SCHEMAS["salesentry/SalesEntries"])
    row |= {name: value for name, value in body.items() if name != "SalesEntryLines"}
    off = booking.division.wrong_total
    return row | {
        "_journal": body.get("Journal"), "EntryDate": midnight(booking.date), "DueDate": midnight(due),
        "ReportingYear": booking.year, "ReportingPeriod": booking.period, "Currency": booking.currency,
        "Rate": booking.rate, "AmountFC": total + off, "AmountDC": total + off, "VATAmountFC": vat, "VATAmountDC": vat,
    }  # fmt: skip


def _sales_line(booking: Booking, line: Row, bases: list[Posting], taxes: list[Posting]) -> None:
    account = account_of(booking, line, _NOT_ON_SALES)
    if line.get("AmountFC") is None:
        booking.fault("mandatory", "Bedrag")
    if account is None or line.get("AmountFC") is None:
        return
    code = vat_code_of(booking, line, account)
    if code and code["VATTransactionType"] == "P":
        booking.fault("reference", "Btw-code")
    net, vat = net_and_vat(booking, Decimal(line["AmountFC"]), line.get("VATAmountFC"), code)
    credit = net < 0
    name = code["Code"].strip() if code else None
    base = Posting(
        account=account, amount=-net, description=line.get("Description"), vat_code=name, vat=-vat,
        vat_type=_base_type(code, credit=credit), cost_centre=line.get("CostCenter"),
    )  # fmt: skip
    bases.append(base)
    if code and vat:
        taxes.append(
            Posting(
                account=vat_account(booking, code), amount=-vat, vat_code=code["Code"].strip(),
                vat_type="Z" if credit else "A", description=line.get("Description"), line_type=1,
            )
        )  # fmt: skip


def _base_type(code: Row | None, *, credit: bool) -> str:
    if code is None or code["Type"] == "N":
        return "S"
    return "X" if credit else "V"


def _customer(booking: Booking, body: Row) -> Row | None:
    given = guid(body, "Customer")
    if not given:
        booking.fault("mandatory", "Klant")
        return None
    customer = booking.division.customers.get(given)
    if customer is None:
        booking.fault("reference", "Klant")
    elif customer["Status"] != "C":
        booking.fault("customer-type")
    elif customer["Blocked"]:
        booking.fault("blocked-customer", customer["Name"])
    return customer


def _condition(booking: Booking, body: Row, customer: Row | None) -> int:
    code = body.get("PaymentCondition") or (customer and customer["PaymentConditionSales"])
    if not code:
        return 0
    found = booking.division.conditions.get(str(code).strip())
    if found is None:
        booking.fault("reference", "Betalingsconditie")
        return 0
    return int(found["PaymentDays"])


def memorial(division: Division, body: Row, now: dt.datetime, switches: Mapping[str, Any]) -> Row:
    """Book a memorial: Exact adds the VAT, and all of it has to come to zero."""
    known_properties(body, WRITABLE["generaljournalentry/GeneralJournalEntries"])
    booking = begin(division, now, body.get("JournalCode"), (90,), "journal")
    lines = body.get("GeneralJournalEntryLines") or []
    if not lines:
        booking.fault("mandatory", "Regels")
    first = day(lines[0].get("Date"), now.date()) if lines else now.date()
    in_period(booking, first, body.get("FinancialYear"), body.get("FinancialPeriod"))
    in_currency(booking, body.get("Currency"), body.get("ExchangeRate"))
    postings: list[Posting] = []
    for line in lines:
        known_properties(line, WRITABLE["generaljournalentry/GeneralJournalEntryLines"])
        _line(booking, line, postings, "AmountVATFC", sign=1, forbidden=_NOT_IN_MEMORIAL)
    rest = sum((posting.amount for posting in postings), ZERO)
    if rest and not booking.faults:
        booking.fault("balance", f"{booking.year} / {booking.period} (Type: 90)", str(rest))
    header = dict.fromkeys(SCHEMAS["generaljournalentry/GeneralJournalEntries"]) | {
        "_journal": body.get("JournalCode"), "JournalCode": body.get("JournalCode"), "FinancialYear": booking.year,
        "FinancialPeriod": booking.period, "Currency": booking.currency, "ExchangeRate": booking.rate,
        "Reversal": bool(body.get("Reversal")),
    }  # fmt: skip
    entry = commit(booking, header, postings, 90, body.get("EntryNumber"))
    _keep_lines(division, "generaljournalentry/GeneralJournalEntryLines", entry, lines)
    return entry


def _line(
    booking: Booking, line: Row, postings: list[Posting], vat_name: str, *, sign: int, forbidden: tuple[int, ...]
) -> None:
    account = account_of(booking, line, forbidden)
    if line.get("AmountFC") is None:
        booking.fault("mandatory", "Bedrag")
    if account is None or line.get("AmountFC") is None:
        return
    code = vat_code_of(booking, line, account)
    memorial_without_vat = booking.journal and booking.journal["Type"] == 90 and not booking.journal["AllowVAT"]
    if code and memorial_without_vat:
        booking.fault("vat-not-allowed")
    customer = booking.division.customers.get(guid(line, "Account"))
    if account["Type"] == _RECEIVABLE and customer is None:
        booking.fault("mandatory", "Relatie")
    given = line.get(vat_name)
    net, vat = net_and_vat(booking, Decimal(line["AmountFC"]), given, code)
    text = line.get("Description")
    postings.append(
        Posting(
            account=account, amount=sign * net, description=text, vat_code=code["Code"].strip() if code else None,
            vat=sign * vat, vat_type="S" if code is None or code["Type"] == "N" else "V", customer=customer,
            cost_centre=line.get("CostCenter"),
        )
    )  # fmt: skip
    if code and vat:
        postings.append(
            Posting(
                account=vat_account(booking, code), amount=sign * vat, vat_code=code["Code"].strip(), vat_type="A",
                description=text, line_type=1,
            )
        )  # fmt: skip


def cash(division: Division, body: Row, now: dt.datetime, switches: Mapping[str, Any]) -> Row:
    """Book a cash entry."""
    return _money(division, body, now, "Cash", (10,))


def bank(division: Division, body: Row, now: dt.datetime, switches: Mapping[str, Any]) -> Row:
    """Book a bank entry."""
    return _money(division, body, now, "Bank", (12, 16))


def _money(division: Division, body: Row, now: dt.datetime, name: str, kinds: tuple[int, ...]) -> Row:
    path = f"financialtransaction/{name}Entries"
    known_properties(body, WRITABLE[path])
    booking = begin(division, now, body.get("JournalCode"), kinds, "cash-journal" if name == "Cash" else "journal")
    lines = body.get(f"{name}EntryLines") or []
    if not lines:
        booking.fault("mandatory", "Regels")
    first = day(lines[0].get("Date"), now.date()) if lines else now.date()
    in_period(booking, first, body.get("FinancialYear"), body.get("FinancialPeriod"))
    in_currency(booking, body.get("Currency"), None)
    postings: list[Posting] = []
    for line in lines:
        known_properties(line, WRITABLE[f"financialtransaction/{name}EntryLines"])
        _line(booking, line, postings, "AmountVATFC", sign=-1, forbidden=())
    received = -sum((posting.amount for posting in postings), ZERO)
    if booking.journal and booking.journal["GLAccount"]:
        own = division.by_id[booking.journal["GLAccount"]]
        postings.append(Posting(account=own, amount=received, description=lines[0].get("Description")))
    opening = sum((row["_received"] for row in division.entries.values() if _same(row, body)), ZERO)
    header = dict.fromkeys(SCHEMAS[path]) | {
        "_journal": body.get("JournalCode"), "_received": received, "JournalCode": body.get("JournalCode"),
        "FinancialYear": booking.year, "FinancialPeriod": booking.period, "Currency": booking.currency,
        "OpeningBalanceFC": opening, "ClosingBalanceFC": opening + received,
    }  # fmt: skip
    entry = commit(booking, header, postings, 40, body.get("EntryNumber"))
    _keep_lines(division, f"financialtransaction/{name}EntryLines", entry, lines)
    return entry


def _same(row: Row, body: Row) -> bool:
    return "_received" in row and row["_journal"] == body.get("JournalCode")


def _keep_lines(division: Division, path: str, entry: Row, lines: list[Row]) -> None:
    for n, line in enumerate(lines, start=1):
        row = dict.fromkeys(SCHEMAS[path]) | line
        row |= {"ID": division.guid(), "EntryID": entry["EntryID"], "EntryNumber": entry["EntryNumber"]}
        row |= {"LineNumber": n, "_path": path}
        if isinstance(row.get("Date"), str):
            row["Date"] = midnight(day(row["Date"], dt.date(1970, 1, 1)))
        division.entry_lines.append(row)


BOOKINGS: Mapping[str, Callable[[Division, Row, dt.datetime, Mapping[str, Any]], Row]] = {
    "salesentry/SalesEntries": sales,
    "generaljournalentry/GeneralJournalEntries": memorial,
    "financialtransaction/CashEntries": cash,
    "financialtransaction/BankEntries": bank,
}
