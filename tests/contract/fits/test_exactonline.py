import datetime as dt

import msgspec
import pytest
from tests.contract.fits.exactonline import ExactOnline
from tests.contract.fits.ports import Answer, Call, GivenGrant, Ports, SettableClock, json_answer
from tests.contract.fits.samples import effects, memorial, sale

from boekbrug.contract import (
    App,
    AuthorisationLost,
    Authorises,
    Booked,
    EffectKind,
    Granted,
    InboundRequest,
    MarkQuery,
    Match,
    OpenPage,
    OutcomeUnknown,
    PluginSettings,
    Prepared,
    Problem,
    Refused,
    Retriable,
    Unknown,
)

APP = App(name="exact", client_id="c", client_secret="s", redirect_uri="https://us.example/cb", public_url="")
ACCOUNTS = {"1250": "guid-1250", "1300": "guid-1300", "8000": "guid-8000", "8010": "guid-8010"}


class Exact:
    """Books entries, makes debtor and VAT lines itself, and rotates refresh tokens that work once."""

    def __init__(self, clock: SettableClock) -> None:
        self.clock = clock
        self.entries: list[dict[str, object]] = []
        self.fault = ""
        self.chain = 0
        self.given_at = clock.now()

    def __call__(self, call: Call) -> Answer:
        if call.path == "/api/oauth2/token":
            return self._token(call)
        if call.path.endswith("/Me"):
            return json_answer({"d": {"results": [{"UserID": "user-1", "FullName": "Eva"}]}})
        if call.path.endswith("/GLAccounts"):
            return json_answer({"d": {"results": [{"Code": f"{c} ", "ID": i} for c, i in ACCOUNTS.items()]}})
        if call.method == "GET":
            mark = call.query["$filter"].removeprefix("YourRef eq '")[:-1].replace("''", "'")
            return json_answer({"d": {"results": [row for row in self.entries if row.get("YourRef") == mark]}})
        return self._post(call)

    def _post(self, call: Call) -> Answer:
        if self.fault == "period":
            told = {"error": {"code": "", "message": {"lang": "", "value": "Periode is afgesloten: 2026 - 3"}}}
            return json_answer(told, status=500)
        if self.fault == "empty":
            return Answer(status=500)
        row = msgspec.json.decode(call.body)
        total = sum(line["AmountFC"] + line.get("VATAmountFC", 0) for line in row.get("SalesEntryLines", ()))
        number = len(self.entries) + 1
        self.entries.append({**row, "EntryID": f"entry-{number}", "EntryNumber": number, "AmountFC": total})
        if self.fault == "reset":
            raise ConnectionResetError
        return json_answer({"d": self.entries[-1]}, status=201)

    def _token(self, call: Call) -> Answer:
        if call.form["grant_type"] == "refresh_token":
            if call.form["refresh_token"] != f"refresh-{self.chain}":
                return json_answer({"error_description": "Old refresh token used."}, status=401)
            if self.clock.now() - self.given_at < dt.timedelta(seconds=570):
                return json_answer({"error": "access_denied"}, status=400, Reason="TooEarlyToRefreshTokens: wait")
        self.chain, self.given_at = self.chain + 1, self.clock.now()
        if self.fault == "reset":
            raise ConnectionResetError
        return json_answer(
            {"access_token": f"a-{self.chain}", "refresh_token": f"refresh-{self.chain}", "expires_in": "600"}
        )


@pytest.fixture
def exact() -> Exact:
    return Exact(SettableClock())


@pytest.fixture
def ports(exact: Exact) -> Ports:
    return Ports(exact, GivenGrant("token"), exact.clock)


@pytest.fixture
def target(ports: Ports) -> ExactOnline:
    return ExactOnline(ports, PluginSettings())


def prepared(target: ExactOnline, mark: str = "W-1042 K7QX1") -> Prepared:
    (made,) = target.prepare("1234567", effects(sale(mark)))
    assert isinstance(made, Prepared)
    return made


def test_sale_leaves_out_the_debtor_and_vat_lines_that_exact_makes(target: ExactOnline, exact: Exact) -> None:
    assert target.post("1234567", [prepared(target)]) == [Booked(id="entry-1", number="1", total=175_50)]
    assert exact.entries[0]["SalesEntryLines"] == [
        {"GLAccount": "guid-8000", "AmountFC": 100.00, "VATCode": "2", "VATAmountFC": 21.00},
        {"GLAccount": "guid-8010", "AmountFC": 50.00, "VATCode": "4", "VATAmountFC": 4.50},
    ]
    assert exact.entries[0]["Customer"] == "6f2b1c1e"


def test_memorial_balances_in_amounts_including_vat(target: ExactOnline) -> None:
    (made,) = target.prepare("1234567", effects(memorial("WS 2026-03-14 K7QX1")))
    assert isinstance(made, Prepared)
    lines = msgspec.json.decode(made.payload)["GeneralJournalEntryLines"]
    assert [line["AmountFC"] for line in lines] == [175.50, -121.00, -54.50]


