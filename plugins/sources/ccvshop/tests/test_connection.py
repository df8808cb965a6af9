import datetime as dt
from typing import Any

import msgspec
import pytest

from boekbrug.contract import (
    App,
    AskKeys,
    Authorises,
    Booked,
    Continue,
    DocumentKind,
    DocumentRef,
    Ended,
    Granted,
    Hint,
    InboundRequest,
    Note,
    NotSent,
    Refused,
    SendsHooks,
    StartsAtVendor,
    Unknown,
    WritesBack,
    WrongKey,
)
from boekbrug.testing import GivenGrant, KitContext
from boekbrug_ccvshop.plugin import UNIT, CcvShop
from boekbrug_ccvshop.settings import CcvSettings
from boekbrug_ccvshop.signing import sign
from boekbrug_ccvshop_standin.pricing import Content, Item

from .support import KEYS, ROOT, ShopFixture
from .test_fetching import order

APP = App(
    name="own", client_id="", client_secret="app_secret_standin", redirect_uri="", public_url="https://us.example"
)
STARTED = "https://us.example/connect/ccvshop/own"


@pytest.fixture
def shop() -> ShopFixture:
    return ShopFixture()


def codes(shop: ShopFixture, **settings: Any) -> list[str]:
    return [problem.code for problem in shop.source(**settings).check().problems]


def test_signatures_are_those_of_the_fact_sheet() -> None:
    public, secret = "pub_demo_0123456789", "s3cr3t_demo_key_0123456789abcdef"
    moment = "2026-01-15T09:30:00Z"
    target = "/api/rest/v1/orders/?is_paid=true&min_create_date=2026-01-01&start=0&size=100&orderby=id"
    assert sign(secret, public, "GET", target, b"", moment).startswith("dedf064ca422ea0e0b9e3ecd03a93244c90c0147222499")
    body = b'{"external_reference":"EO-2026-000123"}'
    assert sign(secret, public, "PATCH", "/api/rest/v1/invoices/9001/", body, moment).endswith("055b8ae9af0074")
    install = sign("app_secret_demo", "https://daemon.example/ccv/install", public)
    assert install.startswith("ddc8e6c842da0bee05e7e3f323b6c7d6c1456cf4a871a476aca6520f367b64c3")


def test_check_tells_key_clock_and_right_apart(shop: ShopFixture) -> None:
    assert codes(shop) == []
    assert codes(shop, secret="guessed") == ["wrong-key"]
    assert codes(shop, public="unknown") == ["wrong-key"]
    shop.application._resources.forbidden = {"invoices"}
    assert codes(shop) == []
    assert codes(shop, books="invoices") == ["missing-right"]


@pytest.mark.parametrize(("minutes", "found"), [(4, []), (6, ["wrong-clock"]), (-6, ["wrong-clock"])])
def test_clock_that_is_off_is_told_from_a_wrong_key(shop: ShopFixture, minutes: int, found: list[str]) -> None:
    source = shop.source()
    shop.application._now = lambda: shop.clock.now() + dt.timedelta(minutes=minutes)
    assert [problem.code for problem in source.check().problems] == found


def test_missing_app_is_told_by_its_code(shop: ShopFixture) -> None:
    shop.fault("status", status=500, body='{"status":500,"code":"500.90"}', path="/api/rest/v1/orders/")
    assert codes(shop) == ["ccvshop-app-missing"]


def test_catalogue_names_methods_as_orders_do(shop: ShopFixture) -> None:
    catalogue = shop.source().catalogue(UNIT)
    assert [choice.value for choice in catalogue.payment_methods][-2:] == ["DemoPSP_ideal", "OnAccount"]
    assert {choice.value: choice.label for choice in catalogue.statuses}["4"] == "Wacht op betaling"
    assert [choice.value for choice in catalogue.vat_rates] == ["21", "9", "0"]


