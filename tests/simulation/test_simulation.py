"""The simulation itself: it comes to rest with every sale booked once, and it notices an engine that cheats."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.simulation.mistakes import MISTAKES, Mistake

from boekbrug.testing.simulation.exhaustive import (
    SCENARIOS,
    every_death,
    every_interleaving,
    every_stall,
    the_last_moment,
    three_sales,
)
from boekbrug.testing.simulation.invariants import Broken
from boekbrug.testing.simulation.place import LIMITS, make_template
from boekbrug.testing.simulation.simulator import LEAST_FAULTS, LEAST_UNKNOWN, STEPS, Simulation
from boekbrug.testing.world import Fault

TURNS = (None, Fault.LOST_REPLY, Fault.LATE_COMMIT, Fault.BUSY)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_template(tmp_path_factory.mktemp("simulation"))


@pytest.mark.parametrize("seed", range(1, 7))
def test_every_sale_is_booked_once_whatever_happens(seed: int, tmp_path: Path, template: Path) -> None:
    simulation = Simulation(seed=seed, folder=tmp_path, template=template, workers=1 + seed % 3)
    simulation.run()
    assert len(simulation.trace) >= STEPS
    assert simulation.faults() >= LEAST_FAULTS
    assert simulation.chance.unknown >= LEAST_UNKNOWN


def test_a_seed_replays_to_the_same_trace(tmp_path: Path, template: Path) -> None:
    traces = []
    for _ in range(2):
        simulation = Simulation(seed=42, folder=tmp_path, template=template)
        simulation.run()
        traces.append(simulation.trace)
    assert traces[0] == traces[1]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_dying_at_any_point_loses_and_doubles_nothing(
    scenario: Callable[[Simulation], None], tmp_path: Path, template: Path
) -> None:
    assert every_death(tmp_path, template, None, scenario=scenario, stride=11) > 10


@pytest.mark.prove
@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("fault", [None, Fault.LOST_REPLY, Fault.LATE_COMMIT, Fault.BUSY])
def test_dying_at_every_point_of_every_scenario(
    scenario: Callable[[Simulation], None], fault: Fault | None, tmp_path: Path, template: Path
) -> None:
    assert every_death(tmp_path, template, fault, scenario=scenario) > 10


@pytest.mark.prove
@pytest.mark.parametrize("after", [0, 1])
@pytest.mark.parametrize("fault", list(Fault))
def test_dying_at_every_point_of_every_accident(fault: Fault, after: int, tmp_path: Path, template: Path) -> None:
    assert every_death(tmp_path, template, fault, after, scenario=three_sales) > 10


@pytest.mark.parametrize(("fault", "waits"), [(None, False), (Fault.LATE_COMMIT, True)])
def test_two_workers_book_each_sale_once_in_whatever_order_they_take_turns(
    fault: Fault | None, waits: bool, tmp_path: Path, template: Path
) -> None:
    assert every_interleaving(tmp_path, template, fault, waits=waits, stride=151) > 2


@pytest.mark.prove
@pytest.mark.parametrize("waits", [False, True])
@pytest.mark.parametrize("fault", TURNS)
def test_two_workers_in_all_orders_with_two_switches(
    fault: Fault | None, waits: bool, tmp_path: Path, template: Path
) -> None:
    assert every_interleaving(tmp_path, template, fault, waits=waits) > 100


def test_a_worker_that_comes_back_after_its_lease_does_not_call(tmp_path: Path, template: Path) -> None:
    simulation = Simulation(seed=3, folder=tmp_path, template=template, workers=1)
    simulation.chance.rate = 0
    simulation.chance.faulty = False
    simulation.world.sell("shop", buyer=1)
    worker = simulation.crew[0]
    while (step := worker.step()) is not None and step.phase != "intended":
        pass
    simulation.clock.advance(LIMITS.quiet_period * 2)
    step = worker.step()
    assert step is not None
    assert (step.phase, simulation.world.records, simulation.world.debtors) == ("claim-lost", [], [])
    simulation.come_to_rest()
    simulation.watch.end(simulation.house.database)
    simulation.close()


def test_a_call_that_arrives_at_the_last_moment_is_not_made_again(tmp_path: Path, template: Path) -> None:
    simulation = Simulation(seed=3, folder=tmp_path, template=template, workers=1)
    the_last_moment(simulation)
    assert len(simulation.world.records) == 1
    simulation.close()


def test_a_worker_that_stalls_at_any_transaction_does_not_call_too_late(tmp_path: Path, template: Path) -> None:
    assert every_stall(tmp_path, template) > 10


def test_an_engine_that_does_not_wait_for_it_is_caught(
    tmp_path: Path, template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mistake = next(one for one in MISTAKES if one.name == "skip the quiet period")
    mistake.make(monkeypatch)
    with pytest.raises(Broken, match="more than one record under a mark"):
        the_last_moment(Simulation(seed=3, folder=tmp_path, template=template, workers=1))


def test_an_old_copy_put_back_at_the_worst_moments_doubles_nothing(tmp_path: Path, template: Path) -> None:
    for seed in (8, 10):
        simulation = Simulation(seed=seed, folder=tmp_path, template=template, workers=2)
        simulation.happenings.likes("back_up", "restore")
        simulation.run()
        assert simulation.met["restored"] > 1


@pytest.mark.parametrize("mistake", [mistake for mistake in MISTAKES if mistake.is_quick], ids=lambda one: one.name)
def test_an_engine_that_cheats_is_caught(
    mistake: Mistake, tmp_path: Path, template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _caught_by(mistake, tmp_path, template, monkeypatch) in mistake.seeds


@pytest.mark.prove
@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda one: one.name)
def test_every_listed_mistake_is_caught_within_its_seeds(
    mistake: Mistake, tmp_path: Path, template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _caught_by(mistake, tmp_path, template, monkeypatch) in mistake.seeds


def _caught_by(mistake: Mistake, folder: Path, template: Path, patch: pytest.MonkeyPatch) -> int | None:
    mistake.make(patch)
    for seed in mistake.seeds:
        simulation = Simulation(seed=seed, folder=folder, template=template, workers=1 + seed % 3)
        try:
            simulation.run()
        except Broken:
            return seed
    return None
