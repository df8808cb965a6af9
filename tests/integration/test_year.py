"""A year of random sales through the engine in every mode: hledger finds the same revenue, VAT and costs."""

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from tests.integration.journey import Business, order
from tests.integration.test_mode_switch import balances

from boekbrug.booking.rules import HybridRule, Mode
from boekbrug.contract import DocumentKind

METHODS = ("ideal", "creditcard", "paypal", "pin")
SUSPENSE = dict(zip(METHODS, ("1060", "1061", "1062", "1064"), strict=True))
REVENUE, VAT = {21: "8000", 9: "8010", 0: "8020"}, {21: "1500", 9: "1501"}
CODES = {21: "VH", 9: "VL", 0: "V0"}
FIRST = dt.date(2025, 8, 1)
LEDGER: dict[str, Any] = {
    "accounts": {code: code for code in (*SUSPENSE.values(), *REVENUE.values(), *VAT.values(), "1300", "4310")},
    "vat_codes": {code: code for code in CODES.values()},
    "vat_ledgers": tuple(VAT.values()),
}
MODES: dict[Mode, dict[str, Any]] = {
    Mode.INDIVIDUAL: {},
    Mode.DAY: {},
    Mode.HYBRID: {"hybrid": HybridRule(above=20000)},
    Mode.MEMORIAL_DAY: LEDGER,
    Mode.MEMORIAL_MONTH: LEDGER,
}


def vat_in(cents: int, rate: int) -> int:
    return (abs(cents) * rate * 2 + 100 + rate) // (2 * (100 + rate)) * (1 if cents > 0 else -1)


def euro(cents: int) -> str:
    return f"{Decimal(cents) / 100:.2f}"


class Sale:
    """A sale as the shop knows it; `moves` tells it to the ledger of the source, account by account."""

    def __init__(self, n: int, random: Random, lines: list[tuple[int, int]], share: int, day: dt.date) -> None:
        self.n, self.day, self.lines = n, day, lines
        self.total = sum(cents for cents, _ in lines)
        self.rounding = random.choice((-1, 0, 0, 0, 1)) if len(lines) > 1 else 0
        self.method = random.choice(METHODS)
        self.paid = self.total - self.rounding if share == 100 else (self.total - self.rounding) * share // 100

    def document(self, **more: Any) -> dict[str, Any]:
        rows = [
            {"sku": "A", "name": "A", "amount_incl": euro(cents), "vat_rate": rate, "vat": euro(vat_in(cents, rate))}
            for cents, rate in self.lines
        ]
        row = order(self.n, date=f"{self.day}T12:00:00+01:00", lines=rows, total_incl=euro(self.total - self.rounding))
        row["total_vat"] = euro(sum(vat_in(cents, rate) for cents, rate in self.lines))
        del row["payment_method"], row["status"]
        row["tenders"] = [{"method": self.method, "amount": euro(self.paid)}] if self.paid else []
        return {**row, "kind": "invoice", "on_account": self.paid != self.total - self.rounding, **more}

    def moves(self) -> Iterator[tuple[str, int]]:
        yield SUSPENSE[self.method], self.paid
        yield "1300", self.total - self.rounding - self.paid
        yield "4310", self.rounding
        for cents, rate in self.lines:
            yield f"{REVENUE[rate]}:{CODES[rate]}", vat_in(cents, rate) - cents
            if rate:
                yield VAT[rate], -vat_in(cents, rate)


def year(count: int) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield each document of a year, beside the same as movements of the source's own ledger."""
    random, n, days = Random(count), 0, min(365, count // 4)
    while n < count:
        n += 1
        day = FIRST + dt.timedelta(random.randrange(days))
        lines = [(random.randint(100, 30000), random.choice((21, 21, 9, 0))) for _ in range(random.randint(1, 4))]
        sale = Sale(n, random, lines, random.choice((100, 100, 100, 100, 0, 40)), day)
        yield sale.document(), movements(sale.n, day, *sale.moves())
        due, later = sale.total - sale.rounding - sale.paid, day + dt.timedelta(random.randrange(20))
        if due and random.random() < 0.7:
            n += 1
            yield payment(n, sale, due, later), movements(n, later, ("1060", due), ("1300", -due))
        elif not due and random.random() < 0.1:
            n += 1
            yield credit(n, sale, later, random)


def payment(n: int, sale: Sale, due: int, day: dt.date) -> dict[str, Any]:
    row = {"id": n, "number": f"P{n}", "kind": "payment", "date": f"{day}T15:00:00+01:00", "payment_method": "ideal"}
    return {**row, "total_incl": euro(due), "refers_to": {"kind": "invoice", "id": sale.n}}


def credit(n: int, sale: Sale, day: dt.date, random: Random) -> tuple[dict[str, Any], dict[str, Any]]:
    back = Sale(n, random, [(-sale.lines[0][0], sale.lines[0][1])], 100, day)
    row = back.document(kind="credit-note", number=f"C{n}", refers_to={"kind": "invoice", "id": sale.n})
    return row, movements(n, day, *back.moves())


def movements(n: int, day: dt.date, *moves: tuple[str, int]) -> dict[str, Any]:
    rows = [
        {"account": account, "amount": euro(cents), **({"vat_code": code} if code else {})}
        for name, cents in moves
        if cents
        for account, _, code in [name.partition(":")]
    ]
    row = {"id": n, "kind": "ledger-movement", "date": f"{day}T12:00:00+01:00", "movements": rows}
    return {**row, "business_date": str(day), "total_incl": "0.00"}


def booked(folder: Path, template: Path, mode: Mode, documents: list[dict[str, Any]]) -> tuple[Path, dict[str, int]]:
    """Book a year in a mode; return the books and how many documents are in each state."""
    folder.mkdir()
    path = folder / "boekbrug.db"
    path.write_bytes(template.read_bytes())
    business = Business(folder, f"sqlite:///{path}")
    business.choose(mode=mode, delay_days=0, basis=DocumentKind.INVOICE, **MODES[mode])
    business.write("year.jsonl", *documents)
    counts = business.sync()
    while counts.get("waiting") and business.wait(1) != counts:
        counts = business.counts()
    assert business.problems() == []
    business.house.close()
    return business.books, counts


@pytest.mark.parametrize("count", [120, pytest.param(100_000, marks=pytest.mark.prove)])
def test_the_books_of_a_year_are_the_same_in_every_mode(
    count: int, tmp_path: Path, sqlite_template: Path, tool: Callable[[str], Path]
) -> None:
    shop, ledger = zip(*year(count), strict=True)
    found = {}
    for mode, rules in MODES.items():
        documents = ledger if rules is LEDGER else shop
        books, counts = booked(tmp_path / mode, sqlite_template, mode, list(documents))
        assert counts == {"booked": len(shop)}, mode
        found[mode] = balances(tool("hledger"), books)
    one = found[Mode.INDIVIDUAL]
    for mode, other in found.items():
        assert result(other) == result(one), mode
        assert owed(other) == owed(one), mode
    assert sum(one.values()) == 0 and len(result(one)) == 6


def result(sums: dict[str, Decimal]) -> dict[str, Decimal]:
    return {account: amount for account, amount in sums.items() if account.startswith(("15", "4", "8"))}


def owed(sums: dict[str, Decimal]) -> Decimal:
    return sum((amount for account, amount in sums.items() if account.startswith(("10", "13"))), Decimal(0))
