"""The world outside: a shop whose orders come and change, and a set of books that fails in every way a network can."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import ClassVar

import msgspec

from boekbrug.contract import (
    Account,
    AccountType,
    Administration,
    AuthorisationLost,
    Booked,
    CannotTell,
    Chart,
    ChartUse,
    CheckResult,
    Document,
    Effect,
    EffectKind,
    Entry,
    EntryAnswer,
    EntryKind,
    FoundEntry,
    Gone,
    MarkAnswer,
    MarkQuery,
    Match,
    NotReachable,
    Outcome,
    OutcomeUnknown,
    Party,
    PluginSettings,
    Prepared,
    Problem,
    Refused,
    Retriable,
    Target,
    TargetCapabilities,
)
from boekbrug.testing.clock import SettableClock
from boekbrug.testing.simulation.orders import an_order, changed

UNITS = ("shop", "till")
"""What sells, each for a licence of its own."""


class Fault(StrEnum):
    """One way in which a call goes wrong."""

    #: the connection fails before a byte is written
    NOT_SENT = "not-sent"
    #: 429: not processed, come back later
    BUSY = "busy"
    #: the target commits and the reply is lost
    LOST_REPLY = "lost-reply"
    #: the client gives up and the target commits afterwards
    LATE_COMMIT = "late-commit"
    #: nothing was committed and no valid reply came
    LOST_CALL = "lost-call"
    #: half of a batch is committed, then the reply is lost
    HALF_BATCH = "half-batch"
    #: the plugin meets an answer it does not understand, after the commit
    GARBAGE = "garbage"
    #: the target refuses what it could have taken
    REFUSED = "refused"
    #: the authorisation is withdrawn
    UNAUTHORISED = "unauthorised"


class FindFault(StrEnum):
    """One way in which a look-up goes wrong."""

    #: the look-up fails
    UNREACHABLE = "unreachable"
    #: new records are not listed yet
    LATE_LISTING = "late-listing"
    #: the card of a customer is found unfit
    CARD_UNFIT = "card-unfit"


@dataclass(kw_only=True, slots=True)
class Record:
    """What the books hold under a mark; `listed_at` is when look-ups begin to show it."""

    id: str
    mark: str
    entry: Entry
    committed_at: dt.datetime
    listed_at: dt.datetime


@dataclass(kw_only=True, slots=True)
class Debtor:
    """A customer in the books."""

    id: str
    mark: str
    party: Party
    listed_at: dt.datetime


@dataclass(kw_only=True)
class World:
    """Shop and books, outside of boekbrug; every accident is drawn from `random`."""

    clock: SettableClock
    random: Random
    call_deadline: dt.timedelta
    shop: list[tuple[str, Document]] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    debtors: list[Debtor] = field(default_factory=list)
    under_way: list[tuple[dt.datetime, Prepared]] = field(default_factory=list)
    faulty: bool = True
    rate: float = 0.3
    #: what happens to the next calls, before chance decides again
    script: list[Fault | None] = field(default_factory=list)
    met: Counter[str] = field(default_factory=Counter)
    #: the books' period is closed, and whatever is sent is refused
    is_closed: bool = False
    #: the books have moved to another address
    is_moved: bool = False
    _serial: int = 0

    def sell(self) -> Document:
        """Let a customer order something."""
        self._serial += 1
        unit = UNITS[self._serial % len(UNITS)]
        return self._put(unit, an_order(self.random, self._serial, self.clock.now()))

    def change(self) -> None:
        """Let the shop change an order it has: another amount, or paid at last."""
        if self.shop:
            unit, document = self.random.choice(self.shop)
            self._put(unit, changed(self.random, document))

    def listed(self, unit: str) -> list[Document]:
        """List what a unit sold and changed, in the order in which it did."""
        return [document for of, document in self.shop if of == unit]

    def orders(self) -> dict[str, Document]:
        """Return every order as it is now."""
        return {document.source_id: document for _, document in self.shop}

    def by_mark(self) -> Counter[str]:
        """Count the records per mark."""
        return Counter(record.mark for record in self.records)

    def settle_late_commits(self) -> None:
        """Commit what is still under way and whose moment has come."""
        now = self.clock.now()
        arrived = [call for call in self.under_way if call[0] <= now]
        self.under_way = [call for call in self.under_way if call[0] > now]
        for at, prepared in arrived:
            self.commit(prepared, at)

    def commit(self, prepared: Prepared, at: dt.datetime | None = None) -> Booked:
        """Write an entry or a customer into the books; nothing in the world forbids the same one twice."""
        now = at or self.clock.now()
        late = self.draw(FindFault.LATE_LISTING, 0.3)
        listed_at = now + dt.timedelta(seconds=self.random.randint(1, 240)) if late else now
        self._serial += 1
        if prepared.kind is EffectKind.PARTY:
            party = msgspec.msgpack.decode(prepared.payload, type=Party)
            self.debtors.append(Debtor(id=f"d{self._serial}", mark=prepared.mark, party=party, listed_at=listed_at))
            return Booked(id=f"d{self._serial}")
        entry = msgspec.msgpack.decode(prepared.payload, type=Entry)
        record = Record(id=f"r{self._serial}", mark=prepared.mark, entry=entry, committed_at=now, listed_at=listed_at)
        self.records.append(record)
        return Booked(id=record.id, total=entry.total)

    def debtor(self, party: Party) -> str | None:
        """Return the id of a customer, if it is listed by now."""
        now = self.clock.now()
        listed = (debtor for debtor in self.debtors if debtor.party.key == party.key and debtor.listed_at <= now)
        return next((debtor.id for debtor in listed), None)

    def draw(self, fault: StrEnum, chance: float) -> bool:
        """Decide whether something goes wrong now, and count it when it does."""
        happens = self.faulty and self.random.random() < chance
        if happens:
            self.met[fault.value] += 1
        return happens

    def accident(self) -> Fault | None:
        """Say what goes wrong with a call: what the script says, else by chance, mostly nothing."""
        if self.script:
            scripted = self.script.pop(0)
            self.met[scripted.value if scripted else "undisturbed"] += 1
            return scripted
        if not self.faulty or self.random.random() >= self.rate:
            return None
        fault = self.random.choice(list(Fault))
        self.met[fault.value] += 1
        return fault

    def mend(self) -> None:
        """Open the period again and let the books be found where they are."""
        self.is_closed = self.is_moved = False

    def demand_reachable(self) -> None:
        """Raise NotReachable while the books have moved."""
        if self.is_moved:
            raise NotReachable(host="books")

    def _put(self, unit: str, document: Document) -> Document:
        self.shop.append((unit, document))
        return document


class WorldSettings(PluginSettings):
    """The simulated world needs none."""


def target_of(
    world: World, *, batch_size: int, absence_is_final: bool = False, prepare_asks: bool = True
) -> type[Target]:
    """Make the target class of a world's books."""

    class Books(Target):
        """Books reached through a network that loses calls and replies."""

        name: ClassVar[str] = "books"
        Settings: ClassVar[type[PluginSettings]] = WorldSettings
        capabilities: ClassVar[TargetCapabilities] = TargetCapabilities(
            entry_kinds=frozenset(EntryKind), batch_size=batch_size, absence_is_final=absence_is_final,
            prepare_asks=prepare_asks,
        )  # fmt: skip

        def check(self) -> CheckResult:
            """Find the books in order."""
            return CheckResult(identity="books")

        def administrations(self) -> Sequence[Administration]:
            """List the only administration."""
            return [Administration(code="main", name="Main")]

        def chart(self, administration: str) -> Chart:
            """List one account, so that there is a chart."""
            return Chart(
                accounts=(Account(code="8000", name="Omzet", type=AccountType.REVENUE),), vat_codes=(), journals=()
            )

        def preflight(self, use: ChartUse, chart: Chart) -> Sequence[Problem]:
            """Find nothing wrong."""
            return []

        def prepare(self, administration: str, effects: Sequence[Effect]) -> Sequence[Prepared | Refused]:
            """Encode entries as they are; now and then the books cannot be asked, or their period is closed."""
            if prepare_asks:
                world.demand_reachable()
                if world.draw(Fault.NOT_SENT, world.rate / 5):
                    raise NotReachable(host="books")
            if world.is_closed:
                return [Refused(problems=(_CLOSED,))] * len(effects)
            return [
                Prepared(id=effect.id, kind=effect.kind, mark=effect.mark, payload=msgspec.msgpack.encode(effect.body))
                for effect in effects
            ]

        def post(self, administration: str, prepared: Sequence[Prepared]) -> Sequence[Outcome]:
            """Commit a batch, unless or although an accident happens."""
            world.demand_reachable()
            if world.is_closed:
                return [Refused(problems=(_CLOSED,))] * len(prepared)
            fault = world.accident()
            return _ACCIDENTS[fault](world, prepared)

        def find(self, administration: str, queries: Sequence[MarkQuery]) -> Sequence[MarkAnswer]:
            """List what is listed by now."""
            world.settle_late_commits()
            if world.is_moved or world.draw(FindFault.UNREACHABLE, world.rate / 3):
                return [CannotTell(reason="not-reachable")] * len(queries)
            return [_matches(world, query.mark, query.kind) for query in queries]

        def resolve(self, administration: str, parties: Sequence[Party]) -> Sequence[str | Problem | None]:
            """Look customers up as far as they are listed; now and then a card is unfit."""
            world.demand_reachable()
            if world.draw(FindFault.UNREACHABLE, world.rate / 5):
                raise NotReachable(host="books")
            return [_card(world, party) for party in parties]

        def read(self, administration: str, ids: Sequence[str]) -> Sequence[EntryAnswer]:
            """Read entries back."""
            known = {record.id: record.entry for record in world.records}
            return [
                FoundEntry(id=id, lines=known[id].lines, date=known[id].date) if id in known else Gone() for id in ids
            ]

        def list_marked(self, administration: str, start: dt.date, end: dt.date) -> Mapping[str, tuple[Match, ...]]:
            """List all records of a period by mark, as far as they are listed."""
            world.demand_reachable()
            now = world.clock.now()
            marks = {r.mark for r in world.records if start <= r.entry.date < end and r.listed_at <= now}
            return {mark: _matches(world, mark, EffectKind.ENTRY) for mark in marks}

    return Books


