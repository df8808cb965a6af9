"""Invoices whose money went back: a short list of their own, asked for whole at each fetch.

A reimbursement changes nothing but an invoice's status, long after the invoice was fetched, and makes no credit
invoice by itself (bookkeeper.md §1.13).
"""

import datetime as dt
from collections.abc import Sequence
from urllib.parse import quote

from msgspec import DecodeError, Raw

from boekbrug.contract import MissingRight, RefusedCall, Retriable
from boekbrug_ccvshop.client import Shop
from boekbrug_ccvshop.listing import SIZE, read_list
from boekbrug_ccvshop.mapping import is_credit, order_of
from boekbrug_ccvshop.wire import Invoice, decode_invoice


def reimbursed(shop: Shop, since: dt.date | None) -> list[Invoice]:
    """List the reimbursed invoices since a day; a key that may not read invoices sees none."""
    begins = f"min_create_date={since}&" if since else ""
    found: list[Invoice] = []
    more = True
    while more:
        query = f"status=reimbursed&{begins}orderby=id&start={len(found)}&size={SIZE}"
        try:
            page = read_list(shop.get("invoices", f"invoices/?{query}"), "invoices")
        except (MissingRight, RefusedCall):
            return found
        found += _decoded(page.items)
        more = page.next is not None and bool(page.items)
    return [invoice for invoice in found if not is_credit(invoice)]


def is_credited(shop: Shop, invoice: Invoice) -> bool:
    """Ask whether a credit invoice stands beside an invoice; nothing links the two but the order."""
    if not invoice.ordernumber_full:
        return False
    number = quote(invoice.ordernumber_full, safe="")
    page = read_list(shop.get("invoices", f"invoices/?ordernumber_full={number}&size={SIZE}"), "invoices")
    return any(is_credit(other) and order_of(other) == order_of(invoice) for other in _decoded(page.items))


def _decoded(items: Sequence[Raw]) -> list[Invoice]:
    try:
        return [decode_invoice(raw) for raw in items]
    except DecodeError as error:
        raise Retriable(resource="invoices", reason=str(error)[:120]) from error
