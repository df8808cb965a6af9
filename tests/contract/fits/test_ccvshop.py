import datetime as dt
from decimal import Decimal

import msgspec
import pytest
from tests.contract.fits.ccvshop import CcvShop, sign
from tests.contract.fits.ports import Answer, Call, GivenGrant, Ports

from boekbrug.contract import (
    App,
    AskKeys,
    Authorises,
    Continue,
    DocumentKind,
    DocumentRef,
    Ended,
    Granted,
    Hint,
    InboundRequest,
    PluginSettings,
    Readiness,
    SendsHooks,
    StartsAtVendor,
    Window,
    WrongKey,
)

ROOT = "https://lamp.example"
KEYS = {"root": ROOT, "public": "pub_demo_0123456789", "secret": "s3cr3t_demo_key_0123456789abcdef"}
APP = App(name="own", client_id="", client_secret="app_secret_demo", redirect_uri="", public_url="https://us.example")
STARTED = "https://us.example/connect/ccvshop/own"


def order(number: int, paid: bool = True) -> dict[str, object]:
    day = f"2026-01-{number:02}T19:05:00Z"
    return {"id": number, "ordernumber_full": f"W-{number}", "create_date": day, "paid": paid, "total_price": 67.35}


class Ccv:
    """Checks the signature over target and body as they arrive, and signs what it answers."""

    def __init__(self) -> None:
        self.orders = {number: order(number, paid=number != 2) for number in (1, 2, 3)}
        self.hooks: dict[str, dict[str, object]] = {}
        self.installed = False
        self.forges = False

    def __call__(self, call: Call) -> Answer:
        said = call.headers["x-date"].encode()
        expected = sign(KEYS["secret"], self._asked(call) + call.body + b"|" + said)
        if call.headers["x-hash"] != expected:
            return Answer(status=401, body=b'{"status":401}')
        content = self._answer(call)
        if content is None:
            return Answer(status=404, body=b'{"status":404,"code":"404.20"}')
        body = msgspec.json.encode(content).replace(b"/", b"\\/")
        moment = "2026-03-14T09:30:01+00:00"
        proof = sign("forged" if self.forges else KEYS["secret"], self._asked(call) + body + b"|" + moment.encode())
        return Answer(body=body, headers={"X-Date": moment, "X-Hash": proof})

    @staticmethod
    def _asked(call: Call) -> bytes:
        return f"{call.headers['x-public']}|{call.method}|{call.target}|".encode()

    def _answer(self, call: Call) -> object:
        resource = call.path.removeprefix("/api/rest/v1/")
        if resource == "orders/":
            return self._list(call)
        if resource == "apps/":
            return {"items": [{"id": 5}]}
        if resource == "apps/5/":
            self.installed = msgspec.json.decode(call.body)["is_installed"]
            return {}
        if resource == "webhooks/":
            key = f"key-{len(self.hooks)}"
            self.hooks[str(len(self.hooks))] = msgspec.json.decode(call.body)
            return {"id": len(self.hooks) - 1, "key": key}
        if resource.startswith("webhooks/"):
            return self.hooks.pop(resource.split("/")[1])
        return self.orders.get(int(resource.split("/")[1]))

    def _list(self, call: Call) -> object:
        """Give two a page; `next` is encoded in a way of the shop's own, on a host of its own."""
        since, start = call.query["min_create_date"], int(call.query["start"])
        rows = [row for row in self.orders.values() if str(row["create_date"])[:10] >= since]
        more = f"https://canonical.example{call.path}?min_create_date={since.replace('-', '%2D')}&start={start + 2}"
        return {"items": rows[start : start + 2], "next": more if rows[start + 2 :] else None}


@pytest.fixture
def ccv() -> Ccv:
    return Ccv()


@pytest.fixture
def ports(ccv: Ccv) -> Ports:
    return Ports(ccv, GivenGrant(**KEYS))


@pytest.fixture
def source(ports: Ports) -> CcvShop:
    return CcvShop(ports, PluginSettings())


def ref(number: int) -> DocumentRef:
    return DocumentRef(kind=DocumentKind.ORDER, source_id=str(number))


def arrived(step: str, *, body: bytes = b"", query: dict[str, str] | None = None, proof: str = "") -> InboundRequest:
    url = f"{STARTED}/{step}"
    return InboundRequest(step=step, method="POST", url=url, headers={"x-hash": proof}, query=query or {}, body=body)


def handshake(secret: str = APP.client_secret) -> InboundRequest:
    given = {"api_public": KEYS["public"], "api_secret": KEYS["secret"], "api_root": ROOT, "return_url": f"{ROOT}/back"}
    body = msgspec.json.encode(given)
    return arrived("handshake", body=body, proof=sign(secret, f"{STARTED}/handshake|".encode() + body))


def install() -> InboundRequest:
    proof = sign(APP.client_secret, f"{STARTED}/install|{KEYS['public']}".encode())
    return arrived("install", query={"api_public": KEYS["public"], "language": "nl", "x-hash": proof})


