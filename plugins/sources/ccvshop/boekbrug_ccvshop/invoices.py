"""Invoices mode: every invoice is booked once it exists, by its own content, paid as its order says.

The rules are those of the shop's connector (FAQ #1261): whatever the status; not when the order was deleted; an edited
order changes nothing; the payment method is the order's.
"""

from collections.abc import Iterator, Sequence

import msgspec

from boekbrug.contract import Cache, Document, DocumentKind, DocumentRef, Window
from boekbrug_ccvshop.client import Shop
from boekbrug_ccvshop.cursor import fingerprint
from boekbrug_ccvshop.fetching import Fetching
from boekbrug_ccvshop.mapping import (
    deleted_invoice,
    header_of,
    invoice_document,
    is_credit,
    on_platform,
    order_of,
    paid_by,
    refused,
    with_problem,
)
from boekbrug_ccvshop.orderbook import OrderBook
from boekbrug_ccvshop.parts import Unclear
from boekbrug_ccvshop.refunds import is_credited, reimbursed
from boekbrug_ccvshop.rows import rows_of
from boekbrug_ccvshop.settings import CcvSettings
from boekbrug_ccvshop.wire import Invoice, Row, decode_invoice

REIMBURSED = frozenset({"reimbursed", "3"})


class Invoices(Fetching[Invoice]):
    """The shop's invoices and credit invoices."""

    resource = "invoices"
    kinds = frozenset({DocumentKind.INVOICE, DocumentKind.CREDIT_NOTE})

    def __init__(self, shop: Shop, settings: CcvSettings, cache: Cache) -> None:
        super().__init__(shop, settings)
        self._orders = OrderBook(shop, cache)

    def is_refunded(self, sale: Invoice) -> bool:
        """Tell whether an invoice was reimbursed."""
        return is_reimbursed(sale)

    def decode(self, raw: msgspec.Raw | bytes) -> Invoice:
        """Decode an invoice."""
        return decode_invoice(raw)

    def print_of(self, sale: Invoice) -> str:
        """Return the fingerprint of an invoice; of its status only whether it was reimbursed, and not our reference."""
        return fingerprint(msgspec.structs.replace(sale, status="", external_reference=None), is_reimbursed(sale))

    def prepare(self, sales: Sequence[Invoice]) -> None:
        """Look up the orders of a page of invoices together."""
        wanted = {order for sale in sales if (order := order_of(sale))}
        if wanted:
            since = min(sale.create_date for sale in sales).date()
            self.cursor.orders = self._orders.learn(wanted, self.cursor.orders, since)

    def document(self, sale: Invoice) -> Document | None:
        """Map an invoice with its rows; one whose order was deleted is never booked."""
        order = order_of(sale)
        method = self._orders.method(order) if order else None
        if order is None or method is None:
            return deleted_invoice(sale)
        try:
            rows = rows_of(self.shop, "invoicerows", f"invoices/{sale.id}", sale.invoicenumber_full or "")
        except Unclear as unclear:
            return refused(self.header(sale), unclear.problem)
        if rows is None:
            return None
        return self._with_rows(sale, rows, order, method)

    def _with_rows(self, sale: Invoice, rows: list[Row], order: int, method: str) -> Document:
        # the rows of an invoice vanish with its order: ask for the order itself before they are missed
        if not rows and self._orders.is_deleted(order):
            return deleted_invoice(sale)
        document = paid_by(invoice_document(sale, rows, self.settings, order), method)
        if self._orders.is_platform_sale(order):
            document = on_platform(document)
        if is_reimbursed(sale) and not is_credit(sale) and not is_credited(self.shop, sale):
            document = with_problem(document, "ccvshop-reimbursed-without-credit")
        return document

    def header(self, sale: Invoice) -> Document:
        """Map an invoice without its rows."""
        return header_of(sale, order_of(sale))

    def ref(self, sale: Invoice) -> DocumentRef:
        """Return the identity of an invoice or credit invoice."""
        kind = DocumentKind.CREDIT_NOTE if is_credit(sale) else DocumentKind.INVOICE
        return DocumentRef(kind=kind, source_id=str(sale.id))

    def beside(self, window: Window) -> Iterator[Invoice]:
        """Yield invoices that were reimbursed since the last fetch, however old they are: their list is short."""
        known = set(self.cursor.refunds)
        found = reimbursed(self.shop, window.since)
        for sale in found:
            if sale.id not in known and sale.id not in self._handled:
                yield sale
        self.cursor.refunds = [sale.id for sale in found]


def is_reimbursed(invoice: Invoice) -> bool:
    """Tell whether the money of an invoice went back, which by itself makes no credit invoice."""
    return str(invoice.status).casefold() in REIMBURSED
