"""The engine: fetch, compose and deliver orders individually, all durable: python journey.py ORDERS FOLDER."""

import json
import logging
import resource
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import structlog

from boekbrug.acts import connections, licences
from boekbrug.acts.desk import Desk
from boekbrug.acts.licence_file import read
from boekbrug.runtime.processes import spare_the_collector
from boekbrug.runtime.settings import load
from boekbrug.store import schema, states
from boekbrug.sync.house import House
from boekbrug.sync.worker import Worker

HERE = Path(__file__).parent


def main(orders: Path, folder: Path) -> dict[str, Any]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    house = _house(orders, folder)
    spare_the_collector()
    started = time.perf_counter()
    with house.workplace("bench") as work:
        worker = Worker(work)
        while worker.step():
            pass
    seconds = time.perf_counter() - started
    with house.database.read() as connection:
        counts = states.counts(connection)
    house.close()
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    count = counts["booked"]
    assert sum(counts.values()) == count, counts
    return {"orders": count, "seconds": seconds, "per_second": count / seconds, "megabytes": megabytes}


def _house(orders: Path, folder: Path) -> House:
    (folder / "shop").mkdir(parents=True)
    (folder / "books").mkdir()
    shutil.copy(HERE / "chart.toml", folder / "books" / "chart.toml")
    (folder / "shop" / "orders.jsonl").hardlink_to(orders)
    (folder / "boekbrug.toml").write_text('state = "state"\n')
    (folder / "state").mkdir()
    house = House(load(folder / "boekbrug.toml"))
    schema.upgrade(house.database)
    desk = Desk(house, "bench")
    connections.add(desk, "shop", "files", {"folder": str(folder / "shop")})
    connections.add(desk, "books", "ledger", {"folder": str(folder / "books")})
    licences.apply(desk, read(HERE / "licence.toml"))
    licences.activate(desk, licences.get(house, "bench"))
    return house


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), Path(sys.argv[2]))))
