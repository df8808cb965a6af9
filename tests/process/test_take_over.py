"""One of two daemons is killed: its licences are taken over when it is known to be dead, or its leases are over."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import sqlalchemy as sa
from tests.process.daemon import Daemon, running
from tests.process.nodes import Town, may_name_hosts, town
from tests.servers import absent

from boekbrug.store.tables import licence

SHOPS = 3
"""Licences; less than the hands of one daemon, so that whoever is left has a hand for each."""
LATENCY = 1.0
SLACK = 9.0
"""Seconds that a loaded machine may take on top of what is promised."""
SECOND = 1_000_000


@contextmanager
def one_killed(found: Town, nodes: list[Daemon]) -> Iterator[dict[int, int]]:
    """Let all work, and kill one that holds licences; give these with their fences."""
    for node in nodes:
        node.ready()
    found.sell(4)
    found.set_latency(LATENCY)
    found.due()
    found.wait_until(lambda: any(found.held_by(node) for node in nodes))
    victim = next(node for node in nodes if found.held_by(node))
    held = found.held_by(victim)
    victim.kill()
    yield held
    found.set_latency(0)


def moment(found: Town) -> int:
    with found.house.database.read() as connection:
        return found.house.database.now(connection)


def test_a_dead_process_of_this_host_is_noticed_within_a_third_of_the_lease(
    tmp_path: Path, tool: Callable[[str], Path]
) -> None:
    lease = 30
    engine = f"lease = {lease}\ncall_deadline = 10\nquiet_period = 45"
    with town(tmp_path / "town", tool, SHOPS, engine) as (found, _), ExitStack() as stack:
        nodes = [stack.enter_context(running(found.office)) for _ in range(2)]
        with one_killed(found, nodes) as held:
            killed = moment(found)
            found.wait_until(lambda: not found.still_held(held), lease)
            # a lease that was kept a third of its time ago at most has two thirds left
            assert (moment(found) - killed) / SECOND < lease / 3 + SLACK < 2 * lease / 3


def test_a_dead_node_loses_its_licences_when_the_lease_is_over_and_not_before(
    tmp_path: Path, tool: Callable[[str], Path]
) -> None:
    if not may_name_hosts():
        absent("two hosts cannot be made of one here: that takes root")
    lease = 6
    engine = f"lease = {lease}\ncall_deadline = 4\nquiet_period = 12"
    with town(tmp_path / "town", tool, SHOPS, engine) as (found, _), ExitStack() as stack:
        nodes = [stack.enter_context(found.node(n)) for n in range(2)]
        with one_killed(found, nodes) as held:
            query = sa.select(sa.func.min(licence.c.claimed_until), sa.func.max(licence.c.claimed_until))
            with found.house.database.read() as connection:
                first, last = connection.execute(query.where(licence.c.id.in_(held))).one()
            found.wait_until(lambda: len(found.still_held(held)) < len(held), 2 * lease)
            assert moment(found) >= first
            found.wait_until(lambda: not found.still_held(held), 2 * lease)
            assert (moment(found) - last) / SECOND < SLACK
