"""A vendor whose refresh tokens work once, over real HTTP, and plugins that authorise there."""

import datetime as dt
import json
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import requests
import structlog
import uvicorn
from fastapi import FastAPI
from tests.contract.fits.ccvshop import CcvShop
from tests.contract.fits.ports import Call, SketchSource, Vendor

from boekbrug.contract import (
    App,
    AuthorisationLost,
    Clock,
    Context,
    Granted,
    Hint,
    Http,
    Identity,
    InboundRequest,
    Limit,
    OpenPage,
    Page,
    PluginSettings,
    Retriable,
    Source,
    SourceCapabilities,
    Tokens,
    Window,
    WrongKey,
    hookimpl,
)
from boekbrug.runtime.plugins import PluginHost
from boekbrug.runtime.settings import Settings, load
from boekbrug.testing.clock import SettableClock

EARLIEST, LIFE, UNUSED = (dt.timedelta(seconds=570), dt.timedelta(seconds=600), dt.timedelta(days=30))
PUBLIC = "https://us.example"


class TokenServer:
    """Gives a pair per user; a second authorisation, or a refresh token that is presented twice, ends the first."""

    def __init__(self, clock: SettableClock) -> None:
        self.clock = clock
        self.presented: Counter[str] = Counter()
        self.faults: list[str] = []
        self.dead = False
        self._chain = 0
        self._given_at = clock.now()
        self._lock = threading.Lock()

    def answer(self, path: str, form: Mapping[str, str], bearer: str) -> tuple[int, object] | None:
        """Answer a call; None closes the connection without a word."""
        with self._lock:
            if path == "/api":
                return (200, {}) if bearer == self._access() and self._lives() else (401, {})
            fault = self.faults.pop(0) if self.faults else ""
            if fault == "close":
                return None
            if fault == "garbage":
                return 200, ["what is this?"]
            answer = self._token(form)
            return None if fault == "lose" else answer

    def _token(self, form: Mapping[str, str]) -> tuple[int, object]:
        if form["grant_type"] == "refresh_token":
            self.presented[form["refresh_token"]] += 1
            if self.dead or form["refresh_token"] != f"refresh-{self._chain}":
                self.dead = True
                return 401, {"error_description": "Old refresh token used."}
            if self.clock.now() - self._given_at < EARLIEST:
                return 400, {"error_description": "access_token not expired"}
        elif form["code"] == "spent":
            return 400, {"error": "invalid_grant"}
        self._chain, self._given_at, self.dead = self._chain + 1, self.clock.now(), False
        given = {"access_token": self._access(), "refresh_token": f"refresh-{self._chain}"}
        return 200, {**given, "user": form.get("code", "").removeprefix("code-")}

    def _access(self) -> str:
        return f"access-{self._chain}"

    def _lives(self) -> bool:
        return self.clock.now() < self._given_at + LIFE

    @property
    def refreshes(self) -> int:
        """Count the pairs given."""
        return self._chain


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """Serve on a free port of this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Browser:
    """Calls a house's routes over HTTP at the public address, and follows nothing."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._session = requests.Session()

    def get(self, url: str, **options: Any) -> requests.Response:
        return self._request("GET", url, **options)

    def post(self, url: str, **options: Any) -> requests.Response:
        return self._request("POST", url, **options)

    def _request(self, method: str, url: str, **options: Any) -> requests.Response:
        there = self._address + url.removeprefix(PUBLIC)
        return self._session.request(method, there, allow_redirects=False, timeout=30, **options)

    def close(self) -> None:
        self._session.close()


@contextmanager
def browsing(app: FastAPI) -> Iterator[Browser]:
    """Serve all pages with the server that serves them in earnest."""
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    # listening before the server runs: the first call waits in the queue instead of being refused
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            with closing(Browser(f"http://127.0.0.1:{listening.getsockname()[1]}")) as browser:
                yield browser
        finally:
            server.should_exit = True
            thread.join()


