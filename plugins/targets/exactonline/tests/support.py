"""Exact's stand-in mounted behind the http port, with the steps that most tests begin with."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from wsgiref.types import WSGIApplication

import msgspec

from boekbrug.contract import (
    App,
    Chart,
    Effect,
    EffectKind,
    Entry,
    EntryKind,
    InboundRequest,
    Line,
    Match,
    Party,
    Role,
    Tokens,
)
from boekbrug.runtime.http import Answer
from boekbrug.testing import MountedHttp, TargetWorld
from boekbrug.testing.clock import SettableClock
from boekbrug.testing.context import KitContext
from boekbrug.testing.control import Controlled
from boekbrug.testing.samples import sample_entry
from boekbrug.testing.standin import Surroundings
from boekbrug.testing.wire import Faults
from boekbrug_exactonline.authorising import ExactAuthorisation
from boekbrug_exactonline.settings import ExactOnlineSettings
from boekbrug_exactonline.target import ExactOnlineTarget
from boekbrug_exactonline_standin.app import Exact
from boekbrug_exactonline_standin.control import Change

BASE = "https://exact.test"
DIVISION = "1234567"


class Mounted(MountedHttp):
    """The http port onto the stand-in, which notes the calls."""

    def __init__(self, application: WSGIApplication) -> None:
        super().__init__(application)
        self.calls: list[tuple[str, str, bytes]] = []

    def request(self, method: str, url: str, **call: Any) -> Answer:
        parts = urlsplit(url)
        self.calls.append((method, f"{parts.path}?{parts.query}", call.get("data") or b""))
        return super().request(method, url, **call)

    def paths(self, method: str) -> list[str]:
        """Name the entities that were called, in order."""
        return [path.partition("?")[0].split("/", 4)[-1] for how, path, _ in self.calls if how == method]


class Grant:
    """A grant of the stand-in's user that is refreshed when it is refused."""

    def __init__(self, app: App, http: Mounted, clock: SettableClock) -> None:
        self._app, self._http, self._clock = app, http, clock
        self.tokens = authorised(app, http, clock)

    def token(self) -> str:
        ends = self.tokens.expires_at
        return self.tokens.access if ends and self._clock.now() < ends else self.refused(self.tokens.access)

    def refused(self, token: str) -> str:
        fresh = ExactAuthorisation.refresh(self._app, self._http, self._clock, self.tokens)
        self.tokens = msgspec.structs.replace(fresh, facts={**self.tokens.facts, **fresh.facts})
        return self.tokens.access

    def facts(self) -> Mapping[str, str]:
        return self.tokens.facts


def authorised(app: App, http: Mounted, clock: SettableClock) -> Tokens:
    """Let the stand-in's user authorise the app."""
    return ExactAuthorisation.complete(app, http, clock, inbound(app, http), {}).tokens


def inbound(app: App, http: Mounted, state: str = "st") -> InboundRequest:
    """Go where the app sends the person, and return what comes back."""
    back = http.request("GET", ExactAuthorisation.begin(app, state).url).headers["Location"]
    return InboundRequest(
        step="callback", method="GET", url=back, headers={}, query=dict(parse_qsl(urlsplit(back).query)), body=b""
    )


