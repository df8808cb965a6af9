"""Three daemons on one PostgreSQL behind a pgbouncer: whatever dies, freezes or starts anew, each sale is booked once.

`make test` takes a small town; `make prove` (BOEKBRUG_TEST_SHOPS=200) one of 200 licences under load.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.process.chance import drawn, tell
from tests.process.daemon import Daemon
from tests.process.nodes import Servers, Town, town

SHOPS = int(os.environ.get("BOEKBRUG_TEST_SHOPS", "9"))
"""Licences in the town; `make prove` asks for 200."""
EACH = 4
LATENCY = 0.2
LONG, DEADLINE, LEASE, QUIET = (4, 5, 6, 12) if SHOPS < 100 else (15, 20, 24, 50)
"""Seconds: a call while a node is caught in its calls, which begin seconds apart under load, and the engine's."""
ENGINE = f"lease = {LEASE}\ncall_deadline = {DEADLINE}\nquiet_period = {QUIET}"
NODES, HANDS = 3, 4
PATIENCE = 240 + SHOPS * EACH


@pytest.fixture
def built(tmp_path: Path, tool: Callable[[str], Path]) -> Iterator[tuple[Town, Servers]]:
    with town(tmp_path / "town", tool, SHOPS, ENGINE) as found:
        yield found


class _Frozen:
    """A node that stands still from a moment at which all its calls have reached Exact.

    Between its last look at the clock and the first byte of a call nothing is promised to whoever stands still for so
    long (docs/guarantees.md); so the test must not catch it there.
    """

    def __init__(self, found: Town, nodes: list[Daemon]) -> None:
        self._found = found
        found.set_latency(LONG)
        found.due()
        busy = min(SHOPS, NODES * HANDS)
        found.wait_until(lambda: sum(len(found.held_by(node)) for node in nodes) >= busy, PATIENCE)
        found.wait_until_all_calls_are_out(PATIENCE)
        self.node = max(nodes, key=lambda node: len(found.held_by(node)))
        self.held = found.held_by(self.node)
        assert self.held
        self.node.freeze()
        self.since = time.monotonic()
        found.set_latency(LATENCY)

    def is_over(self) -> bool:
        """Tell whether lease and quiet period are over and all that it held was claimed by others."""
        return time.monotonic() - self.since > LEASE + QUIET and not self._found.still_held(self.held)

    def come_back(self) -> None:
        """Let it go on until it has ended each run in which it stood still."""
        self.node.forget()
        self.node.thaw()
        for _ in self.held:
            # the database was restarted meanwhile, in the middle of whatever it had begun there
            self.node.logs("claim.lost", "licence.ran", "worker.failed")


def test_any_node_may_die_freeze_and_come_back_and_the_database_may_start_anew(
    built: tuple[Town, Servers],
) -> None:
    (found, servers), random = built, drawn()
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
        # slowed down before anybody begins: a small town is booked in a second
        frozen = _Frozen(found, nodes)
        nodes.remove(frozen.node)
        found.wait_until_booked(SHOPS + sold // 4, PATIENCE)
        nodes.pop(random.randrange(len(nodes))).kill()
        found.wait_until_booked(SHOPS + sold // 2, PATIENCE)
        servers.restart()
        # nobody else can be waited for: what the frozen node had in hand is booked by those that are left
        found.wait_until_booked(sold, PATIENCE)
        found.wait_until(frozen.is_over, PATIENCE)
        tell(f"frozen for {time.monotonic() - frozen.since:.0f} s with {len(frozen.held)} licences")
        frozen.come_back()
        found.set_latency(0)
    found.assert_complete(sold)
