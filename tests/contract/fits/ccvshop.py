"""CCV Shop in a sketch: exact bytes signed and checked, unpaid orders looked at again, an installation in steps."""

import datetime as dt
import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from urllib.parse import urlsplit

import msgspec
from tests.contract.fits.ports import SketchSource

from boekbrug.contract import (
    App,
    AskKeys,
    CannotTell,
    Clock,
    Continue,
    Dates,
    Document,
    DocumentAnswer,
    DocumentKind,
    DocumentRef,
    Ended,
    FoundDocument,
    Gone,
    Granted,
    Hint,
    Http,
    HttpResponse,
    Identity,
    InboundRequest,
    Limit,
    Page,
    PluginSettings,
    Readiness,
    Reply,
    SourceCapabilities,
    Tokens,
    Window,
    WrongKey,
)

API = "/api/rest/v1/"


class _Order(msgspec.Struct):
    id: int
    ordernumber_full: str
    create_date: dt.datetime
    paid: bool
    total_price: Decimal


class _Orders(msgspec.Struct):
    items: list[_Order]
    next: str | None = None


class Shop:
    """A shop's API as one key sees it."""

    def __init__(self, http: Http, clock: Clock, keys: Mapping[str, str]) -> None:
        self.http, self.clock, self.keys = http, clock, keys

    def call(self, method: str, target: str, body: bytes = b"") -> HttpResponse:
        """Send a target (path and query) as it is given, and accept only an answer that the shop signed."""
        moment = f"{self.clock.now():%Y-%m-%dT%H:%M:%SZ}"
        asked = f"{self.keys['public']}|{method}|{target}|"
        signed = {"x-public": self.keys["public"], "x-date": moment, "x-hash": self._sign(asked, body, moment)}
        url = self.keys["root"] + target
        answer = self.http.request(method, url, creates=method != "GET", headers=signed, data=body or None)
        if answer.status_code < 300:
            proof = self._sign(asked, answer.content, answer.headers.get("x-date", ""))
            if not hmac.compare_digest(proof, answer.headers.get("x-hash", "")):
                raise WrongKey(answer=target)
        return answer

    def _sign(self, asked: str, body: bytes, moment: str) -> str:
        return sign(self.keys["secret"], asked.encode() + body + b"|" + moment.encode())


def sign(secret: str, message: bytes) -> str:
    """Return the HMAC-SHA512 that everything at CCV Shop is signed with."""
    return hmac.new(secret.encode(), message, hashlib.sha512).hexdigest()


