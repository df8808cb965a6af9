"""From a row to the contract's document."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from zoneinfo import ZoneInfo

from boekbrug.contract import (
    MINOR_DIGITS,
    SOURCE_KINDS,
    Buyer,
    Dates,
    Document,
    DocumentKind,
    DocumentLine,
    DocumentRef,
    ExchangeRate,
    LineKind,
    Movement,
    Payout,
    Problem,
    Readiness,
    Tender,
)
from boekbrug_files.faults import RowFault
from boekbrug_files.rows import CustomerRow, LineRow, MovementRow, PayoutRow, Row, TenderRow
from boekbrug_files.settings import FilesSettings
from boekbrug_files.values import UncertainMoment, amount, country, currency, day, fraction, moment, price

SHIPPING_SKU = "SHIPPING"

# members bound once: looking one up on its enum costs as much as making a Decimal
_ORDER, _INVOICE, _CREDIT_NOTE = DocumentKind.ORDER, DocumentKind.INVOICE, DocumentKind.CREDIT_NOTE
_PAYMENT, _PAYOUT, _LEDGER = DocumentKind.PAYMENT, DocumentKind.PAYOUT, DocumentKind.LEDGER_MOVEMENT
_RECEIPT = DocumentKind.RECEIPT
_GOODS, _SHIPPING = LineKind.GOODS, LineKind.SHIPPING
_OPEN, _READY, _VOID = Readiness.OPEN, Readiness.READY, Readiness.VOID
_ISSUED = (_INVOICE, _CREDIT_NOTE)
_DAY_LENGTH = len("2026-07-31")


class Mapper:
    """Maps rows as the settings of one connection ask."""

    def __init__(self, settings: FilesSettings) -> None:
        self.zone = ZoneInfo(settings.time_zone)
        self._readiness = dict.fromkeys((word.casefold() for word in settings.bookable_statuses), _READY)
        self._readiness |= dict.fromkeys((word.casefold() for word in settings.void_statuses), _VOID)

    def document(self, row: Row, kind: DocumentKind) -> Document:
        """Return the document of a row, whose kind is the file's unless it states one; raise RowFault."""
        kind = row.kind or kind
        if kind not in SOURCE_KINDS:
            raise RowFault("files-wrong-value", field="kind", detail=str(kind))
        source_id, number = _identity(row)
        problems: list[Problem] = []

        def when(text: str, field: str) -> dt.datetime | None:
            return self._when(text, field, number, problems)

        total = _total(row, kind)
        readiness = self._readiness_of(row, kind)
        document = Document(
            kind=kind,
            source_id=source_id,
            number=number,
            total=total,
            currency=row.currency if row.currency == "EUR" else currency(row.currency),
            dates=self._dates(row, kind, when),
            readiness=readiness,
            status=row.status,
            sale_ref=row.sale_ref or (number if kind is _ORDER else _text(row.order_number)),
            total_vat=None if row.total_vat is None else amount(row.total_vat, "total_vat"),
            lines=_lines(row.lines),
            tenders=self._tenders(row, kind, total, readiness, when),
            buyer=None if row.customer is None else _buyer(row.customer),
            ship_from=country(row.ship_from, "ship_from") if row.ship_from else "",
            ship_to=country(row.ship_to, "ship_to") if row.ship_to else "",
            refers_to=None if row.refers_to is None else _ref(row.refers_to.kind, row.refers_to.id),
            refund_cause=row.refund_cause,
            on_account=row.on_account,
            movements=_movements(row.movements) if row.movements else (),
            payout=None if row.payout is None else _payout(row.payout),
            rate=_exchange_rate(row),
            order_number=_text(row.order_number),
            text=row.text,
            link=row.link,
            problems=(*problems, *self._doubts(row, kind, number, total, readiness)),
        )
        if document.currency != "EUR":
            _refuse_fractions(document)
        return document

    def day_of(self, document: Document) -> dt.date | None:
        """Return the shop-local day by which a document falls in a window; None when that is uncertain."""
        dates = document.dates
        if dates.invoiced is not None and dates.ordered is None:
            return dates.invoiced
        at = dates.ordered or dates.paid
        return None if at is None else at.astimezone(self.zone).date()

    def _readiness_of(self, row: Row, kind: DocumentKind) -> Readiness:
        if kind in _ISSUED:
            return _READY
        if kind is _ORDER and not row.status:
            raise RowFault("files-missing-field", field="status")
        known = self._readiness.get(row.status.casefold(), _OPEN)
        return known if kind is _ORDER or known is _VOID else _READY

    def _when(self, text: str, field: str, number: str, problems: list[Problem]) -> dt.datetime | None:
        try:
            return moment(text, field, self.zone)
        except UncertainMoment:
            facts = {"document": number, "field": field, "value": text, "zone": self.zone.key}
            problems.append(Problem(code="files-uncertain-moment", facts=facts))
            return None

    def _dates(self, row: Row, kind: DocumentKind, when: "When") -> Dates:
        at = when(row.date, "date")
        if kind in _ISSUED:
            ordered, invoiced = None, at.astimezone(self.zone).date() if at else None
        else:
            ordered, invoiced = at, None
        return Dates(
            ordered=ordered if row.ordered_at is None else when(row.ordered_at, "ordered_at"),
            invoiced=invoiced if row.invoice_date is None else day(row.invoice_date, "invoice_date"),
            supply_from=None if row.supply_from is None else day(row.supply_from, "supply_from"),
            supply_to=None if row.supply_to is None else day(row.supply_to, "supply_to"),
            paid=_paid(kind, at) if row.paid_at is None else when(row.paid_at, "paid_at"),
            refunded=None if row.refunded_at is None else when(row.refunded_at, "refunded_at"),
            business=_business(row, kind, at),
        )

    def _tenders(
        self, row: Row, kind: DocumentKind, total: Decimal, readiness: Readiness, when: "When"
    ) -> tuple[Tender, ...]:
        if row.tenders:
            return tuple(_tender(tender, n, when) for n, tender in enumerate(row.tenders))
        if row.payment_method and not row.on_account and self._is_paid(row, kind, readiness):
            return (Tender(method=row.payment_method, amount=total),)
        if kind is _PAYMENT and total > 0:
            # of a refund a person may say how it was divided
            raise RowFault("files-missing-field", field="payment_method")
        return ()

    def _is_paid(self, row: Row, kind: DocumentKind, readiness: Readiness) -> bool:
        """Tell whether a stated method means that money came: not while the status is one that awaits payment."""
        if kind in _ISSUED and row.status and row.paid_at is None:
            return self._readiness.get(row.status.casefold()) is _READY
        return readiness is _READY

    def _doubts(
        self, row: Row, kind: DocumentKind, number: str, total: Decimal, readiness: Readiness
    ) -> tuple[Problem, ...]:
        if kind is _CREDIT_NOTE and total > 0:
            return (Problem(code="files-credit-sign", facts={"document": number, "total": str(total)}),)
        if row.payment_method or row.tenders or row.on_account or readiness is not _READY or not total:
            return ()
        if kind is _ORDER or kind is _RECEIPT:
            return (Problem(code="files-no-payment", facts={"document": number, "status": row.status}),)
        return ()


