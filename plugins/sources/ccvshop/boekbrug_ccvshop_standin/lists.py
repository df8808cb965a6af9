"""Lists as the shop gives them: filters, order, pages with links, no count of all."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlencode

from boekbrug_ccvshop_standin.pricing import totals
from boekbrug_ccvshop_standin.render import full, moment
from boekbrug_ccvshop_standin.world import Invoice, Order, World

MOST = 250
DEFAULT = 100


def page(address: str, query: Mapping[str, str], ids: list[int], write: Callable[[int], Any]) -> dict[str, Any]:
    """Write one page of a list; links are absolute, `next` is null at the end."""
    start = max(_number(query.get("start"), 0), 0)
    size = min(max(_number(query.get("size"), DEFAULT), 1), MOST)
    rest = {name: value for name, value in query.items() if name not in ("start", "size")}

    def link(at: int) -> str:
        return f"{address}?{urlencode({**rest, 'start': at, 'size': size})}"

    return {
        "start": start,
        "size": size,
        "href": address,
        "first": link(0),
        "previous": link(max(start - size, 0)) if start else None,
        "next": link(start + size) if start + size < len(ids) else None,
        "items": [write(id) for id in ids[start : start + size]],
    }


def _number(text: str | None, default: int) -> int:
    try:
        return int(text or default)
    except ValueError:
        return default


class Lists:
    """Filtered and sorted ids, remembered until something in the shop changes."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._known: dict[tuple[str, ...], list[int]] = {}
        self._version = -1

    def ids(self, resource: str, query: Mapping[str, str]) -> list[int]:
        """Return the ids of a list in its order; unknown filters are ignored."""
        if self._version != self._world.version:
            self._known.clear()
            self._version = self._world.version
        wanted = {name: value for name, value in query.items() if name not in ("start", "size")}
        key = (resource, *(f"{name}={value}" for name, value in sorted(wanted.items())))
        if key not in self._known:
            self._known[key] = _orders(self._world, wanted) if resource == "orders" else _invoices(self._world, wanted)
        return self._known[key]


def _orders(world: World, query: dict[str, str]) -> list[int]:
    query.setdefault("is_completed", "true")
    tests: dict[str, Callable[[Order], str]] = {
        "ordernumber": lambda order: str(order.number),
        "status": lambda order: str(order.status),
        "is_paid": lambda order: str(order.paid).lower(),
        "is_completed": lambda order: str(order.completed).lower(),
        "paymethod_id": lambda order: str(order.method),
        "transaction_id": lambda order: f"tr_{order.id}" if order.paid else "",
        # nothing in this shop is delivered or collected on a chosen day
        "deliver_date": lambda order: "",
        "take_out_date": lambda order: "",
    }
    keys: dict[str, Callable[[Order], Any]] = {
        "id": lambda order: order.id,
        "ordernumber": lambda order: order.number,
        "create_date": lambda order: (order.created, order.id),
        "deliver_date": lambda order: order.id,
    }
    return _listed(world.orders.values(), query, tests, keys)


def _invoices(world: World, query: dict[str, str]) -> list[int]:
    tests: dict[str, Callable[[Invoice], str]] = {
        "invoicenumber": lambda invoice: str(invoice.number),
        "invoicenumber_full": lambda invoice: full(invoice.prefix, invoice.number),
        "ordernumber": lambda invoice: str(invoice.order_number),
        "ordernumber_full": lambda invoice: full(invoice.order_prefix, invoice.order_number),
        "status": lambda invoice: invoice.status,
    }
    keys: dict[str, Callable[[Invoice], Any]] = {
        "id": lambda invoice: invoice.id,
        "invoicenumber": lambda invoice: invoice.number,
        "ordernumber": lambda invoice: invoice.order_number,
        "invoicenumber_full": lambda invoice: full(invoice.prefix, invoice.number),
        "ordernumber_full": lambda invoice: full(invoice.order_prefix, invoice.order_number),
        "create_date": lambda invoice: (invoice.created, invoice.id),
        "status": lambda invoice: (invoice.status, invoice.id),
        "total_price": lambda invoice: (invoice.sign * totals(invoice.content).total, invoice.id),
    }
    return _listed(world.invoices.values(), query, tests, keys)


S = TypeVar("S", Order, Invoice)


def _listed(
    sales: Iterable[S],
    query: Mapping[str, str],
    tests: Mapping[str, Callable[[S], str]],
    keys: Mapping[str, Callable[[S], Any]],
) -> list[int]:
    first, last = query.get("min_create_date", ""), query.get("max_create_date", "")
    asked = {name: value for name, value in query.items() if name in tests}
    found = [
        sale
        for sale in sales
        if (not first or moment(sale.created)[: len(first)] >= first)
        and (not last or moment(sale.created)[: len(last)] <= last)
        and all(tests[name](sale) == value for name, value in asked.items())
    ]
    order = query.get("orderby", "id")
    found.sort(key=keys.get(order.removesuffix("_desc"), keys["id"]), reverse=order.endswith("_desc"))
    return [sale.id for sale in found]
