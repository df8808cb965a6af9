"""The simulation itself: it comes to rest with every sale booked once, and it notices an engine that cheats."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from boekbrug.contract import NotSent, Outcome, Prepared, Target
from boekbrug.sync import deliver, settle
from boekbrug.sync.outcome import Absent, SettledAs
from boekbrug.sync.workplace import Workplace
from boekbrug.testing.simulation.__main__ import make_template
from boekbrug.testing.simulation.exhaustive import every_death
from boekbrug.testing.simulation.invariants import Broken
from boekbrug.testing.simulation.simulator import Simulation
from boekbrug.testing.simulation.world import Fault

SEEDS_THAT_DOUBLE = range(1, 41)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_template(tmp_path_factory.mktemp("simulation"))


@pytest.mark.parametrize("seed", range(1, 9))
def test_every_sale_is_booked_once_whatever_happens(seed: int, tmp_path: Path, template: Path) -> None:
    simulation = Simulation(seed=seed, folder=tmp_path, template=template, workers=1 + seed % 3)
    simulation.run()
    assert simulation.met["killed"]


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
    assert every_death(tmp_path, template, fault, after) > 10


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

    monkeypatch.setattr(deliver, "_post", _believe_it_failed)
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
        Simulation(seed=seed, folder=folder, template=template).run()
