"""The resources of the API: what each method on each path answers or changes."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from boekbrug_ccvshop_standin.door import Refused
from boekbrug_ccvshop_standin.generate import METHODS
from boekbrug_ccvshop_standin.hooks import Hook, Hooks
from boekbrug_ccvshop_standin.lists import Lists, page
from boekbrug_ccvshop_standin.render import invoice_json, method_name, order_json, row_json
from boekbrug_ccvshop_standin.world import Invoice, Order, World

PREFIX = "/api/rest/v1/"
WRITABLE = frozenset({"status", "payment_link_sent", "external_reference"})
LISTED = frozenset(
    {"orders", "invoices", "orderrows", "invoicerows", "ordernotes", "paymethods", "webshops", "webhooks"}
)
STATUSES = {1: "Nieuw", 2: "In behandeling", 4: "Wacht op betaling", 5: "Verzonden", 7: "Afgerond", 8: "Geannuleerd"}
EMPTY: tuple[int, Any] = (204, None)


class Call(msgspec.Struct, kw_only=True):
    """A request that was let in; `base` is the shop's own address up to the resources."""

    method: str
    parts: list[str]
    query: dict[str, str]
    body: bytes
    base: str

    @property
    def address(self) -> str:
        """Return the address of what was asked, as links have it."""
        return f"{self.base}{'/'.join(self.parts)}/"

    def given(self) -> dict[str, Any]:
        """Return the body; raise Refused when it is no JSON object."""
        try:
            found = json.loads(self.body)
        except ValueError as error:
            raise Refused(400, "400.20", "the body is no JSON") from error
        if not isinstance(found, dict):
            raise Refused(400, "400.20", "the body is no object")
        return found


def resource_of(parts: list[str]) -> str:
    """Return what calls of a path are counted for: rows and orders apart."""
    return parts[2] if len(parts) > 2 else parts[0] if parts else ""


