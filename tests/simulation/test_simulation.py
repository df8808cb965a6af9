"""The simulation itself: it comes to rest with every sale booked once, and it notices an engine that cheats."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from boekbrug.contract import NotSent, Outcome, Prepared, Target
from boekbrug.sync import calls, settle
from boekbrug.sync.outcome import Absent, SettledAs
from boekbrug.sync.workplace import Workplace
from boekbrug.testing.simulation.__main__ import make_template
from boekbrug.testing.simulation.exhaustive import every_death, every_interleaving
from boekbrug.testing.simulation.invariants import Broken, check_end
from boekbrug.testing.simulation.simulator import LEAST_FAULTS, LIMITS, Simulation
from boekbrug.testing.simulation.world import Fault

SEEDS_THAT_DOUBLE = range(1, 41)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_template(tmp_path_factory.mktemp("simulation"))


@pytest.mark.parametrize("seed", range(1, 7))
def test_every_sale_is_booked_once_whatever_happens(seed: int, tmp_path: Path, template: Path) -> None:
    simulation = Simulation(seed=seed, folder=tmp_path, template=template, workers=1 + seed % 3)
    simulation.run()
    assert simulation.faults() >= LEAST_FAULTS


def test_a_seed_replays_to_the_same_trace(tmp_path: Path, template: Path) -> None:
    traces = []
    for _ in range(2):
        simulation = Simulation(seed=42, folder=tmp_path, template=template)
        simulation.run()
        traces.append(simulation.trace)
    assert traces[0] == traces[1]


@pytest.mark.parametrize(
    ("fault", "after"), [(None, 0), (Fault.LOST_REPLY, 0), (Fault.LOST_REPLY, 2), (Fault.HALF_BATCH, 2)]
)
def test_dying_at_any_boundary_loses_and_doubles_nothing(
    fault: Fault | None, after: int, tmp_path: Path, template: Path
) -> None:
    assert every_death(tmp_path, template, fault, after, stride=4) > 10


@pytest.mark.prove
@pytest.mark.parametrize("after", [0, 2])
@pytest.mark.parametrize("fault", [None, *Fault])
def test_dying_at_every_boundary_in_every_accident(
    fault: Fault | None, after: int, tmp_path: Path, template: Path
) -> None:
    assert every_death(tmp_path, template, fault, after) > 10


@pytest.mark.parametrize("fault", [None, Fault.LATE_COMMIT])
def test_two_workers_book_each_sale_once_in_whatever_order_they_take_turns(
    fault: Fault | None, tmp_path: Path, template: Path
) -> None:
    assert every_interleaving(tmp_path, template, fault, stride=331) > 2


@pytest.mark.prove
@pytest.mark.parametrize("fault", [None, *Fault])
def test_two_workers_in_all_orders_with_two_switches(fault: Fault | None, tmp_path: Path, template: Path) -> None:
    assert every_interleaving(tmp_path, template, fault) > 500


def test_a_worker_that_comes_back_after_its_lease_does_not_call(tmp_path: Path, template: Path) -> None:
    simulation = Simulation(seed=3, folder=tmp_path, template=template, workers=1)
    simulation.world.rate = 0
    simulation.world.sell()
    worker = simulation.crew[0]
    while (step := worker.step()) is not None and step.phase != "intended":
        pass
    simulation.clock.advance(LIMITS.quiet_period * 2)
    step = worker.step()
    assert step is not None
    assert (step.phase, simulation.world.records, simulation.world.debtors) == ("claim-lost", [], [])
    simulation.come_to_rest()
    check_end(simulation.database, simulation.world)
    simulation.close()


def test_an_old_copy_put_back_at_the_worst_moments_doubles_nothing(tmp_path: Path, template: Path) -> None:
    for seed in (9, 10):
        simulation = Simulation(seed=seed, folder=tmp_path, template=template, workers=2)
        simulation.likes("back_up", "restore")
        simulation.run()
        assert simulation.met["restored"] > 1


def test_an_engine_that_resends_without_asking_is_caught(
    tmp_path: Path, template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def _believe_it_failed(
        _work: Workplace, target: Target, administration: str, batch: Sequence[Prepared]
    ) -> tuple[Sequence[Outcome], Exception | None]:
        try:
            return target.post(administration, batch), None
        except Exception as error:  # noqa: BLE001 - the mistake that is to be caught
            return [NotSent(reason=repr(error)[:50])] * len(batch), None

    monkeypatch.setattr(calls, "_post", _believe_it_failed)
    with pytest.raises(Broken):
        _run_all(tmp_path, template)


def test_an_engine_that_trusts_the_first_look_is_caught(
    tmp_path: Path, template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    careful = settle._meaning

    def _impatient(*asked: object) -> SettledAs:
        meaning = careful(*asked)  # type: ignore[arg-type]
        return Absent() if getattr(meaning, "reason", "") == "not-listed-yet" else meaning

    monkeypatch.setattr(settle, "_meaning", _impatient)
    with pytest.raises(Broken):
        _run_all(tmp_path, template)


def _run_all(folder: Path, template: Path) -> None:
    for seed in SEEDS_THAT_DOUBLE:
        simulation = Simulation(seed=seed, folder=folder, template=template)
        simulation.never("close", "move", "restore", "fill_disk", "jump", "freeze")
        simulation.run()
