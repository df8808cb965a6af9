import base64
import datetime as dt
import hashlib
from decimal import Decimal
from urllib.parse import parse_qsl, urlsplit

import msgspec
import pytest
from tests.contract.fits.lightspeed import LightspeedRetail, LightspeedSettings
from tests.contract.fits.ports import Answer, Call, GivenGrant, Ports, SettableClock, json_answer

from boekbrug.contract import (
    App,
    AuthorisationLost,
    Authorises,
    ClosesDays,
    Document,
    DocumentKind,
    DocumentRef,
    InboundRequest,
    OpenPage,
    Retriable,
    TakesSnapshots,
    Tender,
    Window,
)

NIGHT = "2026-01-10T23:15:00+00:00"  # 00:15 on 11 January in Amsterdam


def sale(number: str, moment: str = NIGHT, total: str = "74.85", **changes: object) -> dict[str, object]:
    lines = [
        {"unitQuantity": "2", "calcTotal": "29.9", "calcTax1": "2.468807", "tax1Rate": "0.09"},
        {"unitQuantity": "1", "calcTotal": "44.95", "calcTax1": "7.80124", "tax1Rate": "0.21"},
    ]
    payments = [
        {"paymentTypeID": "6", "amount": "50", "archived": "false"},
        {"paymentTypeID": "1", "amount": "24.85", "archived": "false"},
        {"paymentTypeID": "6", "amount": "74.85", "archived": "true"},
    ]
    return {
        "saleID": number,
        "ticketNumber": f"22000000{number}",
        "timeStamp": moment,
        "completeTime": moment,
        "completed": "true",
        "voided": "false",
        "total": total,
        "taxTotal": "10.27",
        "SaleLines": {"SaleLine": lines},
        "SalePayments": {"SalePayment": payments},
    } | changes


class Till:
    """Every scalar is text; a list of one row is that row, and an empty one is not there."""

    def __init__(self) -> None:
        self.sales = [sale("4711")]
        self.registers = [{"registerID": "1", "open": "false", "openTime": "2026-01-10T08:00:00+00:00"}]
        self.full = False

    def __call__(self, call: Call) -> Answer:
        if self.full:
            return Answer(status=429, headers={"Retry-After": "3"})
        if call.path.endswith("/Register.json"):
            return self._rows("Register", self.registers)
        since = call.query["timeStamp"].removeprefix(">=,")
        return self._rows("Sale", [row for row in self.sales if str(row["timeStamp"]) >= since])

    @staticmethod
    def _rows(name: str, rows: list[dict[str, str]] | list[dict[str, object]]) -> Answer:
        answer: dict[str, object] = {"@attributes": {"next": "", "previous": ""}}
        return json_answer(answer | ({name: rows[0] if len(rows) == 1 else rows} if rows else {}))


@pytest.fixture
def till() -> Till:
    return Till()


def source(till: Till, *, day_starts: int = 0, now: str = "2026-01-11T12:00:00+00:00") -> LightspeedRetail:
    ports = Ports(till, GivenGrant("token"), SettableClock(dt.datetime.fromisoformat(now)))
    return LightspeedRetail(ports, LightspeedSettings(account="9", day_starts=day_starts))


def fetched(source: LightspeedRetail) -> tuple[Document, ...]:
    (page,) = source.fetch("1", Window(), "")
    return page.documents


@pytest.mark.parametrize(("day_starts", "business"), [(0, dt.date(2026, 1, 11)), (5, dt.date(2026, 1, 10))])
def test_receipt_after_midnight_belongs_to_the_trading_day(till: Till, day_starts: int, business: dt.date) -> None:
    (receipt,) = fetched(source(till, day_starts=day_starts))
    assert receipt.dates.business == business
    assert receipt.dates.ordered == dt.datetime(2026, 1, 10, 23, 15, tzinfo=dt.UTC)


def test_receipt_adds_up_and_leaves_out_the_cancelled_payment(till: Till) -> None:
    (receipt,) = fetched(source(till))
    assert sum(line.amount for line in receipt.lines) == receipt.total == Decimal("74.85")
    assert [(line.vat, line.vat_rate) for line in receipt.lines] == [
        (Decimal("2.47"), Decimal("9.00")),
        (Decimal("7.80"), Decimal("21.00")),
    ]
    assert receipt.tenders == (Tender(method="6", amount=Decimal(50)), Tender(method="1", amount=Decimal("24.85")))