When = Callable[[str, str], dt.datetime | None]


def _paid(kind: DocumentKind, at: dt.datetime | None) -> dt.datetime | None:
    return at if kind is _PAYMENT or kind is _PAYOUT else None


def _business(row: Row, kind: DocumentKind, at: dt.datetime | None) -> dt.date | None:
    if row.business_date is not None:
        return day(row.business_date, "business_date")
    # a date without a time states the day, and not its first moment
    return at.date() if at is not None and len(row.date) == _DAY_LENGTH and kind not in _ISSUED else None


def _text(value: str | int | None) -> str:
    return "" if value is None else str(value)


def _identity(row: Row) -> tuple[str, str]:
    source_id = row.number if row.id is None else row.id
    if source_id is None:
        raise RowFault("files-missing-field", field="id")
    return str(source_id), str(source_id if row.number is None else row.number)


def _ref(kind: DocumentKind, source_id: str | int) -> DocumentRef:
    return DocumentRef(kind=kind, source_id=str(source_id))


def _total(row: Row, kind: DocumentKind) -> Decimal:
    if kind is _PAYOUT and row.payout is None:
        raise RowFault("files-missing-field", field="payout")
    if kind is _LEDGER and not row.movements:
        raise RowFault("files-missing-field", field="movements")
    if row.total_incl is not None:
        return amount(row.total_incl, "total_incl")
    if kind is _PAYOUT and row.payout is not None:
        return amount(row.payout.paid, "payout.paid")
    if kind is _LEDGER:
        return sum((movement.amount for movement in _movements(row.movements)), Decimal(0))
    raise RowFault("files-missing-field", field="total_incl")


