"""What is sold in the simulated world."""

import datetime as dt
from decimal import Decimal
from random import Random

import msgspec

from boekbrug.contract import Buyer, Dates, Document, DocumentKind, DocumentLine, Readiness, Tender


def an_order(random: Random, serial: int, at: dt.datetime, buyer: int | None = None) -> Document:
    """Make an order, mostly paid; that of a numbered buyer is, unless the number is below zero. Buyer 0 is nobody."""
    gross = Decimal(random.randint(100, 99_999)) / 100
    paid = random.random() < 0.8 if buyer is None else buyer >= 0
    return _with_amount(
        Document(
            kind=DocumentKind.ORDER,
            source_id=str(serial),
            number=f"W{1000 + serial}",
            total=gross,
            dates=Dates(ordered=at, paid=at if paid else None),
            readiness=Readiness.READY if paid else Readiness.OPEN,
            status="paid" if paid else "new",
            buyer=_buyer(random.randint(0, 6) if buyer is None else buyer),
            ship_to="NL",
        ),
        gross,
    )


def _buyer(n: int) -> Buyer | None:
    """Return one of few customers, so that they come back, or nobody."""
    return Buyer(name=f"Klant {n}", email=f"klant{n}@example.org", country="NL") if n > 0 else None


def _with_amount(document: Document, gross: Decimal) -> Document:
    vat = (gross * 21 / 121).quantize(Decimal("0.01"))
    return msgspec.structs.replace(
        document,
        total=gross,
        lines=(DocumentLine(amount=gross, vat=vat, vat_rate=Decimal(21), text="Artikel"),),
        tenders=(Tender(method="ideal", amount=gross),),
    )


def changed(random: Random, document: Document, at: dt.datetime) -> Document:
    """Let an open order be paid, another one change its amount."""
    if document.readiness is Readiness.OPEN:
        dates = msgspec.structs.replace(document.dates, paid=at)
        return msgspec.structs.replace(document, readiness=Readiness.READY, status="paid", dates=dates)
    return _with_amount(document, Decimal(random.randint(100, 99_999)) / 100)