def test_return_is_a_credit_note_even_as_a_single_row(till: Till) -> None:
    line = {"unitQuantity": "-1", "calcTotal": "-14.95", "calcTax1": "-1.234404", "tax1Rate": "0.09"}
    paid = {"paymentTypeID": "1", "amount": "-14.95", "archived": "false"}
    back = {"SaleLines": {"SaleLine": line}, "SalePayments": {"SalePayment": paid}, "taxTotal": "-1.23"}
    till.sales = [sale("4802", total="-14.95") | back]
    (note,) = fetched(source(till))
    assert note.kind is DocumentKind.CREDIT_NOTE
    assert (note.lines[0].vat, note.tenders[0].amount) == (Decimal("-1.23"), Decimal("-14.95"))


def test_empty_relations_and_empty_lists(till: Till) -> None:
    till.sales = [sale("1", total="0", SaleLines="", SalePayments="")]
    assert [(receipt.lines, receipt.tenders) for receipt in fetched(source(till))] == [((), ())]
    till.sales = []
    assert fetched(source(till)) == ()


def test_voided_sale_is_named_as_gone(till: Till) -> None:
    till.sales = [sale("4711", completed="false", voided="true"), sale("4712", completed="false")]
    (page,) = source(till).fetch("1", Window(), "")
    assert (page.documents, page.gone) == ((), (DocumentRef(kind=DocumentKind.RECEIPT, source_id="4711"),))


def test_day_is_not_closed_before_its_cut_off(till: Till) -> None:
    day = dt.date(2026, 1, 10)
    assert source(till, day_starts=5, now="2026-01-11T03:59:59+00:00").closed("1", day) is False
    assert source(till, day_starts=5, now="2026-01-11T04:00:00+00:00").closed("1", day) is True
    assert source(till, day_starts=0, now="2026-01-10T23:00:00+00:00").closed("1", day) is True


def test_day_waits_for_a_register_that_was_not_closed(till: Till) -> None:
    till.registers.append({"registerID": "2", "open": "true", "openTime": "2026-01-10T08:00:00+00:00"})
    assert source(till).closed("1", dt.date(2026, 1, 10)) is False
    till.registers[1]["openTime"] = "2026-01-11T08:00:00+00:00"
    assert source(till).closed("1", dt.date(2026, 1, 10)) is True


def test_day_of_the_change_to_summer_time_has_23_hours(till: Till) -> None:
    day = dt.date(2026, 3, 29)
    assert source(till, now="2026-03-29T21:59:59+00:00").closed("1", day) is False
    assert source(till, now="2026-03-29T22:00:00+00:00").closed("1", day) is True


def test_till_closes_days_and_is_authorised_too(till: Till) -> None:
    made = source(till)
    assert isinstance(made, ClosesDays)
    assert isinstance(made, Authorises)
    assert not isinstance(made, TakesSnapshots)


class Login:
    """Gives a token for a code whose challenge the verifier proves."""

    def __init__(self, challenge: str) -> None:
        self.challenge = challenge

    def __call__(self, call: Call) -> Answer:
        digest = hashlib.sha256(call.form["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != self.challenge:
            return json_answer({"error": "invalid_grant"}, status=400)
        claims = base64.urlsafe_b64encode(b'{"acct":"9"}').rstrip(b"=").decode()
        given = {"access_token": f"head.{claims}.sign", "refresh_token": "refresh-1", "expires_in": 3600}
        return json_answer(given)


def test_pkce_needs_nothing_kept_between_asking_and_answer() -> None:
    app = App(name="till", client_id="c", client_secret="s", redirect_uri="", public_url="")
    asked = LightspeedRetail.begin(app, "st4te")
    assert isinstance(asked, OpenPage)
    ports = Ports(Login(dict(parse_qsl(urlsplit(asked.url).query))["code_challenge"]))
    back = InboundRequest(step="cb", method="GET", url="", headers={}, query={"code": "x", "state": "st4te"}, body=b"")
    assert LightspeedRetail.complete(app, ports.http, ports.clock, back, {}).identity.id == "9"
    other = msgspec.structs.replace(back, query={"code": "x", "state": "other"})
    with pytest.raises(AuthorisationLost):
        LightspeedRetail.complete(app, ports.http, ports.clock, other, {})


def test_full_bucket_says_how_long_to_wait(till: Till) -> None:
    till.full = True
    with pytest.raises(Retriable) as told:
        fetched(source(till))
    assert told.value.retry_after == dt.timedelta(seconds=3)
