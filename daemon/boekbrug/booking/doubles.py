"""Notice a sale that two licences of one administration may both be booking."""

import datetime as dt

from boekbrug.contract import Document, Problem


def likeness(document: Document, day: dt.date) -> tuple[str, str, str, str] | None:
    """Return what two documents of one sale have in common: amount, date and customer; None without a customer."""
    buyer = document.buyer
    customer = "" if buyer is None else (buyer.vat_id or buyer.email.strip().casefold() or buyer.name.casefold())
    if not customer or not document.total:
        return None
    return f"{document.total:f}", document.currency, day.isoformat(), customer


def possible_double(document: Document, other_number: str, other_licence: str) -> Problem:
    """Describe a document that looks like one that another licence booked; a warning, never a stop."""
    facts = {"document": document.number, "total": str(document.total), "other": other_number, "licence": other_licence}
    return Problem(code="possible-double", facts=facts)
