"""What is sent: entries as Exact takes them, without the lines that it makes by itself."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from boekbrug.contract import (
    Effect,
    Entry,
    EntryKind,
    Line,
    Party,
    Prepared,
    Role,
    divide_half_up,
    from_minor,
    vat_within,
)
from boekbrug_exactonline.books import Books
from boekbrug_exactonline.rows import VatRow

SALES = "salesentry/SalesEntries"
MEMORIAL = "generaljournalentry/GeneralJournalEntries"
CASH = "financialtransaction/CashEntries"
BANK = "financialtransaction/BankEntries"
CUSTOMERS = "crm/Accounts"
_CASH_JOURNAL = 10
_LONGEST_TEXT = 60
_MOST = 2**31
_encode = msgspec.json.Encoder(decimal_format="number").encode


def entry_payload(effect: Effect, entry: Entry, books: Books) -> Prepared:
    """Write an entry that the checks let pass; `numbers` keeps what Exact's own totals are compared with."""
    if entry.kind is EntryKind.MEMORIAL:
        path, body = MEMORIAL, _memorial(entry, books)
    elif entry.kind is EntryKind.CASH:
        cash = books.journals[entry.journal].type == _CASH_JOURNAL
        path, body = (CASH, _money(entry, books, "Cash")) if cash else (BANK, _money(entry, books, "Bank"))
    else:
        path, body = SALES, _sales(entry, books)
    numbers = {"total": str(entry.total)}
    if path == SALES:
        numbers |= {"owed": str(_owed(entry)), "vat": str(-_vat(entry))}
    return Prepared(
        id=effect.id, kind=effect.kind, mark=effect.mark, payload=_encode(body), group=path, numbers=numbers
    )


def _owed(entry: Entry) -> int:
    return sum(line.minor for line in entry.lines if line.role is Role.DEBTOR)


def _vat(entry: Entry) -> int:
    return sum(line.vat_minor for line in entry.lines if line.role is Role.BASE)


def _sales(entry: Entry, books: Books) -> dict[str, Any]:
    period = books.period_on(entry.date)
    assert period is not None, "an entry outside all periods was refused"
    assert entry.party is not None, "a sales entry without a customer was refused"
    body: dict[str, Any] = {
        "Journal": entry.journal,
        "Customer": entry.party.remote_id,
        "EntryDate": entry.date.isoformat(),
        "ReportingYear": period.year,
        "ReportingPeriod": period.period,
        "YourRef": entry.mark,
        "Description": shortened(entry.text or entry.number),
        "PaymentReference": shortened(entry.number, 30),
        "Currency": entry.currency,
    }
    if entry.due:
        body["DueDate"] = entry.due.isoformat()
    if entry.condition:
        body["PaymentCondition"] = entry.condition
    if entry.rate is not None:
        body["Rate"] = rate_of(entry)
    lines = (line for line in entry.lines if line.role not in (Role.DEBTOR, Role.VAT))
    body["SalesEntryLines"] = [_sales_line(line, entry, books) for line in lines]
    return body


def _sales_line(line: Line, entry: Entry, books: Books) -> dict[str, Any]:
    vat = books.vat_codes.get(line.vat_code)
    included = vat is not None and vat.type == "I"
    written = {
        "GLAccount": books.accounts[line.account].id,
        "Description": shortened(line.text or entry.text or entry.number),
        "AmountFC": from_minor(-(line.minor + line.vat_minor if included else line.minor), entry.currency),
        "VATCode": line.vat_code or books.no_vat,
    }
    if vat is not None and vat.type in "EI":
        written["VATAmountFC"] = from_minor(-line.vat_minor, entry.currency)
    return _with_centre(written, line)


def _memorial(entry: Entry, books: Books) -> dict[str, Any]:
    period = books.period_on(entry.date)
    assert period is not None, "an entry outside all periods was refused"
    body: dict[str, Any] = {
        "JournalCode": entry.journal,
        "FinancialYear": period.year,
        "FinancialPeriod": period.period,
        "Currency": entry.currency,
    }
    if entry.rate is not None:
        body["ExchangeRate"] = rate_of(entry)
    lines = (line for line in entry.lines if line.role is not Role.VAT)
    body["GeneralJournalEntryLines"] = [_marked_line(line, entry, books, sign=1) for line in lines]
    return body


