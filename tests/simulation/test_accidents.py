"""What counts as an accident: once, however long it lasts, and only where it hits something."""

import sqlite3
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from sqlalchemy.exc import OperationalError

from boekbrug.testing.simulation.place import LIMITS, make_template
from boekbrug.testing.simulation.simulator import Simulation
from boekbrug.testing.simulation.stage import own_stage
from boekbrug.testing.world import STORM, Chance, Fault, Peril, Perils

LASTS = 3


def test_a_restart_counts_once_however_many_transactions_it_refuses() -> None:
    perils = Perils()
    perils.plan(Peril.RESTART, 0, LASTS)
    with perils.at_work():
        for _ in range(LASTS):
            with pytest.raises(OperationalError):
                perils.begin()
        perils.begin()
    assert (perils.met[Peril.RESTART], perils.refused) == (1, LASTS)


def test_a_full_disk_lasts_and_reading_goes_on() -> None:
    perils = Perils()
    perils.plan(Peril.DISK_FULL, 0, LASTS)
    with perils.at_work():
        for _ in range(LASTS):
            perils.begin()
            with pytest.raises(OperationalError, match="full"):
                perils.commit()
        perils.commit()
    assert perils.met[Peril.DISK_FULL] == 1


def test_a_storm_hits_where_nothing_else_goes_wrong_and_counts_once() -> None:
    chance = Chance(random=Random(1), faulty=False)
    chance.begin_storm(LASTS)
    assert chance.met[STORM] == 0
    assert [chance.storms() for _ in range(LASTS + 1)] == [True] * LASTS + [False]
    assert chance.met == {STORM: 1}


def test_what_strikes_an_idle_worker_does_not_count(tmp_path: Path) -> None:
    simulation = Simulation(seed=1, folder=tmp_path, template=make_template(tmp_path), workers=1)
    simulation.strike(0, "killed")
    assert simulation.faults() == 0
    simulation.work(0)
    simulation.strike(0, "killed")
    assert simulation.faults() == 1
    simulation.close()


def test_an_error_of_the_database_that_nobody_planned_is_told(tmp_path: Path) -> None:
    simulation = Simulation(seed=1, folder=tmp_path, template=make_template(tmp_path), workers=1)
    with closing(sqlite3.connect(simulation.path)) as spoiled:
        spoiled.execute("alter table licence rename to gone")
    with pytest.raises(OperationalError, match="no such table: licence"):
        simulation.work(0)
    simulation.close()


def test_any_number_of_workers_begins_in_any_night_in_any_kind_of_world() -> None:
    met = set()
    for seed in range(36):
        stage = own_stage(Chance(random=Random(seed)), Perils(), seed, 2)
        asks = stage.target.capabilities.prepare_asks
        met.add((stage.world.clock.now(), 1 + seed % 3, stage.reverses, asks))
    assert len(met) == 3 * 3 * 2 * 2


def test_books_that_are_not_found_where_they_were_are_not_taken_for_books_without_the_entry(tmp_path: Path) -> None:
    simulation = Simulation(seed=3, folder=tmp_path, template=make_template(tmp_path), workers=1)
    simulation.chance.faulty = False
    world, worker = simulation.world, simulation.crew[0]
    world.sell("shop", buyer=0)
    simulation.chance.script = [Fault.LOST_REPLY]
    while not world.records:
        worker.step()
    world.move(leaving_a_server=True)
    for _ in range(3):
        while worker.step() is not None:
            simulation.watch.now()
        simulation.clock.advance(LIMITS.quiet_period * 2)
    assert simulation.watch.states() == ["in-doubt"]
    simulation.come_to_rest()
    simulation.watch.end(simulation.house.database)
    assert len(world.records) == 1
    simulation.close()
