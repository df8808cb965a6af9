"""Every accident in every phase of a worker, while entries are in all states: the table of coverage, made to be full.

Chance alone fills the rare cells after thousands of seeds. A drill brings the entries of one licence into every state
first, with a worker that stands still when it has sent some of what it claimed, for longer than it may hold the
licence, and lets one accident happen to the worker that takes over.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from boekbrug.runtime.grants import MARGIN
from boekbrug.store import caution, tables
from boekbrug.testing.simulation.coverage import ABOUT, ALL, STRIKES, Cell, explained
from boekbrug.testing.simulation.invariants import Broken
from boekbrug.testing.simulation.place import LIMITS
from boekbrug.testing.simulation.rules import CODES, SHOP_RULES
from boekbrug.testing.simulation.simulator import Simulation
from boekbrug.testing.simulation.stage import Stage, own_stage
from boekbrug.testing.world import Chance, Fault, Peril, Perils, TokenFault

_SEED = 36
"""Restores, begins on an ordinary day, and has books that are asked while entries are prepared."""
_RUNS, _STEPS = 6, 60
_INTERVAL = dt.timedelta(seconds=90)
_SHORTLY = dt.timedelta(seconds=10)
_LATER = dt.timedelta(seconds=20)
"""When what is in doubt is looked for first, and not found yet."""
_A_MOMENT = dt.timedelta(seconds=4)
"""By so much later than the licence the entries were claimed."""
_OVER = LIMITS.lease + dt.timedelta(seconds=1)
_BEFORE, _OTHER, _DRILLED = range(3)
"""Who stands still with what it claimed, who works beside, and whom the accident strikes."""
_UNIT, _TOGETHER = "stall", 2
_NOBODY, _UNPAID, _LATELY = 0, -1, 1
_AT = {"settle": ("asking", "settled"), "deliver": ("claimed", "intended", "called")}
"""The steps after which a worker is struck, where a call lies between them."""
_OF_TRANSACTIONS = frozenset(Peril) - {Peril.DIED}


class Drill(NamedTuple):
    """An accident, the phase that it comes in, whether there is any entry yet, whether new customers buy, after which
    step.
    """

    fault: str
    phase: str
    is_empty: bool = False
    is_for_a_customer: bool = False
    at: str = ""

    def __str__(self) -> str:
        """Name it."""
        told = " before there is an entry" if self.is_empty else " of a new customer" * self.is_for_a_customer
        return f"{self.fault} in {self.phase}{told}{self.at and f' after {self.at}'}"

    def buyer(self, n: int) -> int:
        """Return who buys, or that they do not pay."""
        return _UNPAID if self.is_empty else n + 1 + _LATELY if self.is_for_a_customer else _NOBODY


def drills() -> Iterator[Drill]:
    """Yield a drill for each accident and phase of which a cell of the table is not explained."""
    for fault in ALL:
        for phase in ABOUT:
            if not explained(("due", fault, phase)):
                for at in _steps_of(fault, phase):
                    yield Drill(fault, phase, is_for_a_customer=phase == "parties", at=at)
                # delivering makes customers too, before their entries
                yield from [Drill(fault, phase, is_for_a_customer=True)] if phase == "deliver" else ()
            if not explained(("none", fault, phase)):
                yield Drill(fault, phase, is_empty=True)


def _steps_of(fault: str, phase: str) -> list[str]:
    """Name the steps after which an accident is to come, where it may come before a call and after it."""
    steps = _AT.get(phase, ("",)) if fault in STRIKES else ("",)
    # between intent and call nothing is written
    return [step for step in steps if step != "intended" or fault not in _OF_TRANSACTIONS]


def run(drill: Drill, folder: Path, template: Path) -> Counter[Cell]:
    """Run a drill to its end and return what was met; raise Broken."""
    simulation = Simulation(
        seed=_SEED, folder=folder, template=template, workers=3, batch_size=_TOGETHER, staged=_four_units
    )
    try:
        simulation.chance.faulty = False
        # all that was sold comes in one page, is composed together and sent together
        simulation.world.page_size = _TOGETHER + 1
        if not drill.is_empty:
            _bring_about_all_states(simulation, is_looked_for=drill.phase != "settle")
        elif drill.phase == "settle":
            _be_cautious(simulation)
        simulation.coverage.clear()
        _let_it_happen(simulation, drill)
        met = Counter(simulation.coverage)
        _go_on(simulation)
        simulation.come_to_rest()
        simulation.watch.end(simulation.house.database)
    except Broken as broken:
        broken.add_note(f"drill: {drill}")
        raise
    finally:
        simulation.close()
    return met


def _four_units(chance: Chance, perils: Perils, seed: int, batch_size: int) -> Stage:
    stage = own_stage(chance, perils, seed, batch_size)
    return replace(stage, rules=dict.fromkeys(CODES, SHOP_RULES))


def _bring_about_all_states(simulation: Simulation, *, is_looked_for: bool) -> None:
    world, clock = simulation.world, simulation.clock
    for closed in (False, True, True):
        # booked; refused and replaced by what a person offers again; refused
        simulation.person.mend()
        world.close(closed=closed)
        world.sell(_UNIT, _NOBODY)
        _work(simulation, _OTHER)
    world.close(closed=False)
    # the access token is about to end when the licence is taken over
    clock.set(max(clock.now() + _INTERVAL, world.vendor.ends - MARGIN - _SHORTLY - _OVER - _LATER * is_looked_for))
    # in doubt; due, since its customer is in doubt
    for buyer in (_NOBODY, _LATELY):
        world.sell(_UNIT, buyer)
        simulation.chance.script = [Fault.LOST_CALL]
        _work(simulation, _OTHER)
    simulation.chance.script = []
    if is_looked_for:
        clock.advance(_LATER)
        _work(simulation, _OTHER)
    # sent and claimed by a worker that holds both for a moment longer than the licence
    for _ in range(_TOGETHER + 1):
        world.sell(_UNIT, _NOBODY)
    _work(simulation, _BEFORE, until="composed")
    clock.advance(_A_MOMENT)
    _work(simulation, _BEFORE, until="intended")
    clock.advance(_OVER - _A_MOMENT)


def _be_cautious(simulation: Simulation) -> None:
    with simulation.house.database.write() as connection:
        caution.begin(connection, simulation.house.microseconds())


def _only_due(simulation: Simulation) -> None:
    """Let one licence be due, as when a shop has called, and no other."""
    licence, house = tables.licence.c, simulation.house
    now = house.microseconds()
    with house.database.write() as connection:
        due = sa.case((licence.unit == _UNIT, now), else_=now + 3600 * 10**6)
        connection.execute(sa.update(tables.licence).values(next_at=due))


def _work(simulation: Simulation, n: int, until: str = "run-done") -> None:
    """Let a worker work on the licence up to a step; no time passes."""
    _only_due(simulation)
    for _ in range(_STEPS):
        simulation.work(n)
        simulation.watch.now()
        if simulation.stands_at(n) in (until, "idle"):
            return


def _let_it_happen(simulation: Simulation, drill: Drill) -> None:
    """Sell, and let the accident come to the worker that is at it as soon as it is in its phase."""
    strike = simulation.happenings.strikes().get(drill.fault)
    if drill.fault == "restored":
        simulation.happenings.back_up()
    for n in range(_RUNS):
        for m in range(_TOGETHER):
            simulation.world.sell(_UNIT, drill.buyer(_TOGETHER * n + m))
        _only_due(simulation)
        for _ in range(_STEPS):
            if _is_there(simulation, drill):
                # what does not come in this step may come in the next
                if _happens(simulation, drill, strike):
                    return
            elif "nothing to do" in simulation.work(_DRILLED):
                break
            simulation.watch.now()


def _is_there(simulation: Simulation, drill: Drill) -> bool:
    if drill.at:
        return simulation.stands_at(_DRILLED) == drill.at
    if not simulation.is_at_work(_DRILLED) or simulation.phase(_DRILLED) != drill.phase:
        return False
    # a customer that is in doubt may be made in the same phase, before the entries
    is_of_entries = drill.phase == "deliver" and not drill.is_for_a_customer and drill.fault not in STRIKES
    return not is_of_entries or simulation.watch.has_entries_of(simulation.crew[_DRILLED].work.worker)


def _happens(simulation: Simulation, drill: Drill, strike: Callable[[int], str] | None) -> bool:
    if strike is not None:
        simulation.trace.append(strike(_DRILLED))
    else:
        if drill.fault in set(TokenFault):
            simulation.clock.advance(_SHORTLY * 2)
        simulation.chance.wanted = drill.fault
        simulation.trace.append(simulation.work(_DRILLED))
        simulation.chance.wanted = ""
    # what did not come in this step would come in another phase
    simulation.perils.clear()
    came = any(fault == drill.fault and phase == drill.phase for _, fault, phase in simulation.coverage)
    if not came:
        simulation.world.mend()
    return came


def _go_on(simulation: Simulation) -> None:
    """Let the others do what is due, then the one that was struck and the one that stood still all the while."""
    for n in (_OTHER, _DRILLED, _BEFORE):
        for _ in range(_STEPS):
            said = simulation.work(n)
            simulation.watch.now()
            if "nothing to do" in said:
                break
