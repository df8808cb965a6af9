"""Every accident, in every phase of a worker, while entries are in every state."""

from collections import Counter
from pathlib import Path

import pytest
from tests.simulation.mistakes import MISTAKES

from boekbrug.testing.simulation.coverage import ABOUT, STATES, Cell, empty_cells, explained, table
from boekbrug.testing.simulation.drills import Drill, drills, run
from boekbrug.testing.simulation.invariants import Broken
from boekbrug.testing.simulation.place import make_template


def test_an_accident_that_is_drilled_meets_every_state(tmp_path: Path) -> None:
    template = make_template(tmp_path)
    for drill in list(drills())[3::32]:
        met = run(drill, tmp_path, template)
        wanted = {(state, drill.fault, drill.phase) for state in STATES if (state == "none") == drill.is_empty}
        assert {cell for cell in wanted if not met[cell]} == set(), str(drill)


@pytest.mark.parametrize(
    "drill",
    [
        Drill("half-batch", "deliver"),
        Drill("storm", "settle"),
        Drill("killed", "settle", at="asking"),
        Drill("frozen", "deliver", at="intended"),
    ],
    ids=str,
)
def test_what_is_drilled_comes_while_the_licence_has_entries_in_every_state(drill: Drill, tmp_path: Path) -> None:
    assert drill in list(drills())
    assert len(run(drill, tmp_path, make_template(tmp_path))) >= len(STATES) - 1


@pytest.mark.prove
def test_no_cell_of_the_table_is_empty_without_a_reason(tmp_path: Path) -> None:
    template, met = make_template(tmp_path), Counter[Cell]()
    for drill in drills():
        met += run(drill, tmp_path, template)
    assert empty_cells(met) == []
    assert "!" not in table(met)


def test_a_drill_catches_an_engine_that_sends_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    next(one for one in MISTAKES if one.name == "resend on time-out").make(monkeypatch)
    with pytest.raises(Broken, match="more than one record under a mark"):
        run(Drill("lost-reply", "deliver"), tmp_path, make_template(tmp_path))


def test_an_empty_cell_is_seen() -> None:
    assert ("booked", "killed", "deliver") in empty_cells(Counter())
    assert "!" in table(Counter())


def test_no_state_is_explained_away_as_a_whole() -> None:
    for state in STATES:
        assert any(not explained((state, "killed", phase)) for phase in ABOUT)
