"""Every accident in every phase of a worker, while entries are in all states: the table of coverage, made to be full.

Chance alone fills the rare cells after thousands of seeds. A drill brings entries into every state first, with workers
that stop when they have composed, claimed or sent one, and lets one accident happen to another worker.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from boekbrug.runtime.grants import MARGIN
from boekbrug.store import tables
from boekbrug.testing.simulation.coverage import ABOUT, ALL, Cell, explained
from boekbrug.testing.simulation.invariants import Broken
from boekbrug.testing.simulation.rules import CODES, SHOP_RULES
from boekbrug.testing.simulation.simulator import Simulation
from boekbrug.testing.simulation.stage import Stage, own_stage
from boekbrug.testing.world import Chance, Fault, Perils, TokenFault

_SEED = 12
"""Restores, begins on an ordinary day, and has books that are asked while entries are prepared."""
_RUNS, _STEPS = 6, 60
_INTERVAL = dt.timedelta(seconds=90)
_SHORTLY = dt.timedelta(seconds=10)
_ON_THE_WAY = (("shop", "composed"), ("till", "claimed"), ("fair", "intended"))
"""How far workers got with a sale of each unit, who do nothing more then."""
_DRILLED = len(_ON_THE_WAY)
_NOBODY, _UNPAID = 0, -1


class Drill(NamedTuple):
    """An accident, the phase that it comes in, whether there is any entry yet, and whether a new customer buys."""

    fault: str
    phase: str
    is_empty: bool = False
    is_for_a_customer: bool = False

    def __str__(self) -> str:
        """Name it."""
        told = " before there is an entry" if self.is_empty else " of a new customer" * self.is_for_a_customer
        return f"{self.fault} in {self.phase}{told}"

    def buyer(self, n: int) -> int:
        """Return who buys, or that they do not pay."""
        return _UNPAID if self.is_empty else n + 1 if self.is_for_a_customer else _NOBODY


def drills() -> Iterator[Drill]:
    """Yield a drill for each accident and phase of which a cell of the table is not explained."""
    for fault in ALL:
        for phase in ABOUT:
            if not explained(("due", fault, phase)):
                yield Drill(fault, phase, is_for_a_customer=phase == "parties")
                # delivering makes customers too, before their entries
                yield from [Drill(fault, phase, is_for_a_customer=True)] if phase == "deliver" else ()
            if not explained(("none", fault, phase)):
                yield Drill(fault, phase, is_empty=True)


def run(drill: Drill, folder: Path, template: Path) -> Counter[Cell]:
    """Run a drill to its end and return what was met; raise Broken."""
    simulation = Simulation(
        seed=_SEED, folder=folder, template=template, workers=_DRILLED + 1, batch_size=1, staged=_four_units
    )
    try:
        simulation.chance.faulty = False
        if not drill.is_empty:
            _bring_about_all_states(simulation)
        _let_it_happen(simulation, drill)
        simulation.come_to_rest()
        simulation.watch.end(simulation.house.database)
    except Broken as broken:
        broken.add_note(f"drill: {drill}")
        raise
    finally:
        simulation.close()
    return simulation.coverage


def _four_units(chance: Chance, perils: Perils, seed: int, batch_size: int) -> Stage:
    stage = own_stage(chance, perils, seed, batch_size)
    return replace(stage, rules=dict.fromkeys(CODES, SHOP_RULES))


def _bring_about_all_states(simulation: Simulation) -> None:
    world = simulation.world
    for closed in (False, True, True):
        # booked; refused and replaced by what a person offers again; refused
        simulation.person.mend()
        world.close(closed=closed)
        world.sell("stall", _NOBODY)
        _work(simulation, _DRILLED)
    world.close(closed=False)
    world.sell("stall", _NOBODY)
    simulation.chance.script = [Fault.LOST_CALL]
    _work(simulation, _DRILLED)
    simulation.chance.script = []
    # all licences are due, and the access token is about to end
    simulation.clock.set(max(simulation.clock.now() + _INTERVAL, world.vendor.ends - MARGIN - _SHORTLY))
    for worker, (unit, last) in enumerate(_ON_THE_WAY):
        world.sell(unit, _NOBODY)
        _only_due(simulation, unit)
        _work(simulation, worker, until=last)


def _only_due(simulation: Simulation, unit: str) -> None:
    """Let one licence be due, as when a shop has called, and no other."""
    licence, house = tables.licence.c, simulation.house
    now = house.microseconds()
    with house.database.write() as connection:
        due = sa.case((licence.unit == unit, now), else_=now + 3600 * 10**6)
        connection.execute(sa.update(tables.licence).values(next_at=due))


def _work(simulation: Simulation, n: int, until: str = "") -> None:
    if not until:
        simulation.clock.advance(_INTERVAL)
    for _ in range(_STEPS):
        said = simulation.work(n)
        simulation.watch.now()
        if "nothing to do" in said or said.split()[1] == until:
            return


def _let_it_happen(simulation: Simulation, drill: Drill) -> None:
    """Sell, and let the accident come to the worker that is at it as soon as it is in its phase."""
    strike = simulation.happenings.strikes().get(drill.fault)
    if drill.fault == "restored":
        simulation.happenings.back_up()
    for n in range(_RUNS):
        simulation.world.sell("stall", drill.buyer(n))
        _only_due(simulation, "stall")
        for _ in range(_STEPS):
            if simulation.phase(_DRILLED) == drill.phase:
                # what does not come in this step may come in the next
                if _happens(simulation, drill, strike):
                    return
            elif "nothing to do" in simulation.work(_DRILLED):
                break
            simulation.watch.now()


def _happens(simulation: Simulation, drill: Drill, strike: Callable[[int], str] | None) -> bool:
    if strike is not None:
        simulation.trace.append(strike(_DRILLED))
        # what did not come in this step would come in another phase
        simulation.perils.clear()
    else:
        if drill.fault in set(TokenFault):
            simulation.clock.advance(_SHORTLY * 2)
        simulation.chance.wanted = drill.fault
        simulation.trace.append(simulation.work(_DRILLED))
        simulation.chance.wanted = ""
    return any(fault == drill.fault and phase == drill.phase for _, fault, phase in simulation.coverage)
