"""Ports of the examples: a call ends in a vendor's double of this process, encoded as requests would send it."""

import datetime as dt
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from urllib.parse import parse_qsl, urlsplit

import msgspec
import requests

from boekbrug.contract import (
    Administration,
    AuthorisationLost,
    Catalogue,
    Chart,
    ChartUse,
    CheckResult,
    Context,
    DocumentAnswer,
    DocumentRef,
    EntryAnswer,
    Folder,
    MarkAnswer,
    MarkQuery,
    Match,
    NotReachable,
    OutcomeUnknown,
    PluginBug,
    Problem,
    SettingsError,
    Source,
    Target,
    Unit,
)


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it arrives at the vendor."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    creates: bool

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def target(self) -> str:
        """Path and query as on the wire."""
        parts = urlsplit(self.url)
        return parts.path + (f"?{parts.query}" if parts.query else "")

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.url).query))

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode()))


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the vendor answers."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = {}


Vendor = Callable[[Call], Answer]


def json_answer(content: object, status: int = 200, **headers: str) -> Answer:
    return Answer(status=status, body=msgspec.json.encode(content), headers=headers)


class InProcessHttp:
    """Hands each call to a vendor; ConnectionResetError there is an answer lost after the call was processed."""

    def __init__(self, vendor: Vendor) -> None:
        self.vendor = vendor
        self.calls: list[Call] = []

    def request(
        self,
        method: str,
        url: str,
        *,
        creates: bool = False,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        data: bytes | None = None,
        json: object = None,
    ) -> requests.Response:
        prepared = requests.Request(method, url, params=params, headers=headers, data=data, json=json).prepare()
        body = prepared.body or b""
        call = Call(
            method=method,
            url=(prepared.url or "") if params else url,
            headers=prepared.headers,
            body=body.encode() if isinstance(body, str) else body,
            creates=creates,
        )
        self.calls.append(call)
        try:
            return _response(self.vendor(call))
        except ConnectionResetError as lost:
            error = OutcomeUnknown if creates else NotReachable
            raise error(url=url) from lost


def _response(answer: Answer) -> requests.Response:
    response = requests.Response()
    response.status_code = answer.status
    response.raw = io.BytesIO(answer.body)
    response.headers.update(answer.headers)
    return response


class SettableClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: dt.datetime = dt.datetime(2026, 3, 14, 9, 30, tzinfo=dt.UTC)) -> None:
        self.moment = now

    def now(self) -> dt.datetime:
        return self.moment

    def advance(self, **much: float) -> None:
        self.moment += dt.timedelta(**much)


class GivenGrant:
    """A grant whose tokens come from a list; `refused` moves on to the next."""

    def __init__(self, *tokens: str, **facts: str) -> None:
        self.tokens = list(tokens)
        self.stored = facts

    def token(self) -> str:
        if not self.tokens:
            raise AuthorisationLost
        return self.tokens[0]

    def refused(self, token: str) -> str:
        if self.tokens and self.tokens[0] == token:
            self.tokens.pop(0)
        return self.token()

    def facts(self) -> Mapping[str, str]:
        return self.stored


class MemoryCache:
    """A cache for one test."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        return self.values.get(key)

    def put(self, key: str, value: bytes, keep: dt.timedelta) -> None:
        self.values[key] = value


class CountingBudget:
    """A budget without end that counts what was taken and keeps what was learned."""

    def __init__(self) -> None:
        self.taken: dict[str, int] = {}
        self.learned: dict[str, tuple[int, dt.datetime]] = {}

    def take(self, *keys: str, cost: int = 1) -> None:
        for key in keys:
            self.taken[key] = self.taken.get(key, 0) + cost

    def learn(self, key: str, *, remaining: int, resets_at: dt.datetime) -> None:
        self.learned[key] = (remaining, resets_at)

    def through(self, *keys: str, cost: int) -> dt.datetime:
        return dt.datetime(2026, 9, 15, tzinfo=dt.UTC)


class ListLog:
    """A log that keeps its events."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def info(self, event: str, **facts: object) -> None:
        self.events.append(event)

    def warning(self, event: str, **facts: object) -> None:
        self.events.append(event)


class Ports:
    """A context around one vendor."""

    def __init__(self, vendor: Vendor, grant: GivenGrant | None = None, clock: SettableClock | None = None) -> None:
        self.http = InProcessHttp(vendor)
        self.grant = grant or GivenGrant()
        self.cache = MemoryCache()
        self.budget = CountingBudget()
        self.clock = clock or SettableClock()
        self.log = ListLog()

    def folder(self, path: str) -> Folder:
        raise SettingsError([f"no folder in these examples: {path}"])

    def new_ids(self) -> Iterator[str]:
        return (f"id-{number}" for number in range(1_000_000))


def context(ports: Ports) -> Context:
    """Let mypy see that the ports are a contract.Context."""
    return ports


class SketchSource(Source):
    """A source of which only the verbs at stake are written."""

    def check(self) -> CheckResult:
        raise PluginBug(sketch="check")

    def units(self) -> Sequence[Unit]:
        raise PluginBug(sketch="units")

    def catalogue(self, unit: str) -> Catalogue:
        raise PluginBug(sketch="catalogue")

    def read(self, unit: str, refs: Sequence[DocumentRef]) -> Sequence[DocumentAnswer]:
        raise PluginBug(sketch="read")


class SketchTarget(Target):
    """A target of which only the verbs at stake are written."""

    def check(self) -> CheckResult:
        raise PluginBug(sketch="check")

    def administrations(self) -> Sequence[Administration]:
        raise PluginBug(sketch="administrations")

    def chart(self, administration: str) -> Chart:
        raise PluginBug(sketch="chart")

    def preflight(self, use: ChartUse, chart: Chart) -> Sequence[Problem]:
        raise PluginBug(sketch="preflight")

    def find(self, administration: str, queries: Sequence[MarkQuery]) -> Sequence[MarkAnswer]:
        raise PluginBug(sketch="find")

    def read(self, administration: str, ids: Sequence[str]) -> Sequence[EntryAnswer]:
        raise PluginBug(sketch="read")

    def list_marked(self, administration: str, start: dt.date, end: dt.date) -> Mapping[str, tuple[Match, ...]]:
        raise PluginBug(sketch="list_marked")