def test_keys_of_the_installation_are_used_where_none_are_typed(shop: ShopFixture) -> None:
    only = order(shop)
    context = KitContext(http=shop.http, clock=shop.clock, grant=GivenGrant(KEYS["public"], **KEYS))
    source = CcvShop(context, CcvSettings(books="orders"))
    assert source.check().ok
    answer = source.read(UNIT, [DocumentRef(kind=DocumentKind.ORDER, source_id=str(only.id))])
    assert len(answer) == 1


@pytest.mark.parametrize("settings", [{"root": ROOT}, {"root": "shop.example", "public": "a", "secret": "b"}])
def test_half_a_set_of_keys_is_refused(settings: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"together|address"):
        CcvSettings(**settings)


def arrived(step: str, body: bytes = b"", query: dict[str, str] | None = None, proof: str = "") -> InboundRequest:
    headers = {"x-hash": proof}
    return InboundRequest(
        step=step, method="POST", url=f"{STARTED}/{step}", headers=headers, query=query or {}, body=body
    )


def handshake(secret: str = APP.client_secret) -> InboundRequest:
    given = {"api_public": KEYS["public"], "api_secret": KEYS["secret"], "api_root": ROOT, "return_url": f"{ROOT}/back"}
    body = msgspec.json.encode(given)
    return arrived("handshake", body, proof=sign(secret, f"{STARTED}/handshake", body))


def test_installation_in_three_steps(shop: ShopFixture) -> None:
    context = KitContext(http=shop.http, clock=shop.clock)
    first = CcvShop.complete(APP, context.http, shop.clock, handshake(), {})
    assert isinstance(first, Continue)
    proof = sign(APP.client_secret, f"{STARTED}/install", KEYS["public"])
    install = arrived("install", query={"api_public": KEYS["public"], "language": "nl", "x-hash": proof})
    assert CcvShop.identify(install) == first.identity
    second = CcvShop.complete(APP, context.http, shop.clock, install, first.keep)
    assert isinstance(second, Granted)
    assert second.tokens.facts == KEYS
    assert second.reply.redirect == f"{ROOT}/back"
    assert shop.application._resources.installed
    body = msgspec.json.encode({"api_public": KEYS["public"]})
    uninstall = arrived("uninstall", body, proof=sign(APP.client_secret, f"{STARTED}/uninstall", body))
    assert CcvShop.complete(APP, context.http, shop.clock, uninstall, {}) == Ended(identity=KEYS["public"])


def test_step_that_the_vendor_did_not_sign_is_refused(shop: ShopFixture) -> None:
    context = KitContext(http=shop.http, clock=shop.clock)
    no_secret = msgspec.structs.replace(APP, client_secret="")
    for app, request in ((APP, handshake("guessed")), (no_secret, handshake("")), (APP, arrived("handshake", b"{"))):
        with pytest.raises(WrongKey):
            CcvShop.complete(app, context.http, shop.clock, request, {})
    assert not shop.http.calls


def test_install_without_handshake_is_refused(shop: ShopFixture) -> None:
    context = KitContext(http=shop.http, clock=shop.clock)
    proof = sign(APP.client_secret, f"{STARTED}/install", KEYS["public"])
    install = arrived("install", query={"api_public": KEYS["public"], "x-hash": proof})
    with pytest.raises(WrongKey):
        CcvShop.complete(APP, context.http, shop.clock, install, {})


def test_keys_may_be_typed_in_instead() -> None:
    assert CcvShop.begin(APP, "st4te") == AskKeys(fields=("root", "public", "secret"))
    assert issubclass(CcvShop, Authorises)
    assert issubclass(CcvShop, StartsAtVendor)


def addresses(secret: str = "x") -> dict[str, str]:
    return {topic: f"https://us.example/hook/7/{topic}/{secret}" for topic in CcvShop.capabilities.topics}


def test_event_that_the_shop_does_not_know_is_left_to_polling(shop: ShopFixture) -> None:
    source = shop.source()
    kept = source.subscribe(UNIT, addresses())
    topics = {hook.event for hook in shop.application.hooks.registered.values()}
    assert topics == set(CcvShop.capabilities.topics) - {"invoices.created"}
    assert "invoices.created id" not in kept
    assert isinstance(source, SendsHooks)


