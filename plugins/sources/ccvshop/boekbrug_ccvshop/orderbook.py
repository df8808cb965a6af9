"""What only the orders behind invoices tell: how they are paid, and whether a platform sold them.

It is read from the list of orders, each page once, and kept in the cache: asking for each order would double the calls.
"""

import datetime as dt
from collections.abc import Collection

import msgspec

from boekbrug.contract import Cache
from boekbrug_ccvshop.client import Shop
from boekbrug_ccvshop.cursor import Position
from boekbrug_ccvshop.listing import Walk
from boekbrug_ccvshop.wire import Order, decode_order

_KEY = "orders"
_KEEP = dt.timedelta(days=90)
_MOST = 4000
"""Orders remembered, about 20 bytes each; an invoice of an older order costs one call more."""
_LEAD = dt.timedelta(days=7)
_FAR = 5000
"""An offset beyond which the list is begun anew at its last day, so that offsets do not grow for years."""
_FEW = 1
"""Up to so many orders are asked for one by one: a page of the list costs as much."""


class _Kept(msgspec.Struct):
    """Payment methods by name, for each order the place of its own among them, and which were sold on a platform."""

    methods: list[str] = []
    orders: dict[int, int] = {}
    platform: set[int] = set()


class OrderBook:
    """The payment method of each order, for one fetch."""

    def __init__(self, shop: Shop, cache: Cache) -> None:
        self._shop, self._cache = shop, cache
        self._kept: _Kept | None = None
        self._deleted: set[int] = set()

    def learn(self, wanted: Collection[int], position: Position, since: dt.date) -> Position:
        """Read on in the list of orders until it covers these; return how far it is read now."""
        kept = self._known()
        unknown = [order for order in wanted if order not in kept.orders]
        if len(unknown) <= _FEW or max(unknown) <= position.last:
            return position
        begin = position if position.day else Position(since - _LEAD)
        for page in Walk(self._shop, "orders", decode_order).pages(begin):
            for id, order in page.items:
                self._note(id, order)
            last = page.items[-1] if page.items else None
            begin = Position(begin.day, page.start + page.length, last[0] if last else begin.last)
            if last and not page.more and begin.at > _FAR:
                begin = Position(last[1].create_date.date() - dt.timedelta(1), 0, begin.last)
            if begin.last >= max(unknown):
                break
        self._save()
        return begin

    def method(self, order: int) -> str | None:
        """Return how an order is paid, "" when it does not say; None when it was deleted."""
        kept = self._known()
        if order not in kept.orders and not self._read(order):
            return None
        return kept.methods[kept.orders[order]]

    def is_platform_sale(self, order: int) -> bool:
        """Tell whether an order whose method was asked for was sold on an external platform."""
        return order in self._known().platform

    def is_deleted(self, order: int) -> bool:
        """Ask the shop whether an order that was there still is."""
        return order in self._deleted or not self._read(order)

    def _read(self, order: int) -> bool:
        body = None if order in self._deleted else self._shop.get("orders", f"orders/{order}/")
        if body is None:
            self._deleted.add(order)
            self._known().orders.pop(order, None)
            return False
        self._note(order, decode_order(body))
        return True

    def _note(self, id: int, order: Order) -> None:
        kept = self._known()
        method = order.paymethod or str(order.paymethod_id or "")
        if method not in kept.methods:
            kept.methods.append(method)
        kept.orders[id] = kept.methods.index(method)
        if order.is_platform_sale:
            kept.platform.add(id)
        else:
            kept.platform.discard(id)

    def _known(self) -> _Kept:
        if self._kept is None:
            found = self._cache.get(_KEY)
            self._kept = msgspec.json.decode(found, type=_Kept) if found else _Kept()
        return self._kept

    def _save(self) -> None:
        kept = self._known()
        for old in sorted(kept.orders)[:-_MOST]:
            del kept.orders[old]
        kept.platform.intersection_update(kept.orders)
        self._cache.put(_KEY, msgspec.json.encode(kept), _KEEP)