class _Quiet(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


def token_handler(tokens: TokenServer) -> type[BaseHTTPRequestHandler]:
    class Handler(_Quiet):
        def do_POST(self) -> None:
            bearer = self.headers.get("Authorization", "").removeprefix("Bearer ")
            answer = tokens.answer(self.path, dict(parse_qsl(self.body().decode())), bearer)
            if answer is None:
                self.close_connection = True
            else:
                self.send(answer[0], json.dumps(answer[1]).encode(), {})

    return Handler


def vendor_handler(vendor: Vendor) -> type[BaseHTTPRequestHandler]:
    class Handler(_Quiet):
        def do_GET(self) -> None:
            url = f"http://{self.headers['Host']}{self.path}"
            # the doubles sign with header names in lower case
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = vendor(Call(method=self.command, url=url, headers=headers, body=self.body(), creates=False))
            self.send(answer.status, answer.body, answer.headers)

        do_POST = do_PATCH = do_DELETE = do_GET

    return Handler


class Rotating(SketchSource):
    """Authorises with a state, by a pair that rotates; where the vendor is stands with the app."""

    name = "rotating"
    Settings = PluginSettings
    capabilities = SourceCapabilities(
        kinds=frozenset(),
        topics=("sold", "spoiled"),
        limits=(Limit(name="minute", calls=60, per=dt.timedelta(minutes=1)),),
    )

    def fetch(self, unit: str, window: Window, cursor: str) -> Iterator[Page]:
        return iter(())

    @staticmethod
    def begin(app: App, state: str) -> OpenPage:
        asked = {"client_id": app.client_id, "redirect_uri": app.redirect_uri, "state": state}
        return OpenPage(url=f"https://vendor.example/login?{urlencode(asked)}")

    @staticmethod
    def complete(app: App, http: Http, clock: Clock, request: InboundRequest, kept: Mapping[str, str]) -> Granted:
        form = {"grant_type": "authorization_code", "code": request.query["code"], "client_secret": app.client_secret}
        tokens, user = _exchange(app, http, clock, form)
        return Granted(tokens=tokens, identity=Identity(id=user, name=f"{user} & co"))

    @staticmethod
    def refresh(app: App, http: Http, clock: Clock, tokens: Tokens) -> Tokens:
        form = {"grant_type": "refresh_token", "refresh_token": tokens.refresh, "client_secret": app.client_secret}
        return _exchange(app, http, clock, form)[0]

    def subscribe(self, unit: str, addresses: Mapping[str, str]) -> Mapping[str, str]:
        KEPT[unit] = dict(addresses)
        return {"key": f"key of {unit}"}

    def unsubscribe(self, unit: str, kept: Mapping[str, str]) -> None:
        assert kept == {"key": f"key of {unit}"}
        del KEPT[unit]

    def parse_webhook(self, topic: str, request: InboundRequest, kept: Mapping[str, str]) -> Hint | None:
        if request.headers.get("x-key") != kept["key"]:
            raise WrongKey(topic=topic)
        told = json.loads(request.body)
        return Hint(key=told["key"]) if told["key"] else None


KEPT: dict[str, dict[str, str]] = {}
"""What the vendor was told to call, per unit."""


class Installed(Rotating):
    """Begins at the vendor, with a code and nothing else."""

    name = "installed"

    @staticmethod
    def identify(request: InboundRequest) -> str:
        return ""


def _exchange(app: App, http: Http, clock: Clock, form: Mapping[str, str]) -> tuple[Tokens, str]:
    url = f"{app.settings['url']}/token"
    answer = http.request("POST", url, creates=True, data=urlencode(form).encode())
    told = answer.json()
    if told == {"error_description": "access_token not expired"}:
        raise Retriable(dt.timedelta(seconds=570))
    if answer.status_code != 200:
        raise AuthorisationLost(reason=told.get("error_description", "refused"))
    now = clock.now()
    tokens = Tokens(
        access=told["access_token"],
        refresh=told["refresh_token"],
        expires_at=now + LIFE,
        refresh_from=now + EARLIEST,
        refresh_until=now + UNUSED,
        facts={"site": "nl"} if form["grant_type"] == "authorization_code" else {},
    )
    return tokens, told["user"]


def works(context: Context, url: str) -> int:
    """Call the vendor as a plugin does, once more when the token is refused."""
    token = context.grant.token()
    answer = _call(context, url, token)
    return _call(context, url, context.grant.refused(token)) if answer == 401 else answer


def _call(context: Context, url: str, token: str) -> int:
    return context.http.request("POST", f"{url}/api", headers={"Authorization": f"Bearer {token}"}).status_code


SOURCES: Sequence[type[Source]] = (Rotating, Installed, CcvShop)


@hookimpl
def register_source(register: Callable[[type[Source]], None]) -> None:
    for source in SOURCES:
        register(source)


def plugins() -> PluginHost:
    """Load these plugins through the door that every plugin uses."""
    point = EntryPoint("doors", __name__, "boekbrug")
    return PluginHost.load(structlog.get_logger(), [point], {})


def settings(folder: Path, database_url: str, url: str) -> Settings:
    """Write and read a boekbrug.toml with an app for each of these plugins."""
    (folder / "app.secret").write_text("app_secret_demo\n")
    app = '[[app]]\nname = "{0}-app"\nplugin = "{0}"\nclient_id = "us"\nclient_secret_file = "app.secret"\n'
    apps = "".join(app.format(source.name) + f'settings = {{ url = "{url}" }}\n' for source in SOURCES)
    text = f'[database]\nurl = "{database_url}"\n[service]\npublic_url = "{PUBLIC}"\n{apps}'
    (folder / "boekbrug.toml").write_text(text)
    return load(folder / "boekbrug.toml", {})
