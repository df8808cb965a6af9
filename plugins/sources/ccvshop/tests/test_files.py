"""The PDF of an invoice: fetched where the shop says it lies, and nowhere else."""

import pytest

from boekbrug.contract import DocumentKind, DocumentRef, RefusedCall, Retriable
from boekbrug_ccvshop.plugin import UNIT
from boekbrug_ccvshop_standin.pricing import Content, Item
from boekbrug_ccvshop_standin.world import Person

from .support import ShopFixture

LAMP = Content(items=(Item(name="Lamp", price=2495, count=2),), shipping=695)
EVA = Person(id=77_001, name="Eva Voorbeeld", email="eva@example.com", deliver_to="NL")


@pytest.fixture
def shop() -> ShopFixture:
    return ShopFixture()


def ref(shop: ShopFixture, kind: DocumentKind = DocumentKind.INVOICE) -> DocumentRef:
    invoice = shop.world.add_invoice(shop.world.add_order(content=LAMP, person=EVA))
    return DocumentRef(kind=kind, source_id=str(invoice.id))


def test_invoice_has_its_pdf_and_an_order_none(shop: ShopFixture) -> None:
    wanted = ref(shop)
    file = shop.source().file(UNIT, wanted)
    assert file is not None
    assert (file.name, file.media_type) == (f"factuur-{wanted.source_id}.pdf", "application/pdf")
    assert file.content.startswith(b"%PDF")
    assert shop.source().file(UNIT, ref(shop, DocumentKind.ORDER)) is None
    assert shop.source().file(UNIT, DocumentRef(kind=DocumentKind.INVOICE, source_id="999999")) is None


@pytest.mark.parametrize(("status", "error"), [(503, Retriable), (404, RefusedCall), (200, RefusedCall)])
def test_what_is_no_pdf_is_not_taken_for_one(shop: ShopFixture, status: int, error: type[Exception]) -> None:
    wanted = ref(shop)
    shop.fault("status", status=status, body="<html>", path="/api/rest/v1/invoice-")
    with pytest.raises(error):
        shop.source().file(UNIT, wanted)


def test_address_elsewhere_is_not_called(shop: ShopFixture) -> None:
    wanted = ref(shop)
    shop.world.invoices[int(wanted.source_id)].pdf_at = "http://169.254.169.254/x.pdf"
    with pytest.raises(RefusedCall):
        shop.source().file(UNIT, wanted)
