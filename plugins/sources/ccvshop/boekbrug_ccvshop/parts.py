"""What a sale consists of, in the one reading of its fields that adds up to its total.

The API leaves open whether a row's total counts its pieces, whether costs beside net rows are net too, and which
sign credit points and credit invoices have. Each reading is added up; the first that meets the total holds.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import product
from typing import NamedTuple

from msgspec.structs import replace

from boekbrug.contract import LineKind, Problem
from boekbrug_ccvshop.wire import MICRO, MISSING, Amount, Invoice, Order, Row, Sale

CENT = MICRO // 100
TOLERANCE = 5 * CENT
"""Beyond this a sale that does not add up is held for review; within it the books carry the difference as rounding."""

NO_GOODS = frozenset(
    {LineKind.SHIPPING, LineKind.PAYMENT_FEE, LineKind.SURCHARGE, LineKind.DISCOUNT}
    | {LineKind.PACKAGING_DEPOSIT, LineKind.SECURITY_DEPOSIT, LineKind.VOUCHER_MULTI_PURPOSE}
)
"""Kinds whose rate says nothing about the rates of the goods."""


class Part(NamedTuple):
    """A row or a cost: millionths, with VAT unless `net`; a rate of None is said nowhere and has to be derived."""

    kind: LineKind
    amount: int
    rate: int | None
    text: str = ""
    sku: str = ""
    quantity: Decimal | None = None
    net: bool = False


class Reading(NamedTuple):
    """One way to understand the fields that the API leaves open."""

    times_count: bool = False
    points: int = -1
    rows_sign: int = 1
    costs_sign: int = 1
    costs_net: bool = False


class Unclear(Exception):
    """A sale cannot be mapped with certainty; the problem says why."""

    def __init__(self, code: str, **facts: str) -> None:
        self.problem = Problem(code=code, facts=facts)
        super().__init__(code)


def is_net(sale: Sale) -> bool:
    """Tell whether a sale's rows are stated without VAT."""
    included = sale.order_row_taxes_included if isinstance(sale, Order) else None
    if isinstance(sale, Invoice):
        included = sale.invoice_row_taxes_included
    return included is False


def parts_of(sale: Sale, rows: Sequence[Row], kinds: Mapping[str, LineKind], *, credit: bool = False) -> list[Part]:
    """Return the parts of a sale whose sum is its total; raise Unclear. Amounts of a credit are positive here."""
    total, tax = total_of(sale), int(sale.total_tax)
    if credit:
        total, tax = abs(total), abs(tax)
    default: list[Part] | None = None
    for reading in _readings(sale, rows, credit=credit):
        found = list(_parts(sale, rows, kinds, reading))
        difference = _difference(found, total, tax)
        if abs(difference) <= CENT // 2:
            return found
        if default is None and abs(difference) <= TOLERANCE:
            default = found
    if default is None:
        whole = sum(part.amount for part in _parts(sale, rows, kinds, Reading()))
        code = "ccvshop-total-differs" if rows else "ccvshop-rows-missing"
        raise Unclear(code, document=number_of(sale), lines=written(whole), total=written(total_of(sale)))
    return default


def number_of(sale: Sale) -> str:
    """Return what people call a sale."""
    if isinstance(sale, Invoice) and sale.invoicenumber_full:
        return sale.invoicenumber_full
    return sale.ordernumber_full or str(sale.id)


def total_of(sale: Sale) -> int:
    """Return the total with VAT."""
    return (isinstance(sale, Invoice) and sale.total_price_inc_tax) or sale.total_price


def written(amount: int) -> str:
    """Write millionths as people do."""
    return f"{Decimal(amount) / MICRO:.2f}"


def _readings(sale: Sale, rows: Sequence[Row], *, credit: bool) -> Iterator[Reading]:
    counts = (False, True) if any(row.count != MICRO for row in rows) else (False,)
    points = (-1, 1) if sale.credit_point_discount else (-1,)
    sign = -1 if total_of(sale) < 0 else 1
    signs = ((sign, sign), (-sign, -sign), (sign, -sign), (-sign, sign)) if credit else ((1, 1),)
    nets = (True, False) if is_net(sale) else (False,)
    for (rows_sign, costs_sign), net, point, counted in product(signs, nets, points, counts):
        yield Reading(counted, point, rows_sign, costs_sign, net)


