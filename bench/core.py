"""Measure the pure core: documents per second, individually and per day, beside a bare function.

The bare function does the same arithmetic (VAT check per line, per-rate sums, balanced tuples) without classes and
without explanations. Prints one JSON object per figure.
"""

import datetime as dt
import gc
import json
import math
import random
import sys
import time
from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from boekbrug.booking import CompiledRules, Draft, Evidence, Item, compose_individual, read_rules
from boekbrug.booking.terms import compose_term, day_term
from boekbrug.contract import Buyer, Dates, Document, DocumentKind, DocumentLine, LineKind, Tender

METHODS = ["ideal", "creditcard", "paypal", "klarna", "pin", "contant"]
ACCOUNTS = {method: str(1060 + place) for place, method in enumerate(METHODS)}
RATES = {Decimal(21): ("8000", "1500"), Decimal(9): ("8010", "1501"), Decimal(0): ("8015", "")}
CENT = Decimal("0.01")
AMSTERDAM = ZoneInfo("Europe/Amsterdam")

RULES = {
    "vat_scheme": "invoice",
    "oss": False,
    "seller": "normal",
    "filing_period": "quarter",
    "zero_rate": "zero",
    "payment_date_unknown": "order-date",
    "debtor": "1300",
    "journals": {"sales": "70", "memorial": "90", "cash": "20"},
    "rounding": {"account": "4310"},
    "vat": [
        {"treatment": "domestic", "rate": "21", "account": "8000", "vat_code": "VH", "vat_account": "1500"},
        {"treatment": "domestic", "rate": "9", "account": "8010", "vat_code": "VL", "vat_account": "1501"},
        {"treatment": "zero", "account": "8015", "vat_code": "V0"},
    ],
    "payments": {method: {"account": account} for method, account in ACCOUNTS.items()},
}


def orders(count: int, seed: int = 7) -> list[Item]:
    """Make shop orders: 1 to 5 lines at 21, 9 or 0 % and shipping, paid at once, over a year."""
    chance = random.Random(seed)
    start = dt.datetime(2025, 1, 1, 8, tzinfo=dt.UTC)
    return [
        Item(document_id=n, revision=n, document=order(n, start + dt.timedelta(seconds=n * 31_536_000 / count), chance))
        for n in range(count)
    ]


def order(n: int, at: dt.datetime, chance: random.Random) -> Document:
    lines = [goods(chance) for _ in range(chance.randint(1, 5))]
    lines.append(
        DocumentLine(
            amount=Decimal("4.95"), kind=LineKind.SHIPPING, sku="SHIPPING", vat=Decimal("0.86"), vat_rate=Decimal(21)
        )
    )
    total = sum((line.amount for line in lines), Decimal(0))
    return Document(
        kind=DocumentKind.ORDER,
        source_id=str(n),
        number=f"W{100000 + n}",
        total=total,
        total_vat=sum((line.vat or Decimal(0) for line in lines), Decimal(0)),
        dates=Dates(ordered=at, paid=at),
        lines=tuple(lines),
        tenders=(Tender(method=chance.choice(METHODS), amount=total),),
        buyer=Buyer(email="klant@example.org", name="Klant", country="NL", city="Utrecht"),
    )


def goods(chance: random.Random) -> DocumentLine:
    rate = Decimal(chance.choices([21, 9, 0], [70, 25, 5])[0])
    amount = Decimal(chance.randint(199, 19999)) / 100
    vat = (amount * rate / (100 + rate)).quantize(CENT, rounding=ROUND_HALF_UP)
    return DocumentLine(amount=amount, sku="SKU-1", text="Artikel", quantity=Decimal(1), vat=vat, vat_rate=rate)


BareLine = tuple[Decimal, Decimal, Decimal]
BareOrder = tuple[str, dt.datetime, Decimal, list[BareLine], list[tuple[str, Decimal]]]


