"""Orders mode: paid orders are booked, all others are open until they are paid, cancelled or gone."""

from collections.abc import Callable, Iterator, Mapping

import msgspec

from boekbrug.contract import Document, DocumentKind, DocumentRef, Page, Readiness, RefusedCall, Window
from boekbrug_ccvshop.client import Shop
from boekbrug_ccvshop.cursor import fingerprint
from boekbrug_ccvshop.fetching import Fetching
from boekbrug_ccvshop.mapping import order_document, order_of, refused, unbooked_order, with_problem
from boekbrug_ccvshop.parts import Unclear
from boekbrug_ccvshop.refunds import is_credited, reimbursed
from boekbrug_ccvshop.rows import rows_of
from boekbrug_ccvshop.settings import CANCELLED, CcvSettings
from boekbrug_ccvshop.wire import Invoice, Order, decode_order


class Orders(Fetching[Order]):
    """The shop's orders; baskets that nobody finished are none."""

    resource = "orders"
    kinds = frozenset({DocumentKind.ORDER})

    def __init__(self, shop: Shop, settings: CcvSettings, statuses: Callable[[], Mapping[int, str]]) -> None:
        super().__init__(shop, settings)
        self._statuses = statuses
        self._refunded: dict[int, Invoice] = {}

    def pages(self, window: Window, cursor: str) -> Iterator[Page]:
        """Yield orders; whose invoice was reimbursed is asked for first, since the order does not say so."""
        self._refunded = {id: found for found in reimbursed(self.shop, window.since) if (id := order_of(found))}
        yield from super().pages(window, cursor)

    def beside(self, window: Window) -> Iterator[Order]:
        """Yield orders whose invoice was reimbursed since the last fetch."""
        known, found = set(self.cursor.refunds), list(self._refunded)
        for id in list(found):
            if id not in known and id not in self._handled:
                try:
                    body = self.shop.get("orders", f"orders/{id}/")
                except RefusedCall:
                    # it holds up no other; asked for again at the next fetch
                    found.remove(id)
                    continue
                if body is not None:
                    yield decode_order(body)
        self.cursor.refunds = found

    def is_refunded(self, sale: Order) -> bool:
        """Tell whether the invoice of an order was reimbursed."""
        return sale.id in self._refunded

    def decode(self, raw: msgspec.Raw | bytes) -> Order:
        """Decode an order."""
        return decode_order(raw)

    def print_of(self, sale: Order) -> str:
        """Return the fingerprint of an order; a status counts as far as it decides on booking."""
        if sale.is_completed is False:
            return ""
        readiness = self._readiness(sale)
        status = sale.status == CANCELLED if readiness is Readiness.READY else sale.status
        return fingerprint(msgspec.structs.replace(sale, status=None), readiness, status)

    def document(self, sale: Order) -> Document | None:
        """Map an order; rows are asked for when it may be booked, once."""
        if sale.is_completed is False:
            return None
        readiness = self._readiness(sale)
        if readiness is not Readiness.READY:
            return unbooked_order(sale, readiness, self._words(sale))
        try:
            rows = rows_of(self.shop, "orderrows", f"orders/{sale.id}", sale.ordernumber_full or str(sale.id))
        except Unclear as unclear:
            return refused(self.header(sale), unclear.problem)
        if rows is None:
            return None
        document = order_document(sale, rows, self.settings)
        if sale.id in self._refunded and not is_credited(self.shop, self._refunded[sale.id]):
            document = with_problem(document, "ccvshop-reimbursed-without-credit")
        return document

    def header(self, sale: Order) -> Document:
        """Map an order without its rows."""
        return unbooked_order(sale, self._readiness(sale), "")

    def ref(self, sale: Order) -> DocumentRef:
        """Return the identity of an order."""
        return DocumentRef(kind=DocumentKind.ORDER, source_id=str(sale.id))

    def _readiness(self, order: Order) -> Readiness:
        if order.paid:
            return Readiness.READY
        if order.status == CANCELLED:
            return Readiness.VOID
        return Readiness.READY if order.status in self.settings.statuses else Readiness.OPEN

    def _words(self, order: Order) -> str:
        name = self._statuses().get(order.status or 0, "")
        return f"{name or 'status ' + str(order.status)}, unpaid"[:64]
