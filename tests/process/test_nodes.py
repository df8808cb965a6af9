"""Three daemons on one PostgreSQL behind a pgbouncer: whatever dies, freezes or starts anew, each sale is booked once.

`make test` takes a small town; `make prove` (BOEKBRUG_TEST_SHOPS=200) one of 200 licences under load.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from random import Random

import pytest
from tests.process.daemon import Daemon
from tests.process.nodes import Servers, Town, town

SHOPS = int(os.environ.get("BOEKBRUG_TEST_SHOPS", "9"))
"""Licences in the town; `make prove` asks for 200."""
EACH = 4
LATENCY = 0.2
NODES = 3
PATIENCE = 60 + SHOPS * EACH
Accident = Callable[[Random, list[Daemon], Servers], None]


@pytest.fixture
def built(tmp_path: Path, tool: Callable[[str], Path]) -> Iterator[tuple[Town, Servers]]:
    with town(tmp_path / "town", tool, SHOPS) as found:
        yield found


def _kill(random: Random, nodes: list[Daemon], _servers: Servers) -> None:
    node = random.choice([node for node in nodes if not node.is_frozen])
    nodes.remove(node)
    node.kill()


def _freeze(random: Random, nodes: list[Daemon], _servers: Servers) -> None:
    random.choice(nodes).freeze()


def _thaw(_random: Random, nodes: list[Daemon], _servers: Servers) -> None:
    for node in nodes:
        if node.is_frozen:
            node.thaw()


def _restart(_random: Random, _nodes: list[Daemon], servers: Servers) -> None:
    servers.restart()


def _happen(built: tuple[Town, Servers], moments: dict[float, Accident], seed: int) -> None:
    """Sell, run all nodes, and let accidents happen when such a part of the sales is booked."""
    (found, servers), random = built, Random(seed)
    sold = SHOPS * (1 + EACH)
    with ExitStack() as stack:
        nodes = [stack.enter_context(found.node(n)) for n in range(NODES)]
        for node in nodes:
            node.ready()
        # the debtor that all share is made once, whoever comes first
        found.sell(1)
        found.due()
        found.wait_until_booked(SHOPS, PATIENCE)
        found.sell(EACH, first=100)
        found.set_latency(LATENCY)
        found.due()
        waiting = dict(sorted(moments.items()))

        def watch(booked: int) -> None:
            while waiting and booked >= SHOPS + next(iter(waiting)) * SHOPS * EACH:
                waiting.pop(next(iter(waiting)))(random, nodes, servers)

        found.wait_until_booked(sold, PATIENCE, watch)
        assert not waiting
        found.set_latency(0)
    found.assert_complete(sold)


def test_any_node_may_die_freeze_and_come_back_and_the_database_may_start_anew(
    built: tuple[Town, Servers], record_property: Callable[[str, object], None]
) -> None:
    seed = int.from_bytes(os.urandom(4), "big")
    record_property("seed", seed)
    _happen(built, {0.1: _freeze, 0.3: _kill, 0.5: _thaw, 0.6: _restart}, seed)