_CLOSED = Problem(code="refused", facts={"details": "the period is closed"})


def _card(world: World, party: Party) -> str | Problem | None:
    if world.draw(FindFault.CARD_UNFIT, world.rate / 10):
        return Problem(code="refused", facts={"details": "the card has another country"})
    return world.debtor(party)


def _matches(world: World, mark: str, kind: EffectKind) -> tuple[Match, ...]:
    now = world.clock.now()
    if kind is EffectKind.PARTY:
        return tuple(Match(id=d.id) for d in world.debtors if d.mark == mark and d.listed_at <= now)
    return tuple(
        Match(id=record.id, total=record.entry.total)
        for record in world.records
        if record.mark == mark and record.listed_at <= now
    )


def _commit_all(world: World, prepared: Sequence[Prepared]) -> Sequence[Outcome]:
    return [world.commit(item) for item in prepared]


def _not_sent(world: World, prepared: Sequence[Prepared]) -> Sequence[Outcome]:
    raise NotReachable(host="books")


def _busy(world: World, prepared: Sequence[Prepared]) -> Sequence[Outcome]:
    raise Retriable(retry_after=dt.timedelta(seconds=world.random.randint(1, 90)))


def _lost_reply(world: World, prepared: Sequence[Prepared]) -> Sequence[Outcome]:
    _commit_all(world, prepared)
    raise OutcomeUnknown(call="post")


