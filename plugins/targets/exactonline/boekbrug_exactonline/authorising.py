"""Being let in by Exact: the page of the vendor, the exchange of its code, and refresh tokens that work once.

An access token lives 600 seconds and may be refreshed from 570 seconds on; a refresh token ends after 30 days.
"""

import datetime as dt
from collections.abc import Mapping
from urllib.parse import urlencode

import msgspec

from boekbrug.contract import (
    App,
    AuthorisationLost,
    Clock,
    Granted,
    Http,
    HttpResponse,
    Identity,
    InboundRequest,
    OpenPage,
    OutcomeUnknown,
    Reply,
    Retriable,
    SettingsError,
    Tokens,
    Unfit,
    WrongKey,
)
from boekbrug_exactonline.labels import NO_SITE

SITES: Mapping[str, str] = {
    "nl": "https://start.exactonline.nl",
    "be": "https://start.exactonline.be",
    "de": "https://start.exactonline.de",
    "uk": "https://start.exactonline.co.uk",
    "fr": "https://start.exactonline.fr",
    "es": "https://start.exactonline.es",
    "com": "https://start.exactonline.com",
}
"""An app is registered at one site, and its tokens work there alone."""

EARLIEST = dt.timedelta(seconds=570)
UNUSED = dt.timedelta(days=30)
_SELECT = "UserID,FullName,Email,LanguageCode,DivisionCustomerName"
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class _Given(msgspec.Struct):
    access_token: str
    refresh_token: str
    expires_in: str | int


class _Fault(msgspec.Struct):
    error: str = ""
    error_description: str = ""


class _Me(msgspec.Struct):
    id: str = msgspec.field(name="UserID")
    name: str = msgspec.field(name="FullName")
    office: str | None = msgspec.field(default=None, name="DivisionCustomerName")


class _Rows(msgspec.Struct):
    results: list[_Me]


class _Answer(msgspec.Struct):
    d: _Rows


class ExactAuthorisation:
    """The authorisation of a user of Exact; one grant per app and user serves all of the user's divisions."""

    @staticmethod
    def begin(app: App, state: str) -> OpenPage:
        """Send the person to Exact, to log in anew: who is logged in already may be somebody else."""
        asked = {
            "client_id": app.client_id, "redirect_uri": app.redirect_uri, "response_type": "code", "state": state,
            "force_login": "1",
        }  # fmt: skip
        return OpenPage(url=f"{base_of(app)}/api/oauth2/auth?{urlencode(asked)}")

    @staticmethod
    def complete(app: App, http: Http, clock: Clock, request: InboundRequest, kept: Mapping[str, str]) -> Granted:
        """Exchange the code, which works once and for three minutes, and ask who it is."""
        code = request.query.get("code", "")
        if not code:
            raise AuthorisationLost(reason=request.query.get("error_description", "Exact sent no code"))
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": app.redirect_uri}
        tokens = _exchange(app, http, clock, form)
        me = _who(app, http, tokens.access)
        name = f"{me.name} ({me.office})" if me.office else me.name
        return Granted(
            tokens=tokens,
            identity=Identity(id=me.id, name=name),
            reply=Reply(body="Exact Online is connected; go on where you came from."),
        )

    @staticmethod
    def refresh(app: App, http: Http, clock: Clock, tokens: Tokens) -> Tokens:
        """Exchange the refresh token for the next pair."""
        return _exchange(app, http, clock, {"grant_type": "refresh_token", "refresh_token": tokens.refresh})


def base_of(app: App) -> str:
    """Return the address of an app's site: its setting `site`, or `base` for a stand-in."""
    site = app.settings.get("site", "nl")
    if site not in SITES:
        raise SettingsError([Unfit(NO_SITE, name=app.name, site=site, known=", ".join(SITES)).fault("")])
    return app.settings.get("base", SITES[site]).rstrip("/")


def _exchange(app: App, http: Http, clock: Clock, form: Mapping[str, str]) -> Tokens:
    data = urlencode({**form, "client_id": app.client_id, "client_secret": app.client_secret}).encode()
    answer = http.request("POST", f"{base_of(app)}/api/oauth2/token", creates=True, headers=_FORM, data=data)
    if answer.status_code != 200:
        _refuse(answer)
    try:
        given = msgspec.json.decode(answer.content, type=_Given)
        lives = int(given.expires_in)
    except (msgspec.MsgspecError, ValueError) as wrong:
        raise OutcomeUnknown(reason="the answer to the exchange of a token is not as agreed") from wrong
    now = clock.now()
    return Tokens(
        access=given.access_token,
        refresh=given.refresh_token,
        expires_at=now + dt.timedelta(seconds=lives),
        refresh_from=now + EARLIEST,
        refresh_until=now + UNUSED,
        facts={"base": base_of(app), "client": app.client_id},
    )


def _refuse(answer: HttpResponse) -> None:
    if answer.headers.get("Reason", "").startswith("TooEarlyToRefreshTokens"):
        raise Retriable(EARLIEST, reason="too early to refresh")
    if answer.status_code == 429:
        raise Retriable(dt.timedelta(hours=1), reason="too many exchanges of tokens today")
    if answer.status_code >= 500:
        raise OutcomeUnknown(status=str(answer.status_code))
    try:
        fault = msgspec.json.decode(answer.content, type=_Fault)
    except msgspec.MsgspecError:
        fault = _Fault(error_description=f"HTTP {answer.status_code}")
    if fault.error == "invalid_client":
        raise WrongKey(reason=fault.error_description)
    raise AuthorisationLost(reason=fault.error_description or fault.error)


def _who(app: App, http: Http, token: str) -> _Me:
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    answer = http.request("GET", f"{base_of(app)}/api/v1/current/Me?$select={_SELECT}", headers=headers)
    try:
        return msgspec.json.decode(answer.content, type=_Answer).d.results[0]
    except (msgspec.MsgspecError, IndexError) as wrong:
        raise AuthorisationLost(reason=f"Exact does not say who authorised (HTTP {answer.status_code})") from wrong
