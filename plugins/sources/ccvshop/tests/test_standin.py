"""The stand-in enforces what section 11 of the fact sheet lists."""

import datetime as dt
import hashlib
import hmac
from typing import Any

import msgspec
import pytest

from .support import KEYS, ROOT, ShopFixture
from .test_fetching import order

API = "/api/rest/v1/"


@pytest.fixture
def shop() -> ShopFixture:
    return ShopFixture()


def digest(*parts: bytes) -> str:
    return hmac.new(KEYS["secret"].encode(), b"|".join(parts), hashlib.sha512).hexdigest()


def call(shop: ShopFixture, method: str, path: str, given: Any = None, **changes: str) -> Any:
    """Call as the fact sheet says; `changes` replaces headers after signing, `when` the date before."""
    body = b"" if given is None else msgspec.json.encode(given)
    when = changes.pop("when", f"{shop.clock.now():%Y-%m-%dT%H:%M:%SZ}")
    target = f"{API}{path}"
    proof = digest(KEYS["public"].encode(), method.encode(), target.encode(), body, when.encode())
    headers = {"x-public": KEYS["public"], "x-date": when, "x-hash": proof}
    headers |= {name.replace("_", "-"): value for name, value in changes.items()}
    return shop.http.request(method, f"{ROOT}{target}", headers=headers, data=body)


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def ids(answer: Any) -> list[int]:
    return [one["id"] for one in answer.json()["items"]]


@pytest.mark.parametrize("changes", [{"x_public": "other"}, {"x_hash": "0" * 128}, {"x_date": "2026-04-15T10:00:01Z"}])
def test_call_that_is_not_signed_as_it_is_sent_is_not_let_in(shop: ShopFixture, changes: dict[str, str]) -> None:
    assert call(shop, "GET", "orders/", **changes).status_code == 401


@pytest.mark.parametrize("zone", ["Z", "+00:00", "+0000"])
@pytest.mark.parametrize(("seconds", "status"), [(0, 200), (300, 200), (-300, 200), (301, 401), (-301, 401)])
def test_clock_may_be_five_minutes_off_in_each_way_to_write_it(
    shop: ShopFixture, zone: str, seconds: int, status: int
) -> None:
    moment = shop.clock.now() + dt.timedelta(seconds=seconds)
    assert call(shop, "GET", "orders/", when=f"{moment:%Y-%m-%dT%H:%M:%S}{zone}").status_code == status


def test_answers_are_signed_over_their_bytes_with_slashes_escaped(shop: ShopFixture) -> None:
    order(shop)
    answer = call(shop, "GET", "orders/")
    when = answer.headers["x-date"].encode()
    signed = digest(KEYS["public"].encode(), b"GET", f"{API}orders/".encode(), answer.content, when)
    assert answer.headers["x-hash"] == signed
    assert rb"https:\/\/" in answer.content or rb"http:\/\/" in answer.content


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "unheard-of/", (404, "404.20")),
        ("GET", "orders/1/", (404, "404.10")),
        ("DELETE", "orders/{order}/", (405, "405.10")),
        ("DELETE", "invoices/{invoice}/", (405, "405.10")),
    ],
)
def test_what_is_not_there_or_not_allowed_has_the_vendors_code(
    shop: ShopFixture, method: str, path: str, expected: tuple[int, str]
) -> None:
    only = order(shop)
    invoice = shop.world.add_invoice(only)
    assert code(call(shop, method, path.format(order=only.id, invoice=invoice.id))) == expected


def test_paths_are_known_with_and_without_a_slash_at_the_end(shop: ShopFixture) -> None:
    only = order(shop)
    for path in ("orders", "orders/", f"orders/{only.id}", f"orders/{only.id}/orderrows"):
        assert call(shop, "GET", path).status_code == 200


