"""Multivers in a sketch: an entry's number is reserved before it is posted, and is how it is looked up."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec
from tests.contract.fits.ports import SketchTarget

from boekbrug.contract import (
    Booked,
    CannotTell,
    Effect,
    Entry,
    EntryKind,
    HttpResponse,
    Line,
    MarkAnswer,
    MarkQuery,
    Match,
    NotSent,
    Outcome,
    PluginSettings,
    Prepared,
    Problem,
    Refused,
    Role,
    TargetCapabilities,
    Unknown,
    from_minor,
    to_minor,
)

BASE = "https://api.multivers.nl/V22/api"
_LEDGER_LINE = "UNIT4.Multivers.API.BL.Financial.Edit.BasicEntryProxy, UNIT4.Multivers.API.Web.WebApi.Model"
_numbers = msgspec.json.Encoder(decimal_format="number")


class _Entry(msgspec.Struct, rename="camel"):
    document: str
    total_debit_amount: Decimal


class Multivers(SketchTarget):
    """Memorials; one writer, because two could draw the same next number."""

    name = "multivers"
    Settings = PluginSettings
    capabilities = TargetCapabilities(entry_kinds=frozenset({EntryKind.MEMORIAL}), writers=1)

    def prepare(self, administration: str, effects: Sequence[Effect]) -> Sequence[Prepared | Refused]:
        return [self._prepare(administration, effect) for effect in effects]

    def _prepare(self, administration: str, effect: Effect) -> Prepared:
        entry = effect.body
        assert isinstance(entry, Entry)
        year = entry.date.year
        asked = f"GetNextJournalTransactionCommand?fiscalYear={year}&journalId={entry.journal}"
        number = self._call("POST", administration, asked).json()["nextJournalTransaction"]
        body = {
            "journalId": entry.journal,
            "fiscalYear": year,
            "journalTransaction": number,
            "document": entry.mark,
            "finTransEntries": [_line(line) for line in entry.lines if line.role is not Role.VAT],
        }
        return Prepared(
            id=effect.id,
            kind=effect.kind,
            mark=effect.mark,
            payload=_numbers.encode(body),
            numbers={"path": f"{year}/{entry.journal}/{number}"},
        )

    def post(self, administration: str, prepared: Sequence[Prepared]) -> Sequence[Outcome]:
        return [self._post(administration, item) for item in prepared]

    def _post(self, administration: str, item: Prepared) -> Outcome:
        answer = self._call("POST", administration, "FinTrans", item.payload)
        if answer.status_code == 401:
            return NotSent(reason="HTTP 401")
        if answer.status_code == 200:
            made = msgspec.json.decode(answer.content, type=_Entry)
            path = item.numbers["path"]
            return Booked(id=path, number=path.rpartition("/")[2], total=to_minor(made.total_debit_amount))
        if answer.headers.get("Content-Type") != "application/json":
            return Unknown(reason=f"HTTP {answer.status_code}")
        told = tuple(row["message"] for row in answer.json()["messages"])
        return Refused(problems=tuple(Problem(code="multivers-refused", facts={"message": text}) for text in told))

    def find(self, administration: str, queries: Sequence[MarkQuery]) -> Sequence[MarkAnswer]:
        return [self._find(administration, query) for query in queries]

    def _find(self, administration: str, query: MarkQuery) -> MarkAnswer:
        if query.prepared is None:
            return CannotTell(reason="no number was reserved")
        path = query.prepared.numbers["path"]
        answer = self._call("GET", administration, f"FinTrans/{path}")
        if answer.status_code == 404:
            return ()
        if answer.status_code != 200:
            return CannotTell(reason=f"HTTP {answer.status_code}")
        entry = msgspec.json.decode(answer.content, type=_Entry)
        if entry.document != query.mark:  # somebody else booked under the number that we had reserved
            return ()
        return (Match(id=path, number=path.rpartition("/")[2], total=to_minor(entry.total_debit_amount)),)

    def _call(self, method: str, administration: str, path: str, body: bytes | None = None) -> HttpResponse:
        headers = {"Authorization": f"Bearer {self.context.grant.token()}", "Accept": "application/json"}
        url = f"{BASE}/{administration}/{path}"
        return self.context.http.request(method, url, creates=body is not None, headers=headers, data=body)


def _line(line: Line) -> dict[str, object]:
    gross = line.minor + line.vat_minor
    return {
        "$type": _LEDGER_LINE,
        "accountId": line.account,
        "debitAmount": from_minor(max(gross, 0)),
        "creditAmount": from_minor(max(-gross, 0)),
        "vatCodeId": int(line.vat_code) if line.vat_code else None,
        "vatIncluded": bool(line.vat_code),
        "vatAmount": from_minor(abs(line.vat_minor)),
    }
