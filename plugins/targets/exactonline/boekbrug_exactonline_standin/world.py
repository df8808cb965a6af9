"""What Exact holds: divisions with their charts, customers, entries and ledger lines."""

import datetime as dt
import uuid
from calendar import monthrange
from decimal import Decimal
from random import Random
from typing import Any

from boekbrug_exactonline_standin.odata import Row

ZERO = Decimal(0)
_DEBTORS = 20

#: code, description, type, balance side, blocked, use of cost centres
_ACCOUNTS = (
    ("1000", "Kas", 10, False, 0),
    ("1010", "Bank", 12, False, 0),
    ("1050", "Tussenrekening pin", 90, False, 0),
    ("1060", "Tussenrekening iDEAL", 90, False, 0),
    ("1061", "Tussenrekening creditcard", 90, False, 0),
    ("1062", "Tussenrekening PayPal", 90, False, 0),
    ("1063", "Tussenrekening Klarna", 90, False, 0),
    ("1064", "Tussenrekening pin winkel", 90, False, 0),
    ("1065", "Tussenrekening contant", 90, False, 0),
    ("1290", "Tussenrekening kas", 90, False, 0),
    ("1300", "Debiteuren", 20, False, 0),
    ("1500", "Btw af te dragen hoog", 24, False, 0),
    ("1501", "Btw af te dragen laag", 24, False, 0),
    ("1502", "Btw OSS", 24, False, 0),
    ("1506", "Btw nog niet verschuldigd", 90, False, 0),
    ("1510", "Btw te vorderen", 24, False, 0),
    ("1600", "Crediteuren", 22, False, 0),
    ("1610", "Cadeaubonnen", 90, False, 0),
    ("1620", "Statiegeld", 90, False, 0),
    ("4310", "Afrondingsverschillen", 121, False, 0),
    ("4320", "Kasverschillen", 121, False, 0),
    ("8000", "Omzet hoog", 110, False, 0),
    ("8010", "Omzet laag", 110, False, 0),
    ("8020", "Omzet nul", 110, False, 0),
    ("8030", "Omzet export", 110, False, 0),
    ("8040", "Omzet binnen de EU", 110, False, 0),
    ("8050", "Omzet OSS", 110, False, 0),
    ("8100", "Omzet per vestiging", 110, False, 1),
    ("8999", "Omzet oud", 110, True, 0),
)
#: code, description, percentage, type, sales or purchases, charged, EU listing, OSS country, account, blocked
_VAT = (
    ("0", "Geen btw", "0", "N", "B", False, "N", "", "", False),
    ("1", "Btw hoog inclusief", "0.21", "I", "S", False, "N", "", "1500", False),
    ("2", "Btw hoog exclusief", "0.21", "E", "S", False, "N", "", "1500", False),
    ("3", "Btw laag inclusief", "0.09", "I", "S", False, "N", "", "1501", False),
    ("4", "Btw laag exclusief", "0.09", "E", "S", False, "N", "", "1501", False),
    ("5", "Btw nul", "0", "B", "S", False, "N", "", "", False),
    ("6", "Export", "0", "B", "S", False, "N", "", "", False),
    ("7", "Binnen de EU, goederen", "0", "B", "S", True, "L", "", "", False),
    ("8", "Binnen de EU, diensten", "0", "B", "S", True, "S", "", "", False),
    ("9", "Verlegd", "0", "B", "S", True, "N", "", "", False),
    ("10", "Inkoop hoog", "0.21", "E", "P", False, "N", "", "1510", False),
    ("11", "Btw hoog oud", "0.19", "E", "S", False, "N", "", "1500", True),
    ("DE", "OSS Duitsland", "0.19", "E", "S", False, "N", "DE", "1502", False),
)
#: code, description, type, with VAT, ledger account, foreign currency
_JOURNALS = (
    ("20", "Kas", 10, False, "1000", False),
    ("30", "Bank", 12, False, "1010", False),
    ("60", "Inkoop", 22, False, "", False),
    ("70", "Verkoop", 20, False, "", True),
    ("71", "Verkoop webwinkel", 20, False, "", False),
    ("90", "Memoriaal", 90, True, "", True),
    ("91", "Memoriaal zonder btw", 90, False, "", False),
)
FIRST_YEAR = 2024