def _late_commit(world: World, prepared: Sequence[Prepared]) -> Sequence[Outcome]:
    latest = int(world.call_deadline.total_seconds())
    at = world.clock.now() + dt.timedelta(seconds=world.random.randint(1, latest))
    world.under_way += [(at, item) for item in prepared]
    raise OutcomeUnknown(call="post")


def _lost_call(world: World, prepared: Sequence[Prepared]) -> Sequence[Outcome]:
    raise OutcomeUnknown(call="post")


def _half_batch(world: World, prepared: Sequence[Prepared]) -> Sequence[Outcome]:
    _commit_all(world, prepared[: len(prepared) // 2])
    raise OutcomeUnknown(call="post")


def _garbage(world: World, prepared: Sequence[Prepared]) -> Sequence[Outcome]:
    _commit_all(world, prepared)
    sentence = "the answer is not what the sheet says"
    raise ValueError(sentence)


def _refused(world: World, prepared: Sequence[Prepared]) -> Sequence[Outcome]:
    problem = Problem(code="refused", facts={"details": "the journal is closed"})
    return [
        Refused(problems=(problem,)) if n % 2 == 0 else outcome
        for n, outcome in enumerate(_commit_every_other(world, prepared))
    ]


def _commit_every_other(world: World, prepared: Sequence[Prepared]) -> Iterator[Outcome]:
    for n, item in enumerate(prepared):
        yield Booked(id="") if n % 2 == 0 else _commit_all(world, [item])[0]


def _unauthorised(world: World, prepared: Sequence[Prepared]) -> Sequence[Outcome]:
    raise AuthorisationLost(reason="the user withdrew it")


_ACCIDENTS: dict[Fault | None, Callable[[World, Sequence[Prepared]], Sequence[Outcome]]] = {
    None: _commit_all,
    Fault.NOT_SENT: _not_sent,
    Fault.BUSY: _busy,
    Fault.LOST_REPLY: _lost_reply,
    Fault.LATE_COMMIT: _late_commit,
    Fault.LOST_CALL: _lost_call,
    Fault.HALF_BATCH: _half_batch,
    Fault.GARBAGE: _garbage,
    Fault.REFUSED: _refused,
    Fault.UNAUTHORISED: _unauthorised,
}
