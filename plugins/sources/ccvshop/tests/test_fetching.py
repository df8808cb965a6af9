import datetime as dt
from typing import Any

import pytest

from boekbrug.contract import (
    Document,
    DocumentKind,
    DocumentRef,
    FoundDocument,
    Gone,
    Readiness,
    RefusedCall,
    Retriable,
    Window,
)
from boekbrug_ccvshop.plugin import UNIT
from boekbrug_ccvshop_standin.pricing import Content, Item
from boekbrug_ccvshop_standin.world import Order, Person

from .support import ShopFixture, documents_of, gone_of

LAMP = Content(items=(Item(name="Lamp", price=2495),), shipping=695)
EVA = Person(id=77_001, name="Eva Voorbeeld", email="eva@example.com", deliver_to="NL")
DAY = dt.timedelta(days=1)


def order(shop: ShopFixture, *, ago: float = 1, **facts: Any) -> Order:
    return shop.world.add_order(content=LAMP, person=EVA, created=shop.clock.now() - ago * DAY, **facts)


def ref(id: int, kind: DocumentKind = DocumentKind.ORDER) -> DocumentRef:
    return DocumentRef(kind=kind, source_id=str(id))


def states(documents: dict[str, Document]) -> dict[str, tuple[Readiness, str]]:
    return {id: (document.readiness, document.status) for id, document in documents.items()}


@pytest.fixture
def shop() -> ShopFixture:
    return ShopFixture()


def test_unpaid_order_is_open_with_the_merchants_words_and_costs_no_rows(shop: ShopFixture) -> None:
    unpaid = order(shop, paid=False, status=4)
    assert states(shop.documents()) == {str(unpaid.id): (Readiness.OPEN, "Wacht op betaling, unpaid")}
    assert shop.http.calls["GET orderrows"] == 0


def test_basket_is_never_fetched(shop: ShopFixture) -> None:
    order(shop, completed=False, paid=False)
    assert shop.documents() == {}


def test_chosen_status_lets_an_unpaid_order_be_booked_on_account(shop: ShopFixture) -> None:
    sent = order(shop, paid=False, status=5)
    found = shop.documents(statuses=[5])[str(sent.id)]
    assert (found.readiness, found.on_account, found.tenders) == (Readiness.READY, True, ())


def test_cancelled_unpaid_order_is_void(shop: ShopFixture) -> None:
    cancelled = order(shop, paid=False, status=8)
    assert states(shop.documents()) == {str(cancelled.id): (Readiness.VOID, "Geannuleerd, unpaid")}


def test_second_fetch_asks_for_a_list_and_no_rows(shop: ShopFixture) -> None:
    for _ in range(5):
        order(shop)
    (*_, last) = shop.fetch()
    before = shop.http.calls.copy()
    assert shop.fetch(last.cursor) == []
    assert shop.http.calls - before == {"GET orders": 1, "GET invoices": 1}


def test_change_of_status_alone_is_no_news_of_a_paid_order(shop: ShopFixture) -> None:
    paid = order(shop)
    (*_, last) = shop.fetch()
    shop.world.change_order(paid.id, {"status": 5})
    assert list(documents_of(shop.fetch(last.cursor))) == []


def test_order_that_is_paid_within_the_days_listed_again_is_noticed(shop: ShopFixture) -> None:
    unpaid = order(shop, paid=False)
    (*_, last) = shop.fetch()
    shop.world.change_order(unpaid.id, {"paid": True})
    (found,) = documents_of(shop.fetch(last.cursor))
    assert (found.readiness, found.tenders[0].method) == (Readiness.READY, "DemoPSP_ideal")


def test_order_that_is_paid_weeks_later_is_noticed_by_recheck(shop: ShopFixture) -> None:
    old = order(shop, ago=40, paid=False)
    order(shop)
    (*_, last) = shop.fetch()
    shop.world.change_order(old.id, {"paid": True})
    assert shop.fetch(last.cursor) == []
    (found,) = documents_of(shop.fetch(last.cursor, Window(recheck=(ref(old.id),))))
    assert (found.source_id, found.readiness) == (str(old.id), Readiness.READY)


def test_deleted_order_is_gone_by_the_shops_own_word(shop: ShopFixture) -> None:
    kept, deleted, old = order(shop), order(shop), order(shop, ago=40, paid=False)
    (*_, last) = shop.fetch()
    shop.world.delete_order(deleted.id)
    shop.world.delete_order(old.id)
    pages = shop.fetch(last.cursor, Window(recheck=(ref(old.id), ref(kept.id))))
    assert gone_of(pages) == {ref(deleted.id), ref(old.id)}


def test_answer_of_503_does_not_prove_that_an_order_is_gone(shop: ShopFixture) -> None:
    old = order(shop, ago=40, paid=False)
    order(shop)
    (*_, last) = shop.fetch()
    shop.fault("status", status=503, path=f"/api/rest/v1/orders/{old.id}/")
    with pytest.raises(Retriable):
        shop.fetch(last.cursor, Window(recheck=(ref(old.id),)))


