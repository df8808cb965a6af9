"""Book a year of random sales in each mode and let hledger compare: python -m bench.year [COUNT].

Revenue, VAT and cost accounts must have the same balances in every mode, debtors and suspense accounts the same sum.
Prints one JSON object per mode; exits with 1 when a balance differs.
"""

import csv
import datetime as dt
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

from bench.core import AMSTERDAM, METHODS, RULES, orders
from msgspec.structs import replace

from boekbrug.booking import (
    CompiledRules,
    Draft,
    Evidence,
    Item,
    Original,
    compose_individual,
    compose_term,
    day_term,
    read_rules,
)
from boekbrug.booking.rules import Mode, Rules
from boekbrug.contract import Dates, Document, DocumentKind, DocumentRef, EntryKind, Tender

# by name, so that the core's type check does not need the plugins
Hledger: Any = import_module("boekbrug_ledger.hledger").Hledger

EVIDENCE = Evidence(today=dt.date(2026, 12, 31), start=dt.date(2025, 1, 1))
MODES = (Mode.INDIVIDUAL, Mode.DAY, Mode.HYBRID)
ACCOUNTS = ["1300", "1500", "1501", "4310", "8000", "8010", "8015", *(str(1060 + n) for n in range(len(METHODS)))]


def sales(count: int, seed: int = 11) -> Iterator[tuple[Document, list[Document]]]:
    """Yield each sale with what follows it: a later payment, or a credit of its first line."""
    chance = random.Random(seed)
    for item in orders(count, seed):
        sale, later = item.document, []
        paid = sale.dates.paid
        assert paid is not None
        luck = chance.random()
        if luck < 0.06:
            sale = replace(sale, tenders=(), on_account=True, dates=Dates(invoiced=paid.astimezone(AMSTERDAM).date()))
            later.append(payment(sale, paid + dt.timedelta(chance.randint(1, 30))))
        elif luck < 0.10:
            later.append(credit(sale, paid + dt.timedelta(chance.randint(0, 20))))
        yield sale, later


def payment(sale: Document, at: dt.datetime) -> Document:
    return Document(
        kind=DocumentKind.PAYMENT,
        source_id=f"{sale.source_id}/1",
        number=f"P{sale.number}",
        total=sale.total,
        tenders=(Tender(method="ideal", amount=sale.total),),
        dates=Dates(paid=at),
        refers_to=DocumentRef(kind=sale.kind, source_id=sale.source_id),
    )


def credit(sale: Document, at: dt.datetime) -> Document:
    line = sale.lines[0]
    back = replace(line, amount=-line.amount, vat=-(line.vat or Decimal(0)))
    return replace(
        payment(sale, at),
        kind=DocumentKind.CREDIT_NOTE,
        number=f"C{sale.number}",
        total=back.amount,
        lines=(back,),
        tenders=(Tender(method=sale.tenders[0].method, amount=back.amount),),
    )


def year(shop: Sequence[tuple[Document, list[Document]]], mode: Mode) -> Iterator[Draft]:
    """Compose a year's entries in a mode, day by day."""
    book = CompiledRules(rules(mode))
    days: dict[dt.date, list[Item]] = {}
    number = 0
    for sale, later in shop:
        number += 2
        first = Item(document_id=number, revision=1, document=sale)
        draft = compose_individual(first, book, EVIDENCE)
        assert isinstance(draft, Draft), draft
        days.setdefault(draft.date, []).append(first)
        alone = mode is Mode.INDIVIDUAL or (mode is Mode.HYBRID and sale.on_account)
        kind = EntryKind.SALES if alone else EntryKind.MEMORIAL
        original = Original(lines=draft.lines, number=sale.number, kind=kind)
        for document in later:
            follower = Item(document_id=number + 1, revision=1, document=document, original=original)
            assert document.dates.paid is not None
            days.setdefault(document.dates.paid.astimezone(AMSTERDAM).date(), []).append(follower)
    for day in sorted(days):
        yield from composed(days[day], day, mode, book)


def composed(items: Sequence[Item], day: dt.date, mode: Mode, book: CompiledRules) -> Iterator[Draft]:
    if mode is Mode.INDIVIDUAL:
        results = [compose_individual(item, book, EVIDENCE) for item in items]
    else:
        composition = compose_term(items, day_term("shop", day), book, EVIDENCE)
        results = [*composition.drafts, *(result for _, result in composition.others)]
    for result in results:
        assert isinstance(result, Draft), result
        yield result


def rules(mode: Mode) -> Rules:
    return read_rules({**RULES, "mode": mode.value})


def balances(drafts: Iterator[Draft], folder: Path, mode: Mode) -> tuple[int, dict[str, int]]:
    """Write a journal and have hledger add it up, strictly: accounts declared, every transaction balanced."""
    names = {code: f"account:{code}" for code in ACCOUNTS}
    file, count = folder / f"{mode}.journal", 0
    with file.open("w", encoding="utf-8") as journal:
        journal.write("commodity 1000.00 EUR\n" + "".join(f"account {name}\n" for name in names.values()))
        for count, draft in enumerate(drafts, 1):
            journal.write(Hledger.entry(draft.entry(f"{draft.number}-{count}"), names) + "\n")
    command = ["hledger", "-f", str(file), "--strict", "balance", "--flat", "--no-total", "-O", "csv"]
    table = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rows = csv.DictReader(table.splitlines())
    return count, {row["account"]: int(Decimal(row["balance"].split()[0]) * 100) for row in rows}


def main(count: int) -> int:
    shop = list(sales(count))
    found: dict[Mode, dict[str, int]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for mode in MODES:
            start = time.perf_counter()
            entries, found[mode] = balances(year(shop, mode), Path(folder), mode)
            seconds = round(time.perf_counter() - start, 1)
            figure = {"name": f"year-{mode}", "value": seconds, "unit": "s", "documents": count, "entries": entries}
            print(
                json.dumps({**figure, "ratio": int(alike(found[mode], found[MODES[0]])), "against": "year-individual"})
            )
    return 0 if all(alike(found[mode], found[MODES[0]]) for mode in MODES) else 1


def alike(one: dict[str, int], other: dict[str, int]) -> bool:
    """Tell whether revenue, VAT and costs agree per account, and debtors and suspense in sum."""
    return _result(one) == _result(other) and _owed(one) == _owed(other)


def _result(sums: dict[str, int]) -> dict[str, int]:
    return {name: minor for name, minor in sums.items() if name.removeprefix("account:").startswith(("4", "8", "15"))}


def _owed(sums: dict[str, int]) -> int:
    return sum(minor for name, minor in sums.items() if name.removeprefix("account:").startswith(("10", "13")))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
