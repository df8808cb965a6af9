"""Customers in the simulated books: each is made once, however late the books list them."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from boekbrug.sync.worker import Worker
from boekbrug.testing.simulation.place import LIMITS, make_template
from boekbrug.testing.simulation.simulator import Simulation


@contextmanager
def _refused_beside_its_new_customer(folder: Path, *, attempts: int = 1) -> Iterator[Simulation]:
    """Make a customer, then let the books refuse its sale; afterwards all has to come to rest.

    Of several attempts the earlier ones reach nobody, and their ids are higher than those of the next one.
    """
    simulation = Simulation(seed=3, folder=folder, template=make_template(folder), workers=attempts)
    simulation.chance.faulty = False
    simulation.world.sell("shop", buyer=1)
    worker, *earlier = simulation.crew
    for one in simulation.crew:
        one.work.ids.ensure(1)
    for one in earlier:
        _step(one, until="intended")
        simulation.world.move()
        _step(one)
        simulation.world.mend()
        simulation.clock.advance(LIMITS.quiet_period * 2)
    _step(worker, until="claimed")
    _step(worker, until="intended")
    simulation.world.is_closed = True
    _step(worker)
    assert (len(simulation.world.debtors), simulation.world.records) == (1, [])
    yield simulation
    simulation.come_to_rest()
    simulation.watch.end(simulation.house.database)
    assert len(simulation.world.records) == 1
    simulation.close()


def _step(worker: Worker, until: str = "") -> None:
    while (step := worker.step()) is not None and step.phase != until:
        pass


@pytest.mark.parametrize("attempts", [1, 2])
def test_a_customer_that_is_not_listed_yet_is_not_made_again_when_its_refused_sale_is_retried(
    tmp_path: Path, attempts: int
) -> None:
    with _refused_beside_its_new_customer(tmp_path, attempts=attempts) as simulation:
        world = simulation.world
        world.debtors[0].listed_at += LIMITS.quiet_period / 2
        simulation.person.mend()
        for _ in range(8):
            while simulation.crew[0].step() is not None:
                assert len(world.debtors) == 1
            simulation.clock.advance(dt.timedelta(minutes=2))
        assert len(world.records) == 1


def test_a_customer_that_was_deleted_is_made_again_for_its_retried_sale(tmp_path: Path) -> None:
    with _refused_beside_its_new_customer(tmp_path) as simulation:
        simulation.world.debtors.clear()
        simulation.clock.advance(LIMITS.quiet_period * 2)
        simulation.person.mend()
        simulation.come_to_rest()
        assert len(simulation.world.debtors) == 1