def test_lists_have_pages_of_250_at_most_and_no_count(shop: ShopFixture) -> None:
    made = [order(shop, ago=1).id for _ in range(260)]
    first = call(shop, "GET", "orders/?size=900&orderby=id")
    assert ids(first) == made[:250]
    assert first.json().keys() == {"href", "start", "size", "first", "previous", "next", "items"}
    last = call(shop, "GET", "orders/?size=250&start=250&orderby=id")
    assert (ids(last), last.json()["next"]) == (made[250:], None)


def test_lists_are_filtered_and_sorted(shop: ShopFixture) -> None:
    unpaid, paid = order(shop, ago=3, paid=False), order(shop, ago=1)
    order(shop, completed=False)
    assert ids(call(shop, "GET", "orders/?orderby=id_desc")) == [paid.id, unpaid.id]
    assert ids(call(shop, "GET", "orders/?is_paid=true&unheard_of=7")) == [paid.id]
    assert ids(call(shop, "GET", "orders/?min_create_date=2026-04-14")) == [paid.id]
    assert ids(call(shop, "GET", "orders/?deliver_date=2026-04-14")) == []
    small, large = shop.world.add_invoice(paid, status="unpaid"), shop.world.add_invoice(paid, credit=True)
    assert ids(call(shop, "GET", "invoices/?status=unpaid")) == [small.id]
    assert ids(call(shop, "GET", "invoices/?orderby=invoicenumber_full_desc")) == [large.id, small.id]


def test_limits_count_per_method_and_resource_and_all_together(shop: ShopFixture) -> None:
    shop.limits(True)
    answers = [call(shop, "GET", "orders/?size=1").status_code for _ in range(150)]
    assert set(answers) == {200}
    assert code(call(shop, "GET", "orders/?size=1")) == (429, "429.10")
    assert call(shop, "GET", "invoices/").status_code == 200
    shop.application._turnstile.total_limit = 10
    assert code(call(shop, "GET", "invoices/")) == (429, "429.11")


def test_of_an_invoice_three_fields_can_be_changed(shop: ShopFixture) -> None:
    invoice = shop.world.add_invoice(order(shop))
    path = f"invoices/{invoice.id}/"
    done = call(shop, "PATCH", path, {"external_reference": "W-1 ABCD1", "status": "unpaid"})
    assert (done.status_code, done.content) == (204, b"")
    assert (invoice.external_reference, invoice.status) == ("W-1 ABCD1", "unpaid")
    assert call(shop, "PATCH", path, {"total_price": 1}).status_code == 400


def test_webhook_has_a_key_of_its_own_and_is_silent_when_inactive(shop: ShopFixture) -> None:
    shop.application.hooks.mode = "hold"
    made = call(shop, "POST", "webhooks/", {"event": "orders.created", "address": "http://us/x", "is_active": True})
    id, key = made.json()["id"], made.json()["key"]
    order(shop)
    (delivery,) = shop.application.hooks.deliveries
    signed = hmac.new(key.encode(), f"http://us/x|{delivery.body}".encode(), hashlib.sha512).hexdigest()
    assert delivery.hash == signed
    assert call(shop, "PATCH", f"webhooks/{id}/", {"is_active": False}).status_code == 204
    order(shop)
    assert len(shop.application.hooks.deliveries) == 1


@pytest.mark.parametrize(("link", "zero"), [("null", False), ("dead", True)])
def test_deleted_order_leaves_its_invoice_without_rows(shop: ShopFixture, link: str, zero: bool) -> None:
    only = order(shop)
    invoice = shop.world.add_invoice(only)
    shop.world.delete_order(only.id, link="dead" if link == "dead" else "null", zero=zero)
    assert call(shop, "GET", f"orders/{only.id}/").status_code == 404
    found = call(shop, "GET", f"invoices/{invoice.id}/").json()
    assert (found["order"] is None, found["total_price"] == 0) == (link == "null", zero)
    assert ids(call(shop, "GET", f"invoices/{invoice.id}/invoicerows/")) == []
