"""Make a believable shop of any size, in which every variant of the fact sheet occurs."""

import datetime as dt
from random import Random
from typing import Any

from msgspec.structs import replace

from boekbrug_ccvshop_standin.pricing import Content, Item
from boekbrug_ccvshop_standin.world import Order, Person, World

DAYS = 60
"""The shop has been selling for so many days, whatever its size."""

METHODS = {
    3: ("", "BankTransfer", "Vooraf overmaken"),
    5: ("", "OnAccount", "Op rekening"),
    12: ("DemoPSP", "ideal", "iDEAL"),
    13: ("DemoPSP", "creditcard", "Creditcard"),
}
_GOODS = (("Lamp", 2495, 21), ("Boek", 1250, 9), ("Stoel", 8900, 21), ("Thee", 695, 9), ("Kaars", 349, 21))
_NAMES = ("Eva Voorbeeld", "Jan Proef", "Sanne Monster", "Ali Test", "Lotte Staal", "Daan Schets")

VARIANTS = (
    "plain", "two-rates", "prefix", "net", "coupon", "intra", "extra-negative", "fee", "credit", "unpaid", "plain",
    "two-invoices", "edited", "user-string", "blank-delivery", "midnight", "options", "reduced", "cancelled", "basket",
    "extra", "pickup", "export", "two-rates", "prefix", "net-two-rates", "coupon-two-rates", "points",
    "credit-negative", "line-form", "reimbursed", "deleted-null", "deleted-dead", "deleted-zero", "platform", "deposit",
    "missing-rate", "cancelled-paid", "intra-no-id", "shipping-only", "option-fee", "many", "on-account",
    "credited-reimbursed",
)  # fmt: skip
"""What each order in turn is like; the first of them are what most orders are like."""


