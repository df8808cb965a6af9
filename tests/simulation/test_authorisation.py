"""A lost authorisation in the simulated books leaves nothing that waits for anything but the person."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from boekbrug.store.tables import entry_state
from boekbrug.testing.simulation.place import make_template
from boekbrug.testing.simulation.simulator import Simulation
from boekbrug.testing.world import Fault


@pytest.mark.parametrize("seed", [4, 6], ids=["books that prepare by asking", "books that do not"])
def test_all_that_was_to_be_sent_may_go_out_at_once_when_the_authorisation_is_given_again(
    seed: int, tmp_path: Path
) -> None:
    template = make_template(tmp_path)
    simulation = Simulation(seed=seed, folder=tmp_path, template=template, workers=1, batch_size=1)
    simulation.chance.faulty = False
    simulation.chance.script = [None, Fault.UNAUTHORISED]
    for _ in range(4):
        simulation.world.sell("shop", buyer=1)
    while simulation.crew[0].step() is not None:
        pass
    assert simulation.world.records == []
    with simulation.house.database.read() as connection:
        now = simulation.house.database.now(connection)
        rows = connection.execute(sa.select(entry_state.c.state, entry_state.c.next_at <= now)).all()
    assert [tuple(row) for row in rows] == [("due", True)] * 4
    simulation.come_to_rest()
    simulation.watch.end(simulation.house.database)
    simulation.close()
