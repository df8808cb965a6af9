"""Booking Experts in a sketch: ledger movements taken as a whole, and an installation that starts at the vendor."""

import datetime as dt
from collections.abc import Iterator, Mapping
from decimal import Decimal
from urllib.parse import urlencode

import msgspec
from tests.contract.fits.ports import SketchSource

from boekbrug.contract import (
    App,
    AuthorisationLost,
    Clock,
    Dates,
    Document,
    DocumentKind,
    Granted,
    Http,
    HttpResponse,
    Identity,
    InboundRequest,
    Limit,
    Movement,
    OpenPage,
    Page,
    PluginSettings,
    Problem,
    Retriable,
    SourceCapabilities,
    Tokens,
    Window,
    round_half_up,
)

API, TOKEN_URL = "https://api.bookingexperts.nl/v3", "https://api.bookingexperts.nl/oauth/token"


class _Attributes(msgspec.Struct):
    date: dt.date
    ledger_number: str
    ledger_name: str
    vat_code: str | None
    debit: Decimal
    credit: Decimal


class _Row(msgspec.Struct):
    id: str
    attributes: _Attributes


class _Links(msgspec.Struct):
    next: str | None


class _Rows(msgspec.Struct):
    data: list[_Row]
    links: _Links


class BookingExperts(SketchSource):
    """A park's ledger; a day that does not balance is shown and not booked."""

    name = "bookingexperts"
    Settings = PluginSettings
    capabilities = SourceCapabilities(
        kinds=frozenset({DocumentKind.LEDGER_MOVEMENT}),
        modified_since=False,
        limits=(Limit(name="calls", calls=500, per=dt.timedelta(minutes=15)),),
    )

    def fetch(self, unit: str, window: Window, cursor: str) -> Iterator[Page]:
        """Yield the days since the cursor; what changes in them later is for `snapshot`."""
        today = self.context.clock.now().date()
        day = dt.date.fromisoformat(cursor) if cursor else window.since or today
        while day < min(window.until or today, today):
            after = day + dt.timedelta(days=1)
            found = [document for page in self.snapshot(unit, day, after) for document in page.documents]
            yield Page(documents=tuple(found), cursor=after.isoformat())
            day = after

    def snapshot(self, unit: str, start: dt.date, end: dt.date) -> Iterator[Page]:
        last = end - dt.timedelta(days=1)
        link: str | None = f"{API}/administrations/{unit}/journal_transactions?filter%5Bdate%5D={start}..{last}"
        rows: list[_Row] = []
        while link:
            found = msgspec.json.decode(self._get(link).content, type=_Rows)
            rows += found.data
            link = found.links.next
        yield Page(documents=tuple(_documents(rows)), cursor="")

    def _get(self, url: str) -> HttpResponse:
        self.context.budget.take("calls")
        token = self.context.grant.token()
        answer = self._ask(url, token)
        if answer.status_code == 401:
            answer = self._ask(url, self.context.grant.refused(token))
        if answer.status_code != 200:
            raise Retriable(status=str(answer.status_code))
        return answer

    def _ask(self, url: str, token: str) -> HttpResponse:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/vnd.api+json"}
        return self.context.http.request("GET", url, headers=headers)

    @staticmethod
    def begin(app: App, state: str) -> OpenPage:
        return OpenPage(url=app.settings["store_page"])

    @staticmethod
    def identify(request: InboundRequest) -> str:
        return ""  # the vendor sends a code and nothing else

    @staticmethod
    def complete(app: App, http: Http, clock: Clock, request: InboundRequest, kept: Mapping[str, str]) -> Granted:
        tokens = _tokens(app, http, clock, grant_type="authorization_code", code=request.query["code"])
        headers = {"Authorization": f"Bearer {tokens.access}"}
        told = http.request("GET", f"{API}/subscription", headers=headers).json()["data"]
        organisation = told["relationships"]["organization"]["data"]["id"]
        identity = Identity(id=organisation, name=f"Booking Experts organisation {organisation}")
        return Granted(tokens=tokens, identity=identity)

    @staticmethod
    def refresh(app: App, http: Http, clock: Clock, tokens: Tokens) -> Tokens:
        return _tokens(app, http, clock, grant_type="refresh_token", refresh_token=tokens.refresh)


def _documents(rows: list[_Row]) -> Iterator[Document]:
    over: dict[dt.date, Decimal] = {}
    for row in rows:
        day = row.attributes.date
        over[day] = over.get(day, Decimal(0)) + _amount(row.attributes)
    for row in rows:
        yield _document(row.id, row.attributes, over[row.attributes.date])


def _document(row_id: str, row: _Attributes, over: Decimal) -> Document:
    problems = (
        [Problem(code="bookingexperts-unbalanced", facts={"day": f"{row.date}", "over": f"{over}"})] if over else []
    )
    if not row.ledger_number:
        problems.append(Problem(code="bookingexperts-no-number", facts={"account": row.ledger_name}))
    amount = _amount(row)
    movement = Movement(account=row.ledger_number, name=row.ledger_name, amount=amount, vat_code=row.vat_code or "")
    return Document(
        kind=DocumentKind.LEDGER_MOVEMENT,
        source_id=row_id,
        number=f"{row.date} {row.ledger_number}",
        total=amount,
        dates=Dates(business=row.date),
        movements=(movement,),
        problems=tuple(problems),
    )


def _amount(row: _Attributes) -> Decimal:
    """Return debit less credit; the vendor sums floats, so that 0.3 arrives as 0.30000000000000004."""
    return round_half_up(row.debit - row.credit)


def _tokens(app: App, http: Http, clock: Clock, **asked: str) -> Tokens:
    form = {"client_id": app.client_id, "client_secret": app.client_secret, "redirect_uri": app.redirect_uri, **asked}
    answer = http.request("POST", TOKEN_URL, creates=True, data=urlencode(form).encode())
    if answer.status_code != 200:
        raise AuthorisationLost(status=str(answer.status_code))
    given = answer.json()
    lives = given.get("expires_in")
    return Tokens(
        access=given["access_token"],
        refresh=given.get("refresh_token") or asked.get("refresh_token", ""),
        expires_at=clock.now() + dt.timedelta(seconds=lives) if lives else None,
    )
