"""Turn orders and invoices into documents: amounts to the cent, buyer, places, dates."""

import datetime as dt
import re
from collections.abc import Sequence
from decimal import Decimal
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from boekbrug.contract import (
    Buyer,
    Dates,
    Document,
    DocumentKind,
    DocumentLine,
    LineKind,
    Problem,
    Readiness,
    Tender,
    Treatment,
)
from boekbrug_ccvshop.parts import Unclear, number_of, parts_of, total_of, untaxed_parts_of
from boekbrug_ccvshop.settings import CANCELLED, CcvSettings
from boekbrug_ccvshop.vat import Line, rounded, split
from boekbrug_ccvshop.wire import Address, Invoice, Order, Row, Sale

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
_VAT_ID = re.compile(r"[A-Z]{2}[0-9A-Z]{2,12}")
_ORDER = re.compile(r"/orders/(\d+)/?$")
FIXED_KINDS = (LineKind.PACKAGING_DEPOSIT, LineKind.SECURITY_DEPOSIT, LineKind.VOUCHER_MULTI_PURPOSE)
"""Kinds of lines that are no supply, whatever the sale is."""
_RATES: dict[int, Decimal] = {}


def order_document(order: Order, rows: Sequence[Row], settings: CcvSettings) -> Document:
    """Map an order that may be booked."""
    document = _priced(order, rows, settings, DocumentKind.ORDER)
    if not order.paid:
        return replace(document, on_account=True)
    if order.status == CANCELLED:
        document = with_problem(document, "ccvshop-cancelled-but-paid")
    return paid_by(document, order.paymethod or str(order.paymethod_id or ""))


def unbooked_order(order: Order, readiness: Readiness, status: str) -> Document:
    """Map an order that may not be booked yet, or never; its rows are not asked for."""
    return Document(
        kind=DocumentKind.ORDER,
        source_id=str(order.id),
        number=number_of(order),
        total=_money(order.total_price),
        currency=_currency(order),
        dates=Dates(ordered=_aware(order.create_date)),
        readiness=readiness,
        status=status,
        sale_ref=sale_ref(order.id),
    )


def invoice_document(invoice: Invoice, rows: Sequence[Row], settings: CcvSettings, order: int) -> Document:
    """Map an invoice or credit invoice; its content leads, whatever became of the order."""
    kind = DocumentKind.CREDIT_NOTE if is_credit(invoice) else DocumentKind.INVOICE
    document = _priced(invoice, rows, settings, kind)
    return replace(document, sale_ref=sale_ref(order), order_number=invoice.ordernumber_full or "")


def on_platform(document: Document) -> Document:
    """Mark an invoice of a sale on an external platform, which only its order tells; its amounts stay its own."""
    lines = (
        line if line.kind in FIXED_KINDS else replace(line, treatment=Treatment.PLATFORM) for line in document.lines
    )
    return replace(document, lines=tuple(lines))


def header_of(invoice: Invoice, order: int | None) -> Document:
    """Map an invoice without its lines."""
    return Document(
        kind=DocumentKind.CREDIT_NOTE if is_credit(invoice) else DocumentKind.INVOICE,
        source_id=str(invoice.id),
        number=number_of(invoice),
        total=_money(_signed_total(invoice)),
        currency=_currency(invoice),
        dates=Dates(invoiced=local_day(invoice.create_date)),
        sale_ref=sale_ref(order) if order else "",
        order_number=invoice.ordernumber_full or "",
    )


def deleted_invoice(invoice: Invoice) -> Document:
    """Map an invoice whose order was deleted: never booked, and the gap in the numbers is explained by it."""
    return replace(header_of(invoice, None), readiness=Readiness.VOID, status="order deleted in the shop")


def is_credit(invoice: Invoice) -> bool:
    """Tell whether an invoice takes back; the sign of its amounts does not say so by itself."""
    return "credit" in (invoice.type or "").casefold() or total_of(invoice) < 0


def order_of(invoice: Invoice) -> int | None:
    """Return the id of the order that an invoice links to; None once it was deleted."""
    found = _ORDER.search(invoice.order or "")
    return int(found[1]) if found else None


def sale_ref(order: int) -> str:
    """Name the sale that an order and its invoices stand for."""
    return f"order {order}"


def paid_by(document: Document, method: str) -> Document:
    """State how the whole of a document is paid."""
    if not method:
        return with_problem(document, "ccvshop-no-payment-method")
    if not document.total:
        return document
    return replace(document, tenders=(Tender(method=method, amount=document.total),))


def with_problem(document: Document, code: str) -> Document:
    """Add what has to be mended before a document is booked."""
    return refused(document, Problem(code=code, facts={"document": document.number}))


def refused(document: Document, problem: Problem) -> Document:
    """Add the problem that keeps a document from being mapped."""
    return replace(document, problems=(*document.problems, problem))


def local_day(moment: dt.datetime) -> dt.date:
    """Return the day in the Netherlands; a moment without zone is UTC, as the API says of all."""
    return _aware(moment).astimezone(AMSTERDAM).date()


