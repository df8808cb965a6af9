"""The shop is told what was booked, over HTTP, where the licence wants it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from boekbrug_ccvshop_standin.pricing import Content, Item
from boekbrug_ccvshop_standin.world import Order, Person

from .books import Books, books

LAMP = Content(items=(Item(name="Lamp", price=2495, count=2),), shipping=695)
EVA = Person(id=77_001, name="Eva Voorbeeld", email="eva@example.com", deliver_to="NL")


@pytest.fixture
def bridge(tmp_path: Path) -> Iterator[Books]:
    with books(tmp_path / "bridge") as found:
        yield found


def sold(bridge: Books) -> Order:
    return bridge.world.add_order(content=LAMP, person=EVA)


def test_invoice_carries_the_mark_under_which_it_is_in_the_books(bridge: Books) -> None:
    bridge.connect("invoices", write_back=True)
    invoice = bridge.world.add_invoice(sold(bridge))
    assert bridge.run(2) == {"booked": 1}
    assert invoice.external_reference
    assert f"mark:{invoice.external_reference}" in bridge.ledger().replace("mark: ", "mark:")
    assert bridge.calls(f"/api/rest/v1/invoices/{invoice.id}/") == 2  # its rows, and our number
    assert bridge.states() == {f"invoice {invoice.number}": ("booked", "plain")}


def test_reference_whose_answer_was_lost_is_written_again_to_the_same_effect(bridge: Books) -> None:
    bridge.connect("invoices", write_back=True)
    invoice = bridge.world.add_invoice(sold(bridge))
    bridge.fault("drop-reply", method="PATCH", times=3)
    assert bridge.run() == {"booked": 1}
    first = invoice.external_reference
    bridge.advance(15 * 60)
    bridge.run()
    assert invoice.external_reference == first
    assert bridge.trouble() == []


def test_note_whose_answer_was_lost_comes_twice_and_its_sale_once(bridge: Books) -> None:
    bridge.connect("orders", write_back=True)
    order = sold(bridge)
    bridge.fault("drop-reply", method="POST", path="/api/rest/v1/orders/")
    assert bridge.run() == {"booked": 1}
    before = bridge.ledger()
    for _ in range(3):
        bridge.advance(15 * 60)
        assert bridge.run() == {"booked": 1}
    first, second = order.notes
    assert first == second
    assert str(order.number) in first
    assert bridge.ledger() == before


def test_key_without_the_right_to_write_books_on(bridge: Books) -> None:
    bridge.connect("orders", write_back=True)
    order = sold(bridge)
    bridge.shop._resources.forbidden = {"ordernotes"}
    assert bridge.run() == {"booked": 1}
    sold(bridge)
    assert bridge.run() == {"booked": 2}
    assert bridge.trouble() == ["write-back-waits"]
    bridge.shop._resources.forbidden = set()
    bridge.advance(3 * 3600)
    bridge.run(2)
    assert (len(order.notes), bridge.trouble()) == (1, [])