def bare_input(items: Sequence[Item]) -> list[BareOrder]:
    return [
        (
            document.number,
            document.dates.paid or dt.datetime.now(dt.UTC),
            document.total,
            [(line.amount, line.vat or Decimal(0), line.vat_rate or Decimal(0)) for line in document.lines],
            [(tender.method, tender.amount) for tender in document.tenders],
        )
        for document in (item.document for item in items)
    ]


def bare(order: BareOrder) -> tuple[str, dt.date, list[tuple[str, int]]]:
    """Do the arithmetic of one order and nothing else."""
    number, at, total, lines, tenders = order
    sums: dict[Decimal, list[int]] = {}
    gross = 0
    for amount, vat, rate in lines:
        cents, tax, parts = int(amount * 100), int(vat * 100), int(rate * 1000)
        computed = (2 * cents * parts + 100_000 + parts) // (2 * (100_000 + parts))
        assert abs(tax - computed) <= 1
        base = sums.setdefault(rate, [0, 0])
        base[0] += cents - tax
        base[1] += tax
        gross += cents
    assert gross == int(total * 100)
    booked = [(ACCOUNTS[method], int(amount * 100)) for method, amount in tenders]
    for rate, (net, tax) in sums.items():
        account, vat_account = RATES[rate]
        booked.append((account, -net))
        if tax:
            booked.append((vat_account, -tax))
    assert sum(cents for _, cents in booked) == 0
    return number, at.astimezone(AMSTERDAM).date(), booked


def bare_day(orders: Sequence[BareOrder]) -> dict[str, int]:
    """Do the arithmetic of a day's orders and add it up per account."""
    sums: dict[str, int] = {}
    for order in orders:
        for account, cents in bare(order)[2]:
            sums[account] = sums.get(account, 0) + cents
    return sums


def fastest(works: Sequence[Callable[[], object]], times: int = 7) -> list[float]:
    """Return the processor seconds of each work's fastest run, by turns: the noise of a shared machine only adds."""
    seconds = [math.inf] * len(works)
    for _ in range(times):
        for place, work in enumerate(works):
            start = time.process_time()
            work()
            seconds[place] = min(seconds[place], time.process_time() - start)
    return seconds


def figure(name: str, count: int, seconds: float, floor: float, against: str) -> None:
    found = {"name": name, "value": round(count / seconds), "unit": "documents/s", "ratio": round(floor / seconds, 3)}
    print(json.dumps({**found, "against": against}))


def days(items: Sequence[Item]) -> dict[dt.date, list[Item]]:
    """Put orders per shop-local day."""
    found: dict[dt.date, list[Item]] = {}
    for item in items:
        paid = item.document.dates.paid
        assert paid is not None
        found.setdefault(paid.astimezone(AMSTERDAM).date(), []).append(item)
    return found


def main(count: int) -> None:
    items = orders(count)
    book, daily = CompiledRules(read_rules(RULES)), CompiledRules(read_rules({**RULES, "mode": "day"}))
    evidence = Evidence(today=dt.date(2026, 1, 5), start=dt.date(2025, 1, 1))
    assert all(isinstance(compose_individual(item, book, evidence), Draft) for item in items)
    terms = {day_term("shop", day): documents for day, documents in days(items).items()}
    assert all(compose_term(documents, term, daily, evidence).drafts for term, documents in terms.items())
    plain = bare_input(items)
    plain_days = [bare_input(documents) for documents in terms.values()]
    gc.collect()
    gc.freeze()  # the inputs stay: do not let the collector walk them while measuring
    floor, individual, floor_day, by_day = fastest(
        (
            lambda: [bare(order) for order in plain],
            lambda: [compose_individual(item, book, evidence) for item in items],
            lambda: [bare_day(orders) for orders in plain_days],
            lambda: [compose_term(documents, term, daily, evidence) for term, documents in terms.items()],
        )
    )
    figure("core-bare", count, floor, floor, "itself")
    figure("core-individual", count, individual, floor, "core-bare")
    figure("core-bare-day", count, floor_day, floor_day, "itself")
    figure("core-day", count, by_day, floor_day, "core-bare-day")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