def furnish(world: World, random: Random, size: int, now: dt.datetime) -> None:
    """Fill a shop with orders spread evenly over its days, and with their invoices."""
    step = dt.timedelta(days=DAYS) / max(size, 1)
    first = now - dt.timedelta(days=DAYS)
    for n in range(size):
        variant = VARIANTS[n % len(VARIANTS)] if size <= 400 else VARIANTS[n % 8]
        if size > 400 and n % 4 == 0:
            variant = VARIANTS[n // 4 % len(VARIANTS)]
        make(world, random, variant, (first + n * step).replace(microsecond=0))


def make(world: World, random: Random, variant: str, created: dt.datetime) -> Order:
    """Make one order of a variant with its invoices."""
    facts: dict[str, Any] = {"content": _content(random, variant), "person": _person(random, variant)}
    facts |= _FACTS.get(variant, {})
    if variant == "midnight":
        created = (created - dt.timedelta(days=1)).replace(hour=23, minute=30, second=0)
    order = world.add_order(created=created, variant=variant, **facts)
    if order.completed and variant != "cancelled":
        _invoice(world, order, created + dt.timedelta(seconds=70))
    return order


_FACTS: dict[str, dict[str, Any]] = {
    "prefix": {"prefix": "W"},
    "unpaid": {"paid": False, "status": 4, "method": 3},
    "cancelled": {"paid": False, "status": 8},
    "cancelled-paid": {"status": 8},
    "basket": {"paid": False, "completed": False},
    "pickup": {"deliver": "pickup"},
    "on-account": {"paid": False, "status": 5, "method": 5},
}


def _content(random: Random, variant: str) -> Content:
    single = [goods for goods in _GOODS if goods[2] == 21]
    items = (_item(random, random.choice(single)),)
    content = Content(items=items, shipping=695 if random.random() < 0.6 else 0)
    if variant in _MIXED:
        content = replace(content, items=(*items, _item(random, _GOODS[1]), _item(random, _GOODS[3])))
    if variant == "many":
        more = tuple(_item(random, random.choice(_GOODS)) for _ in range(12))
        content = replace(content, items=content.items + more)
    return replace(content, **_CHARGES.get(variant, {}), **_rows(variant, content.items))


_MIXED = frozenset({"two-rates", "many", "net-two-rates", "coupon-two-rates", "missing-rate"})
_CHARGES: dict[str, dict[str, Any]] = {
    "net": {"net": True},
    "net-two-rates": {"net": True},
    "coupon": {"discount": 500},
    "coupon-two-rates": {"discount": 500},
    "intra": {"untaxed": True, "intra": True},
    "intra-no-id": {"untaxed": True, "intra": True},
    "export": {"untaxed": True},
    "platform": {"untaxed": True, "platform": True},
    "extra": {"extra": 250},
    "extra-negative": {"extra": -250},
    "fee": {"fee": 50},
    "option-fee": {"option_fee": 50},
    "points": {"points": 100},
    "shipping-only": {"shipping": 695},
}


def _rows(variant: str, items: tuple[Item, ...]) -> dict[str, tuple[Item, ...]]:
    changed: dict[str, tuple[Item, ...]] = {
        "options": (replace(items[0], option=150, count=2),),
        "reduced": (replace(items[0], reduced=199, count=3),),
        "deposit": (*items, Item(name="Krat", price=390, tax=0, type="deposit")),
        "missing-rate": (*items, replace(items[0], name="Zonder tarief", tax=None)),
        "shipping-only": (),
    }
    return {"items": changed[variant]} if variant in changed else {}


def _item(random: Random, goods: tuple[str, int, int]) -> Item:
    name, price, tax = goods
    return Item(name=name, price=price, tax=tax, count=random.choice((1, 1, 1, 2, 3)))


def _person(random: Random, variant: str) -> Person:
    number = random.randrange(1, 90_000)
    name = random.choice(_NAMES)
    person = Person(id=70_000 + number, name=name, email=f"klant{number}@example.com", deliver_to="NL")
    return replace(person, **_BUYERS.get(variant, {}))


_BUYERS: dict[str, dict[str, Any]] = {
    "intra": {"company": "Muster GmbH", "vat_id": "DE 136.695.976", "country": "DE", "deliver_to": "DE"},
    "intra-no-id": {"company": "Muster GmbH", "vat_id": "folgt", "country": "DE", "deliver_to": "DE"},
    "export": {"country": "CH", "deliver_to": "CH"},
    "on-account": {"company": "Voorbeeld BV", "vat_id": "NL000099998B57"},
    "blank-delivery": {"deliver_to": ""},
    "user-string": {"deliver_to": ""},
    "line-form": {"line_form": False},
}


def _invoice(world: World, order: Order, created: dt.datetime) -> None:
    prefix = "F" if order.prefix else None
    made: dict[str, Any] = {"created": created, "prefix": prefix, "status": "paid" if order.paid else "unpaid"}
    match order.variant:
        case "two-invoices":
            whole = order.content
            world.add_invoice(order, replace(whole, shipping=0), **made)
            world.add_invoice(order, Content(shipping=whole.shipping or 495), **made)
            order.content = replace(whole, shipping=whole.shipping or 495)
            return
        case "credit" | "credit-negative":
            world.add_invoice(order, **made)
            back = replace(order.content, items=(replace(order.content.items[0], count=1),), shipping=0)
            sign = -1 if order.variant == "credit-negative" else 1
            world.add_invoice(order, back, credit=True, sign=sign, **made)
            return
    invoice = world.add_invoice(order, **made)
    match order.variant:
        case "edited":
            order.content = replace(order.content, items=(*order.content.items, Item(name="Later", price=1000)))
        case "reimbursed":
            invoice.status = "reimbursed"
        case "credited-reimbursed":
            invoice.status = "reimbursed"
            world.add_invoice(order, credit=True, **made)
        case "deleted-null" | "deleted-dead" | "deleted-zero":
            link = "dead" if order.variant == "deleted-dead" else "null"
            world.delete_order(
                order.id, link="dead" if link == "dead" else "null", zero=order.variant == "deleted-zero"
            )
