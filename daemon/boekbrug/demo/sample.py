"""Three months of a Dutch webshop in coffee and tea, the same for the same seed, with the oddities that shops have."""

import datetime as dt
import json
import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from boekbrug.contract import from_minor, vat_within
from boekbrug.demo.assortment import ARTICLES, BUYERS_ABROAD, CITIES, FIRST_NAMES, LAST_NAMES, STREETS, Article

FIRST_DAY = dt.date(2026, 7, 1)
LAST_DAY = dt.date(2026, 9, 30)
ORDERS = 320
SHIPPING = 495
FREE_SHIPPING_FROM = 7500

_ZONE = ZoneInfo("Europe/Amsterdam")
_METHODS = ("ideal", "creditcard", "paypal", "klarna")
_SHARES = (62, 14, 12, 12)
_RETURNED = (23, 88, 140, 201, 266)
_DISCOUNTED = 9
_GIFT_CARDS = frozenset({31, 97, 155, 230, 288})
_ON_ACCOUNT = frozenset({44, 118, 190, 275})
_UNPAID = frozenset({60, 171, 319})
_CANCELLED = frozenset({75, 212})
_EXPORTED = frozenset({36, 112, 183, 259, 301})
_EU_BUSINESS, _EU_BUSINESS_WITHOUT_VAT_ID = 64, 127
_DOES_NOT_ADD_UP, _SHIPPING_WITHOUT_VAT = 149, 206

