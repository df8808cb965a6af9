import datetime as dt
from typing import Any

import pytest
from msgspec.structs import replace
from tests.unit.booking.drafts import BELGIAN, DAY, items, movement, payment, receipt
from tests.unit.booking.shop import CONSUMER, EVIDENCE, amounts, book, codes, line, order

from boekbrug.booking import Draft, Evidence, Item, Original, Rejected, Skipped, Waiting
from boekbrug.booking.terms import Composition, compose_term, day_term, month_term
from boekbrug.contract import Buyer, Dates, Document, DocumentKind, EntryKind, ExchangeRate, Role

MORNING = dt.datetime(2026, 7, 14, 8, tzinfo=dt.UTC)


def compose(*documents: Document, evidence: Evidence = EVIDENCE, later: int = 1, **changes: Any) -> Composition:
    rules = book(**{"mode": "day", **changes})
    return compose_term(items(*documents), day_term("shop", DAY, later), rules, evidence)


def test_a_failing_document_holds_up_nothing() -> None:
    good, bad = order(line("121.00"), paid={"ideal": "121.00"}), order(line("121.00"), paid={"?": "121.00"})
    composition = compose(good, bad)
    assert amounts(composition.drafts[0]) == "C1500 21.00, C8000(VH) 100.00, D1060 121.00"
    ((document, reason),) = composition.others
    assert (document, codes(reason)) == (2, ["payment-method-unmapped"])


def test_late_document_gets_a_later_entry_of_its_term() -> None:
    late = compose(order(line("121.00"), paid={"ideal": "121.00"}), later=3)
    assert late.drafts[0].number == "shop-2026-07-14-EUR/3"


def test_open_items_stay_named_in_the_total() -> None:
    first = order(line("121.00"), paid={"ideal": "100.00"}, number="W1")
    second = order(line("121.00"), paid={"ideal": "60.50"}, number="W2")
    (draft,) = compose(first, second).drafts
    owed = {line.reference: line.minor for line in draft.lines if line.role is Role.DEBTOR}
    assert owed == {"W1": 2100, "W2": 6050}


def test_sale_with_an_open_item_goes_alone_where_totals_take_no_debtors() -> None:
    paid = order(line("121.00"), paid={"ideal": "121.00"}, source_id="1")
    owed = order(line("60.50"), on_account=True, buyer=CONSUMER, source_id="2")
    composition = compose(paid, owed, evidence=replace(EVIDENCE, open_items_alone=True))
    assert amounts(composition.drafts[0]) == "C1500 21.00, C8000(VH) 100.00, D1060 121.00"
    ((document, alone),) = composition.others
    assert isinstance(alone, Draft)
    assert (document, alone.kind) == (2, EntryKind.SALES)


def test_payment_of_an_open_item_is_part_of_its_day() -> None:
    original = Original(lines=compose(order(line("121.00"), on_account=True)).drafts[0].lines, number="W1")
    daily = replace(original, kind=EntryKind.MEMORIAL)
    paid = Item(document_id=9, revision=1, document=payment("121.00"), original=daily)
    (draft,) = compose_term([paid], day_term("shop", DAY), book(mode="day"), EVIDENCE).drafts
    assert amounts(draft) == "C1300 121.00, D1060 121.00"
    assert draft.members[0].facet == "payment"


@pytest.mark.parametrize("mode", ["day", "hybrid"])
def test_intra_eu_supply_is_never_in_a_total(mode: str) -> None:
    supply = order(line("500.00", "0"), buyer=BELGIAN, ship_to="BE", on_account=True)
    composition = compose(supply, mode=mode)
    assert composition.drafts == ()
    ((_, alone),) = composition.others
    assert isinstance(alone, Draft)
    assert alone.kind is EntryKind.SALES
    assert alone.party is not None


