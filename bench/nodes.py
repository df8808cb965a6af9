"""Book with one, two and three daemons on one PostgreSQL behind a pgbouncer, and kill one of three.

200 licences, Exact's stand-in 200 ms away, four calls at a time per node. Prints one JSON object per figure: entries
per second, their ratio to one node and how near that of three came to what is to be reached, seconds until a killed
node's licences are worked on again, and how many entries were booked twice or not at all, which ends with 1:
python -m bench.nodes [SHOPS] [EACH].
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

import structlog
from bench.daemon_ready import cpu_seconds
from tests.process.daemon import Daemon
from tests.process.nodes import Town, town

LATENCY, PATIENCE = 0.2, 900.0
REACH = 2.4
"""How many times what one node books three are to book; reported only, since it depends on the machine."""
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
    found.wait_until(lambda: bool(found.held_by(victim)), PATIENCE)
    orphans = found.held_by(victim)
    victim.kill()
    killed = time.monotonic()
    if not orphans:
        sys.exit("the node that was killed held no licence any more: nothing was taken over")
    found.wait_until(lambda: not found.still_held(orphans), PATIENCE)
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
        figure(
            "nodes-3-of-reach",
            100 * per_second / one / REACH,
            "%",
            round(per_second / one, 2),
            f"one node, {REACH} to reach",
        )
        computed = sum(cpu_seconds(node.pid) for node in nodes) - computed
        # three nodes cannot keep up with three times one where this is more than the machine has
        figure("nodes-cpu", 1000 * computed / (3 * shops * each), "ms CPU per entry")
        taken, done = take_over(found, nodes[0], each)
        figure("nodes-take-over", taken, "s, lease of 8")
        figure("nodes-all-booked-after-kill", done, "s")
        marks, sold = found.marks(), sum(found.counts().values())
        wrong = {"doubles": sum(marks.values()) - len(marks), "lost": sold - len(marks)}
        for name, count in wrong.items():
            figure(f"nodes-{name}", count, "entries")
    if any(wrong.values()):
        sys.exit(f"gates missed: {wrong['doubles']} booked twice and {wrong['lost']} not at all, of {sold}")


if __name__ == "__main__":
    numbers = [int(one) for one in sys.argv[1:]]
    main(*(numbers or (200, 4)))