def _parts(sale: Sale, rows: Sequence[Row], kinds: Mapping[str, LineKind], reading: Reading) -> Iterator[Part]:
    net = is_net(sale)
    for row in rows:
        amount = _row_total(row) * reading.rows_sign
        if reading.times_count:
            amount = amount * row.count // MICRO
        if amount:
            yield _row_part(sale, row, amount, kinds, net=net)
    costs = ((kind, amount * reading.costs_sign, rate, text) for kind, amount, rate, text in _costs(sale, reading))
    for kind, amount, rate, text in costs:
        named = LineKind.DISCOUNT if kind is LineKind.SURCHARGE and amount < 0 else kind
        yield Part(named, amount, rate, text, net=reading.costs_net)


def _row_total(row: Row) -> int:
    return row.total_price if row.total_price_with_attributes is None else row.total_price_with_attributes


def _row_part(sale: Sale, row: Row, amount: int, kinds: Mapping[str, LineKind], *, net: bool) -> Part:
    word = (row.product_type or "product").casefold()
    kind = kinds.get(word)
    if kind is None:
        if word != "product" and row.tax <= 0:
            name = row.product_name or str(row.id)
            raise Unclear("ccvshop-row-kind", document=number_of(sale), line=name, type=word)
        kind = LineKind.GOODS
    sku = row.sub_product_number or row.product_number or ""
    rate = None if row.tax == MISSING else int(row.tax)
    return Part(kind, amount, rate, row.product_name or sku, sku, Decimal(row.count) / MICRO, net)


def _costs(sale: Sale, reading: Reading) -> Iterator[tuple[LineKind, int, int | None, str]]:
    shipping = 0 if sale.shipping_taxes_included is False else sale.shipping_tax_percentage
    listed: tuple[tuple[LineKind, int, int | None, str], ...] = (
        (LineKind.SHIPPING, sale.total_shipping, None if shipping == MISSING else shipping, ""),
        (LineKind.PAYMENT_FEE, sale.paymethod_costs, None, ""),
        (LineKind.PAYMENT_FEE, sale.extra_payment_option_price, None, sale.extra_payment_option or ""),
        (LineKind.SURCHARGE, sale.extra_costs, None, sale.extra_costs_description or ""),
        (LineKind.DISCOUNT, -sale.total_discounts, None, ""),
        (LineKind.DISCOUNT, reading.points * sale.credit_point_discount, None, ""),
    )
    return (cost for cost in listed if cost[1])


def _difference(parts: Sequence[Part], total: int, tax: int) -> int:
    """Return by how much the parts miss the total; VAT comes on top of net parts."""
    whole = sum(part.amount for part in parts)
    nets = [part for part in parts if part.net]
    if not nets:
        return whole - total
    if len(nets) == len(parts):
        return whole + tax - total
    on_top = sum(part.amount * (part.rate or 0) // 100_000 for part in nets)
    return whole + on_top - total


def untaxed_parts_of(
    sale: Sale, rows: Sequence[Row], kinds: Mapping[str, LineKind], *, credit: bool = False
) -> list[Part]:
    """Return the parts of a sale on which no VAT was charged.

    Its rows may still be stated with the VAT that they would have had: it comes off where only then the total is met.
    """
    try:
        found = parts_of(sale, rows, kinds, credit=credit)
    except Unclear:
        found = parts_of(sale, [_strip(row) for row in rows], kinds, credit=credit)
    return [part._replace(rate=0, net=False) for part in found]


def _strip(row: Row) -> Row:
    total = _row_total(row)
    net = (2 * total * 100_000 // (100_000 + max(row.tax, 0)) + CENT) // (2 * CENT) * CENT
    return replace(row, total_price=Amount(net), total_price_with_attributes=Amount(net))