@pytest.mark.parametrize(
    "document",
    [
        order(line("121.00"), on_account=True),
        order(line("121.00"), paid={"ideal": "121.00"}, buyer=Buyer(company="BV", vat_id="NL123456789B13")),
        order(line("100.00", "0"), ship_to="CH", paid={"ideal": "100.00"}),
        order(line("1210.00"), paid={"ideal": "1210.00"}),
    ],
)
def test_hybrid_books_these_individually(document: Document) -> None:
    consumer = order(line("60.50"), paid={"ideal": "60.50"}, buyer=CONSUMER, source_id="2")
    composition = compose(document, consumer, mode="hybrid", hybrid={"above": 100000})
    assert [member.document_id for member in composition.drafts[0].members] == [2]
    assert [(number, type(result)) for number, result in composition.others] == [(1, Draft)]


def test_payment_and_credit_of_an_individual_sale_are_not_in_the_total() -> None:
    sale = compose(order(line("121.00"), on_account=True), mode="hybrid").others[0][1]
    assert isinstance(sale, Draft)
    original = Original(lines=sale.lines, number="W1", kind=sale.kind)
    credit = order(line("-21.00"), kind=DocumentKind.CREDIT_NOTE, paid={"ideal": "-21.00"})
    later = [
        Item(document_id=n, revision=1, document=document, original=original)
        for n, document in enumerate((payment("121.00"), credit))
    ]
    composition = compose_term(later, day_term("shop", DAY), book(mode="hybrid"), EVIDENCE)
    assert composition.drafts == ()
    assert [type(result) for _, result in composition.others] == [Draft, Draft]


def test_each_currency_has_its_own_entry() -> None:
    rate = ExchangeRate(rate=__import__("decimal").Decimal("1.10"), source="ECB", date="2026-07-14")
    euro = order(line("121.00"), paid={"ideal": "121.00"})
    dollar = order(line("121.00"), paid={"paypal": "121.00"}, currency="USD", rate=rate, source_id="2")
    first, second = compose(euro, dollar).drafts
    assert (first.number, second.number) == ("shop-2026-07-14-EUR", "shop-2026-07-14-USD")
    assert second.rate == rate
    assert sum(line.euro_minor or 0 for line in second.lines) == 0


def test_order_of_documents_does_not_change_the_entry() -> None:
    documents = [
        order(line("121.00"), line("10.90", "9"), paid={"ideal": "131.90"}, source_id="1"),
        order(line("60.50"), paid={"pin": "60.50"}, source_id="2"),
        order(line("-12.10"), kind=DocumentKind.CREDIT_NOTE, paid={"pin": "-12.10"}, source_id="3"),
    ]
    assert compose(*documents).drafts[0].lines == compose(*reversed(documents)).drafts[0].lines


def test_sale_and_its_credit_on_one_day_leave_nothing_to_book() -> None:
    sale = order(line("121.00"), paid={"ideal": "121.00"})
    credit = order(line("-121.00"), kind=DocumentKind.CREDIT_NOTE, paid={"ideal": "-121.00"})
    composition = compose(sale, credit)
    assert composition.drafts == ()
    assert [result for _, result in composition.others] == [Skipped("nothing to book")] * 2


def test_trading_day_ends_at_the_cut_off_hour() -> None:
    after_midnight = dt.datetime(2026, 7, 15, 1, 30, tzinfo=dt.UTC)
    sale = receipt(line("121.00"), paid={"pin": "121.00"}, dates=Dates(ordered=after_midnight))
    late_bar = compose(sale, basis="receipt", day_ends_at=5)
    assert [draft.date for draft in late_bar.drafts] == [DAY]
    assert compose(sale, basis="receipt").others == ((1, Waiting("term of 2026-07-15")),)


def test_till_movements_are_part_of_the_day() -> None:
    (draft,) = compose(movement("kasverschil", "0.40", contant="-0.40"), accounts={"kasverschil": "4320"}).drafts
    assert amounts(draft) == "C1290 0.40, D4320 0.40"


def test_month_is_a_calendar_month() -> None:
    term = month_term("park", dt.date(2028, 2, 11))
    assert (term.first, term.last) == (dt.date(2028, 2, 1), dt.date(2028, 2, 29))
    assert term.number("EUR") == "park-2028-02-EUR"


def test_mode_without_journal_for_single_sales_holds_them() -> None:
    supply = order(line("500.00", "0"), buyer=BELGIAN, ship_to="BE", on_account=True)
    ((_, held),) = compose(supply, journals={"memorial": "90"}).others
    assert not isinstance(held, Draft | Rejected)