def test_payload_carries_resolved_ids_and_cents_as_written(target: ExactOnline) -> None:
    payload = prepared(target).payload
    assert b'"GLAccount":"guid-8000","AmountFC":100.00' in payload
    assert payload == prepared(target).payload


def test_account_ids_are_looked_up_once(target: ExactOnline, ports: Ports) -> None:
    prepared(target)
    prepared(target)
    assert [call.path for call in ports.http.calls] == ["/api/v1/1234567/financial/GLAccounts"]


def test_unknown_account_is_refused_before_anything_is_sent(target: ExactOnline, exact: Exact) -> None:
    entry = sale("W-1 K7QX1")
    strange = sale("W-1 K7QX1", lines=(entry.lines[0], msgspec.structs.replace(entry.lines[1], account="8999")))
    (refused,) = target.prepare("1234567", effects(strange))
    assert refused == Refused(problems=(Problem(code="exact-account-unknown", facts={"account": "8999"}),))
    assert exact.entries == []


def test_500_with_a_message_is_a_refusal(target: ExactOnline, exact: Exact) -> None:
    exact.fault = "period"
    (outcome,) = target.post("1234567", [prepared(target)])
    facts = {"message": "Periode is afgesloten: 2026 - 3"}
    assert outcome == Refused(problems=(Problem(code="exact-refused", facts=facts),))


def test_500_without_a_message_is_unknown(target: ExactOnline, exact: Exact) -> None:
    exact.fault = "empty"
    (outcome,) = target.post("1234567", [prepared(target)])
    assert isinstance(outcome, Unknown)


def test_lost_reply_is_found_by_its_whole_mark(target: ExactOnline, exact: Exact, ports: Ports) -> None:
    exact.fault = "reset"
    with pytest.raises(OutcomeUnknown):
        target.post("1234567", [prepared(target, "O'Brien 1 K7QX1")])
    queries = [MarkQuery(mark=mark, kind=EffectKind.ENTRY) for mark in ("O'Brien 1 K7QX1", "O'Brien 1 K7QX")]
    assert ExactOnline(ports, PluginSettings()).find("1234567", queries) == [
        (Match(id="entry-1", number="1", total=175_50),),
        (),
    ]


def test_each_call_takes_from_the_limits_of_its_division(target: ExactOnline, ports: Ports) -> None:
    target.post("1234567", [prepared(target)])
    assert ports.budget.taken == {"minute:1234567": 2, "day:1234567": 2}
    assert {key.split(":")[0] for key in ports.budget.taken} == {limit.name for limit in target.capabilities.limits}


def test_authorisation_tells_the_user_whose_grant_it_is(ports: Ports) -> None:
    asked = ExactOnline.begin(APP, "st4te")
    assert isinstance(asked, OpenPage)
    assert "state=st4te" in asked.url
    request = InboundRequest(step="cb", method="GET", url="", headers={}, query={"code": "x"}, body=b"")
    granted = ExactOnline.complete(APP, ports.http, ports.clock, request, {})
    assert isinstance(granted, Granted)
    assert granted.identity.id == "user-1"
    assert isinstance(ExactOnline, Authorises)


def test_refresh_too_early_is_retriable_and_after_570_seconds_gives_a_new_pair(ports: Ports, exact: Exact) -> None:
    request = InboundRequest(step="cb", method="GET", url="", headers={}, query={"code": "x"}, body=b"")
    tokens = ExactOnline.complete(APP, ports.http, ports.clock, request, {}).tokens
    assert tokens.refresh_from == exact.clock.now() + dt.timedelta(seconds=570)
    with pytest.raises(Retriable):
        ExactOnline.refresh(APP, ports.http, ports.clock, tokens)
    exact.clock.advance(seconds=570)
    fresh = ExactOnline.refresh(APP, ports.http, ports.clock, tokens)
    assert (fresh.access, fresh.refresh) == ("a-2", "refresh-2")
    with pytest.raises(AuthorisationLost, match="Old refresh token used"):
        ExactOnline.refresh(APP, ports.http, ports.clock, tokens)


def test_lost_answer_to_a_refresh_is_unknown_and_not_retried(ports: Ports, exact: Exact) -> None:
    request = InboundRequest(step="cb", method="GET", url="", headers={}, query={"code": "x"}, body=b"")
    tokens = ExactOnline.complete(APP, ports.http, ports.clock, request, {}).tokens
    exact.clock.advance(seconds=580)
    exact.fault = "reset"
    with pytest.raises(OutcomeUnknown):
        ExactOnline.refresh(APP, ports.http, ports.clock, tokens)
    assert [call.creates for call in ports.http.calls if call.path == "/api/oauth2/token"] == [True, True]
