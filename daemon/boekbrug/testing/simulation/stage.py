"""What the engine is put on: a world, the two plugins that reach it, their settings and ports, and the rules."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from boekbrug.booking.rules import Rules
from boekbrug.contract import Grant, ResolvesParties, Source, Target
from boekbrug.problems import Catalogue
from boekbrug.testing.clock import SettableClock
from boekbrug.testing.context import KitContext
from boekbrug.testing.simulation.invariants import Watch
from boekbrug.testing.simulation.rules import DAY_RULES, SHOP_RULES, rules_for, rules_on
from boekbrug.testing.simulation.sales import OwnWatch, SourceWatch, TargetWatch
from boekbrug.testing.subjects import registered_codes
from boekbrug.testing.world import UNITS, Chance, Perils, World, source_of, target_of
from boekbrug.testing.world.plugged import PluggedBooks, PluggedShop, contexts_of
from boekbrug.testing.worlds import Settings, SourceWorld, TargetWorld

CALL_DEADLINE = dt.timedelta(seconds=30)
STARTS = (
    dt.datetime(2026, 9, 15, 10, 0, tzinfo=dt.UTC),
    # the nights in which summer time begins and ends, half an hour before
    dt.datetime(2026, 3, 29, 0, 30, tzinfo=dt.UTC),
    dt.datetime(2026, 10, 25, 0, 30, tzinfo=dt.UTC),
)


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A world and what connects the engine to it; every role has its settings and makes its ports."""

    world: World
    source: type[Source]
    target: type[Target]
    #: by the unit that sells, each of which has a licence
    rules: Mapping[str, Rules]
    contexts: Mapping[str, Callable[[Grant | None], KitContext]]
    watch: Callable[[Path, World], Watch]
    settings: Mapping[str, Settings] = field(default_factory=dict)
    administration: str = "main"
    codes: Catalogue = field(default_factory=Catalogue)
    #: the target's tokens are those of the simulated vendor
    has_grant: bool = True
    #: sales are reversed, where otherwise old databases are put back
    reverses: bool


StageMaker = Callable[[Chance, Perils, int, int], Stage]
"""Makes a stage from chance, perils, the seed, and how many entries the simulated books take at once."""


def own_stage(chance: Chance, perils: Perils, seed: int, batch_size: int) -> Stage:
    """Make the simulated shop and the simulated books.

    What cannot be promised together is simulated apart (docs/guarantees.md): an even seed puts old databases back and
    books each sale by itself, an odd one reverses, corrects and books one of its units per day.
    """
    world = World(
        clock=SettableClock(STARTS[seed // 3 % len(STARTS)]), chance=chance, perils=perils, call_deadline=CALL_DEADLINE,
        totals_per_day=bool(seed % 2),
    )  # fmt: skip
    shop, till = UNITS
    return Stage(
        world=world,
        source=source_of(world),
        # every second pair of worlds has books whose entries are prepared without asking them
        target=target_of(world, batch_size=batch_size, prepare_asks=seed % 4 < 2),
        rules={shop: SHOP_RULES, till: DAY_RULES if world.totals_per_day else SHOP_RULES},
        contexts=dict.fromkeys(("source", "target"), _plain(world)),
        watch=OwnWatch,
        reverses=world.totals_per_day,
    )


def stage_of_target(plugin: type[Target], module: ModuleType, kit: TargetWorld) -> StageMaker:
    """Make the simulated shop, whose sales go to the books of a plugin; an odd seed reverses some."""

    def make(chance: Chance, perils: Perils, seed: int, batch_size: int) -> Stage:
        world = PluggedBooks(clock=kit.clock, chance=chance, perils=perils, call_deadline=CALL_DEADLINE, kit=kit)
        # nothing goes wrong yet: the rules are made before the first step
        asked = plugin(_kit_context(kit), plugin.Settings(**kit.settings))
        rules = rules_on(asked.chart(kit.administration), customers=issubclass(plugin, ResolvesParties))
        return Stage(
            world=world,
            source=source_of(world),
            target=plugin,
            rules=dict.fromkeys(UNITS, rules),
            contexts={"source": _plain(world), "target": contexts_of(kit, world)},
            watch=TargetWatch,
            settings={"target": kit.settings},
            administration=kit.administration,
            codes=_codes(plugin.name, module),
            has_grant=False,
            reverses=bool(seed % 2),
        )

    return make


def stage_of_source(plugin: type[Source], module: ModuleType, kit: SourceWorld) -> StageMaker:
    """Make the simulated books, and a shop that is reached through a plugin; an odd seed reverses some sales."""

    def make(chance: Chance, perils: Perils, seed: int, batch_size: int) -> Stage:
        world = PluggedShop(clock=kit.clock, chance=chance, perils=perils, call_deadline=CALL_DEADLINE, kit=kit)
        first = world.sell()
        asked = plugin(_kit_context(kit), plugin.Settings(**kit.settings))
        methods = [choice.value for choice in asked.catalogue(kit.unit).payment_methods]
        return Stage(
            world=world,
            source=plugin,
            target=target_of(world, batch_size=batch_size, prepare_asks=seed % 4 < 2),
            rules={kit.unit: rules_for(first.kind, methods)},
            contexts={"source": contexts_of(kit, world), "target": _plain(world)},
            watch=SourceWatch,
            settings={"source": kit.settings},
            codes=_codes(plugin.name, module),
            reverses=bool(seed % 2),
        )

    return make


def _plain(world: World) -> Callable[[Grant | None], KitContext]:
    return lambda grant: KitContext(clock=world.clock, grant=grant)


def _kit_context(kit: SourceWorld | TargetWorld) -> KitContext:
    return KitContext(http=kit.http, grant=kit.grant, clock=kit.clock)


def _codes(name: str, module: ModuleType) -> Catalogue:
    codes = Catalogue()
    codes.add(registered_codes(module), name)
    return codes
