"""A small Dutch shop's rules and documents, shared by the booking tests; account numbers are those of the sheets."""

import datetime as dt
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from boekbrug.booking import CompiledRules, Composed, Draft, Evidence, Item, Rejected, Rules, read_rules
from boekbrug.contract import Buyer, Dates, Document, DocumentKind, DocumentLine, LineKind, Tender
from boekbrug.problems.loading import catalogue

RULES: dict[str, Any] = {
    "vat_scheme": "invoice",
    "basis": "invoice",
    "oss": False,
    "seller": "normal",
    "filing_period": "quarter",
    "zero_rate": "zero",
    "payment_date_unknown": "order-date",
    "debtor": "1300",
    "cash_rounding": "4310",
    "vat_not_due": "1506",
    "received_in_advance": "1600",
    "transit": "1065",
    "fees": "4300",
    "fees_withheld": "1460",
    "input_vat": "1510",
    "journals": {"sales": "70", "memorial": "90", "cash": "20"},
    "rounding": {"account": "4310"},
    "vat": [
        {"treatment": "domestic", "rate": "21", "account": "8000", "vat_code": "VH", "vat_account": "1500"},
        {"treatment": "domestic", "rate": "9", "account": "8010", "vat_code": "VL", "vat_account": "1501"},
        {"treatment": "zero", "account": "8015", "vat_code": "V0"},
        {"treatment": "intra-eu-goods", "account": "8020", "vat_code": "ICL"},
        {"treatment": "intra-eu-service", "account": "8021", "vat_code": "ICD"},
        {"treatment": "reverse-charge", "account": "8022", "vat_code": "VV"},
        {"treatment": "export", "account": "8030", "vat_code": "EX"},
        {
            "treatment": "oss",
            "rate": "21",
            "country": "BE",
            "account": "8025",
            "vat_code": "BE21",
            "vat_account": "1505",
        },
        {
            "treatment": "oss",
            "rate": "19",
            "country": "DE",
            "account": "8025",
            "vat_code": "DE19",
            "vat_account": "1505",
        },
    ],
    "payments": {
        "ideal": {"account": "1060"},
        "pin": {"account": "1050"},
        "creditcard": {"account": "1051"},
        "paypal": {"account": "1062"},
        "klarna": {"account": "1064", "role": "debtor", "party": "Klarna"},
        "contant": {"account": "1290", "rounds_cash": True},
        "giftcard": {"account": "1610"},
    },
    "lines": {
        "shipping": {"account": "8090"},
        "lodging": {"account": "8050"},
        "tip": {"account": "1630"},
        "tourist-tax": {"account": "1520"},
        "packaging-deposit": {"account": "1620"},
        "voucher-multi-purpose": {"account": "1610"},
    },
}

SHEET_LINE = re.compile(r"(?P<side>[DC])(?P<account>\d+)(\((?P<code>\w+)\))? (?P<amount>\d+\.\d\d)")
TODAY = dt.date(2026, 11, 22)
START = dt.date(2026, 1, 1)
EVIDENCE = Evidence(today=TODAY, start=START)
NOON = dt.datetime(2026, 7, 14, 10, tzinfo=dt.UTC)


def rules(**changes: Any) -> Rules:
    return read_rules({**RULES, **changes})


def book(**changes: Any) -> CompiledRules:
    return CompiledRules(rules(**changes))


def line(amount: str, rate: str | None = "21", vat: str | None = None, **more: Any) -> DocumentLine:
    return DocumentLine(
        amount=Decimal(amount),
        vat_rate=None if rate is None else Decimal(rate),
        vat=None if vat is None else Decimal(vat),
        **more,
    )


def shipping(amount: str, rate: str | None = None, vat: str | None = None) -> DocumentLine:
    return line(amount, rate, vat, kind=LineKind.SHIPPING)


def order(*lines: DocumentLine, paid: dict[str, str] | None = None, total: str | None = None, **more: Any) -> Document:
    amount = sum((line.amount for line in lines), Decimal(0)) if total is None else Decimal(total)
    tenders = tuple(Tender(method=method, amount=Decimal(part)) for method, part in (paid or {}).items())
    return Document(
        **{
            "kind": DocumentKind.INVOICE,
            "source_id": "1",
            "number": "W1",
            "total": amount,
            "lines": lines,
            "tenders": tenders,
            "dates": Dates(ordered=NOON, paid=NOON),
            **more,
        }
    )


def item(document: Document, **more: Any) -> Item:
    return Item(document_id=1, revision=1, document=document, **more)


def amounts(composed: Composed) -> str:
    """Write the net per account and code as the sheets do: C8000(VH) 41.28, D1300 74.45; euro where it is foreign."""
    assert isinstance(composed, Draft), composed
    assert sum(line.minor for line in composed.lines) == 0
    return _written(
        (line.account, line.vat_code, line.minor if line.euro_minor is None else line.euro_minor)
        for line in composed.lines
    )


def net(lines: Iterable[str]) -> str:
    """Bring a sheet's lines into the same form."""
    found = [SHEET_LINE.fullmatch(line) for line in lines]
    assert all(found)
    return _written(
        (
            match["account"],
            match["code"] or "",
            int(match["amount"].replace(".", "")) * (1 if match["side"] == "D" else -1),
        )
        for match in found
        if match
    )


def _written(lines: Iterable[tuple[str, str, int]]) -> str:
    sums: dict[tuple[str, str], int] = {}
    for account, code, minor in lines:
        sums[account, code] = sums.get((account, code), 0) + minor
    return ", ".join(sorted(_sheet_line(account, code, minor) for (account, code), minor in sums.items() if minor))


def _sheet_line(account: str, code: str, minor: int) -> str:
    side, named = "D" if minor > 0 else "C", f"({code})" if code else ""
    return f"{side}{account}{named} {abs(minor) // 100}.{abs(minor) % 100:02}"


def codes(composed: Composed) -> list[str]:
    assert isinstance(composed, Rejected), composed
    for problem in composed.problems:
        assert problem.facts.keys() <= set(catalogue()[problem.code].facts), problem
    return [problem.code for problem in composed.problems]


CONSUMER = Buyer(customer_id="7", name="J. Jansen", country="NL")
