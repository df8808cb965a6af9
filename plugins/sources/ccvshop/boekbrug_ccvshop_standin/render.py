"""Write what the shop holds as its API does: money as mixed integers and floats, blanks as "" or null."""

import datetime as dt
from typing import Any

from boekbrug_ccvshop_standin.generate import METHODS
from boekbrug_ccvshop_standin.pricing import Content, Item, totals
from boekbrug_ccvshop_standin.world import Invoice, Order, Person


def money(cents: int) -> int | float:
    """Write cents as PHP does: whole amounts without a point."""
    return cents // 100 if cents % 100 == 0 else cents / 100


def moment(when: dt.datetime) -> str:
    """Write a moment in UTC."""
    return f"{when.astimezone(dt.UTC).isoformat()[:19]}Z"


def full(prefix: str | None, number: int) -> str:
    """Write a number with its prefix."""
    return f"{prefix}-{number}" if prefix else str(number)


def method_name(id: int) -> str:
    """Return the name of a payment method that orders carry."""
    psp, method, _ = METHODS[id]
    return f"{psp}_{method}" if psp else method


def order_json(order: Order, root: str) -> dict[str, Any]:
    """Write an order."""
    found, content = totals(order.content), order.content
    href = f"{root}orders/{order.id}/"
    done = order.completed
    return {
        "href": href,
        "id": order.id,
        "ordernumber_prefix": order.prefix,
        "ordernumber": order.number if done else None,
        "ordernumber_full": full(order.prefix, order.number) if done else None,
        "invoicenumber": None,
        "transaction_id": f"tr_{order.id}" if order.paid else None,
        "create_date": moment(order.created),
        "deliver_method": order.deliver,
        "deliver_date": None,
        "is_platform_sale": content.platform,
        "orderedinlng": "nl",
        "status": order.status,
        "is_completed": done,
        "paid": order.paid,
        "paymethod_id": order.method,
        "paymethod": method_name(order.method),
        "paymethod_label": METHODS[order.method][2],
        "order_row_taxes_included": not content.net,
        "total_price": "much" if order.broken else money(found.total),
        "total_orderrow_price": money(sum(item.total for item in content.items)),
        "extra_price": money(content.fee),
        "reservationnumber": "",
        **_charges(content, found.tax),
        **_party(order.person, order.variant),
        "orderrows": {"href": f"{href}orderrows/"},
        "ordernotes": {"href": f"{href}ordernotes/"},
        "invoices": {"href": f"{href}invoices/"},
    }


def invoice_json(invoice: Invoice, root: str) -> dict[str, Any]:
    """Write an invoice; a credit's amounts are written with its sign."""
    found, content, sign = totals(invoice.content), invoice.content, invoice.sign
    href = f"{root}invoices/{invoice.id}/"
    total, tax = (0, 0) if invoice.totals_removed else (sign * found.total, sign * found.tax)
    return {
        "href": href,
        "id": invoice.id,
        "invoicenumber_prefix": invoice.prefix,
        "invoicenumber": invoice.number,
        "invoicenumber_full": full(invoice.prefix, invoice.number),
        "ordernumber_prefix": invoice.order_prefix,
        "ordernumber": invoice.order_number,
        "ordernumber_full": full(invoice.order_prefix, invoice.order_number),
        "create_date": moment(invoice.created),
        "status": invoice.status,
        "status_name": {"paid": "Betaald", "unpaid": "Onbetaald"}.get(invoice.status, "Terugbetaald"),
        "type": "credit" if invoice.credit else "debit",
        "payment_link_sent": None,
        "invoice_row_taxes_included": not content.net,
        "total_price_inc_tax": money(total),
        "total_price_exc_tax": money(total - tax),
        "total_price": money(total),
        "external_reference": invoice.external_reference,
        **_charges(content, tax, sign),
        **_party(invoice.person, ""),
        "order": None if invoice.link == "null" else f"{root}orders/{invoice.order}/",
        "invoicerows": {"href": f"{href}invoicerows/"},
        "deeplink": invoice.pdf_at or f"{root}invoice-{invoice.id}.pdf",
    }


def _charges(content: Content, tax: int, sign: int = 1) -> dict[str, Any]:
    return {
        "taxes_included": not content.untaxed,
        "is_intra_community_order": content.intra,
        "shipping_taxes_included": True,
        "shipping_tax_percentage": 0 if content.untaxed else content.shipping_tax,
        "total_shipping": money(sign * content.shipping),
        "total_discounts": money(sign * content.discount),
        "total_tax": money(tax),
        "currency": "EUR",
        "extra_payment_option": "Cadeauverpakking" if content.option_fee else "",
        "extra_payment_option_price": money(sign * content.option_fee) if content.option_fee else None,
        "paymethod_costs": money(sign * content.fee),
        "credit_point_discount": money(sign * content.points),
        "extra_costs": money(sign * content.extra),
        "extra_costs_description": "Toeslag" if content.extra > 0 else "Kassakorting" if content.extra else "",
        "discountcoupon": {"code": "WELKOM" if content.discount else "", "discount": 0, "type": ""},
    }


def _party(person: Person, variant: str) -> dict[str, Any]:
    id = str(person.id) if variant == "user-string" else person.id
    blank = {"full_name": "", "company": "", "address_line_1": "", "street": "", "housenumber": None, "zipcode": ""}
    delivery = _address(person, person.deliver_to) if person.deliver_to else {**blank, "city": "", "country_code": None}
    return {
        "user": {"id": id, "discount_percentage": 0, "href": None},
        "customer": {
            "billingaddress": _address(person, person.country),
            "deliveryaddress": delivery,
            "email": person.email,
            "customertype": "b2b" if person.company else "b2c",
            "btw": person.vat_id,
            "kvk": "",
            "reference": "",
        },
    }


def _address(person: Person, country: str) -> dict[str, Any]:
    line, street = ("Teststraat 1 a", "") if person.line_form else ("", "Teststraat")
    return {
        "full_name": person.name,
        "company": person.company,
        "address_line_1": line,
        "street": street,
        "housenumber": None if person.line_form else 1,
        "housenumber_suffix": "" if person.line_form else "a",
        "zipcode": "1234 AB",
        "city": "Utrecht",
        "country_code": country,
    }


def row_json(item: Item, id: int, root: str, *, resource: str, sign: int = 1, untaxed: bool = False) -> dict[str, Any]:
    """Write a row of an order (`orderrows`) or invoice."""
    price, after = item.price, item.price - item.reduced
    return {
        "href": f"{root}{resource}/{id}/",
        "id": id,
        "product_type": item.type,
        "product_name": item.name,
        "product_number": item.name[:1] + "-1",
        "sub_product_number": "",
        "count": item.count,
        "price": money(price),
        "discount": money(item.reduced),
        "tax": 0 if untaxed else item.tax,
        "unit": "stuk",
        "original_price": money(after),
        "selling_price": money(after),
        "total_price": money(sign * after * item.count),
        "total_extra_option_price": money(item.option),
        "price_with_attributes": money(after + item.option),
        "total_price_with_attributes": money(sign * item.total),
        "attributes": [{"option_name": "Kleur", "value_name": "Rood", "price": money(item.option)}]
        if item.option
        else [],
    }
