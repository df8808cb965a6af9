"""The six rules of invoices mode (FAQ #1261), from a shop over HTTP into a ledger."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from boekbrug_ccvshop_standin.pricing import Content, Item
from boekbrug_ccvshop_standin.world import Invoice, Order, Person

from .books import Books, books

LAMP = Content(items=(Item(name="Lamp", price=2495, count=2),), shipping=695)
EVA = Person(id=77_001, name="Eva Voorbeeld", email="eva@example.com", deliver_to="NL")


@pytest.fixture
def bridge(tmp_path: Path) -> Iterator[Books]:
    with books(tmp_path / "bridge") as found:
        yield found


def sold(bridge: Books, content: Content = LAMP, **facts: Any) -> Order:
    return bridge.world.add_order(content=content, person=EVA, **facts)


def number(invoice: Invoice) -> str:
    return f"invoice {invoice.number}"


@pytest.mark.parametrize("status", ["paid", "unpaid", "reimbursed"])
def test_rule_1_invoice_is_booked_once_it_exists_whatever_its_status(bridge: Books, status: str) -> None:
    bridge.connect("invoices")
    order = sold(bridge, paid=status == "paid", status=4)
    invoice = bridge.world.add_invoice(order, status="unpaid" if status == "reimbursed" else status)
    assert bridge.run() == {"booked": 1}
    if status == "reimbursed":
        bridge.world.change_invoice(invoice.id, status)
        bridge.run()
        assert bridge.states()[number(invoice)] == ("booked", "changed-at-source")
        assert bridge.problems() == {str(invoice.number): "changed-after-booking"}
    else:
        bridge.world.change_invoice(invoice.id, "paid")
        bridge.run()
        assert bridge.states()[number(invoice)] == ("booked", "plain")


@pytest.mark.parametrize("chosen", ["order", "invoice"])
def test_rule_2_order_or_invoice_number_is_booked_as_chosen(bridge: Books, chosen: str) -> None:
    bridge.connect("invoices", number=chosen)
    order = sold(bridge, prefix="W")
    invoice = bridge.world.add_invoice(order, prefix="F")
    bridge.run()
    expected, other = f"W-{order.number}", f"F-{invoice.number}"
    if chosen == "invoice":
        expected, other = other, expected
    assert expected in bridge.ledger()
    assert other not in bridge.ledger()


@pytest.mark.parametrize("link", ["null", "dead"])
@pytest.mark.parametrize("zero", [True, False])
def test_rule_3_invoice_of_a_deleted_order_is_not_booked_and_its_gap_is_explained(
    bridge: Books, link: str, zero: bool
) -> None:
    bridge.connect("invoices")
    first, deleted, last = (bridge.world.add_invoice(sold(bridge)) for _ in range(3))
    bridge.world.delete_order(deleted.order, link="dead" if link == "dead" else "null", zero=zero)
    assert bridge.run() == {"booked": 2, "skipped": 1}
    assert bridge.states() == {
        number(first): ("booked", "plain"),
        number(deleted): ("skipped", "void: order deleted in the shop"),
        number(last): ("booked", "plain"),
    }
    assert bridge.problems() == {}


def test_rule_3_deleting_an_order_later_leaves_its_booking(bridge: Books) -> None:
    bridge.connect("invoices")
    invoice = bridge.world.add_invoice(sold(bridge))
    bridge.run()
    before = bridge.ledger()
    bridge.world.delete_order(invoice.order)
    bridge.run()
    assert bridge.states()[number(invoice)] == ("booked", "changed-at-source")
    assert bridge.ledger() == before


def test_rule_4_edited_order_changes_nothing_and_its_new_invoice_is_booked(bridge: Books) -> None:
    bridge.connect("invoices")
    order = sold(bridge)
    first = bridge.world.add_invoice(order)
    bridge.run()
    before = bridge.ledger()
    more = Item(name="Kaars", price=349)
    bridge.world.change_order(order.id, {"content": replace(order.content, items=(*order.content.items, more))})
    bridge.run()
    assert bridge.ledger() == before
    second = bridge.world.add_invoice(order, Content(items=(more,)))
    assert bridge.run() == {"booked": 2}
    assert bridge.states() == {number(one): ("booked", "plain") for one in (first, second)}
    assert bridge.vat()["VH"] == ("49.86", "10.48")


def test_rule_5_payment_method_is_that_of_the_order(bridge: Books) -> None:
    bridge.connect("invoices")
    for method in (12, 13, 3):
        bridge.world.add_invoice(sold(bridge, method=method))
    bridge.run()
    ledger = bridge.ledger()
    assert all(account in ledger for account in ("1060", "1061", "1300"))


def test_rule_6_content_is_that_of_the_invoice(bridge: Books) -> None:
    bridge.connect("invoices")
    order = sold(bridge)
    invoiced = Content(items=(Item(name="Boek", price=1090, tax=9),))
    bridge.world.add_invoice(order, invoiced, person=replace(EVA, name="Op de factuur"))
    bridge.run()
    assert bridge.vat() == {"VL": ("10.00", "0.90")}


@pytest.mark.parametrize("sign", [1, -1])
def test_credit_invoice_takes_back_what_was_sold(bridge: Books, sign: int) -> None:
    bridge.connect("invoices")
    order = sold(bridge)
    bridge.world.add_invoice(order)
    bridge.world.add_invoice(order, credit=True, sign=sign)
    assert bridge.run() == {"booked": 2}
    assert bridge.vat() == {"VH": ("0.00", "0.00")}


def test_changing_from_orders_to_invoices_books_no_sale_twice(bridge: Books) -> None:
    bridge.connect("orders")
    for _ in range(3):
        bridge.world.add_invoice(sold(bridge))
    late = sold(bridge, paid=False, status=4)
    assert bridge.run() == {"booked": 3, "open": 1}
    bridge.change("invoices")
    bridge.world.add_invoice(late, status="unpaid")
    bridge.world.add_invoice(sold(bridge))
    bridge.run()
    states = bridge.states()
    assert [state for name, state in states.items() if name.startswith("invoice")] == [
        *[("skipped", "booked as order")] * 3,
        *[("booked", "plain")] * 2,
    ]
    assert bridge.vat()["VH"] == ("234.90", "49.35")


def test_changing_from_invoices_to_orders_books_no_sale_twice(bridge: Books) -> None:
    bridge.connect("invoices")
    order = sold(bridge)
    bridge.world.add_invoice(order)
    bridge.run()
    bridge.change("orders")
    sold(bridge)
    bridge.run()
    assert bridge.states()[f"order {order.number}"] == ("skipped", "booked as invoice")
    assert bridge.counts() == {"booked": 2, "skipped": 1}


def test_sale_on_a_platform_is_held_as_such_though_only_its_order_says_so(bridge: Books) -> None:
    bridge.connect("invoices")
    on_platform = replace(LAMP, platform=True, untaxed=True)
    sale = bridge.world.add_invoice(sold(bridge, on_platform))
    plain = bridge.world.add_invoice(sold(bridge))
    assert bridge.run() == {"booked": 1, "problem": 1}
    assert bridge.problems() == {str(sale.number): "platform-sale"}
    assert bridge.states()[number(plain)] == ("booked", "plain")
