"""The simulation of a plugin, as pytest sees it: a class to derive from, with one test per seed."""

import itertools
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

from boekbrug.contract import Source, Target
from boekbrug.testing.simulation.place import make_template
from boekbrug.testing.simulation.simulator import STEPS, Simulation
from boekbrug.testing.simulation.stage import StageMaker, stage_of_source, stage_of_target
from boekbrug.testing.world import Fault
from boekbrug.testing.worlds import SourceWorld, TargetWorld


class _Simulated:
    """One test per seed: 200 steps and 20 accidents, then rest, with all invariants; see docs/simulation.md."""

    #: which seeds are tried
    seeds: Iterable[int] = range(1, 5)
    steps: int = STEPS
    #: accidents that come more often than others; each seed has two of its own otherwise
    favours: tuple[Fault, ...] = ()

    def pytest_generate_tests(self, metafunc: Any) -> None:
        """Give each seed a test of its own."""
        if "seed" in metafunc.fixturenames:
            metafunc.parametrize("seed", list(self.seeds))

    def test_seed(self, seed: int, tmp_path: Path) -> None:
        """Simulate one seed; a failure prints what happened, step by step."""
        self.simulate(seed, tmp_path)

    def simulate(self, seed: int, folder: Path) -> Simulation:
        """Simulate one seed and return what happened; raise Broken with the trace."""
        place = folder / "world"
        place.mkdir()
        simulation = Simulation(
            seed=seed, folder=folder, template=make_template(folder), workers=1 + seed % 3, staged=self._staged(place)
        )
        simulation.chance.favourites = self.favours * 3 or simulation.chance.favourites
        try:
            simulation.run(self.steps)
        except Exception as broken:
            broken.add_note("\n".join(itertools.chain(("what happened:",), simulation.trace)))
            raise
        return simulation

    def _staged(self, folder: Path) -> StageMaker:
        raise NotImplementedError


class TargetSimulation(_Simulated):
    """A target in a world that misbehaves; derive `Test…` from it, name plugin class and module, and make a world.

    >>> class TestBooksInASimulation(TargetSimulation):
    ...     plugin = BooksTarget
    ...     module = boekbrug_books.plugin
    ...     seeds = range(1, 11)
    ...
    ...     def world(self, folder: Path) -> TargetWorld:
    ...         return BooksWorld(folder)
    """

    plugin: type[Target]
    module: ModuleType

    def world(self, folder: Path) -> TargetWorld:
        """Make books without entries, which say what is `marked`; the folder is empty and its own."""
        raise NotImplementedError

    def _staged(self, folder: Path) -> StageMaker:
        return stage_of_target(self.plugin, self.module, self.world(folder))


class SourceSimulation(_Simulated):
    """A source in a world that misbehaves; derive `Test…` from it, name plugin class and module, and make a world."""

    plugin: type[Source]
    module: ModuleType

    def world(self, folder: Path) -> SourceWorld:
        """Make a world that sold nothing yet; the folder is empty and its own."""
        raise NotImplementedError

    def _staged(self, folder: Path) -> StageMaker:
        return stage_of_source(self.plugin, self.module, self.world(folder))
