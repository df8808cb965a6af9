"""Book with one, two and three daemons on one PostgreSQL behind a pgbouncer, and kill one of three.

200 licences, Exact's stand-in 200 ms away, four calls at a time per node. Prints one JSON object per figure: entries
per second, their ratio to one node, seconds until a killed node's licences are worked on again, and how many entries
were booked twice or not at all: python -m bench.nodes [SHOPS] [EACH].
"""

import json
import logging
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import sqlalchemy as sa
import structlog
from bench.daemon_ready import cpu_seconds
from tests.process.daemon import Daemon
from tests.process.nodes import Town, town

from boekbrug.store.tables import licence, worker

LATENCY, PATIENCE = 0.2, 900.0
SHORT = "lease = 8\ncall_deadline = 4\nquiet_period = 16"
_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


def tool(name: str) -> Path:
    found = shutil.which(name, path=_PATH)
    assert found, f"{name} is not installed"
    return Path(found)


def rate(found: Town, nodes: Sequence[Daemon], working: int, each: int) -> float:
    """Return the entries per second of so many of the nodes, from the moment that all licences are due."""
    resting = nodes[working:]
    for node in resting:
        node.freeze()
    began = _sell(found, each)
    seconds = found.wait_until_booked(began + found.shops * each, PATIENCE)
    found.set_latency(0)
    for node in resting:
        node.thaw()
    return found.shops * each / seconds


def take_over(found: Town, victim: Daemon, each: int) -> tuple[float, float]:
    """Kill one of three at work; return the seconds until its last licence is claimed by another, and until all is
    booked.
    """
    began = _sell(found, each)
    found.wait_until_booked(began + found.shops * each // 3, PATIENCE)
    orphans = _held_by(found, victim.pid)
    victim.kill()
    killed = time.monotonic()
    found.wait_until(lambda: not _still_held(found, orphans), PATIENCE)
    taken = time.monotonic() - killed
    found.wait_until_booked(began + found.shops * each, PATIENCE)
    found.set_latency(0)
    return taken, time.monotonic() - killed


def _sell(found: Town, each: int) -> int:
    """Put orders into all shops, and return how many documents there were before."""
    before = sum(found.counts().values())
    found.sell(each, first=before)
    found.set_latency(LATENCY)
    found.due()
    return before


def _held_by(found: Town, pid: int) -> dict[int, int]:
    """Return the licences that a process holds, with their fences."""
    query = sa.select(licence.c.id, licence.c.fence).join(worker, worker.c.id == licence.c.claimed_by)
    with found.house.database.read() as connection:
        return dict(connection.execute(query.where(worker.c.pid == pid)).all())


def _still_held(found: Town, orphans: dict[int, int]) -> list[int]:
    query = sa.select(licence.c.id, licence.c.fence).where(licence.c.id.in_(orphans))
    with found.house.database.read() as connection:
        return [id for id, fence in connection.execute(query) if fence == orphans[id]]


def figure(name: str, value: float, unit: str, ratio: float | None = None, against: str | None = None) -> None:
    told = {"name": name, "value": round(value, 2), "unit": unit, "ratio": ratio, "against": against}
    print(json.dumps(told), flush=True)


def main(shops: int, each: int) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with (
        tempfile.TemporaryDirectory() as folder,
        town(Path(folder) / "town", tool, shops, SHORT) as (found, _),
        ExitStack() as stack,
    ):
        nodes = [stack.enter_context(found.node(n)) for n in range(3)]
        for node in nodes:
            node.ready()
        # chart, debtor and first look at every shop
        rate(found, nodes, 3, 1)
        one, computed = 0.0, sum(cpu_seconds(node.pid) for node in nodes)
        for working in (1, 2, 3):
            per_second = rate(found, nodes, working, each)
            one = one or per_second
            figure(f"nodes-{working}", per_second, "entries/s", round(per_second / one, 2), "one node")
        computed = sum(cpu_seconds(node.pid) for node in nodes) - computed
        # three nodes cannot keep up with three times one where this is more than the machine has
        figure("nodes-cpu", 1000 * computed / (3 * shops * each), "ms CPU per entry")
        taken, done = take_over(found, nodes[0], each)
        figure("nodes-take-over", taken, "s, lease of 8")
        figure("nodes-all-booked-after-kill", done, "s")
        marks, sold = found.marks(), sum(found.counts().values())
        figure("nodes-doubles", sum(marks.values()) - len(marks), "entries")
        figure("nodes-lost", sold - len(marks), "entries")


if __name__ == "__main__":
    numbers = [int(one) for one in sys.argv[1:]]
    main(*(numbers or (200, 4)))
