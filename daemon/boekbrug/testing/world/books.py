"""The simulated world's books as a target plugin."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import ClassVar

import msgspec

from boekbrug.contract import (
    Account,
    AccountType,
    Administration,
    App,
    AskKeys,
    CannotTell,
    Chart,
    ChartUse,
    CheckResult,
    Clock,
    Continue,
    Effect,
    EffectKind,
    Ended,
    EntryAnswer,
    EntryKind,
    FoundEntry,
    Gone,
    Granted,
    Http,
    InboundRequest,
    MarkAnswer,
    MarkQuery,
    Match,
    NotReachable,
    OpenPage,
    Outcome,
    Party,
    PluginSettings,
    Prepared,
    Problem,
    Refused,
    RefusedCall,
    Target,
    TargetCapabilities,
    Tokens,
)
from boekbrug.testing.world.faults import Fault, FindFault, post
from boekbrug.testing.world.outside import PERIOD_CLOSED, World

_CLOSED = Problem(code="refused", facts={"details": "the period is closed"})
_NOT_FOUND = Problem(code="refused", facts={"details": "HTTP 404"})
_UNFIT = Problem(code="refused", facts={"details": "the card has another country"})


class WorldSettings(PluginSettings):
    """The simulated world needs none."""


def target_of(world: World, *, batch_size: int, prepare_asks: bool = True) -> type[Target]:
    """Make the target class of a world's books."""

    class Books(Target):
        """Books reached through a network that loses calls and replies."""

        name: ClassVar[str] = "books"
        Settings: ClassVar[type[PluginSettings]] = WorldSettings
        capabilities: ClassVar[TargetCapabilities] = TargetCapabilities(
            entry_kinds=frozenset(EntryKind), batch_size=batch_size, prepare_asks=prepare_asks
        )

        def check(self) -> CheckResult:
            """Find the books in order."""
            return CheckResult(identity="books")

        def administrations(self) -> Sequence[Administration]:
            """List the only administration."""
            return [Administration(code="main", name="Main")]

        def chart(self, administration: str) -> Chart:
            """List one account, so that there is a chart."""
            revenue = Account(code="8000", name="Omzet", type=AccountType.REVENUE)
            return Chart(accounts=(revenue,), vat_codes=(), journals=())

        def preflight(self, use: ChartUse, chart: Chart) -> Sequence[Problem]:
            """Find nothing wrong."""
            return []

        def prepare(self, administration: str, effects: Sequence[Effect]) -> Sequence[Prepared | Refused]:
            """Encode entries as they are; now and then the books cannot be asked, or their period is closed."""
            if prepare_asks:
                self._enter()
                if world.chance.draw(Fault.NOT_SENT, world.chance.rate / 5):
                    raise NotReachable(host="books")
            if world.is_closed:
                world.hit(PERIOD_CLOSED)
                return [Refused(problems=(_CLOSED,))] * len(effects)
            return [
                Prepared(id=effect.id, kind=effect.kind, mark=effect.mark, payload=msgspec.msgpack.encode(effect.body))
                for effect in effects
            ]

        def post(self, administration: str, prepared: Sequence[Prepared]) -> Sequence[Outcome]:
            """Commit a batch, unless or although an accident happens."""
            try:
                self._enter()
            except RefusedCall:
                return [Refused(problems=(_NOT_FOUND,))] * len(prepared)
            if world.is_closed:
                world.hit(PERIOD_CLOSED)
                return [Refused(problems=(_CLOSED,))] * len(prepared)
            halved = len(prepared) > 1
            kinds = [fault for fault in Fault if halved or fault is not Fault.HALF_BATCH]
            return post(world, prepared, world.chance.accident(kinds))

        def find(self, administration: str, queries: Sequence[MarkQuery]) -> Sequence[MarkAnswer]:
            """List what is listed by now."""
            world.settle_late_commits()
            self._enter()
            if world.chance.draw(FindFault.UNREACHABLE, world.chance.rate / 3):
                raise NotReachable(host="books")
            if world.chance.draw(FindFault.CANNOT_TELL, world.chance.rate / 6):
                return [CannotTell(reason="too-many")] * len(queries)
            return [_matches(world, query.mark, query.kind) for query in queries]

        def resolve(self, administration: str, parties: Sequence[Party]) -> Sequence[str | Problem | None]:
            """Look customers up as far as they are listed; now and then a card is unfit."""
            self._enter()
            if world.chance.draw(FindFault.UNREACHABLE, world.chance.rate / 5):
                raise NotReachable(host="books")
            return [_card(world, party) for party in parties]

        def read(self, administration: str, ids: Sequence[str]) -> Sequence[EntryAnswer]:
            """Read entries back."""
            self._enter()
            known = {record.id: record.entry for record in world.records}
            return [
                FoundEntry(id=id, lines=known[id].lines, date=known[id].date) if id in known else Gone() for id in ids
            ]

        def list_marked(self, administration: str, start: dt.date, end: dt.date) -> Mapping[str, tuple[Match, ...]]:
            """List all records of a period by mark, as far as they are listed."""
            self._enter()
            now = world.clock.now()
            marks = {r.mark for r in world.records if start <= r.entry.date < end and r.listed_at <= now}
            return {mark: _matches(world, mark, EffectKind.ENTRY) for mark in marks}

        def _enter(self) -> None:
            world.enter(self.context.grant.token())

        @staticmethod
        def begin(app: App, state: str) -> OpenPage | AskKeys:
            """Send the person to the vendor."""
            return OpenPage(url=f"{app.public_url}/{state}")

        @staticmethod
        def complete(
            app: App, http: Http, clock: Clock, request: InboundRequest, kept: Mapping[str, str]
        ) -> Granted | Continue | Ended:
            """Say that this identity withdraws; pairs are given by the world itself."""
            return Ended(identity="books")

        @staticmethod
        def refresh(app: App, http: Http, clock: Clock, tokens: Tokens) -> Tokens:
            """Exchange the refresh token."""
            world.perils.call()
            given = world.vendor.refresh(tokens)
            world.perils.call()
            return given

    return Books


def _card(world: World, party: Party) -> str | Problem | None:
    unfit = world.chance.draw(FindFault.CARD_UNFIT, world.chance.rate / 10)
    return _UNFIT if unfit else world.debtor(party)


def _matches(world: World, mark: str, kind: EffectKind) -> tuple[Match, ...]:
    now = world.clock.now()
    if kind is EffectKind.PARTY:
        return tuple(Match(id=d.id) for d in world.debtors if d.mark == mark and d.listed_at <= now)
    return tuple(
        Match(id=record.id, total=record.entry.total)
        for record in world.records
        if record.mark == mark and record.listed_at <= now
    )