def _money(entry: Entry, books: Books, name: str) -> dict[str, Any]:
    """Leave out the lines on the journal's own account: Exact books there what the others come to."""
    period = books.period_on(entry.date)
    assert period is not None, "an entry outside all periods was refused"
    own = (books.journals[entry.journal].account or "").strip()
    lines = [line for line in entry.lines if line.role is not Role.VAT and line.account != own]
    return {
        "JournalCode": entry.journal,
        "FinancialYear": period.year,
        "FinancialPeriod": period.period,
        "Currency": entry.currency,
        f"{name}EntryLines": [_marked_line(line, entry, books, sign=-1) for line in lines],
    }


def _marked_line(line: Line, entry: Entry, books: Books, *, sign: int) -> dict[str, Any]:
    """Write a line that is found again by its description; its VAT is stated where Exact would compute another."""
    vat = books.vat_codes.get(line.vat_code)
    included = vat is not None and vat.type == "I"
    written = {
        "GLAccount": books.accounts[line.account].id,
        "Date": entry.date.isoformat(),
        "Description": entry.mark,
        "AmountFC": from_minor(sign * (line.minor + line.vat_minor if included else line.minor), entry.currency),
        "VATCode": line.vat_code,
    }
    if vat is not None and line.vat_minor != computed_vat(line, vat):
        written["AmountVATFC"] = from_minor(sign * line.vat_minor, entry.currency)
    names = line.role is Role.DEBTOR or (entry.kind is EntryKind.CASH and line.role is Role.BASE)
    if names and entry.party is not None and entry.party.remote_id:
        written["Account"] = entry.party.remote_id
    if sign < 0 and line.reference.isdigit() and int(line.reference) < _MOST:
        written["OurRef"] = int(line.reference)
    return _with_centre(written, line)


def _with_centre(written: dict[str, Any], line: Line) -> dict[str, Any]:
    if line.cost_centre:
        written["CostCenter"] = line.cost_centre
    return written


def computed_vat(line: Line, vat: VatRow) -> int:
    """Return the VAT that Exact computes for a line by itself, in minor units."""
    if vat.type == "E":
        return divide_half_up(line.minor * int(vat.percentage * 100_000), 100_000)
    if vat.type == "I":
        return vat_within(line.minor + line.vat_minor, vat.percentage * 100)
    return 0


def rate_of(entry: Entry) -> Decimal:
    """Return euros for one unit of the entry's currency, as Exact multiplies."""
    assert entry.rate is not None, "an entry in foreign currency without a rate was refused"
    return (1 / entry.rate.rate).quantize(Decimal("0.0000000001"))


def customer_payload(effect: Effect, party: Party) -> Prepared:
    """Write a new customer; the mark in its search code is what it is found again by."""
    body: dict[str, Any] = {
        "Name": shortened(party.name or party.email or party.key),
        "Status": "C",
        "SearchCode": effect.mark,
    }
    body |= {name: value for name, value in _card(party) if value}
    return Prepared(id=effect.id, kind=effect.kind, mark=effect.mark, payload=_encode(body), group=CUSTOMERS)


def _card(party: Party) -> Iterator[tuple[str, str]]:
    yield "Email", party.email
    yield "AddressLine1", party.street
    yield "Postcode", party.postcode
    yield "City", party.city
    yield "Country", party.country
    yield "VATNumber", party.vat_id


def expected(numbers: Mapping[str, str]) -> tuple[int, int, int] | None:
    """Return debit total, amount owed and VAT of a prepared sales entry; None for other kinds."""
    if "owed" not in numbers:
        return None
    return int(numbers["total"]), int(numbers["owed"]), int(numbers["vat"])


def shortened(text: str, most: int = _LONGEST_TEXT) -> str:
    """Return one line of printable text; Exact's limits are not documented, 60 characters are taken by all."""
    plain = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return plain[:most]