class CcvShop(SketchSource):
    """Orders by their date, since the shop cannot list what changed."""

    name = "ccvshop"
    Settings = PluginSettings
    capabilities = SourceCapabilities(
        kinds=frozenset({DocumentKind.ORDER}),
        modified_since=False,
        topics=("orders.created", "orders.updated.ispaid", "orders.deleted"),
        limits=(Limit(name="get", calls=150, per=dt.timedelta(minutes=1)),),
    )

    def fetch(self, unit: str, window: Window, cursor: str) -> Iterator[Page]:
        since = dt.date.fromisoformat(cursor) - dt.timedelta(days=1) if cursor else window.since
        target: str | None = f"{API}orders/?min_create_date={since or dt.date.min}&orderby=id&start=0&size=100"
        while target:
            found = msgspec.json.decode(self._get("orders", target).content, type=_Orders)
            cursor = max([cursor, *(order.create_date.date().isoformat() for order in found.items)])
            yield Page(documents=tuple(map(_document, found.items)), cursor=cursor)
            target = _path(found.next) if found.next else None
        if window.recheck:
            yield self._recheck(unit, window.recheck, cursor)

    def _recheck(self, unit: str, refs: Sequence[DocumentRef], cursor: str) -> Page:
        answers = list(zip(refs, self.read(unit, refs), strict=True))
        return Page(
            documents=tuple(answer.document for _, answer in answers if isinstance(answer, FoundDocument)),
            gone=tuple(ref for ref, answer in answers if isinstance(answer, Gone)),
            cursor=cursor,
        )

    def read(self, unit: str, refs: Sequence[DocumentRef]) -> Sequence[DocumentAnswer]:
        return [self._read(ref) for ref in refs]

    def _read(self, ref: DocumentRef) -> DocumentAnswer:
        answer = self._get("orders", f"{API}orders/{ref.source_id}/")
        if answer.status_code == 200:
            return FoundDocument(document=_document(msgspec.json.decode(answer.content, type=_Order)))
        return Gone() if answer.status_code == 404 else CannotTell(reason=f"HTTP {answer.status_code}")

    def subscribe(self, unit: str, addresses: Mapping[str, str]) -> Mapping[str, str]:
        kept: dict[str, str] = {}
        for topic, address in addresses.items():
            body = msgspec.json.encode({"event": topic, "address": address, "is_active": True})
            made = self._shop().call("POST", f"{API}webhooks/", body).json()
            kept |= {f"{topic} id": str(made["id"]), f"{topic} key": made["key"], f"{topic} address": address}
        return kept

    def unsubscribe(self, unit: str, kept: Mapping[str, str]) -> None:
        for name, value in kept.items():
            if name.endswith(" id"):
                self._shop().call("DELETE", f"{API}webhooks/{value}/")

    def parse_webhook(self, topic: str, request: InboundRequest, kept: Mapping[str, str]) -> Hint | None:
        signed = kept[f"{topic} address"].encode() + b"|" + request.body
        if not hmac.compare_digest(sign(kept[f"{topic} key"], signed), request.headers.get("x-hash", "")):
            raise WrongKey(topic=topic)
        told = msgspec.json.decode(request.body)
        ref = DocumentRef(kind=DocumentKind.ORDER, source_id=str(told["id"]))
        return Hint(key=f"{topic} {told['id']} {told['triggered_at']}", refs=(ref,))

    def _shop(self) -> Shop:
        return Shop(self.context.http, self.context.clock, self.context.grant.facts())

    def _get(self, resource: str, target: str) -> HttpResponse:
        self.context.budget.take(f"get:{resource}")
        return self._shop().call("GET", target)

    @staticmethod
    def begin(app: App, state: str) -> AskKeys:
        return AskKeys(fields=("root", "public", "secret"))

    @staticmethod
    def identify(request: InboundRequest) -> str:
        if request.step == "install":
            return request.query.get("api_public", "")
        return str(msgspec.json.decode(request.body).get("api_public", ""))

    @staticmethod
    def complete(
        app: App, http: Http, clock: Clock, request: InboundRequest, kept: Mapping[str, str]
    ) -> Granted | Continue | Ended:
        identity = CcvShop.identify(request)
        address = f"{app.public_url}/connect/ccvshop/{app.name}/{request.step}"
        proven = identity.encode() if request.step == "install" else request.body
        expected = sign(app.client_secret, address.encode() + b"|" + proven)
        told = request.query.get("x-hash", "") if request.step == "install" else request.headers.get("x-hash", "")
        if not hmac.compare_digest(expected, told):
            raise WrongKey(step=request.step)
        if request.step == "handshake":
            given = msgspec.json.decode(request.body)
            names = {"public": "api_public", "secret": "api_secret", "root": "api_root", "back": "return_url"}
            return Continue(identity=identity, keep={ours: given[theirs] for ours, theirs in names.items()})
        if request.step == "install":
            return _install(Shop(http, clock, kept))
        return Ended(identity=identity)

    @staticmethod
    def refresh(app: App, http: Http, clock: Clock, tokens: Tokens) -> Tokens:
        return tokens  # a key pair has no end


def _install(shop: Shop) -> Granted:
    (app,) = shop.call("GET", f"{API}apps/").json()["items"]
    shop.call("PATCH", f"{API}apps/{app['id']}/", b'{"is_installed":true}')
    keys = dict(shop.keys)
    reply = Reply(status=302, body="", redirect=keys.pop("back"))
    identity = Identity(id=keys["public"], name=keys["root"])
    return Granted(tokens=Tokens(access=keys["public"], facts=keys), identity=identity, reply=reply)


def _document(order: _Order) -> Document:
    return Document(
        kind=DocumentKind.ORDER,
        source_id=str(order.id),
        number=order.ordernumber_full,
        total=order.total_price,
        dates=Dates(ordered=order.create_date),
        readiness=Readiness.READY if order.paid else Readiness.OPEN,
    )


def _path(link: str) -> str:
    """Cut path and query out of a link as they are: the shop's own host may not be the one we were given."""
    parts = urlsplit(link)
    return f"{parts.path}?{parts.query}"
