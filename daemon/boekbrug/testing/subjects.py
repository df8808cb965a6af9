"""What rules are tried on: a plugin class with a new world, whose every instance remembers nothing."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from types import ModuleType
from typing import Generic, TypeVar

import pluggy

from boekbrug.contract import (
    Booked,
    Chart,
    Effect,
    EffectKind,
    Entry,
    EntryKind,
    FoundEntry,
    MarkQuery,
    Match,
    Outcome,
    Page,
    Prepared,
    ProblemCode,
    Refused,
    Source,
    Target,
    Window,
)
from boekbrug.contract.hookspecs import PROJECT
from boekbrug.problems import catalogue
from boekbrug.testing.context import KitContext
from boekbrug.testing.portfaults import PortFault
from boekbrug.testing.rules import Broken, require
from boekbrug.testing.worlds import Settings, SourceWorld, TargetWorld, World

P = TypeVar("P", bound=Source | Target)
W = TypeVar("W", bound=World)


class Subject(Generic[P, W]):
    """A plugin with a new world; every instance is a new one with a context of its own."""

    def __init__(self, plugin: type[P], module: ModuleType, world: W) -> None:
        self.plugin = plugin
        self.module = module
        self.world = world
        self.contexts: list[KitContext] = []

    def open(self, settings: Settings | None = None, fault: PortFault | None = None) -> P:
        """Make an instance that remembers nothing of earlier ones."""
        context = KitContext(http=self.world.http, grant=self.world.grant, clock=self.world.clock, fault=fault)
        self.contexts.append(context)
        return self.plugin(context, self.plugin.Settings(**(settings or self.world.settings)))

    @cached_property
    def codes(self) -> Mapping[str, ProblemCode]:
        """The problem codes that the plugin may use: the built-in ones and its own."""
        return {**catalogue(), **{code.code: code for code in registered_codes(self.module)}}


def registered_codes(module: ModuleType) -> list[ProblemCode]:
    """Ask a plugin module for its problem codes as the host does."""
    manager = pluggy.PluginManager(PROJECT)
    manager.register(module)
    codes: list[ProblemCode] = []
    if hasattr(manager.hook, "register_problem_codes"):
        manager.hook.register_problem_codes(register=codes.append)
    return codes


class SourceSubject(Subject[Source, SourceWorld]):
    """A source with a new world."""

    def fetch(self, cursor: str = "", window: Window | None = None) -> list[Page]:
        """Fetch with a new instance until its end."""
        return list(self.open().fetch(self.world.unit, window or Window(), cursor))


class TargetSubject(Subject[Target, TargetWorld]):
    """A target with a new world; `again` gives the same target with another one."""

    def __init__(self, plugin: type[Target], module: ModuleType, new_world: Callable[[], TargetWorld]) -> None:
        super().__init__(plugin, module, new_world())
        self._new_world = new_world
        self._effects = 0

    def again(self) -> "TargetSubject":
        """Start over with a new world."""
        return TargetSubject(self.plugin, self.module, self._new_world)

    @cached_property
    def chart(self) -> Chart:
        """The chart, read once."""
        return self.open().chart(self.world.administration)

    @property
    def kind(self) -> EntryKind:
        """The first kind of entry that the target takes."""
        return next(kind for kind in EntryKind if kind in self.plugin.capabilities.entry_kinds)

    def entry(self, mark: str, gross: int = 12100, *, kind: EntryKind | None = None, days: int = 0) -> Entry:
        """Make an entry, dated some days after the world's day."""
        date = self.world.clock.now().date() + dt.timedelta(days=days)
        return self.world.entry(self.chart, kind or self.kind, mark, gross, date)

    def prepare(self, *entries: Entry) -> list[Prepared | Refused]:
        """Prepare entries with a new instance."""
        effects = [self._effect(entry) for entry in entries]
        prepared = list(self.open().prepare(self.world.administration, effects))
        require(len(prepared) == len(effects), f"prepare gave {len(prepared)} answers to {len(effects)} effects")
        return prepared

    def _effect(self, entry: Entry) -> Effect:
        self._effects += 1
        return Effect(id=self._effects, kind=EffectKind.ENTRY, mark=entry.mark, body=entry)

    def prepared(self, *entries: Entry) -> list[Prepared]:
        """Prepare entries that must be taken."""
        answers = self.prepare(*entries)
        for answer in answers:
            require(isinstance(answer, Prepared), f"an ordinary entry was refused: {answer}")
        return [answer for answer in answers if isinstance(answer, Prepared)]

    def post(self, prepared: Sequence[Prepared], fault: PortFault | None = None) -> list[Outcome]:
        """Post one batch with a new instance."""
        return list(self.open(fault=fault).post(self.world.administration, prepared))

    def book(self, *entries: Entry) -> list[Booked]:
        """Prepare and post entries one by one, each of which must be booked."""
        outcomes = [outcome for one in self.prepared(*entries) for outcome in self.post([one])]
        for outcome in outcomes:
            require(isinstance(outcome, Booked), f"an ordinary entry was not booked: {outcome}")
        return [outcome for outcome in outcomes if isinstance(outcome, Booked)]

    def try_to_book(self, entry: Entry) -> Outcome:
        """Prepare and post an entry, which either may refuse."""
        answer = self.prepare(entry)[0]
        return answer if isinstance(answer, Refused) else self.post([answer])[0]

    def batches(self, prepared: Sequence[Prepared]) -> Iterator[list[Prepared]]:
        """Divide into batches as the host does: of one group, no larger than declared."""
        size = self.plugin.capabilities.batch_size
        for group in dict.fromkeys(one.group for one in prepared):
            same = [one for one in prepared if one.group == group]
            yield from (same[start : start + size] for start in range(0, len(same), size))

    def find(self, *entries: Entry) -> list[tuple[Match, ...]]:
        """Look for the marks of entries with a new instance, which must be able to tell."""
        queries = [
            MarkQuery(mark=entry.mark, kind=EffectKind.ENTRY, date=entry.date, journal=entry.journal)
            for entry in entries
        ]
        answers = self.open().find(self.world.administration, queries)
        require(len(answers) == len(entries), f"{len(answers)} answers to {len(entries)} marks")
        found = [answer for answer in answers if isinstance(answer, tuple)]
        require(len(found) == len(answers), f"find cannot tell: {answers}")
        return found

    def read(self, booked: Booked) -> FoundEntry:
        """Read a booked entry with a new instance, which must find it."""
        answer = self.open().read(self.world.administration, [booked.id])[0]
        if not isinstance(answer, FoundEntry):
            sentence = f"{booked} was booked and reads as {answer}"
            raise Broken(sentence)
        return answer
