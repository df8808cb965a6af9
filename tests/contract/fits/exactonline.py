"""Exact Online in a sketch: one entry per call, generated lines left out, refusals that look like failures."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from urllib.parse import quote, urlencode

import msgspec
from tests.contract.fits.ports import SketchTarget

from boekbrug.contract import (
    App,
    AuthorisationLost,
    Booked,
    CannotTell,
    Clock,
    Effect,
    Entry,
    EntryKind,
    Granted,
    Http,
    HttpResponse,
    Identity,
    InboundRequest,
    Limit,
    Line,
    MarkAnswer,
    MarkQuery,
    Match,
    NotSent,
    OpenPage,
    Outcome,
    PluginSettings,
    Prepared,
    Problem,
    Refused,
    Retriable,
    Role,
    TargetCapabilities,
    Tokens,
    Unknown,
    from_minor,
    to_minor,
)

HOST = "https://start.exactonline.nl"
SALES, MEMORIAL = "salesentry/SalesEntries", "generaljournalentry/GeneralJournalEntries"
_numbers = msgspec.json.Encoder(decimal_format="number")


class _Row(msgspec.Struct):
    EntryID: str
    EntryNumber: int
    AmountFC: Decimal | None = None


class _One(msgspec.Struct):
    d: _Row


class _Results(msgspec.Struct):
    results: list[_Row]


class _Many(msgspec.Struct):
    d: _Results


class ExactOnline(SketchTarget):
    """Sales entries by YourRef and memorials by the text of their lines."""

    name = "exactonline"
    Settings = PluginSettings
    capabilities = TargetCapabilities(
        entry_kinds=frozenset({EntryKind.SALES, EntryKind.MEMORIAL}),
        generates=frozenset({Role.DEBTOR, Role.VAT}),
        limits=(
            Limit(name="minute", calls=60, per=dt.timedelta(minutes=1)),
            Limit(name="day", calls=5_000, per=dt.timedelta(days=1)),
        ),
    )

    def prepare(self, administration: str, effects: Sequence[Effect]) -> Sequence[Prepared | Refused]:
        ids = self._account_ids(administration)
        return [_prepare(effect, ids) for effect in effects]

    def post(self, administration: str, prepared: Sequence[Prepared]) -> Sequence[Outcome]:
        return [_outcome(self._call(administration, "POST", item.group, item.payload)) for item in prepared]

    def find(self, administration: str, queries: Sequence[MarkQuery]) -> Sequence[MarkAnswer]:
        return [self._find(administration, query.mark) for query in queries]

    def _find(self, administration: str, mark: str) -> MarkAnswer:
        literal = mark.replace("'", "''")
        asked = quote(f"YourRef eq '{literal}'")
        path = f"{SALES}?$filter={asked}&$select=EntryID,EntryNumber,AmountFC"
        answer = self._call(administration, "GET", path)
        if answer.status_code != 200:
            return CannotTell(reason=f"HTTP {answer.status_code}")
        rows = msgspec.json.decode(answer.content, type=_Many).d.results
        return tuple(Match(id=row.EntryID, number=str(row.EntryNumber), total=_total(row)) for row in rows)

    def _account_ids(self, administration: str) -> dict[str, str]:
        """Read the GUIDs that lines need once a day, and not once an entry."""
        key = f"accounts:{administration}"
        kept = self.context.cache.get(key)
        if kept is None:
            kept = self._call(administration, "GET", "financial/GLAccounts?$select=Code,ID").content
            self.context.cache.put(key, kept, dt.timedelta(days=1))
        return {row["Code"].strip(): row["ID"] for row in msgspec.json.decode(kept)["d"]["results"]}

    def _call(self, administration: str, method: str, path: str, body: bytes | None = None) -> HttpResponse:
        self.context.budget.take(f"minute:{administration}", f"day:{administration}")
        return self.context.http.request(
            method,
            f"{HOST}/api/v1/{administration}/{path}",
            creates=body is not None,
            headers={"Authorization": f"Bearer {self.context.grant.token()}", "Prefer": "return=representation"},
            data=body,
        )

    @staticmethod
    def begin(app: App, state: str) -> OpenPage:
        asked = {"client_id": app.client_id, "redirect_uri": app.redirect_uri, "response_type": "code", "state": state}
        return OpenPage(url=f"{HOST}/api/oauth2/auth?{urlencode(asked)}")

    @staticmethod
    def complete(app: App, http: Http, clock: Clock, request: InboundRequest, kept: Mapping[str, str]) -> Granted:
        tokens = _tokens(app, http, clock, grant_type="authorization_code", code=request.query["code"])
        me = http.request("GET", f"{HOST}/api/v1/current/Me", headers={"Authorization": f"Bearer {tokens.access}"})
        row = me.json()["d"]["results"][0]
        return Granted(tokens=tokens, identity=Identity(id=row["UserID"], name=row["FullName"]))

    @staticmethod
    def refresh(app: App, http: Http, clock: Clock, tokens: Tokens) -> Tokens:
        return _tokens(app, http, clock, grant_type="refresh_token", refresh_token=tokens.refresh)


def _prepare(effect: Effect, ids: Mapping[str, str]) -> Prepared | Refused:
    entry = effect.body
    assert isinstance(entry, Entry)
    sale = entry.kind is EntryKind.SALES
    sent = [line for line in entry.lines if line.role is not Role.VAT and not (sale and line.role is Role.DEBTOR)]
    unknown = [line.account for line in sent if line.account not in ids]
    if unknown:
        return Refused(problems=(Problem(code="exact-account-unknown", facts={"account": ", ".join(unknown)}),))
    body = _sale(entry, sent, ids) if sale else _memorial(entry, sent, ids)
    return Prepared(
        id=effect.id,
        kind=effect.kind,
        mark=effect.mark,
        payload=_numbers.encode(body),
        group=SALES if sale else MEMORIAL,
    )


def _sale(entry: Entry, lines: Sequence[Line], ids: Mapping[str, str]) -> dict[str, object]:
    return {
        "Journal": entry.journal,
        "Customer": entry.party.remote_id if entry.party else "",
        "EntryDate": entry.date.isoformat(),
        "YourRef": entry.mark,
        "SalesEntryLines": [
            {
                "GLAccount": ids[line.account],
                "AmountFC": from_minor(-line.minor),
                "VATCode": line.vat_code,
                "VATAmountFC": from_minor(-line.vat_minor),
            }
            for line in lines
        ],
    }


def _memorial(entry: Entry, lines: Sequence[Line], ids: Mapping[str, str]) -> dict[str, object]:
    """Give amounts including VAT: memorials take VAT codes of type I, and the package makes the VAT lines."""
    return {
        "JournalCode": entry.journal,
        "GeneralJournalEntryLines": [
            {
                "GLAccount": ids[line.account],
                "Date": entry.date.isoformat(),
                "Description": entry.mark,
                "AmountFC": from_minor(line.minor + line.vat_minor),
                "VATCode": line.vat_code,
            }
            for line in lines
        ],
    }


def _outcome(answer: HttpResponse) -> Outcome:
    """Tell a refusal from a failure: Exact answers both with 500, and only a refusal has a message in JSON."""
    if answer.status_code == 201:
        row = msgspec.json.decode(answer.content, type=_One).d
        return Booked(id=row.EntryID, number=str(row.EntryNumber), total=_total(row))
    if answer.status_code in {401, 429}:
        return NotSent(reason=f"HTTP {answer.status_code}")
    try:
        message = str(answer.json()["error"]["message"]["value"])
    except (ValueError, LookupError, TypeError):
        return Unknown(reason=f"HTTP {answer.status_code} without a message")
    return Refused(problems=(Problem(code="exact-refused", facts={"message": message}),))


def _total(row: _Row) -> int | None:
    return None if row.AmountFC is None else to_minor(row.AmountFC)


def _tokens(app: App, http: Http, clock: Clock, **asked: str) -> Tokens:
    form = {"client_id": app.client_id, "client_secret": app.client_secret, "redirect_uri": app.redirect_uri, **asked}
    answer = http.request("POST", f"{HOST}/api/oauth2/token", creates=True, data=urlencode(form).encode())
    if answer.headers.get("Reason", "").startswith("TooEarlyToRefreshTokens"):
        raise Retriable(dt.timedelta(seconds=570))
    if answer.status_code != 200:
        raise AuthorisationLost(answer=answer.text)
    given, now = answer.json(), clock.now()
    return Tokens(
        access=given["access_token"],
        refresh=given["refresh_token"],
        expires_at=now + dt.timedelta(seconds=int(given["expires_in"])),
        refresh_from=now + dt.timedelta(seconds=570),
        refresh_until=now + dt.timedelta(days=30),
    )
