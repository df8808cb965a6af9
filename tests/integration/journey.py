"""A small business for tests of the engine: a folder of orders, a ledger, one licence, in a house of its own."""

import datetime as dt
import json
import shutil
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from boekbrug.acts import connections, licences
from boekbrug.acts.desk import Desk
from boekbrug.acts.licence_file import read
from boekbrug.acts.synchronise import run_named
from boekbrug.runtime.plugins import PluginHost
from boekbrug.runtime.settings import load
from boekbrug.store import problems, states
from boekbrug.store.problems import Open
from boekbrug.sync.house import House
from boekbrug.testing.clock import SettableClock

SAMPLES = Path(__file__).parents[2] / "bench"
NOW = dt.datetime(2026, 9, 15, 10, tzinfo=dt.UTC)


class Business:
    """The house of one shop; `write` puts files into its folder, `sync` runs its licence once."""

    def __init__(
        self,
        folder: Path,
        url: str,
        *,
        source: str = "files",
        target: str = "ledger",
        plugins: PluginHost | None = None,
        more: str = "",
    ) -> None:
        self.shop, self.books = folder / "shop" / "orders", folder / "books"
        self.shop.mkdir(parents=True)
        self.books.mkdir()
        shutil.copy(SAMPLES / "chart.toml", self.books)
        settings = folder / "boekbrug.toml"
        address = url.replace("postgresql+psycopg", "postgresql")
        settings.write_text(f'state = "state"\n[database]\nurl = "{address}"\n{more}')
        (folder / "state").mkdir()
        self.clock = SettableClock(NOW)
        self.house = House(load(settings), clock=self.clock, plugins=plugins)
        self.desk = Desk(self.house, "tests")
        connections.add(self.desk, "shop", source, {"folder": str(folder / "shop")})
        connections.add(self.desk, "books", target, {"folder": str(self.books)})
        licences.apply(self.desk, read(SAMPLES / "licence.toml"))
        licences.activate(self.desk, self.licence)

    @property
    def licence(self) -> Any:
        return licences.get(self.house, "bench")

    def write(self, name: str, *rows: dict[str, Any] | str) -> Path:
        path = self.shop / name
        lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
        path.write_text("".join(f"{line}\n" for line in lines))
        return path

    def sync(self) -> dict[str, int]:
        """Run the licence and return how many documents are in each state, states without documents left out."""
        self.clock.advance(dt.timedelta(minutes=20))
        with self.house.workplace("tests") as work:
            for _ in run_named(work, self.licence):
                pass
        return self.counts()

    def choose(self, *, automatic: bool = True, delay_days: int = 1, write_back: bool = False, **rules: Any) -> None:
        """Change settings and rules of the licence by its file."""
        file = licences.as_file(self.house, self.licence)
        whole = {"automatic": automatic, "delay_days": delay_days, "write_back": write_back}
        changed = replace(file, **whole, rules=replace(file.rules, **rules))
        licences.apply(self.desk, changed)

    def wait(self, days: int) -> dict[str, int]:
        """Let days pass and run the licence."""
        self.clock.advance(dt.timedelta(days=days))
        return self.sync()

    def counts(self) -> dict[str, int]:
        with self.house.database.read() as connection:
            return {state: count for state, count in states.counts(connection).items() if count}

    def problems(self) -> list[Open]:
        with self.house.database.read() as connection:
            return problems.list_open(connection)

    def codes(self) -> list[str]:
        return [problem.code for problem in self.problems()]

    def ledger(self) -> str:
        return "".join(path.read_text() for path in sorted(self.books.glob("20*.journal")))


def order(n: int, **changes: Any) -> dict[str, Any]:
    """Make a paid order of one article at 21 %."""
    amount = Decimal(changes.pop("amount", "121.00"))
    rate = changes.pop("rate", 21)
    vat = (amount * rate / (100 + rate)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    line = {"sku": "A", "name": "Artikel", "quantity": 1, "amount_incl": str(amount), "vat_rate": rate, "vat": str(vat)}
    return {
        "id": n,
        "number": f"W{n}",
        "date": "2026-09-14T10:00:00+02:00",
        "status": "paid",
        "payment_method": "ideal",
        "customer": {"email": f"klant{n}@example.org", "name": "Klant", "country": "NL"},
        "lines": [line],
        "total_incl": str(amount),
        "total_vat": str(vat),
        "currency": "EUR",
    } | changes
