"""Leave nothing to chance: for every kind of accident, kill the worker at every boundary between two phases."""

from collections.abc import Iterator
from pathlib import Path

from boekbrug.testing.simulation.invariants import Broken, check_end, check_now
from boekbrug.testing.simulation.simulator import Simulation
from boekbrug.testing.simulation.world import Fault

_SALES = 6
_STEPS_AT_MOST = 60


def every_death(folder: Path, template: Path | None, fault: Fault | None, after: int = 0) -> int:
    """Run a scenario once per boundary, dying there; return how many boundaries there were; raise Broken.

    The accident happens after so many calls that go well: the first calls make customers, the later ones entries.
    """
    undisturbed = _scenario(folder, template, fault, after)
    boundaries = sum(1 for _ in _steps(undisturbed))
    undisturbed.close()
    for boundary in range(boundaries + 1):
        simulation = _scenario(folder, template, fault, after)
        try:
            _die_at(simulation, boundary)
        except Broken as broken:
            broken.add_note(f"accident {fault}, killed after step {boundary} of {boundaries}")
            raise
        finally:
            simulation.close()
    return boundaries


def _die_at(simulation: Simulation, boundary: int) -> None:
    for n, _ in enumerate(_steps(simulation)):
        check_now(simulation.database, simulation.world)
        if n == boundary:
            break
    simulation.kill(0)
    simulation.come_to_rest()
    check_end(simulation.database, simulation.world)


def _scenario(folder: Path, template: Path | None, fault: Fault | None, after: int) -> Simulation:
    simulation = Simulation(seed=1, folder=folder, template=template, workers=1)
    simulation.world.rate = 0
    simulation.world.script = [None] * after + [fault] if fault else []
    for _ in range(_SALES):
        simulation.world.sell()
    return simulation


def _steps(simulation: Simulation) -> Iterator[None]:
    for _ in range(_STEPS_AT_MOST):
        if simulation.crew[0].step() is None:
            return
        yield