class Division:
    """One administration; rows are kept as they are answered, with every property."""

    def __init__(self, code: int, name: str, owner: tuple[str, str], random: Random, this_year: int) -> None:
        self.code, self.name, self.random = code, name, random
        self.owner, self.owner_name = owner
        self.vat_number = f"NL{code:09}B01"
        self.hid = code % 1000
        self.status, self.blocking, self.currency = 1, 0, "EUR"
        self.moved_at: dt.datetime | None = None
        #: by how much sales entries are told other totals than were sent
        self.wrong_total = 0
        self.accounts = {row[0]: self._account(*row) for row in _ACCOUNTS}
        self.by_id = {row["ID"]: row for row in self.accounts.values()}
        self.vat = {row[0]: self._vat_code(*row) for row in _VAT}
        self.journals = {row[0]: self._journal(*row) for row in _JOURNALS}
        years = range(FIRST_YEAR, this_year + 2)
        self.periods = [self._period(year, month) for year in years for month in range(1, 13)]
        self.matched: dict[str, Decimal] = {}
        self.closed: set[tuple[str, int, int]] = set()
        self.conditions = {code: self._condition(code, days) for code, days in (("14", 14), ("30", 30))}
        self.cost_centres = {code: {"ID": self.guid(), "Code": code, "Description": code} for code in ("AMS", "UTR")}
        self.customers: dict[str, Row] = {}
        self.documents: dict[str, Row] = {}
        self.attachments: list[Row] = []
        self.entries: dict[str, Row] = {}
        self.entry_lines: list[Row] = []
        self.ledger: list[Row] = []
        self._numbers: dict[tuple[str, int], int] = {}
        self._timestamp = 0

    def guid(self) -> str:
        """Return a new identifier."""
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def period_of(self, day: dt.date) -> Row | None:
        """Return the period that a day lies in."""
        return next((row for row in self.periods if row["StartDate"].date() <= day <= row["EndDate"].date()), None)

    def number(self, journal: str, year: int) -> int:
        """Return the next entry number of a journal and year: its two digits, the journal, four digits."""
        n = self._numbers[journal, year] = self._numbers.get((journal, year), 0) + 1
        return int(f"{year % 100}{journal.zfill(2)}{n:04}")

    def timestamp(self) -> int:
        """Return the next row version."""
        self._timestamp += 1
        return self._timestamp

    def add_customer(self, now: dt.datetime, **values: Any) -> Row:
        """Add an account; it has the next code when none is given."""
        code = values.pop("Code", None) or str(len(self.customers) + 1)
        row: Row = {
            "ID": self.guid(), "Code": code.strip().rjust(18), "Name": "", "Status": "A", "IsSales": False,
            "Email": None, "AddressLine1": None, "Postcode": None, "City": None, "Country": "NL ",
            "VATNumber": None, "ChamberOfCommerce": None, "SearchCode": None, "Blocked": False, "Phone": None,
            "Remarks": None, "PaymentConditionSales": None, "Created": now, "Modified": now,
        }  # fmt: skip
        row |= values
        row["SearchCode"] = (row["SearchCode"] or row["Name"][:9].upper()).ljust(20)
        row["Country"] = (row["Country"] or "").ljust(3)
        self.customers[row["ID"]] = row
        return row

    def rename_ids(self) -> None:
        """Give accounts, journals and customers new identifiers, as after a move by copy; what refers to them too."""
        renamed = (*self.accounts.values(), *self.journals.values(), *self.customers.values())
        fresh = {row["ID"]: self.guid() for row in renamed}
        referring = (*self.vat.values(), *self.entries.values(), *self.entry_lines, *self.ledger)
        for row in (*renamed, *referring):
            row |= {name: fresh[value] for name, value in row.items() if isinstance(value, str) and value in fresh}
        self.by_id = {row["ID"]: row for row in self.accounts.values()}
        self.customers = {row["ID"]: row for row in self.customers.values()}

    def described(self) -> Row:
        """Return the row of system/Divisions."""
        return {
            "Code": self.code, "Hid": self.hid, "Description": self.name, "Customer": self.owner,
            "CustomerCode": self.owner[:8].rjust(18), "CustomerName": self.owner_name, "Status": self.status,
            "BlockingStatus": self.blocking, "Currency": self.currency, "Country": "NL ", "Legislation": 1,
            "VATNumber": self.vat_number, "ChamberOfCommerceNumber": f"{self.code:08}"[:8],
            "DivisionMoveDate": self.moved_at, "IsMainDivision": False,
        }  # fmt: skip

    def _account(self, code: str, name: str, kind: int, blocked: bool, cost_centre: int) -> Row:
        return {
            "ID": self.guid(), "Code": code.ljust(9), "Description": name, "Type": kind, "IsBlocked": blocked,
            "BalanceSide": "C" if kind in (22, 24, 110) else "D", "BalanceType": "W" if kind >= 110 else "B",
            "VATCode": "2  " if code in ("8000", "8010") else None, "UseCostcenter": cost_centre, "UseCostunit": 0,
            "Matching": False,
        }  # fmt: skip

    def _vat_code(
        self, code: str, name: str, rate: str, kind: str, direction: str, charged: bool, listing: str, oss: str,
        account: str, blocked: bool,
    ) -> Row:  # fmt: skip
        to_pay = self.accounts[account] if account else None
        return {
            "ID": self.guid(), "Code": code.ljust(3), "Description": name, "Percentage": Decimal(rate), "Type": kind,
            "VATTransactionType": direction, "Charged": charged, "EUSalesListing": listing, "OssCountry": oss or None,
            "IntraStat": False, "IsBlocked": blocked, "GLToPay": to_pay and to_pay["ID"],
            "GLToPayCode": to_pay and to_pay["Code"], "GLToClaim": to_pay and to_pay["ID"],
            "GLToClaimCode": to_pay and to_pay["Code"],
        }  # fmt: skip

    def _journal(self, code: str, name: str, kind: int, vat: bool, account: str, foreign: bool) -> Row:
        row = self.accounts.get(account)
        return {
            "ID": self.guid(), "Code": code, "Description": name, "Type": kind, "Currency": "EUR", "AllowVAT": vat,
            "AllowVariableCurrency": foreign, "AllowVariableExchangeRate": foreign, "IsBlocked": False,
            "GLAccount": row and row["ID"], "GLAccountCode": row and row["Code"],
        }  # fmt: skip

    def _period(self, year: int, month: int) -> Row:
        first, last = dt.date(year, month, 1), dt.date(year, month, monthrange(year, month)[1])
        return {
            "ID": self.guid(), "FinYear": year, "FinPeriod": month, "StartDate": midnight(first),
            "EndDate": midnight(last),
        }  # fmt: skip

    def _condition(self, code: str, days: int) -> Row:
        return {
            "ID": self.guid(), "Code": code, "Description": f"{days} dagen", "PaymentMethod": "B",
            "PaymentDays": days, "PaymentEndOfMonths": 0, "Percentage": ZERO,
        }  # fmt: skip

    def lists(self) -> dict[str, list[Row]]:
        """Return all that is listed beside entries, by the path of its list."""
        return {
            "financial/GLAccounts": list(self.accounts.values()),
            "financial/Journals": list(self.journals.values()),
            "financial/FinancialPeriods": self.periods,
            "read/financial/JournalStatusList": self.statuses(),
            "vat/VATCodes": list(self.vat.values()),
            "cashflow/PaymentConditions": list(self.conditions.values()),
            "hrm/Costcenters": list(self.cost_centres.values()),
            "crm/Accounts": list(self.customers.values()),
            "documents/Documents": list(self.documents.values()),
            "documents/DocumentAttachments": self.attachments,
            "financialtransaction/TransactionLines": self.ledger,
            "read/financial/ReceivablesList": self.receivables(),
        }

    def receivables(self) -> list[Row]:
        """Return what of each entry's debtor lines is still open; what was matched whole is not in the list."""
        rows: list[Row] = []
        for line in self.ledger:
            if self.by_id[line["GLAccount"]]["Type"] != _DEBTORS:
                continue
            rest = line["AmountDC"] - self.matched.get(line["EntryID"], ZERO)
            if rest:
                rows.append(
                    {
                        "HID": len(rows) + 1, "EntryNumber": line["EntryNumber"], "AccountId": line["Account"],
                        "AccountCode": line["AccountCode"], "AccountName": line["AccountName"], "Amount": rest,
                        "AmountInTransit": ZERO, "InvoiceNumber": line["InvoiceNumber"], "InvoiceDate": line["Date"],
                        "DueDate": line["DueDate"], "JournalCode": line["JournalCode"], "YourRef": line["YourRef"],
                    }
                )  # fmt: skip
        return rows

    def statuses(self) -> list[Row]:
        """Return the rows of JournalStatusList."""
        return [
            {
                "Journal": code, "Year": row["FinYear"], "Period": row["FinPeriod"], "JournalType": journal["Type"],
                "Status": int((code, row["FinYear"], row["FinPeriod"]) in self.closed),
            }
            for code, journal in self.journals.items()
            for row in self.periods
        ]  # fmt: skip


def midnight(day: dt.date) -> dt.datetime:
    """Return a day as a moment, as all dates are kept."""
    return dt.datetime.combine(day, dt.time(), dt.UTC)
