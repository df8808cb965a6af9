"""The sample shop reads without a problem of its own, and holds what it says it holds."""

import datetime as dt
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from stdnum.eu.vat import is_valid

from boekbrug.contract import Document, DocumentKind, Readiness, Treatment
from boekbrug.demo.sample import FACTS, write_sample

from .support import Shop


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Document]:
    folder = tmp_path_factory.mktemp("sample")
    write_sample(folder)
    documents, broken = Shop(folder).fetch()
    assert broken == []
    return {document.number: document for document in documents}


def day(document: Document) -> dt.date:
    assert document.dates.ordered is not None
    return document.dates.ordered.date()


def test_same_seed_writes_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        write_sample(tmp_path / name, seed)
    first, same, other = (
        {path.name: path.read_bytes() for path in (tmp_path / name).rglob("*.json*")} for name in "abc"
    )
    assert first == same
    assert first != other


def test_counts_are_those_of_the_facts(sample: dict[str, Document]) -> None:
    kinds = Counter(document.kind for document in sample.values())
    states = Counter(document.readiness for document in sample.values())
    assert len(sample) == FACTS.documents
    assert kinds[DocumentKind.CREDIT_NOTE] == FACTS.credit_notes
    assert (states[Readiness.OPEN], states[Readiness.VOID]) == (FACTS.open, FACTS.cancelled)
    orders = [document for document in sample.values() if document.kind is DocumentKind.ORDER]
    assert sum(day(order) < dt.date(2026, 7, 3) for order in orders) == FACTS.before_3_july
    assert {day(order).month for order in orders} == {7, 8, 9}


def test_lines_add_up_except_where_they_should_not(sample: dict[str, Document]) -> None:
    wrong = [
        document.number for document in sample.values() if sum(line.amount for line in document.lines) != document.total
    ]
    assert wrong == [FACTS.does_not_add_up]


def test_rates_methods_and_line_kinds_vary(sample: dict[str, Document]) -> None:
    lines = [line for document in sample.values() for line in document.lines]
    assert {line.vat_rate for line in lines} == {Decimal(21), Decimal(9), Decimal(0)}
    assert {line.kind.value for line in lines} == {"goods", "shipping", "discount"}
    methods = {tender.method for document in sample.values() for tender in document.tenders}
    assert methods == {"ideal", "creditcard", "paypal", "klarna", "giftcard"}
    assert any(len(document.tenders) == 2 for document in sample.values())
    assert any(document.on_account for document in sample.values())


def test_credit_notes_take_back_part_of_an_order(sample: dict[str, Document]) -> None:
    for document in sample.values():
        if document.kind is DocumentKind.CREDIT_NOTE:
            assert document.refers_to is not None
            [order] = [
                other for other in sample.values()
                if (other.kind, other.source_id) == (document.refers_to.kind, document.refers_to.source_id)
            ]  # fmt: skip
            assert 0 < -document.total <= order.total
            assert order.readiness is Readiness.READY


def test_sales_abroad_are_without_vat(sample: dict[str, Document]) -> None:
    exported = [
        document for document in sample.values()
        if any(line.treatment is Treatment.EXPORT for line in document.lines)
    ]  # fmt: skip
    assert len(exported) == FACTS.exported
    assert {document.ship_to for document in exported} == {"CH", "NO"}
    for number, has_vat_id in ((FACTS.eu_business, True), (FACTS.eu_business_without_vat_id, False)):
        buyer = sample[number].buyer
        assert buyer is not None
        assert sample[number].total_vat == 0
        assert is_valid(buyer.vat_id) is has_vat_id


def test_one_order_has_shipping_without_vat(sample: dict[str, Document]) -> None:
    goods, shipping = sample[FACTS.shipping_without_vat].lines
    assert [str(value) for value in (goods.vat_rate, shipping.vat_rate, shipping.vat)] == ["21", "0", "0.00"]