def test_basket_finished_late_is_found_before_newer_orders(shop: ShopFixture) -> None:
    basket = order(shop, paid=False, completed=False)
    order(shop, ago=0.5)
    (*_, last) = shop.fetch()
    shop.world.change_order(basket.id, {"completed": True, "paid": True})
    assert [found.source_id for found in documents_of(shop.fetch(last.cursor))] == [str(basket.id)]


@pytest.mark.parametrize("book", ["orders", "invoices"])
def test_orders_deleted_between_two_pages_leave_nothing_out(book: str) -> None:
    shop = ShopFixture()
    made = [order(shop, ago=1 - n / 2000) for n in range(700)]
    for one in made:
        shop.world.add_invoice(one, created=one.created)
    pages = shop.source(books=book).fetch(UNIT, Window(), "")
    seen = {document.order_number or document.number for document in next(pages).documents}
    for early in made[:120:2]:
        shop.world.delete_order(early.id)
        for invoice in list(shop.world.invoices_of(early.id)):
            del shop.world.invoices[invoice.id]
    seen |= {document.order_number or document.number for document in documents_of(list(pages))}
    assert {str(one.number) for one in made[121:]} <= seen


def test_budget_that_runs_out_keeps_what_was_read_and_goes_on_there(shop: ShopFixture) -> None:
    made = [order(shop, ago=30 - n / 10) for n in range(290)]
    cursor, found, runs = "", [], 0
    while True:
        runs += 1
        shop.limits(True)
        source = shop.source()
        pages = source.fetch(UNIT, Window(), cursor)
        try:
            for page in pages:
                found += [document.source_id for document in page.documents]
                cursor = page.cursor
            break
        except Retriable as spent:
            assert spent.retry_after == dt.timedelta(minutes=1)
            shop.clock.advance(spent.retry_after)
    assert found == [str(one.id) for one in made]
    calls = sum(shop.http.calls.values()) - runs
    assert calls <= 1.05 * (290 + 2) + 2


@pytest.mark.parametrize("code", ["500.20", "500.90", "501.10"])
def test_permanent_error_about_rows_holds_up_one_order_alone(shop: ShopFixture, code: str) -> None:
    first, second = order(shop), order(shop)
    body = f'{{"status":500,"code":"{code}"}}'
    shop.fault("status", status=500, body=body, path=f"/api/rest/v1/orders/{first.id}/orderrows/")
    if code == "500.90":
        with pytest.raises(Exception, match="app"):
            shop.fetch()
        return
    found = shop.documents()
    assert [problem.code for problem in found[str(first.id)].problems] == ["ccvshop-rows-refused"]
    assert found[str(second.id)].problems == ()


def test_passing_error_of_the_same_status_ends_the_fetch_for_now(shop: ShopFixture) -> None:
    order(shop)
    shop.fault("status", status=500, body='{"status":500,"code":"500.10"}', path="/api/rest/v1/orders/")
    with pytest.raises(Retriable):
        shop.fetch()


def test_order_that_the_list_cannot_write_out_is_found_and_left_out(shop: ShopFixture) -> None:
    made = [order(shop, ago=1 - n / 1000) for n in range(9)]

    def refuse(start: int, size: int) -> bool:
        return start <= 4 < start + size

    inner = shop.http.request

    def request(method: str, url: str, **given: Any) -> Any:
        if "/orders/?" in url:
            words = dict(word.split("=") for word in url.split("?")[1].split("&"))
            if refuse(int(words["start"]), int(words["size"])):
                shop.fault("status", status=500, body='{"code":"500.20"}', path="/api/rest/v1/orders/")
        return inner(method, url, **given)

    shop.http.request = request  # type: ignore[method-assign]
    pages = shop.fetch()
    assert [place.place.name for page in pages for place in page.unreadable] == [f"orders after {made[3].id}"]
    found = {document.source_id for document in documents_of(pages)}
    assert found == {str(one.id) for one in made if one is not made[4]}
    shop.http.request = inner  # type: ignore[method-assign]
    again = shop.fetch(pages[-1].cursor)
    assert [document.source_id for document in documents_of(again)] == [str(made[4].id)]
    assert [place for page in again for place in page.cleared] == [f"orders after {made[3].id}"]


def test_unreadable_order_is_named_and_cleared_when_it_reads_again(shop: ShopFixture) -> None:
    broken = order(shop, broken=True)
    other = order(shop)
    pages = shop.fetch()
    assert [place.place.name for page in pages for place in page.unreadable] == [f"orders {broken.id}"]
    assert [document.source_id for document in documents_of(pages)] == [str(other.id)]
    broken.broken = False
    again = shop.fetch(pages[-1].cursor)
    assert [place for page in again for place in page.cleared] == [f"orders {broken.id}"]


