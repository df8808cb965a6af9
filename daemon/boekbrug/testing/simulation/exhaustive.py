"""Leave nothing to chance: for every kind of accident, kill the worker at every boundary between two phases."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

from boekbrug.testing.simulation.invariants import Broken, check_end, check_now
from boekbrug.testing.simulation.simulator import LIMITS, Simulation
from boekbrug.testing.simulation.world import Fault

_SALES = 3
_STEPS_AT_MOST = 60


def every_death(folder: Path, template: Path | None, fault: Fault | None, after: int = 0, stride: int = 1) -> int:
    """Run a scenario once per boundary, dying there; return how many boundaries there were; raise Broken.

    The accident happens after so many calls that go well: the first calls make customers, the later ones entries.
    A `stride` above 1 takes only every so many of the boundaries.
    """
    undisturbed = _scenario(folder, template, fault, after)
    boundaries = sum(1 for _ in _steps(undisturbed))
    undisturbed.close()
    for boundary in range(0, boundaries + 1, stride):
        simulation = _scenario(folder, template, fault, after)
        try:
            _die_at(simulation, boundary)
        except Broken as broken:
            broken.add_note(f"accident {fault}, killed after step {boundary} of {boundaries}")
            raise
        finally:
            simulation.close()
    return boundaries


def every_interleaving(folder: Path, template: Path | None, fault: Fault | None, *, stride: int = 1) -> int:
    """Run two workers over two sales in all orders with two switches between them; return how many there were.

    The first stops after some of its steps for longer than its lease, the second takes some, then the first goes on.
    A `stride` above 1 takes only every so many of the orders.
    """
    undisturbed = _scenario(folder, template, fault, 0, sales=2)
    longest = sum(1 for _ in _steps(undisturbed))
    undisturbed.close()
    orders = [(first, second) for first in range(1, longest + 1) for second in range(1, longest + 1)]
    for first, second in orders[::stride]:
        simulation = _scenario(folder, template, fault, 0, sales=2, workers=2)
        try:
            _switch_twice(simulation, first, second)
        except Broken as broken:
            broken.add_note(f"accident {fault}, switched after {first} steps and after {second} more")
            raise
        finally:
            simulation.close()
    return len(orders[::stride])


def _switch_twice(simulation: Simulation, first: int, second: int) -> None:
    for worker, steps in ((0, first), (1, second), (0, _STEPS_AT_MOST)):
        for _, _ in zip(range(steps), _steps(simulation, worker), strict=False):
            check_now(simulation.database, simulation.world)
        simulation.clock.advance(LIMITS.lease + dt.timedelta(seconds=1))
        simulation.world.settle_late_commits()
    simulation.come_to_rest()
    check_end(simulation.database, simulation.world)


def _die_at(simulation: Simulation, boundary: int) -> None:
    for n, _ in enumerate(_steps(simulation)):
        check_now(simulation.database, simulation.world)
        if n == boundary:
            break
    simulation.kill(0)
    simulation.come_to_rest()
    check_end(simulation.database, simulation.world)


def _scenario(
    folder: Path, template: Path | None, fault: Fault | None, after: int, sales: int = _SALES, workers: int = 1
) -> Simulation:
    simulation = Simulation(seed=3, folder=folder, template=template, workers=workers)
    simulation.world.rate = 0
    simulation.world.script = [None] * after + [fault] if fault else []
    for _ in range(sales):
        simulation.world.sell()
    return simulation


def _steps(simulation: Simulation, worker: int = 0) -> Iterator[None]:
    for _ in range(_STEPS_AT_MOST):
        if simulation.crew[worker].step() is None:
            return
        yield
