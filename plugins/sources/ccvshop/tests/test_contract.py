import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import boekbrug_ccvshop.plugin
from boekbrug.contract import DocumentKind, DocumentRef
from boekbrug.testing import SourceContract, SourceWorld
from boekbrug_ccvshop.plugin import CcvShop
from boekbrug_ccvshop_standin.pricing import Content, Item
from boekbrug_ccvshop_standin.world import Person

from .support import APRIL, KEYS, ShopFixture

MANY = 100
EVA = Person(id=77_001, name="Eva Voorbeeld", email="eva@example.com", deliver_to="NL")


class Shop(SourceWorld):
    """A shop in which most of many orders wait for payment, since the others cost a call each for their rows."""

    kind = DocumentKind.ORDER
    books = "orders"

    def __init__(self) -> None:
        self.shop = ShopFixture(now=APRIL)
        wrong = [{"secret": "guessed"}, {"public": "unknown"}]
        super().__init__(
            settings={**KEYS, "books": self.books},
            misconfigured=[{**KEYS, **fault} for fault in wrong],
            http=self.shop.http,
            clock=self.shop.clock,
        )
        self.made = 0

    def sell(self, count: int) -> Sequence[DocumentRef]:
        return [self._ref(self._order(paid=self.made % 200 == 0 or count < MANY)) for _ in range(count)]

    def _order(self, *, paid: bool = True) -> int:
        self.made += 1
        content = Content(items=(Item(name="Lamp", price=2495, count=2), Item(name="Boek", price=1250, tax=9)))
        created = self.shop.clock.now() - dt.timedelta(days=9) + dt.timedelta(minutes=11 * self.made)
        return self.shop.world.add_order(content=content, person=EVA, created=created, paid=paid).id

    def _ref(self, id: int) -> DocumentRef:
        return DocumentRef(kind=self.kind, source_id=str(id))

    def spoil(self) -> None:
        self.shop.world.orders[self._order()].broken = True

    def remove(self, ref: DocumentRef) -> None:
        self.shop.world.delete_order(int(ref.source_id))


class InvoicedShop(Shop):
    """The same shop with an invoice for each order; of many, most have lost their order and with it their rows."""

    kind = DocumentKind.INVOICE
    books = "invoices"

    def sell(self, count: int) -> Sequence[DocumentRef]:
        return [self._ref(self._invoice(keep=self.made % 200 == 0 or count < MANY)) for _ in range(count)]

    def _invoice(self, *, keep: bool = True) -> int:
        order = self.shop.world.orders[self._order()]
        invoice = self.shop.world.add_invoice(order, created=order.created)
        if not keep:
            invoice.link, invoice.rows_removed = "null", True
        return invoice.id

    def spoil(self) -> None:
        self.shop.world.invoices[self._invoice()].sign = 5

    def remove(self, ref: DocumentRef) -> None:
        del self.shop.world.invoices[int(ref.source_id)]


class TestOrders(SourceContract):
    plugin = CcvShop
    module = boekbrug_ccvshop.plugin

    def world(self, folder: Path) -> SourceWorld:
        return Shop()


class TestInvoices(SourceContract):
    plugin = CcvShop
    module = boekbrug_ccvshop.plugin

    def world(self, folder: Path) -> SourceWorld:
        return InvoicedShop()
