"""Switching between ways of booking never counts a sale twice, whatever happened to it before."""

import csv
import subprocess
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from tests.integration.journey import Business, order
from tests.integration.test_terms import rows, sound

from boekbrug.acts.reverse import reverse
from boekbrug.booking.rules import HybridRule, Mode

MODES = (Mode.INDIVIDUAL, Mode.DAY, Mode.HYBRID, Mode.DAY, Mode.INDIVIDUAL)
REVENUE, VAT = {21: "8000", 9: "8010"}, {21: "1500", 9: "1501"}


class Shop:
    """Sells, credits and changes at random, and remembers what its own report would say."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self.documents: dict[int, dict[str, Any]] = {}

    def live(self, day: int) -> None:
        random = self._random
        for _ in range(random.randint(2, 6)):
            n = len(self.documents) + 1
            amount = f"{random.randint(1, 90000) / 100:.2f}"
            date = f"2026-09-{day - random.randint(0, 2):02}T10:00:00+02:00"
            self.documents[n] = order(n, amount=amount, rate=random.choice((21, 9)), date=date)
        sold = [n for n, one in self.documents.items() if "kind" not in one]
        if random.random() < 0.7:
            self._credit(random.choice(sold), day)
        if random.random() < 0.7:
            self._change(random.choice(sold))

    def _credit(self, of: int, day: int) -> None:
        sale = self.documents[of]
        if any(one.get("refers_to") == {"kind": "order", "id": of} for one in self.documents.values()):
            return
        n, rate = len(self.documents) + 1, sale["lines"][0]["vat_rate"]
        self.documents[n] = order(
            n, amount=f"-{sale['total_incl']}", rate=rate, kind="credit-note", number=f"C{n}",
            date=f"2026-09-{day:02}T18:00:00+02:00", refers_to={"kind": "order", "id": of},
        )  # fmt: skip

    def _change(self, n: int) -> None:
        sale = self.documents[n]
        if any(one.get("refers_to") == {"kind": "order", "id": n} for one in self.documents.values()):
            return
        amount = f"{self._random.randint(1, 90000) / 100:.2f}"
        self.documents[n] = order(n, amount=amount, rate=sale["lines"][0]["vat_rate"], date=sale["date"])

    def totals(self) -> dict[str, Decimal]:
        found = dict.fromkeys([*REVENUE.values(), *VAT.values()], Decimal(0))
        for one in self.documents.values():
            rate, vat = one["lines"][0]["vat_rate"], Decimal(one["total_vat"])
            found[VAT[rate]] -= vat
            found[REVENUE[rate]] -= Decimal(one["total_incl"]) - vat
        return found


def balances(hledger: Path, books: Path) -> dict[str, Decimal]:
    journals = [argument for file in sorted(books.glob("20*.journal")) for argument in ("-f", str(file))]
    done = subprocess.run(
        [hledger, *journals, "balance", "--flat", "--no-total", "-O", "csv"], capture_output=True, text=True, check=True
    )
    found = {}
    for account, amount in list(csv.reader(done.stdout.splitlines()))[1:]:
        code = account.rpartition(":")[2].partition("-")[0]
        found[code] = Decimal(amount.removesuffix(" EUR"))
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_facet_is_in_one_living_entry_and_the_books_say_what_the_shop_says(
    seed: int, tmp_path: Path, sqlite_template: Path, tool: Callable[[str], Path]
) -> None:
    path = tmp_path / "boekbrug.db"
    path.write_bytes(sqlite_template.read_bytes())
    business, random = Business(tmp_path, f"sqlite:///{path}"), Random(seed)
    shop = Shop(random)
    for day, mode in enumerate(MODES, start=15):
        business.choose(mode=mode, corrections="automatic", delay_days=0, hybrid=HybridRule(above=40000))
        shop.live(day)
        business.write("orders.jsonl", *shop.documents.values())
        business.sync()
        if day == 17:
            reverse_one(business, random)
        business.wait(1)
    business.wait(3)
    business.sync()
    assert business.counts() == {"booked": len(shop.documents)}, business.problems()
    live = rows(business, "select count(*) from membership where ended_at is null and facet in ('sale')")
    assert live == [(len(shop.documents),)]
    sound(business.house.database)
    found = balances(tool("hledger"), business.books)
    assert {account: found.get(account, Decimal(0)) for account in shop.totals()} == shop.totals()
    business.house.close()


def reverse_one(business: Business, random: Random) -> None:
    """Reverse a booked day or sale and book it anew."""
    terms = rows(
        business, "select distinct t.first_day from term t join entry e on e.term = t.id where t.state = 'composed'"
    )
    [(day,)] = random.sample(terms, 1)
    reverse(business.desk, business.licence, term=day, rebook=True)


def ledger(n: int, day: int, gross: str) -> dict[str, Any]:
    """Tell a sale at 21 % as the source's own ledger does."""
    amount = Decimal(gross)
    vat = (amount * 21 / 121).quantize(Decimal("0.01"))
    moves = [("1060", amount, ""), ("8000", vat - amount, "VH"), ("1500", -vat, "")]
    rows = [{"account": account, "amount": str(minor), "vat_code": code} for account, minor, code in moves]
    date = f"2026-09-{day:02}"
    return {
        "id": n,
        "kind": "ledger-movement",
        "date": date,
        "business_date": date,
        "total_incl": "0.00",
        "movements": rows,
    }


def test_between_sales_and_the_sources_own_ledger_no_day_is_booked_twice(
    tmp_path: Path, sqlite_template: Path, tool: Callable[[str], Path]
) -> None:
    path = tmp_path / "boekbrug.db"
    path.write_bytes(sqlite_template.read_bytes())
    business = Business(tmp_path, f"sqlite:///{path}")
    accounts = {code: code for code in ("1060", "8000", "1500")}
    memorial: dict[str, Any] = {"accounts": accounts, "vat_codes": {"VH": "VH"}, "vat_ledgers": ("1500",)}
    rows: list[dict[str, Any]] = []
    modes = (Mode.INDIVIDUAL, Mode.MEMORIAL_DAY, Mode.DAY, Mode.MEMORIAL_DAY, Mode.INDIVIDUAL)
    for n, mode in enumerate(modes):
        day = 14 + n
        rows += [order(n + 1, date=f"2026-09-{day}T10:00:00+02:00"), ledger(100 + n, day, "121.00")]
        business.choose(mode=mode, delay_days=0, **memorial)
        business.write("orders.jsonl", *rows)
        business.sync()
        business.wait(1)
    business.sync()
    # every day was sold for 121.00 and is in the books once, by whichever way was chosen then
    assert balances(tool("hledger"), business.books)["8000"] == Decimal(-500), business.counts()
    assert business.counts()["booked"] == len(modes)
    business.house.close()
