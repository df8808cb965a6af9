"""The floor: what a careful hand does without any engine: python floor.py ORDERS FOLDER.

Parse each order, insert sale, entry and lines with plain sqlite3 in batches of 1,000, durably, and write each entry as
ledger text. No states, no rules, no recovery. Prints one JSON object.
"""

import json
import sqlite3
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

BATCH = 1000
SCHEMA = """
pragma journal_mode=wal;
pragma synchronous=full;
create table sale(id integer primary key, number text unique, day text, gross integer, vat integer, body text);
create table entry(id integer primary key, mark text unique, state text, sale integer);
create table line(entry integer, n integer, account text, cents integer, code text, primary key(entry, n))
without rowid;
"""
Booked = list[tuple[str, int, str]]


def main(orders: Path, folder: Path) -> dict[str, Any]:
    folder.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    database = sqlite3.connect(folder / "floor.db")
    database.executescript(SCHEMA)
    count = 0
    with orders.open(encoding="utf-8") as source, (folder / "floor.journal").open("w", encoding="utf-8") as ledger:
        for batch in _batches(source):
            count += len(batch)
            _write(database, ledger, batch)
    seconds = time.perf_counter() - started
    return {"orders": count, "seconds": seconds, "per_second": count / seconds}


def _batches(source: Any) -> Iterator[list[str]]:
    batch: list[str] = []
    for text in source:
        batch.append(text)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _write(database: sqlite3.Connection, ledger: Any, batch: list[str]) -> None:
    sales, entries, lines = [], [], []
    for text in batch:
        order = json.loads(text)
        id, number, day = order["id"], order["number"], order["date"]
        gross = _cents(order["total_incl"])
        booked = _booked(order, gross)
        sales.append((id, number, day, gross, _cents(order["total_vat"]), text))
        entries.append((id, number, "booked", id))
        lines += [(id, n, *line) for n, line in enumerate(booked)]
        ledger.write(f"{day[:10]} * ({number}) order\n")
        ledger.writelines(f"    {account}  EUR {cents / 100:.2f}\n" for account, cents, _ in booked)
        ledger.write("\n")
    database.executemany("insert into sale values(?,?,?,?,?,?)", sales)
    database.executemany("insert into entry values(?,?,?,?)", entries)
    database.executemany("insert into line values(?,?,?,?,?)", lines)
    database.commit()


def _booked(order: dict[str, Any], gross: int) -> Booked:
    sums: dict[int, list[int]] = {}
    for line in order["lines"]:
        vat = _cents(line["vat"])
        at_rate = sums.setdefault(line["vat_rate"], [0, 0])
        at_rate[0] += _cents(line["amount_incl"]) - vat
        at_rate[1] += vat
    booked: Booked = [("assets:debtors:" + order["payment_method"], gross, "")]
    for rate, (net, vat) in sorted(sums.items()):
        booked.append((f"income:{rate}", -net, f"V{rate}"))
        if vat:
            booked.append((f"liabilities:vat:{rate}", -vat, ""))
    return booked


def _cents(amount: str) -> int:
    return int(Decimal(amount) * 100)


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), Path(sys.argv[2]))))