def test_subscribing_again_replaces_and_unsubscribing_removes(shop: ShopFixture) -> None:
    shop.source().subscribe(UNIT, addresses("old"))
    kept = shop.source().subscribe(UNIT, addresses("new"))
    registered = shop.application.hooks.registered
    assert {hook.address.rpartition("/")[2] for hook in registered.values()} == {"new"}
    registered.pop(next(iter(registered)))
    shop.source().unsubscribe(UNIT, kept)
    assert registered == {}


def test_webhook_is_a_hint_with_a_key_that_tells_a_repeat(shop: ShopFixture) -> None:
    shop.application.hooks.mode = "hold"
    kept = shop.source().subscribe(UNIT, addresses())
    only = order(shop, paid=False)
    shop.world.change_order(only.id, {"paid": True})
    delivery = shop.application.hooks.deliveries[-1]
    call = arrived("", delivery.body.encode(), proof=delivery.hash)
    strict = shop.source(require_webhook_hash=True)
    hint = strict.parse_webhook("orders.updated.ispaid", call, kept)
    ref = DocumentRef(kind=DocumentKind.ORDER, source_id=str(only.id))
    assert hint == Hint(key=f"orders.updated.ispaid {only.id} 2026-04-15T10:00:00Z", refs=(ref,))
    forged = arrived("", delivery.body.encode() + b" ", proof=delivery.hash)
    with pytest.raises(WrongKey):
        strict.parse_webhook("orders.updated.ispaid", forged, kept)
    assert shop.source().parse_webhook("orders.updated.ispaid", forged, kept) == hint
    assert shop.context.log.events[-1][0] == "ccvshop.hook-not-signed"


NOTE = Note(subject="W-1042 ABCD1", text="20260042")


def test_our_number_is_written_to_the_invoice(shop: ShopFixture) -> None:
    invoice = shop.world.add_invoice(order(shop))
    ref = DocumentRef(kind=DocumentKind.INVOICE, source_id=str(invoice.id))
    source = shop.source()
    assert [source.write_back(UNIT, ref, NOTE) for _ in range(2)] == [Booked(id=str(invoice.id))] * 2
    assert invoice.external_reference == "W-1042 ABCD1"
    assert isinstance(source, WritesBack)


def test_our_reference_on_an_invoice_is_no_news(shop: ShopFixture) -> None:
    invoice = shop.world.add_invoice(order(shop))
    (*_, last) = shop.fetch(books="invoices")
    invoice.external_reference = "2026-0042"
    shop.world.version += 1
    assert shop.fetch(last.cursor, books="invoices") == []


def test_booking_is_noted_on_the_order(shop: ShopFixture) -> None:
    only = order(shop)
    ref = DocumentRef(kind=DocumentKind.ORDER, source_id=str(only.id))
    assert shop.source().write_back(UNIT, ref, NOTE) == Booked(id=str(only.id))
    assert only.notes == ["boekbrug: W-1042 ABCD1 (20260042)"]


def test_writing_back_says_what_became_of_it(shop: ShopFixture) -> None:
    ref = DocumentRef(kind=DocumentKind.INVOICE, source_id=str(shop.world.add_invoice(order(shop)).id))
    missing = DocumentRef(kind=DocumentKind.INVOICE, source_id="404")
    assert isinstance(shop.source().write_back(UNIT, missing, NOTE), Refused)
    shop.fault("status", status=503, method="PATCH")
    assert isinstance(shop.source().write_back(UNIT, ref, NOTE), NotSent)
    shop.fault("wrong-hash", method="PATCH")
    assert isinstance(shop.source().write_back(UNIT, ref, NOTE), Unknown)


def test_shop_without_rows_for_an_item_without_price_is_no_crash(shop: ShopFixture) -> None:
    shop.world.add_order(content=Content(items=(Item(name="Gratis", price=0),)), person=order(shop).person)
    assert [document.total for document in shop.documents().values()][-1] == 0
