"""What the shop holds, and what may happen in it."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any, Literal

import msgspec

from boekbrug_ccvshop_standin.pricing import Content, Totals, totals

Fire = Callable[[str, dict[str, Any]], None]


class Person(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A customer."""

    id: int
    name: str
    email: str
    company: str = ""
    vat_id: str = ""
    country: str = "NL"
    deliver_to: str = ""
    line_form: bool = True


class Order(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An order; `broken` has the shop send rows or header that do not fit its own schema."""

    id: int
    number: int
    created: dt.datetime
    content: Content
    person: Person
    prefix: str | None = None
    status: int = 1
    paid: bool = True
    completed: bool = True
    method: int = 12
    deliver: str = "shipping"
    variant: str = ""
    broken: bool = False
    notes: list[str] = []


class Invoice(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An invoice: a copy of what was charged; `sign` is how a credit's amounts are written."""

    id: int
    number: int
    created: dt.datetime
    order: int
    content: Content
    person: Person
    order_number: int
    prefix: str | None = None
    order_prefix: str | None = None
    status: str = "paid"
    credit: bool = False
    sign: int = 1
    link: Literal["live", "null", "dead"] = "live"
    rows_removed: bool = False
    totals_removed: bool = False
    external_reference: str | None = None
    #: another address of the PDF than the shop's own
    pdf_at: str = ""
    variant: str = ""


class World:
    """The shop's data; every change counts `version` up, so that lists may be remembered."""

    def __init__(self, now: Callable[[], dt.datetime], fire: Fire) -> None:
        self.orders: dict[int, Order] = {}
        self.invoices: dict[int, Invoice] = {}
        self.deleted: set[int] = set()
        self.version = 0
        self._now, self._fire = now, fire
        self._last_order, self._last_invoice = 500_000, 9_000

    def add_order(self, **facts: Any) -> Order:
        """Make an order with the next number; it is created now unless `created` says otherwise."""
        self._last_order += 1 + self._last_order % 3
        number = facts.pop("number", 1000 + len(self.orders) + len(self.deleted))
        order = Order(id=self._last_order, number=number, **{"created": self._now(), **facts})
        self.orders[order.id] = order
        self.version += 1
        if order.completed:
            self._fire("orders.created", {"id": order.id})
        return order

    def add_invoice(self, order: Order, content: Content | None = None, **facts: Any) -> Invoice:
        """Invoice an order as it is now, or something else of it; credits have positive content and say so."""
        self._last_invoice += 1 + self._last_invoice % 2
        found = Invoice(
            id=self._last_invoice,
            number=2_026_000 + len(self.invoices) + 1,
            order=order.id,
            content=content or order.content,
            order_number=order.number,
            order_prefix=order.prefix,
            **{"created": self._now(), "variant": order.variant, "person": order.person, **facts},
        )
        self.invoices[found.id] = found
        self.version += 1
        self._fire("invoices.created", {"id": found.id})
        return found

    def change_order(self, id: int, changes: dict[str, Any]) -> Order:
        """Change an order, and tell who asked to be told; raise KeyError."""
        order = self.orders[id]
        before = (order.paid, order.status, order.completed)
        for name, value in changes.items():
            setattr(order, name, value)
        self.version += 1
        facts = {"id": order.id, "paid": order.paid, "previous_status": before[1], "status": order.status}
        for event, changed in (
            ("orders.updated.ispaid", order.paid != before[0]),
            ("orders.updated.status", order.status != before[1]),
            ("orders.created", order.completed and not before[2]),
        ):
            if changed:
                self._fire(event, facts)
        return order

    def change_invoice(self, id: int, status: str) -> Invoice:
        """Change the status of an invoice; raise KeyError."""
        invoice = self.invoices[id]
        invoice.status = status
        self.version += 1
        self._fire("invoices.updated.status", {"id": id, "status": status})
        return invoice

    def delete_order(self, id: int, *, link: Literal["null", "dead"] = "null", zero: bool = False) -> None:
        """Delete an order: its invoices stay, without rows; raise KeyError."""
        del self.orders[id]
        self.deleted.add(id)
        for invoice in self.invoices.values():
            if invoice.order == id:
                invoice.link, invoice.rows_removed, invoice.totals_removed = link, True, zero
        self.version += 1
        self._fire("orders.deleted", {"id": id})

    def invoices_of(self, order: int) -> Iterator[Invoice]:
        """Yield the invoices of an order."""
        return (invoice for invoice in self.invoices.values() if invoice.order == order)


def own_totals(world: World, books: str) -> dict[str, Any]:
    """Return the shop's own report: gross and VAT per rate of what it considers sold, in cents."""
    rates: dict[int, list[int]] = {}
    count = 0
    for found, sign in _sold(world, books):
        count += 1
        for rate, (gross, vat) in found.rates.items():
            sums = rates.setdefault(rate, [0, 0])
            sums[0] += sign * gross
            sums[1] += sign * vat
    return {"count": count, "rates": {str(rate): sums for rate, sums in sorted(rates.items())}}


#: what a bookkeeper has to look at first; the shop's report of what is simply sold leaves it out
HELD = frozenset({"platform", "missing-rate", "cancelled-paid", "intra-no-id", "deposit", "reimbursed", "broken"})


#: of a cancelled order the invoice stands
_HELD_INVOICES = HELD - {"cancelled-paid"}


def _sold(world: World, books: str) -> Iterator[tuple[Totals, int]]:
    if books == "orders":
        for order in world.orders.values():
            if order.completed and order.paid and order.variant not in HELD:
                yield totals(order.content), 1
        return
    for invoice in world.invoices.values():
        if (
            invoice.link == "live"
            and invoice.order in world.orders
            and invoice.variant not in HELD - {"cancelled-paid"}
        ):
            yield totals(invoice.content), -1 if invoice.credit else 1
