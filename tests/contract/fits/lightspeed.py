"""A till in a sketch (Lightspeed Retail): receipts on trading days with a cut-off, and days that are closed or not."""

import base64
import datetime as dt
import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec
from tests.contract.fits.ports import SketchSource

from boekbrug.contract import (
    App,
    AuthorisationLost,
    Clock,
    Dates,
    Document,
    DocumentKind,
    DocumentLine,
    DocumentRef,
    Granted,
    Http,
    Identity,
    InboundRequest,
    Limit,
    OpenPage,
    Page,
    PluginSettings,
    Retriable,
    SourceCapabilities,
    Tender,
    Tokens,
    Window,
    round_half_up,
    setting,
)

AUTH = "https://cloud.lightspeedapp.com/auth/oauth"
API = "https://api.lightspeedapp.com/API/V3/Account"


class LightspeedSettings(PluginSettings):
    """One account; a trading day runs from this hour to the same hour of the next day."""

    account: str = setting(label="account")
    day_starts: int = setting(0, label="day-starts", ge=0, le=12)
    time_zone: str = setting("Europe/Amsterdam", label="time-zone")


class LightspeedRetail(SketchSource):
    """Completed sales of a shop."""

    name = "lightspeed-retail"
    Settings = LightspeedSettings
    settings: LightspeedSettings
    capabilities = SourceCapabilities(
        kinds=frozenset({DocumentKind.RECEIPT, DocumentKind.CREDIT_NOTE}),
        limits=(Limit(name="bucket", calls=90, per=dt.timedelta(seconds=90)),),
    )

    def fetch(self, unit: str, window: Window, cursor: str) -> Iterator[Page]:
        asked = {"shopID": unit, "timeStamp": f">=,{cursor}", "sort": "timeStamp"}
        sales = self._list("Sale", asked)
        stamps = [str(sale["timeStamp"]) for sale in sales]
        booked = tuple(self._document(sale) for sale in sales if sale["completed"] == "true")
        voided = tuple(_ref(sale) for sale in sales if sale["voided"] == "true")
        yield Page(documents=booked, gone=voided, cursor=max([cursor, *stamps]))

    def closed(self, unit: str, day: dt.date) -> bool | None:
        """Tell whether the day is over and no register is still open that was opened before it ended."""
        end = self._end(day)
        if self.context.clock.now() < end:
            return False
        registers = self._list("Register", {"shopID": unit})
        return all(register["open"] != "true" or _moment(register["openTime"]) >= end for register in registers)

    @staticmethod
    def begin(app: App, state: str) -> OpenPage:
        digest = hashlib.sha256(_verifier(app, state).encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        asked = {"response_type": "code", "client_id": app.client_id, "scope": "employee:register_read", "state": state}
        return OpenPage(url=f"{AUTH}/authorize?{urlencode(asked | {'code_challenge': challenge})}")

    @staticmethod
    def complete(app: App, http: Http, clock: Clock, request: InboundRequest, kept: Mapping[str, str]) -> Granted:
        code, verifier = request.query["code"], _verifier(app, request.query["state"])
        tokens = _tokens(app, http, clock, grant_type="authorization_code", code=code, code_verifier=verifier)
        return Granted(tokens=tokens, identity=Identity(id=tokens.facts["account"], name="Lightspeed Retail"))

    @staticmethod
    def refresh(app: App, http: Http, clock: Clock, tokens: Tokens) -> Tokens:
        return _tokens(app, http, clock, grant_type="refresh_token", refresh_token=tokens.refresh)

    def _document(self, sale: dict[str, Any]) -> Document:
        total = Decimal(sale["total"])
        moment = _moment(sale["completeTime"])
        return Document(
            kind=_ref(sale).kind,
            source_id=sale["saleID"],
            number=sale["ticketNumber"],
            total=total,
            total_vat=Decimal(sale["taxTotal"]),
            dates=Dates(ordered=moment, business=self._business_day(moment)),
            lines=tuple(map(_line, _many(sale["SaleLines"], "SaleLine"))),
            tenders=tuple(
                Tender(method=payment["paymentTypeID"], amount=Decimal(payment["amount"]))
                for payment in _many(sale["SalePayments"], "SalePayment")
                if payment["archived"] != "true"
            ),
        )

    def _business_day(self, moment: dt.datetime) -> dt.date:
        local = moment.astimezone(ZoneInfo(self.settings.time_zone))
        return local.date() - dt.timedelta(days=local.hour < self.settings.day_starts)

    def _end(self, day: dt.date) -> dt.datetime:
        next_day = day + dt.timedelta(days=1)
        return dt.datetime.combine(next_day, dt.time(self.settings.day_starts), ZoneInfo(self.settings.time_zone))

    def _list(self, resource: str, asked: dict[str, str]) -> Sequence[dict[str, Any]]:
        self.context.budget.take(f"bucket:{self.settings.account}")
        headers = {"Authorization": f"Bearer {self.context.grant.token()}"}
        url = f"{API}/{self.settings.account}/{resource}.json?{urlencode(asked)}"
        answer = self.context.http.request("GET", url, headers=headers)
        if answer.status_code == 429:
            raise Retriable(dt.timedelta(seconds=int(answer.headers["Retry-After"])))
        return _many(answer.json(), resource)


def _verifier(app: App, state: str) -> str:
    """Derive the PKCE verifier from the state, so that nothing has to be kept between asking and answer."""
    return hmac.new(app.client_secret.encode(), state.encode(), hashlib.sha256).hexdigest()


def _tokens(app: App, http: Http, clock: Clock, **asked: str) -> Tokens:
    form = {"client_id": app.client_id, "client_secret": app.client_secret, **asked}
    answer = http.request("POST", f"{AUTH}/token", creates=True, data=urlencode(form).encode())
    if answer.status_code != 200:
        raise AuthorisationLost(answer=answer.text)
    given = answer.json()
    expires_at = clock.now() + dt.timedelta(seconds=given["expires_in"])
    claims = given["access_token"].split(".")[1]
    facts = {"account": str(msgspec.json.decode(base64.urlsafe_b64decode(claims + "=="))["acct"])}
    return Tokens(access=given["access_token"], refresh=given["refresh_token"], expires_at=expires_at, facts=facts)


def _many(relation: Any, name: str) -> list[dict[str, Any]]:
    """Give one row, several or none the same shape; an empty relation is an empty text."""
    rows = relation.get(name, []) if isinstance(relation, dict) else []
    return [rows] if isinstance(rows, dict) else rows


def _line(line: dict[str, Any]) -> DocumentLine:
    return DocumentLine(
        amount=Decimal(line["calcTotal"]),
        quantity=Decimal(line["unitQuantity"]),
        vat=round_half_up(Decimal(line["calcTax1"])),
        vat_rate=Decimal(line["tax1Rate"]) * 100,
    )


def _ref(sale: dict[str, Any]) -> DocumentRef:
    kind = DocumentKind.CREDIT_NOTE if Decimal(sale["total"]) < 0 else DocumentKind.RECEIPT
    return DocumentRef(kind=kind, source_id=sale["saleID"])


def _moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)