class Resources:
    """Everything below `/api/rest/v1/`."""

    def __init__(self, world: World, hooks: Hooks) -> None:
        self._world, self._hooks, self._lists = world, hooks, Lists(world)
        self.forbidden: set[str] = set()
        self.installed = False

    def answer(self, call: Call) -> tuple[int, Any]:
        """Answer a call with status and content; raise Refused."""
        known: dict[str, Callable[[Call], tuple[int, Any]]] = {
            "orders": self._orders,
            "invoices": self._invoices,
            "paymethods": self._paymethods,
            "webshops": self._webshops,
            "webhooks": self._webhooks,
            "apps": self._apps,
        }
        if not call.parts:
            return 200, {"items": [{"title": name, "uri": f"/{name}"} for name in sorted(LISTED)]}
        verb = known.get(call.parts[0])
        if verb is None:
            raise Refused(404, "404.20", "invalid resource name")
        if resource_of(call.parts) in self.forbidden:
            raise Refused(403, "403.10", "this key may not do this")
        return verb(call)

    def _orders(self, call: Call) -> tuple[int, Any]:
        match call.method, call.parts:
            case "GET", ["orders"]:
                ids = self._lists.ids("orders", call.query)
                return 200, page(call.address, call.query, ids, lambda id: self._order_json(call, id))
            case "GET", ["orders", id]:
                return 200, order_json(_found(self._world.orders, id), call.base)
            case "GET", ["orders", id, "orderrows"]:
                return 200, self._order_rows(call, _found(self._world.orders, id))
            case "GET", ["orders", id, "ordernotes"]:
                order = _found(self._world.orders, id)
                notes = list(range(len(order.notes)))
                return 200, page(call.address, call.query, notes, lambda n: {"id": n + 1, "note": order.notes[n]})
            case "POST", ["orders", id, "ordernotes"]:
                order = _found(self._world.orders, id)
                order.notes.append(str(call.given().get("note", "")))
                return 201, {"id": len(order.notes), "note": order.notes[-1]}
        raise Refused(405, "405.10", "method not allowed")

    def _order_json(self, call: Call, id: int) -> dict[str, Any]:
        return order_json(self._world.orders[id], call.base)

    def _order_rows(self, call: Call, order: Order) -> dict[str, Any]:
        content = order.content

        def row(n: int) -> dict[str, Any]:
            return row_json(
                content.items[n], order.id * 100 + n, call.base, resource="orderrows", untaxed=content.untaxed
            )

        return page(call.address, call.query, list(range(len(content.items))), row)

    def _invoices(self, call: Call) -> tuple[int, Any]:
        match call.method, call.parts:
            case "GET", ["invoices"]:
                ids = self._lists.ids("invoices", call.query)
                write = self._world.invoices
                return 200, page(call.address, call.query, ids, lambda id: invoice_json(write[id], call.base))
            case "GET", ["invoices", id]:
                return 200, invoice_json(_found(self._world.invoices, id), call.base)
            case "GET", ["invoices", id, "invoicerows"]:
                return 200, self._invoice_rows(call, _found(self._world.invoices, id))
            case "PATCH", ["invoices", id]:
                self._change_invoice(_found(self._world.invoices, id), call.given())
                return EMPTY
        raise Refused(405, "405.10", "method not allowed")

    def _invoice_rows(self, call: Call, invoice: Invoice) -> dict[str, Any]:
        content = invoice.content
        ids = [] if invoice.rows_removed else list(range(len(content.items)))

        def row(n: int) -> dict[str, Any]:
            found = row_json(
                content.items[n],
                invoice.id * 100 + n,
                call.base,
                resource="invoicerows",
                sign=invoice.sign,
                untaxed=content.untaxed,
            )
            return {**found, "invoice_id": str(invoice.id)}

        return page(call.address, call.query, ids, row)

    def _change_invoice(self, invoice: Invoice, given: dict[str, Any]) -> None:
        if unknown := given.keys() - WRITABLE:
            raise Refused(400, "400.30", f"unknown fields: {', '.join(sorted(unknown))}")
        if "external_reference" in given:
            invoice.external_reference = given["external_reference"]
        if "status" in given:
            self._world.change_invoice(invoice.id, str(given["status"]))

    def _paymethods(self, call: Call) -> tuple[int, Any]:
        if (call.method, call.parts) != ("GET", ["paymethods"]):
            raise Refused(405, "405.10", "method not allowed")

        def method(id: int) -> dict[str, Any]:
            psp, name, label = METHODS[id]
            return {"id": id, "psp": psp, "method": name, "combined_name": method_name(id), "label": label}

        return 200, page(call.address, call.query, sorted(METHODS), method)

    def _webshops(self, call: Call) -> tuple[int, Any]:
        match call.method, call.parts:
            case "GET", ["webshops"]:
                return 200, page(call.address, call.query, [1], lambda id: {"id": id, "name": "Lampenwinkel"})
            case "GET", ["webshops", "1", "settings"]:
                named = [{"id": n, "status": n, "status_name": name} for n, name in STATUSES.items()]
                return 200, {
                    "currency": "EUR",
                    "default_vat_rat": 21,
                    "prices_include_vat": True,
                    "order_status": named,
                }
        raise Refused(404, "404.10", "not found")

    def _webhooks(self, call: Call) -> tuple[int, Any]:
        hooks = self._hooks.registered
        match call.method, call.parts:
            case "GET", ["webhooks"]:
                return 200, page(call.address, call.query, sorted(hooks), lambda id: _hook_json(hooks[id]))
            case "POST", ["webhooks"]:
                return 201, _hook_json(self._hooks.register(call.given()))
            case "PATCH", ["webhooks", id]:
                hook, given = _found(hooks, id), call.given()
                hook.address, hook.is_active = (
                    given.get("address", hook.address),
                    given.get("is_active", hook.is_active),
                )
                return EMPTY
            case "DELETE", ["webhooks", id]:
                _found(hooks, id)
                del hooks[int(id)]
                return EMPTY
        raise Refused(405, "405.10", "method not allowed")

    def _apps(self, call: Call) -> tuple[int, Any]:
        match call.method, call.parts:
            case "GET", ["apps"]:
                return 200, page(call.address, call.query, [5], lambda id: {"id": id, "is_installed": self.installed})
            case "PATCH", ["apps", "5"]:
                self.installed = bool(call.given().get("is_installed"))
                return EMPTY
        raise Refused(405, "405.10", "method not allowed")


def _found(known: Mapping[int, Any], id: str) -> Any:
    try:
        return known[int(id)]
    except (KeyError, ValueError) as error:
        raise Refused(404, "404.10", "not found") from error


def _hook_json(hook: Hook) -> dict[str, Any]:
    return msgspec.to_builtins(hook)  # type: ignore[no-any-return]