def _priced(sale: Sale, rows: Sequence[Row], settings: CcvSettings, kind: DocumentKind) -> Document:
    credit = kind is DocumentKind.CREDIT_NOTE
    lines, problem = _lines(sale, rows, settings, credit=credit)
    problems = () if problem is None else (problem,)
    is_order = kind is DocumentKind.ORDER
    return Document(
        kind=kind,
        source_id=str(sale.id),
        number=number_of(sale),
        total=_money(_signed_total(sale)),
        currency=_currency(sale),
        dates=Dates(ordered=_aware(sale.create_date)) if is_order else Dates(invoiced=local_day(sale.create_date)),
        sale_ref=sale_ref(sale.id) if is_order else "",
        total_vat=_money(-abs(sale.total_tax) if credit else sale.total_tax),
        lines=lines,
        buyer=_buyer(sale),
        ship_to=_ship_to(sale, settings),
        problems=problems,
    )


def _lines(
    sale: Sale, rows: Sequence[Row], settings: CcvSettings, *, credit: bool
) -> tuple[tuple[DocumentLine, ...], Problem | None]:
    treatment = _treatment(sale)
    try:
        _refuse_hidden_vat(sale)
        charged = sale.total_tax or not (sale.is_intra_community_order or sale.taxes_included is False)
        read = parts_of if charged else untaxed_parts_of
        parts = read(sale, rows, settings.row_kinds, credit=credit)
        tax = abs(sale.total_tax) if credit else sale.total_tax
        found = split(parts, tax, settings.costs_rate, number_of(sale))
    except Unclear as unclear:
        return (), unclear.problem
    sign = -1 if credit else 1
    return tuple(_line(line, sign, treatment) for line in found if line.gross or line.vat), None


def _refuse_hidden_vat(sale: Sale) -> None:
    if sale.total_tax and sale.is_intra_community_order:
        raise Unclear("ccvshop-vat-on-intra-eu", document=number_of(sale), tax=str(_money(sale.total_tax)))
    if sale.total_tax and sale.taxes_included is False:
        raise Unclear("ccvshop-vat-hidden", document=number_of(sale), tax=str(_money(sale.total_tax)))


def _treatment(sale: Sale) -> Treatment | None:
    if isinstance(sale, Order) and sale.is_platform_sale:
        return Treatment.PLATFORM
    return Treatment.INTRA_EU_GOODS if sale.is_intra_community_order else None


def _line(line: Line, sign: int, treatment: Treatment | None) -> DocumentLine:
    part = line.part
    fixed = part.kind in FIXED_KINDS
    return DocumentLine(
        amount=_cents(sign * line.gross),
        kind=part.kind,
        text=part.text,
        sku=part.sku,
        quantity=part.quantity,
        vat=_cents(sign * line.vat),
        vat_rate=_rate(line.rate),
        treatment=None if fixed else treatment,
    )


def _buyer(sale: Sale) -> Buyer | None:
    customer = sale.customer
    if customer is None:
        return None
    address = customer.billingaddress or Address()
    return Buyer(
        customer_id=str(sale.user.id or "") if sale.user else "",
        name=address.full_name or "",
        company=address.company or "",
        email=customer.email or "",
        vat_id=_vat_id(customer.btw or "", keep=bool(sale.is_intra_community_order)),
        is_business={"b2b": True, "b2c": False}.get((customer.customertype or "").casefold()),
        street=_street(address),
        postcode=address.zipcode or "",
        city=address.city or "",
        country=_country(address),
    )


def _vat_id(text: str, *, keep: bool) -> str:
    """Return a VAT id without what people write between; other text counts only where the sale relies on it."""
    plain = re.sub(r"[\s.\-]", "", text).upper()
    return plain if keep or _VAT_ID.fullmatch(plain) else ""


def _street(address: Address) -> str:
    if address.address_line_1:
        return address.address_line_1
    return " ".join(str(word) for word in (address.street, address.housenumber, address.housenumber_suffix) if word)


def _country(address: Address | None) -> str:
    return (address.country_code or "").upper() if address else ""


def _ship_to(sale: Sale, settings: CcvSettings) -> str:
    """Return where the goods go; what is collected stays in the shop's country (bookkeeper.md §2.26)."""
    if isinstance(sale, Order) and sale.deliver_method == "pickup":
        return settings.country
    customer = sale.customer
    return "" if customer is None else _country(customer.deliveryaddress) or _country(customer.billingaddress)


def _signed_total(sale: Sale) -> int:
    total = total_of(sale)
    return -abs(total) if isinstance(sale, Invoice) and is_credit(sale) else total


def _currency(sale: Sale) -> str:
    return sale.currency or "EUR"


def _aware(moment: dt.datetime) -> dt.datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _money(amount: int) -> Decimal:
    return _cents(rounded(amount))


def _cents(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def _rate(parts: int) -> Decimal:
    rate = _RATES.get(parts)
    if rate is None:
        rate = _RATES[parts] = Decimal(parts) / 1000
    return rate