Order = dict[str, Any]


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What the sample holds, to test against; orders unless it says otherwise."""

    documents: int = ORDERS + len(_RETURNED)
    credit_notes: int = len(_RETURNED)
    open: int = len(_UNPAID)
    cancelled: int = len(_CANCELLED)
    exported: int = len(_EXPORTED)
    before_3_july: int = 7
    eu_business: str = "W26064"
    eu_business_without_vat_id: str = "W26127"
    does_not_add_up: str = "W26149"
    shipping_without_vat: str = "W26206"


FACTS = Facts()


def write_sample(folder: Path, seed: int = 7) -> None:
    """Write orders as JSON lines per month and one file of credit notes; the same seed writes the same bytes."""
    orders = list(_orders(Random(seed)))  # noqa: S311 - a sample that is the same every time
    for month in ("2026-07", "2026-08", "2026-09"):
        of_month = [order for order in orders if order["date"].startswith(month)]
        _write(folder / "orders" / f"{month}.jsonl", "".join(f"{_json(order)}\n" for order in of_month))
    credits_ = [_credit_note(orders[position - 1], n) for n, position in enumerate(_RETURNED, 1)]
    _write(folder / "credit-notes" / "2026-q3.json", "[\n" + ",\n".join(map(_json, credits_)) + "\n]\n")


def _orders(random: Random) -> Iterator[Order]:
    days = (LAST_DAY - FIRST_DAY).days + 1
    opening = dt.datetime.combine(FIRST_DAY, dt.time(8), _ZONE)
    for position in range(1, ORDERS + 1):
        day, part = divmod((position - 1) * days, ORDERS)
        # thirteen open hours are spread over the orders of a day, so that numbers rise with time
        minutes = part * 780 // ORDERS + random.randint(0, 9)
        yield _order(random, position, opening + dt.timedelta(days=day, minutes=minutes))


def _order(random: Random, position: int, at: dt.datetime) -> Order:
    order: Order = {
        "id": 4000 + position,
        "number": f"W26{position:03}",
        "date": at.isoformat(),
        "status": random.choice(("paid", "shipped", "completed", "completed")),
        "payment_method": random.choices(_METHODS, _SHARES)[0],
        "customer": _consumer(random),
        "lines": _lines(random, position),
        "currency": "EUR",
    }
    _make_special(order, position)
    _total(order)
    if position in _GIFT_CARDS:
        _pay_partly_by_gift_card(order)
    if position == _DOES_NOT_ADD_UP:
        order["total_incl"] = str(Decimal(order["total_incl"]) + 10)
    return order


def _make_special(order: Order, position: int) -> None:
    if position in _UNPAID:
        order["status"] = "new"
    elif position in _CANCELLED:
        order["status"] = "cancelled"
    elif position in _ON_ACCOUNT:
        order |= {"payment_method": "banktransfer", "on_account": True, "status": "shipped"}
        order["customer"] |= {"company": f"Koffiehuis {order['customer']['city']}", "is_business": True}
    elif position in _EXPORTED:
        _sell_abroad(order, "NO" if position % 2 else "CH", treatment="export")
    elif position == _EU_BUSINESS:
        _sell_abroad(order, "BE", treatment="")
    elif position == _EU_BUSINESS_WITHOUT_VAT_ID:
        _sell_abroad(order, "BE", treatment="")
        del order["customer"]["vat_id"]
    elif position == _SHIPPING_WITHOUT_VAT:
        order["lines"] = [
            _line(ARTICLES[0], 2),
            _shipping(),
        ]
        order["lines"][-1] |= {"vat_rate": 0, "vat": "0.00"}


def _sell_abroad(order: Order, country: str, *, treatment: str) -> None:
    order["customer"] = dict(BUYERS_ABROAD[country])
    order |= {"ship_from": "NL", "ship_to": country}
    for line in order["lines"]:
        net = Decimal(line["amount_incl"]) - Decimal(line["vat"])
        line |= {"amount_incl": str(net), "vat_rate": 0, "vat": "0.00"}
        if treatment:
            line["treatment"] = treatment


def _pay_partly_by_gift_card(order: Order) -> None:
    card = min(Decimal("25.00"), Decimal(order["total_incl"]))
    rest = Decimal(order["total_incl"]) - card
    paid = [("giftcard", card), (order["payment_method"], rest)]
    order["tenders"] = [{"method": method, "amount": str(amount)} for method, amount in paid if amount]


def _consumer(random: Random) -> dict[str, Any]:
    first, last = random.choice(FIRST_NAMES), random.choice(LAST_NAMES)
    city, postcode = random.choice(CITIES)
    address = "".join(letter for letter in f"{first}.{last}".lower() if letter.isascii() and letter not in " '")
    return {
        "email": f"{address}@example.nl",
        "name": f"{first} {last}",
        "street": f"{random.choice(STREETS)} {random.randint(1, 180)}",
        "postcode": f"{postcode} {random.choice('ABCDEGHJKL')}{random.choice('ABCDEGHJKL')}",
        "city": city,
        "country": "NL",
    }


def _lines(random: Random, position: int) -> list[dict[str, Any]]:
    articles = random.sample(ARTICLES, random.choices((1, 2, 3, 4), (35, 35, 20, 10))[0])
    lines = [_line(article, random.choices((1, 2, 3), (75, 20, 5))[0]) for article in articles]
    goods = sum(int(Decimal(line["amount_incl"]) * 100) for line in lines)
    if position % _DISCOUNTED == 0:
        lines.append(_discount(lines[0]))
    if goods < FREE_SHIPPING_FROM:
        lines.append(_shipping())
    return lines


def _line(article: Article, quantity: int) -> dict[str, Any]:
    return {
        "sku": article.sku,
        "name": article.name,
        "quantity": quantity,
        **_priced(article.price * quantity, article.rate),
    }


def _shipping() -> dict[str, Any]:
    return {"sku": "SHIPPING", "name": "Verzendkosten", "quantity": 1, **_priced(SHIPPING, 21)}


def _discount(line: dict[str, Any]) -> dict[str, Any]:
    cut = -int(Decimal(line["amount_incl"]) * 10)
    priced = _priced(cut, line["vat_rate"])
    return {"name": "Korting 10 %", "kind": "discount", "quantity": 1, **priced}


def _priced(cents: int, rate: int) -> dict[str, Any]:
    vat = vat_within(cents, Decimal(rate))
    return {"amount_incl": str(from_minor(cents)), "vat_rate": rate, "vat": str(from_minor(vat))}


def _total(order: Order) -> None:
    order["total_incl"] = str(sum(Decimal(line["amount_incl"]) for line in order["lines"]))
    order["total_vat"] = str(sum(Decimal(line["vat"]) for line in order["lines"]))


def _credit_note(order: Order, n: int) -> Order:
    """Take back the first line of an order, a week later."""
    line = order["lines"][0]
    back = {name: str(-Decimal(line[name])) for name in ("amount_incl", "vat")}
    at = dt.datetime.fromisoformat(order["date"]) + dt.timedelta(days=7)
    note = {
        "id": f"C{n:03}",
        "number": f"C26{n:03}",
        "date": at.isoformat(),
        "status": "refunded",
        "payment_method": order["payment_method"],
        "customer": order["customer"],
        "lines": [{**line, "quantity": -line["quantity"], **back}],
        "currency": "EUR",
        "order_number": order["number"],
        "refers_to": {"kind": "order", "id": order["id"]},
        "refund_cause": "return",
        "refunded_at": at.isoformat(),
    }
    _total(note)
    return note


def _json(row: Order) -> str:
    return json.dumps(row, ensure_ascii=False)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    # as old as the shop says, so that nobody waits for files that look unfinished
    written = dt.datetime.combine(LAST_DAY, dt.time(23, 59), _ZONE).timestamp()
    os.utime(path, (written, written))
