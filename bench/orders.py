"""The work: shop orders as JSON lines, the same for engine, floor and peer."""

import datetime as dt
import json
import random
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

METHODS = ("ideal", "creditcard", "paypal", "klarna", "pin", "contant")
CENT = Decimal("0.01")
YEAR_SECONDS = 31_536_000


def write_orders(path: Path, count: int, seed: int = 7, first: int = 0) -> None:
    """Write orders spread over 2025: 1 to 5 lines at 21, 9 or 0 %, shipping, paid at once."""
    chance = random.Random(seed)
    start = dt.datetime(2025, 1, 1, 8, tzinfo=dt.UTC)
    with path.open("w", encoding="utf-8") as file:
        for n in range(count):
            at = start + dt.timedelta(seconds=n * YEAR_SECONDS // count)
            file.write(json.dumps(_order(first + n, at, count, chance)) + "\n")


def _order(n: int, at: dt.datetime, count: int, chance: random.Random) -> dict[str, object]:
    lines = [_goods(chance, k) for k in range(chance.randint(1, 5))]
    lines.append(_line("SHIPPING", "Verzendkosten", Decimal("4.95"), 21))
    return {
        "id": n + 1,
        "number": f"W{100000 + n}",
        "date": at.isoformat(),
        "status": "paid",
        "payment_method": chance.choice(METHODS),
        "customer": {
            "email": f"klant{chance.randint(1, max(count // 3, 1))}@example.org",
            "name": "Klant",
            "country": "NL",
            "city": "Utrecht",
        },
        "lines": lines,
        "total_incl": str(sum(Decimal(str(line["amount_incl"])) for line in lines)),
        "total_vat": str(sum(Decimal(str(line["vat"])) for line in lines)),
        "currency": "EUR",
    }


def _goods(chance: random.Random, k: int) -> dict[str, object]:
    rate = chance.choices([21, 9, 0], [70, 25, 5])[0]
    return _line(f"SKU-{chance.randint(1, 4000)}", f"Artikel {k}", Decimal(chance.randint(199, 19999)) / 100, rate)


def _line(sku: str, name: str, amount: Decimal, rate: int) -> dict[str, object]:
    vat = (amount * rate / (100 + rate)).quantize(CENT, rounding=ROUND_HALF_UP)
    return {"sku": sku, "name": name, "quantity": 1, "amount_incl": str(amount), "vat_rate": rate, "vat": str(vat)}