class World(TargetWorld):
    """One stand-in with a customer, and what is needed to reach it."""

    administration = DIVISION
    never = "00000000-0000-4000-8000-000000000000"

    def __init__(self, size: int = 3) -> None:
        clock = SettableClock()
        surroundings = Surroundings(clock=clock, random=Random(7), size=size, faults=Faults())
        self.exact = Exact(surroundings)
        self.faults = surroundings.faults
        credentials = surroundings.credentials
        self.app = App(
            name="exact", client_id=credentials["client_id"], client_secret=credentials["client_secret"],
            redirect_uri=credentials["redirect_uri"], public_url="https://boekbrug.example", settings={"base": BASE},
        )  # fmt: skip
        self.user = credentials["user"]
        self.mounted = Mounted(Controlled(self.exact, clock, surroundings.faults))
        super().__init__(
            settings={"divisions": [DIVISION]},
            misconfigured=[{"divisions": ["999"]}],
            http=self.mounted,
            grant=Grant(self.app, self.mounted, clock),
            clock=clock,
        )
        self.change(limits={"minutely": 0, "daily": 0, "errors": 0})
        self._known = set(self.division.customers)

    @property
    def division(self) -> Any:
        """The division that is booked in."""
        return self.exact.divisions[int(DIVISION)]

    def change(self, **what: Any) -> None:
        """Change the stand-in's state."""
        self.exact.control.change(msgspec.convert(what, Change))

    def records(self) -> int:
        return len(self.division.entries)

    def marked(self) -> Mapping[str, Sequence[Match]]:
        totals: dict[str, int] = {}
        for line in self.division.ledger:
            totals[line["EntryID"]] = totals.get(line["EntryID"], 0) + max(0, int(line["AmountDC"] * 100))
        found: dict[str, list[Match]] = {}
        for id, entry in self.division.entries.items():
            found.setdefault(entry["YourRef"], []).append(Match(id=id, total=totals[id]))
        return found

    def close(self, *, closed: bool) -> None:
        today = self.clock.now()
        periods = [[journal, today.year, today.month] for journal in self.division.journals]
        self.change(**{"close" if closed else "open": periods})

    def customers(self) -> Mapping[str, Sequence[str]]:
        found: dict[str, list[str]] = {}
        for id, card in self.division.customers.items():
            if id not in self._known:
                found.setdefault(card["SearchCode"].strip(), []).append(id)
        return found

    def entry(self, chart: Chart, kind: EntryKind, mark: str, gross: int, date: dt.date) -> Entry:
        entry = sample_entry(chart, kind, mark, gross, date)
        customer = next(iter(self.division.customers))
        return msgspec.structs.replace(entry, party=Party(key="kit", name="Kit", remote_id=customer))

    def context(self) -> KitContext:
        """Make the ports of one instance."""
        return KitContext(http=self.http, grant=self.grant, clock=self.clock)

    def target(self, **settings: Any) -> ExactOnlineTarget:
        """Make an instance that remembers nothing of earlier ones."""
        return ExactOnlineTarget(self.context(), ExactOnlineSettings(**settings))

    def customer(self, n: int = 0) -> str:
        """Return the id of a customer that the stand-in begins with."""
        return str(list(self.division.customers)[n])

    def ledger(self) -> dict[str, int]:
        """Add the ledger up per account, in cents."""
        sums: dict[str, int] = {}
        for line in self.division.ledger:
            code = line["GLAccountCode"].strip()
            sums[code] = sums.get(code, 0) + int(line["AmountDC"] * 100)
        return {code: amount for code, amount in sums.items() if amount}


def sale(customer: str, *more: Line, mark: str = "W1-K7QF-1", **changes: Any) -> Entry:
    """Make a sale of 175.50 at 21 and 9 percent, paid by iDEAL unless lines are given."""
    sold = (
        Line(role=Role.BASE, account="8000", minor=-10000, vat_code="2", vat_minor=-2100),
        Line(role=Role.VAT, account="1500", minor=-2100, vat_code="2", base=0),
        Line(role=Role.BASE, account="8010", minor=-5000, vat_code="4", vat_minor=-450),
        Line(role=Role.VAT, account="1501", minor=-450, vat_code="4", base=2),
    )
    received = more or (Line(role=Role.PAYMENT, account="1060", minor=17550),)
    entry = Entry(
        mark=mark, kind=EntryKind.SALES, journal="70", date=dt.date(2026, 9, 14), lines=(*sold, *received),
        number=mark.partition("-")[0], text="Bestelling", party=Party(key="k", name="Klant", remote_id=customer),
    )  # fmt: skip
    return msgspec.structs.replace(entry, **changes)


def effects(*entries: Entry) -> list[Effect]:
    """Make effects of entries."""
    return [Effect(id=n, kind=EffectKind.ENTRY, mark=one.mark, body=one) for n, one in enumerate(entries, start=1)]


def facts_of(problems: Iterable[Any]) -> list[tuple[str, str]]:
    """Return code and subject of problems."""
    return [(problem.code, problem.facts["what"]) for problem in problems]
