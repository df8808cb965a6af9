"""Let one node idle over 10,000 licences that are due every 15 minutes; a minute each on SQLite and PostgreSQL.

Every licence has a shop of its own whose folder has nothing new. Prints one JSON object per figure: the node's share of
one CPU, and how long licences had been due when a worker began with them: python -m bench.idle [LICENCES] [SECONDS].
"""

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import sqlalchemy as sa
from bench.daemon_ready import PATIENCE, cpu_seconds, furnish, ready
from prometheus_client.parser import text_string_to_metric_families
from tests.servers import Cluster

from boekbrug.runtime import log
from boekbrug.runtime.settings import Level, LogFormat, load
from boekbrug.store.database import Database
from boekbrug.store.tables import connection, licence, unit

LICENCES, SECONDS = 10_000, 60
WARM_UP = 20
_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
MICROSECONDS = 1_000_000


def spread(config: Path, count: int) -> None:
    """Give every licence a shop of its own, looked at for the last time a part of 15 minutes ago."""
    settings = load(config, {})
    database = Database(settings.database_url, lambda: int(time.time() * MICROSECONDS))
    with database.write() as opened:
        shop = dict(opened.execute(sa.select(connection).where(connection.c.name == "shop")).one()._mapping)
        its_unit = dict(opened.execute(sa.select(unit).where(unit.c.connection == shop["id"])).one()._mapping)
        ids = list(opened.scalars(sa.select(licence.c.id).order_by(licence.c.next_at)))
        now, step = database.now(opened), 15 * 60 * MICROSECONDS // count
        shops = [
            {**shop, "id": 10_000_000 + n, "name": f"shop-{n}", "settings": json.dumps({"folder": f"shops/{n}"})}
            for n in range(count)
        ]
        opened.execute(sa.insert(connection), shops)
        opened.execute(sa.insert(unit), [{**its_unit, "connection": one["id"]} for one in shops])
        due = sa.update(licence).where(licence.c.id == sa.bindparam("of"))
        opened.execute(
            due.values(source=sa.bindparam("shop"), next_at=sa.bindparam("due")),
            [{"of": id, "shop": shops[n]["id"], "due": now + 15 * MICROSECONDS + n * step} for n, id in enumerate(ids)],
        )
    for n in range(count):
        (config.parent / "shops" / str(n)).mkdir(parents=True)
    database.close()


class Reading:
    """What a node has used and done so far."""

    def __init__(self, pid: int, address: str) -> None:
        self.at = time.monotonic()
        self.cpu = cpu_seconds(pid)
        with urlopen(f"{address}/metrics", timeout=PATIENCE) as page:
            families = text_string_to_metric_families(page.read().decode())
        samples = [one for family in families for one in family.samples if family.name == "boekbrug_start_seconds"]
        self.waits = {one.labels.get("le", one.name.rpartition("_")[2]): one.value for one in samples}


def idle(config: Path, seconds: int) -> dict[str, float]:
    """Run a node; return its share of a CPU, the runs per second, and how long they had been due."""
    with ready(config) as node:
        time.sleep(WARM_UP)
        before = Reading(node.pid, node.address)
        time.sleep(seconds)
        after = Reading(node.pid, node.address)
    waits = {name: after.waits[name] - before.waits[name] for name in after.waits}
    runs, took = waits["count"], after.at - before.at
    within = [float(edge) for edge in waits if edge[0].isdigit() and waits[edge] >= 0.99 * runs]
    return {
        "cpu": (after.cpu - before.cpu) / took, "runs": runs / took, "mean": waits["sum"] / runs,
        "most": min(within, default=float("inf")),
    }  # fmt: skip


@contextmanager
def databases() -> Iterator[dict[str, str]]:
    """Serve what the two nodes keep their state in; an empty address is SQLite."""

    def tool(name: str) -> Path:
        return Path(shutil.which(name, path=_PATH) or name)

    with tempfile.TemporaryDirectory(prefix="boekbrug-pg-") as folder, Cluster(Path(folder), tool).serving() as server:
        yield {"sqlite": "", "postgresql": server.url(server.create()).replace("+psycopg", "")}


def figure(name: str, value: float, unit_of: str) -> None:
    told = {"name": name, "value": round(value, 3), "unit": unit_of, "ratio": None, "against": None}
    print(json.dumps(told), flush=True)


def main(count: int, seconds: int) -> None:
    log.configure(Level.ERROR, LogFormat.CONSOLE)
    with tempfile.TemporaryDirectory() as folder, databases() as urls:
        for kind, url in urls.items():
            config = furnish(Path(folder, kind), count, url)
            spread(config, count)
            found = idle(config, seconds)
            name = f"idle-{kind}-{count // 1000}k-licences"
            figure(f"{name}-cpu", 100 * found["cpu"], "% of one CPU")
            figure(f"{name}-runs", found["runs"], "runs/s")
            figure(f"{name}-due-to-started", found["mean"], "s on average")
            figure(f"{name}-due-to-started-99", found["most"], "s at most for 99 %")


if __name__ == "__main__":
    numbers = [int(one) for one in sys.argv[1:]]
    main(*(numbers or (LICENCES, SECONDS)))
