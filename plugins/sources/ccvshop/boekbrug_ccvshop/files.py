"""The PDF of an invoice, at the address that the shop gives for it."""

from urllib.parse import urlsplit

import msgspec

from boekbrug.contract import Attachment, DocumentKind, DocumentRef, Http, RefusedCall, Retriable
from boekbrug_ccvshop.client import Shop

_WITH_PDF = (DocumentKind.INVOICE, DocumentKind.CREDIT_NOTE)


class _Invoice(msgspec.Struct):
    id: int
    deeplink: str | None = None


def invoice_file(shop: Shop, http: Http, ref: DocumentRef) -> Attachment | None:
    """Fetch the PDF of an invoice or credit note; an order has none, nor has an invoice that is gone."""
    if ref.kind not in _WITH_PDF:
        return None
    body = shop.get("invoices", f"invoices/{ref.source_id}/")
    invoice = None if body is None else msgspec.json.decode(body, type=_Invoice)
    if invoice is None or not invoice.deeplink:
        return None
    if urlsplit(invoice.deeplink).netloc != shop.host:
        raise RefusedCall(resource="invoice PDF", reason="its address is not the shop's")
    answer = http.request("GET", invoice.deeplink)
    if answer.status_code >= 500 or answer.status_code == 429:
        raise Retriable(resource="invoice PDF", status=str(answer.status_code))
    if answer.status_code != 200 or not answer.content.startswith(b"%PDF"):
        raise RefusedCall(resource="invoice PDF", status=str(answer.status_code))
    return Attachment(name=f"factuur-{invoice.id}.pdf", media_type="application/pdf", content=answer.content)
