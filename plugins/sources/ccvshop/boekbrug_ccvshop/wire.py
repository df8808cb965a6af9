"""What the shop sends, as far as boekbrug keeps it: everything else in a payload is left out at the door.

Money is kept as whole millionths, since the API mixes integers and floats and rows may have parts of a cent.
"""

import datetime as dt
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from boekbrug.contract import PluginBug

MICRO = 1_000_000
MISSING = -1


class Amount(int):
    """Millionths of a unit of currency; absent and blank are zero."""


class Rate(int):
    """Thousandths of a percent; absent and blank are MISSING."""


def _hook(kind: type[Any], value: object) -> object:
    if kind is Amount:
        return Amount(0 if value is None or value == "" else _scaled(value, MICRO))
    if kind is Rate:
        return Rate(MISSING if value is None or value == "" else _rate(value))
    raise PluginBug(type=kind.__name__)


def _scaled(value: object, scale: int) -> int:
    if type(value) is int:
        return value * scale
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        sentence = f"Expected an amount, got {type(value).__name__}"
        raise ValueError(sentence)
    try:
        # the shortest decimal of a float is what the shop wrote, up to 15 digits
        number = Decimal(repr(value) if isinstance(value, float) else value)
        whole = int((number * scale).to_integral_value()) if number.adjusted() < 15 else None
    except (InvalidOperation, OverflowError, ValueError) as error:
        sentence = f"Expected an amount, got {str(value)[:20]!r}"
        raise ValueError(sentence) from error
    if whole is None:
        raise ValueError("Expected an amount, got a number without end")
    return whole


def _rate(value: object) -> int:
    rate = _scaled(value, 1000)
    if not 0 <= rate <= 100_000:
        raise ValueError("Expected a percentage between 0 and 100")
    return rate


ZERO = Amount(0)


class Address(msgspec.Struct, kw_only=True):
    """A billing or delivery address; blank means the other one."""

    full_name: str | None = ""
    company: str | None = ""
    address_line_1: str | None = ""
    street: str | None = ""
    housenumber: int | str | None = None
    housenumber_suffix: str | None = ""
    zipcode: str | None = ""
    city: str | None = ""
    country_code: str | None = None


class Customer(msgspec.Struct, kw_only=True):
    """Who bought, as on orders and invoices."""

    billingaddress: Address | None = None
    deliveryaddress: Address | None = None
    email: str | None = ""
    customertype: str | None = ""
    btw: str | None = ""


class User(msgspec.Struct):
    """The account a customer has at the shop."""

    id: int | str | None = None


class Sale(msgspec.Struct, kw_only=True):
    """What orders and invoices have in common."""

    id: int
    create_date: dt.datetime
    ordernumber_full: str | None = ""
    currency: str | None = "EUR"
    taxes_included: bool | None = True
    is_intra_community_order: bool | None = False
    shipping_taxes_included: bool | None = True
    shipping_tax_percentage: Rate = Rate(MISSING)
    total_shipping: Amount = ZERO
    total_discounts: Amount = ZERO
    total_price: Amount = ZERO
    total_tax: Amount = ZERO
    extra_payment_option: str | None = ""
    extra_payment_option_price: Amount = ZERO
    paymethod_costs: Amount = ZERO
    credit_point_discount: Amount = ZERO
    extra_costs: Amount = ZERO
    extra_costs_description: str | None = ""
    user: User | None = None
    customer: Customer | None = None


class Order(Sale, kw_only=True):
    """An order: status and payment are apart, and neither has a date."""

    status: int | None = None
    is_completed: bool | None = None
    paid: bool | None = False
    paymethod_id: int | None = None
    paymethod: str | None = ""
    deliver_method: str | None = ""
    is_platform_sale: bool | None = False
    order_row_taxes_included: bool | None = True
    reservationnumber: str | None = ""


class Invoice(Sale, kw_only=True):
    """An invoice; how it is paid stands on its order, a link that is empty once the order was deleted."""

    invoicenumber_full: str | None = ""
    status: str | int | None = ""
    type: str | None = ""
    order: str | None = None
    invoice_row_taxes_included: bool | None = True
    total_price_inc_tax: Amount = ZERO
    external_reference: str | None = None


class Row(msgspec.Struct, kw_only=True):
    """A row of an order or invoice; `tax` is its percentage."""

    id: int
    product_type: str | None = "product"
    product_name: str | None = ""
    product_number: str | None = ""
    sub_product_number: str | None = ""
    count: Amount = Amount(MICRO)
    tax: Rate = Rate(MISSING)
    total_price: Amount = ZERO
    total_price_with_attributes: Amount | None = None


class PayMethod(msgspec.Struct, kw_only=True):
    """A way to pay that the shop offers."""

    id: int
    combined_name: str | None = ""
    method: str | None = ""
    label: str | None = ""


class Status(msgspec.Struct):
    """An order status with the name that the merchant gave it."""

    status: int
    status_name: str | None = ""


class ShopSettings(msgspec.Struct, kw_only=True):
    """What the shop says of itself."""

    order_status: list[Status] = []
    default_vat_rat: Rate = Rate(MISSING)


class Webshop(msgspec.Struct, kw_only=True):
    """One shop that the keys give access to."""

    id: int


class Known(msgspec.Struct, kw_only=True):
    """The number of something made or listed."""

    id: int
    address: str | None = ""
    key: str | None = ""


class Listed(msgspec.Struct):
    """A page of a list; its items are decoded one by one, so that a bad one does not spoil its neighbours."""

    items: list[msgspec.Raw]
    next: str | None = None


decode_order = msgspec.json.Decoder(Order, dec_hook=_hook).decode
decode_invoice = msgspec.json.Decoder(Invoice, dec_hook=_hook).decode
decode_row = msgspec.json.Decoder(Row, dec_hook=_hook).decode
decode_paymethod = msgspec.json.Decoder(PayMethod, dec_hook=_hook).decode
decode_settings = msgspec.json.Decoder(ShopSettings, dec_hook=_hook).decode
decode_webshop = msgspec.json.Decoder(Webshop).decode
decode_known = msgspec.json.Decoder(Known).decode
decode_list = msgspec.json.Decoder(Listed).decode
