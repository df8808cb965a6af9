import datetime as dt
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import boekbrug_files.plugin
from boekbrug.contract import DocumentKind, DocumentRef
from boekbrug.testing import SourceContract, SourceWorld
from boekbrug_files.plugin import FilesSource

LINE = {"sku": "A", "name": "Mok", "quantity": 1, "amount_incl": "12.10", "vat_rate": 21, "vat": "2.10"}


class Folder(SourceWorld):
    """A folder that a shop writes its orders to, a moment before the clock's."""

    def __init__(self, folder: Path) -> None:
        super().__init__(settings={"folder": str(folder)}, misconfigured=[{"folder": str(folder / "absent")}])
        self.folder = folder
        self.made = 0

    def sell(self, count: int) -> Sequence[DocumentRef]:
        rows = [self._order(number) for number in range(self.made, self.made + count)]
        self.made += count
        self.write([json.dumps(row) for row in rows])
        return [DocumentRef(kind=DocumentKind.ORDER, source_id=str(row["id"])) for row in rows]

    def _order(self, number: int) -> dict[str, Any]:
        at = dt.datetime(2026, 9, 1 + number % 10, number % 24, tzinfo=dt.UTC)
        return {
            "id": number,
            "number": f"W{number}",
            "date": at.isoformat(),
            "status": "paid",
            "payment_method": "ideal",
            "customer": {"email": f"k{number}@example.org", "name": "Klant", "country": "NL"},
            "lines": [LINE],
            "total_incl": "12.10",
            "total_vat": "2.10",
        }

    def spoil(self) -> None:
        self.write(['{"id": 7, "date": "yesterday", "total_incl": "ten"}'])

    def write(self, rows: list[str]) -> None:
        raise NotImplementedError

    def rest(self, path: Path) -> None:
        """Date a file before a clock that moves on past the moment in which files may still be being written."""
        moment = self.clock.now().timestamp()
        os.utime(path, (moment, moment))
        self.clock.advance(dt.timedelta(minutes=1))


class Lines(Folder):
    """One file of JSON lines that grows."""

    def write(self, rows: list[str]) -> None:
        path = self.folder / "orders.jsonl"
        with path.open("a") as file:
            file.writelines(f"{row}\n" for row in rows)
        self.rest(path)

    def remove(self, ref: DocumentRef) -> None:
        path = self.folder / "orders.jsonl"
        kept = [row for row in path.read_text().splitlines() if json.loads(row)["id"] != int(ref.source_id)]
        path.write_text("".join(f"{row}\n" for row in kept))
        self.rest(path)


class Arrays(Folder):
    """A new file with an array of orders for every export."""

    def write(self, rows: list[str]) -> None:
        path = self.folder / f"orders-{len(list(self.folder.iterdir()))}.json"
        path.write_text(f"[{', '.join(rows)}]")
        self.rest(path)

    def remove(self, ref: DocumentRef) -> None:
        for path in self.folder.iterdir():
            rows = json.loads(path.read_text())
            path.write_text(json.dumps([row for row in rows if row["id"] != int(ref.source_id)]))
            self.rest(path)


class TestJsonLines(SourceContract):
    plugin = FilesSource
    module = boekbrug_files.plugin

    def world(self, folder: Path) -> SourceWorld:
        return Lines(_empty(folder))


class TestJsonArrays(SourceContract):
    plugin = FilesSource
    module = boekbrug_files.plugin

    def world(self, folder: Path) -> SourceWorld:
        return Arrays(_empty(folder))


def _empty(folder: Path) -> Path:
    place = folder / "shop"
    place.mkdir()
    return place