def _lines(rows: tuple[LineRow, ...]) -> tuple[DocumentLine, ...]:
    lines = []
    try:
        for row in rows:
            lines.append(_line(row))
    except RowFault as fault:
        position = f"lines[{len(lines)}]"
        raise fault.within(position) from None
    return tuple(lines)


def _line(row: LineRow) -> DocumentLine:
    vat = None if row.vat is None else price(row.vat, "vat")
    return DocumentLine(
        amount=_line_amount(row, vat),
        kind=row.kind or (_SHIPPING if row.sku == SHIPPING_SKU else _GOODS),
        text=row.name,
        sku=row.sku,
        quantity=None if row.quantity is None else fraction(row.quantity, "quantity"),
        vat=vat,
        vat_rate=None if row.vat_rate is None else fraction(row.vat_rate, "vat_rate"),
        treatment=row.treatment,
        supply_from=None if row.supply_from is None else day(row.supply_from, "supply_from"),
        supply_to=None if row.supply_to is None else day(row.supply_to, "supply_to"),
        cost=None if row.cost is None else amount(row.cost, "cost"),
        cost_centre=row.cost_centre,
    )


def _line_amount(row: LineRow, vat: Decimal | None) -> Decimal:
    if row.amount_incl is not None and row.amount_excl is None:
        return price(row.amount_incl, "amount_incl")
    if row.amount_excl is None or row.amount_incl is not None:
        raise RowFault("files-one-amount", field="amount_incl")
    if vat is None:
        raise RowFault("files-missing-field", field="vat")
    return price(row.amount_excl, "amount_excl") + vat


def _tender(row: TenderRow, position: int, when: "When") -> Tender:
    field = f"tenders[{position}]"
    return Tender(
        method=row.method,
        amount=amount(row.amount, f"{field}.amount"),
        id=_text(row.id),
        at=None if row.at is None else when(row.at, f"{field}.at"),
    )


def _buyer(row: CustomerRow) -> Buyer:
    return Buyer(
        customer_id=_text(row.id),
        name=row.name,
        company=row.company,
        email=row.email,
        vat_id=row.vat_id,
        is_business=row.is_business,
        street=row.street,
        postcode=row.postcode,
        city=row.city,
        country=country(row.country, "customer.country") if row.country else "",
    )


def _movements(rows: tuple[MovementRow, ...]) -> tuple[Movement, ...]:
    return tuple(
        Movement(
            account=row.account,
            amount=amount(row.amount, f"movements[{n}].amount"),
            name=row.name,
            vat_code=row.vat_code,
            vat=None if row.vat is None else amount(row.vat, f"movements[{n}].vat"),
            text=row.text,
            unit_of_cost=row.cost_unit,
        )
        for n, row in enumerate(rows)
    )


def _payout(row: PayoutRow) -> Payout:
    return Payout(
        method=row.method,
        gross=amount(row.gross, "payout.gross"),
        fees=amount(row.fees, "payout.fees"),
        paid=amount(row.paid, "payout.paid"),
        fee_vat=None if row.fee_vat is None else amount(row.fee_vat, "payout.fee_vat"),
        payments=row.payments,
    )


def _exchange_rate(row: Row) -> ExchangeRate | None:
    if row.exchange_rate is None:
        return None
    rate = fraction(row.exchange_rate.rate, "exchange_rate.rate")
    if rate <= 0:
        raise RowFault("files-amount", field="exchange_rate.rate", value=str(rate))
    return ExchangeRate(rate=rate, source=row.exchange_rate.source, date=row.exchange_rate.date.isoformat())


def _refuse_fractions(document: Document) -> None:
    """Refuse decimals in a currency that has none (yen), for the books would have to round them."""
    if MINOR_DIGITS.get(document.currency, 2) == 2:
        return
    amounts = {"total_incl": document.total, "total_vat": document.total_vat}
    amounts |= {f"lines[{n}].amount_incl": line.amount for n, line in enumerate(document.lines)}
    amounts |= {f"lines[{n}].vat": line.vat for n, line in enumerate(document.lines)}
    amounts |= {f"tenders[{n}].amount": tender.amount for n, tender in enumerate(document.tenders)}
    amounts |= {f"movements[{n}].amount": movement.amount for n, movement in enumerate(document.movements)}
    if document.payout is not None:
        amounts |= {"payout.gross": document.payout.gross, "payout.fees": document.payout.fees}
    for field, value in amounts.items():
        if value is not None and value != value.to_integral_value():
            raise RowFault("files-amount", field=field, value=f"{value} {document.currency}")