def test_signature_is_that_of_the_vendors_worked_example() -> None:
    asked = "/api/rest/v1/orders/?is_paid=true&min_create_date=2026-01-01&start=0&size=100&orderby=id"
    message = f"{KEYS['public']}|GET|{asked}||2026-01-15T09:30:00Z"
    assert sign(KEYS["secret"], message.encode()).startswith("dedf064ca422ea0e0b9e3ecd03a93244c90c0147222499eb")


def test_pages_follow_links_byte_for_byte_on_the_given_host(source: CcvShop, ports: Ports) -> None:
    pages = list(source.fetch("shop", Window(since=dt.date(2026, 1, 1)), ""))
    assert [[document.number for document in page.documents] for page in pages] == [["W-1", "W-2"], ["W-3"]]
    assert ports.http.calls[1].url == f"{ROOT}/api/rest/v1/orders/?min_create_date=2026%2D01%2D01&start=2"


def test_amounts_and_readiness_are_read_from_raw_bytes(source: CcvShop) -> None:
    (page, _) = source.fetch("shop", Window(), "")
    assert [(document.total, document.readiness) for document in page.documents] == [
        (Decimal("67.35"), Readiness.READY),
        (Decimal("67.35"), Readiness.OPEN),
    ]


def test_answer_that_the_shop_did_not_sign_is_refused(source: CcvShop, ccv: Ccv) -> None:
    ccv.forges = True
    with pytest.raises(WrongKey):
        next(source.fetch("shop", Window(), ""))


def test_order_paid_after_its_day_is_found_by_recheck(source: CcvShop, ccv: Ccv) -> None:
    *_, last = source.fetch("shop", Window(), "")
    ccv.orders[2] = order(2, paid=True)
    ccv.orders[4] = order(4)
    *_, page = source.fetch("shop", Window(recheck=(ref(2),)), last.cursor)
    assert [(document.number, document.readiness) for document in page.documents] == [("W-2", Readiness.READY)]
    assert not CcvShop.capabilities.modified_since


def test_rechecked_order_that_was_deleted_is_named_as_gone(source: CcvShop, ccv: Ccv) -> None:
    del ccv.orders[2]
    *_, page = source.fetch("shop", Window(recheck=(ref(2), ref(3))), "")
    assert page.gone == (ref(2),)
    assert [document.number for document in page.documents] == ["W-3"]


def test_cursor_overlaps_a_day_and_leaves_out_the_past(source: CcvShop, ports: Ports) -> None:
    list(source.fetch("shop", Window(), "2026-01-03"))
    assert "min_create_date=2026-01-02" in ports.http.calls[0].url


def test_installation_in_three_steps(ccv: Ccv) -> None:
    ports = Ports(ccv)
    assert CcvShop.identify(handshake()) == KEYS["public"]
    first = CcvShop.complete(APP, ports.http, ports.clock, handshake(), {})
    assert isinstance(first, Continue)
    assert CcvShop.identify(install()) == first.identity
    second = CcvShop.complete(APP, ports.http, ports.clock, install(), first.keep)
    assert isinstance(second, Granted)
    assert second.tokens.facts == KEYS
    assert second.reply.redirect == f"{ROOT}/back"
    assert ccv.installed
    body = msgspec.json.encode({"api_public": KEYS["public"]})
    proof = sign(APP.client_secret, f"{STARTED}/uninstall|".encode() + body)
    ended = CcvShop.complete(APP, ports.http, ports.clock, arrived("uninstall", body=body, proof=proof), {})
    assert ended == Ended(identity=KEYS["public"])


def test_step_with_a_wrong_signature_is_refused(ccv: Ccv) -> None:
    ports = Ports(ccv)
    with pytest.raises(WrongKey):
        CcvShop.complete(APP, ports.http, ports.clock, handshake(secret="guessed"), {})
    assert ports.http.calls == []


def test_keys_may_be_typed_in_instead() -> None:
    assert CcvShop.begin(APP, "st4te") == AskKeys(fields=("root", "public", "secret"))
    assert isinstance(CcvShop, Authorises)
    assert isinstance(CcvShop, StartsAtVendor)


def test_webhook_is_verified_by_what_subscribing_kept(source: CcvShop, ccv: Ccv) -> None:
    addresses = {topic: f"https://us.example/hook/7/{topic}/x" for topic in source.capabilities.topics}
    kept = source.subscribe("shop", addresses)
    assert [hook["event"] for hook in ccv.hooks.values()] == list(source.capabilities.topics)
    topic = "orders.updated.ispaid"
    body = b'{"triggered_at":"2026-01-10T19:05:30Z","id":2,"paid":true}'
    proof = sign(kept[f"{topic} key"], addresses[topic].encode() + b"|" + body)
    hint = source.parse_webhook(topic, arrived("", body=body, proof=proof), kept)
    assert hint == Hint(key="orders.updated.ispaid 2 2026-01-10T19:05:30Z", refs=(ref(2),))
    with pytest.raises(WrongKey):
        source.parse_webhook(topic, arrived("", body=body + b" ", proof=proof), kept)
    source.unsubscribe("shop", kept)
    assert ccv.hooks == {}
    assert isinstance(source, SendsHooks)