@pytest.mark.parametrize("kind", ["wrong-hash", "no-hash", "empty", "not-json"])
def test_answer_that_cannot_be_believed_is_asked_for_again(shop: ShopFixture, kind: str) -> None:
    only = order(shop)
    shop.fault(kind, path="/api/rest/v1/orders/")
    with pytest.raises(Retriable):
        shop.fetch()
    assert list(shop.documents()) == [str(only.id)]


def test_limit_that_the_shop_says_is_reached_waits_a_minute(shop: ShopFixture) -> None:
    order(shop)
    shop.fault("status", status=429, body='{"status":429,"code":"429.11"}')
    with pytest.raises(Retriable) as wait:
        shop.fetch()
    assert wait.value.retry_after == dt.timedelta(seconds=60)


def test_resource_that_does_not_exist_is_no_empty_list(shop: ShopFixture) -> None:
    shop.fault("status", status=404, body='{"status":404,"code":"404.20"}', path="/api/rest/v1/orders/")
    with pytest.raises(RefusedCall):
        shop.fetch()


def test_nothing_is_gone_because_a_server_answers_that_knows_no_shop(shop: ShopFixture) -> None:
    sold = order(shop)
    elsewhere = {"status": 404, "body": "<html>Not Found</html>"}
    shop.fault("status", **elsewhere, times=2)
    with pytest.raises(Retriable):
        shop.source().read(UNIT, [ref(sold.id)])
    shop.fault("status", **elsewhere, times=1)
    # the shop signs the answer to the second call: then it is the shop that says so
    assert isinstance(shop.source().read(UNIT, [ref(sold.id)])[0], Gone)
    assert isinstance(shop.source().read(UNIT, [ref(sold.id)])[0], FoundDocument)


def test_reimbursed_invoice_makes_its_order_a_problem_however_late(shop: ShopFixture) -> None:
    sold = order(shop, ago=40)
    invoice = shop.world.add_invoice(sold, created=sold.created)
    order(shop)
    (*_, last) = shop.fetch()
    shop.world.change_invoice(invoice.id, "reimbursed")
    pages = shop.fetch(last.cursor)
    (found,) = documents_of(pages)
    assert [problem.code for problem in found.problems] == ["ccvshop-reimbursed-without-credit"]
    assert shop.fetch(pages[-1].cursor) == []


def test_key_that_may_not_read_invoices_still_books_orders(shop: ShopFixture) -> None:
    only = order(shop)
    shop.application._resources.forbidden = {"invoices"}
    assert list(shop.documents()) == [str(only.id)]


def test_reading_answers_gone_only_for_what_the_shop_does_not_know(shop: ShopFixture) -> None:
    only = order(shop)
    invoice = shop.world.add_invoice(only)
    refs = [ref(invoice.id, DocumentKind.INVOICE), ref(99), ref(only.id)]
    answers = shop.source().read(UNIT, refs)
    assert [type(answer) for answer in answers] == [FoundDocument, Gone, FoundDocument]


def test_cursor_of_the_other_books_begins_anew(shop: ShopFixture) -> None:
    only = order(shop)
    invoice = shop.world.add_invoice(only)
    (*_, last) = shop.fetch()
    found = list(documents_of(shop.fetch(last.cursor, books="invoices")))
    assert [document.source_id for document in found] == [str(invoice.id)]
    assert found[0].sale_ref == f"order {only.id}"


def test_cursor_stays_small_in_a_long_walk(shop: ShopFixture) -> None:
    for n in range(900):
        order(shop, ago=90 - n / 10, paid=False)
    assert max(len(page.cursor) for page in shop.fetch()) < 4000


@pytest.mark.parametrize("book", ["orders", "invoices"])
def test_believable_shop_costs_at_most_a_twentieth_more_calls_than_there_have_to_be(book: str) -> None:
    shop = ShopFixture(size=1200, books=book)
    shop.fetch()
    orders = len([one for one in shop.world.orders.values() if one.completed])
    invoices = len(shop.world.invoices)
    rows = shop.http.calls["GET orderrows" if book == "orders" else "GET invoicerows"]
    pages = -(-orders // 250) + (-(-invoices // 250) if book == "invoices" else 0)
    assert rows <= (orders if book == "orders" else invoices)
    assert sum(shop.http.calls.values()) <= 1.05 * (rows + pages)


def test_invoice_whose_order_the_shop_refuses_for_good_is_named_and_asked_for_again(shop: ShopFixture) -> None:
    sold = order(shop)
    invoice = shop.world.add_invoice(sold)
    body = '{"status":500,"code":"500.20"}'
    shop.fault("status", status=500, body=body, path=f"/api/rest/v1/orders/{sold.id}/")
    pages = shop.fetch(books="invoices")
    (held,) = documents_of(pages)
    assert [problem.code for problem in held.problems] == ["ccvshop-sale-refused"]
    (found,) = documents_of(shop.fetch(pages[-1].cursor, books="invoices"))
    assert (found.source_id, found.problems) == (str(invoice.id), ())
