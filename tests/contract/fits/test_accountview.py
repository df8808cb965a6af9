import msgspec
import pytest
from tests.contract.fits.accountview import AccountView
from tests.contract.fits.ports import Answer, Call, GivenGrant, Ports, json_answer
from tests.contract.fits.samples import effects, memorial

from boekbrug.contract import (
    Booked,
    EffectKind,
    MarkQuery,
    Match,
    OutcomeUnknown,
    PluginSettings,
    Prepared,
    Problem,
    Refused,
    Unknown,
)


class View:
    """Inserts pages without saying which, pads text with blanks, and gives a single row without its list."""

    def __init__(self) -> None:
        self.pages: list[dict[str, str]] = []
        self.fault = ""

    def __call__(self, call: Call) -> Answer:
        if call.method == "GET":
            return self._list(call.query["FilterValue1"])
        if self.fault == "refuses":
            told = {"ErrorType": "AccountViewError", "ErrorNumbers": None, "ErrorMessage": "Dagboek is geblokkeerd"}
            return json_answer(told, status=200)
        data = msgspec.json.decode(call.body)["TableData"]
        _, journal, text, _ = data["Data"]["Rows"][0]["Values"]
        amounts = [row["Values"][-1] for row in data["DetailData"][0]["Rows"]]
        total = sum(amount for amount in amounts if amount > 0)
        number = str(len(self.pages) + 1)
        self.pages.append({"DJ_CODE": journal, "PAGE_NR": number, "HDR_DESC": text.ljust(40), "PAGE_AMT": str(total)})
        if self.fault == "reset":
            raise ConnectionResetError
        return Answer()

    def _list(self, text: str) -> Answer:
        if self.fault == "deaf":
            return Answer(status=503)
        rows = [page for page in self.pages if text in page["HDR_DESC"]]
        return json_answer({"DJ_PAGE": rows[0] if len(rows) == 1 else rows} if rows else {})


@pytest.fixture
def view() -> View:
    return View()


@pytest.fixture
def target(view: View) -> AccountView:
    return AccountView(Ports(view, GivenGrant("token")), PluginSettings())


def prepared(target: AccountView, mark: str) -> Prepared:
    (made,) = target.prepare("C1", effects(memorial(mark)))
    assert isinstance(made, Prepared)
    return made


def asked(mark: str) -> list[MarkQuery]:
    return [MarkQuery(mark=mark, kind=EffectKind.ENTRY)]


def test_200_with_a_message_inside_is_a_refusal(target: AccountView, view: View) -> None:
    view.fault = "refuses"
    (outcome,) = target.post("C1", [prepared(target, "WS 14 K7QX1")])
    assert outcome == Refused(
        problems=(Problem(code="accountview-refused", facts={"message": "Dagboek is geblokkeerd"}),)
    )
    assert view.pages == []


def test_insert_is_read_back_for_its_number_and_total(target: AccountView) -> None:
    assert target.post("C1", [prepared(target, "WS 14 K7QX1")]) == [Booked(id="90/1", number="1", total=175_50)]


def test_insert_that_cannot_be_read_back_is_unknown_and_settled_later(target: AccountView, view: View) -> None:
    view.fault = "deaf"
    (outcome,) = target.post("C1", [prepared(target, "WS 14 K7QX1")])
    assert isinstance(outcome, Unknown)
    view.fault = ""
    assert target.find("C1", asked("WS 14 K7QX1")) == [(Match(id="90/1", number="1", total=175_50),)]


def test_lost_reply_is_found_once(target: AccountView, view: View) -> None:
    view.fault = "reset"
    with pytest.raises(OutcomeUnknown):
        target.post("C1", [prepared(target, "WS 14 K7QX1")])
    assert target.find("C1", asked("WS 14 K7QX1")) == [(Match(id="90/1", number="1", total=175_50),)]


def test_filter_that_contains_is_narrowed_to_whole_marks(target: AccountView) -> None:
    target.post("C1", [prepared(target, "WS 14 K7QX1"), prepared(target, "WS 14 K7QX10")])
    assert target.find("C1", asked("WS 14 K7QX1")) == [(Match(id="90/1", number="1", total=175_50),)]
    assert target.find("C1", asked("WS 14 K7QX")) == [()]


def test_columns_and_values_are_paired_by_position(target: AccountView) -> None:
    body = msgspec.json.decode(prepared(target, "WS 14 K7QX1").payload)
    (page,) = body["TableData"]["Data"]["Rows"]
    names = [field["Name"] for field in body["Table"]["Definition"]["Fields"]]
    expected = {"RowId": "1", "DJ_CODE": "90", "HDR_DESC": "WS 14 K7QX1", "TRN_DATE": "2026-03-14T00:00:00"}
    assert dict(zip(names, page["Values"], strict=True)) == expected


def test_only_one_worker_writes_to_a_company() -> None:
    assert AccountView.capabilities.writers == 1
