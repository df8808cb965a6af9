"""AccountView in a sketch: one writer, refusals inside an answer of 200, an insert that does not say what it made."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec
from tests.contract.fits.ports import SketchTarget

from boekbrug.contract import (
    Booked,
    CannotTell,
    Effect,
    Entry,
    EntryKind,
    MarkAnswer,
    MarkQuery,
    Match,
    Outcome,
    PluginSettings,
    Prepared,
    Problem,
    Refused,
    TargetCapabilities,
    Unknown,
    from_minor,
    to_minor,
)

URL = "https://www.accountview.net/api/v3/accountviewdata"
_numbers = msgspec.json.Encoder(decimal_format="number")
_PAGE = {"DJ_CODE": "C", "HDR_DESC": "C", "TRN_DATE": "T"}
_LINE = {"RowId": "C", "HeaderId": "C", "ACCT_NR": "C", "TRN_DATE": "T", "AMOUNT": "N"}


class _Found(msgspec.Struct):
    DJ_PAGE: list[dict[str, Any]] | dict[str, Any] = msgspec.field(default_factory=list)


class AccountView(SketchTarget):
    """Journal pages, found again by their description."""

    name = "accountview"
    Settings = PluginSettings
    capabilities = TargetCapabilities(entry_kinds=frozenset({EntryKind.MEMORIAL}), writers=1, mark_length=40)

    def prepare(self, administration: str, effects: Sequence[Effect]) -> Sequence[Prepared | Refused]:
        return [_prepare(effect) for effect in effects]

    def post(self, administration: str, prepared: Sequence[Prepared]) -> Sequence[Outcome]:
        return [self._post(administration, item) for item in prepared]

    def _post(self, administration: str, item: Prepared) -> Outcome:
        """Insert, then read back: the answer to an insert names neither page nor amount."""
        headers = self._headers(administration) | {"Content-Type": "application/json; charset=utf-8"}
        answer = self.context.http.request("POST", URL, creates=True, headers=headers, data=item.payload)
        if told := _message(answer.content):
            return Refused(problems=(Problem(code="accountview-refused", facts={"message": told}),))
        if answer.status_code != 200:
            return Unknown(reason=f"HTTP {answer.status_code}")
        found = self._find(administration, item.mark)
        if isinstance(found, CannotTell) or len(found) != 1:
            return Unknown(reason="inserted, but not read back")
        return Booked(id=found[0].id, number=found[0].number, total=found[0].total)

    def find(self, administration: str, queries: Sequence[MarkQuery]) -> Sequence[MarkAnswer]:
        return [self._find(administration, query.mark) for query in queries]

    def _find(self, administration: str, mark: str) -> MarkAnswer:
        asked = {"BusinessObject": "DJ2P", "PageSize": "1000", "FilterControlSource1": "HDR_DESC"}
        asked |= {"FilterOperator1": "Contains", "FilterValueType1": "C", "FilterValue1": mark}
        answer = self.context.http.request("GET", URL, params=asked, headers=self._headers(administration))
        if answer.status_code != 200 or _message(answer.content):
            return CannotTell(reason=f"HTTP {answer.status_code}")
        rows = msgspec.json.decode(answer.content, type=_Found).DJ_PAGE
        pages = [rows] if isinstance(rows, dict) else rows  # a single row comes without its list
        return tuple(_match(page) for page in pages if page["HDR_DESC"].strip() == mark)

    def _headers(self, administration: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.context.grant.token()}", "x-company": administration}


def _prepare(effect: Effect) -> Prepared:
    entry = effect.body
    assert isinstance(entry, Entry)
    moment = f"{entry.date.isoformat()}T00:00:00"
    lines = [
        [str(position), "1", line.account, moment, from_minor(line.minor)]
        for position, line in enumerate(entry.lines, start=1)
    ]
    body = {
        "BookDate": moment,
        "BusinessObject": "DJ2",
        "Table": {
            "Definition": {"Name": "DJ_PAGE", "Fields": _fields({"RowId": "C"} | _PAGE)},
            "DetailDefinitions": [{"Name": "DJ_LINE", "Fields": _fields(_LINE)}],
        },
        "TableData": {
            "Data": {"Rows": [{"Values": ["1", entry.journal, entry.mark, moment]}]},
            "DetailData": [{"Rows": [{"Values": values} for values in lines]}],
        },
    }
    return Prepared(id=effect.id, kind=effect.kind, mark=effect.mark, payload=_numbers.encode(body))


def _fields(columns: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "FieldType": kind} for name, kind in columns.items()]


def _message(body: bytes) -> str:
    """Return the refusal inside an answer of whatever status; "" when it holds none."""
    try:
        told = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return ""
    return str(told.get("ErrorMessage") or "") if isinstance(told, dict) else ""


def _match(page: Mapping[str, Any]) -> Match:
    number = str(page["PAGE_NR"]).strip()
    return Match(id=f"{page['DJ_CODE'].strip()}/{number}", number=number, total=to_minor(Decimal(page["PAGE_AMT"])))
