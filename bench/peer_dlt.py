"""The peer: dlt loads the same file into SQLite, merging on the id: python peer_dlt.py ORDERS FOLDER.

Orders and their lines are two tables, which dlt loads at the same time; SQLite has one writer. Left to itself the
second gives up with "database is locked" where the first takes longer than five seconds, which is so from some hundred
thousand orders on. Therefore it loads one after the other, which at 50,000 costs it nothing.
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
os.environ["LOAD__WORKERS"] = "1"

import dlt


def main(orders: Path, folder: Path) -> dict[str, Any]:
    folder.mkdir(parents=True, exist_ok=True)

    @dlt.resource(primary_key="id", write_disposition="merge")
    def shop_orders() -> Iterator[Any]:
        with orders.open(encoding="utf-8") as source:
            for text in source:
                yield json.loads(text)

    started = time.perf_counter()
    destination = dlt.destinations.sqlalchemy(f"sqlite:///{folder / 'dlt.db'}")
    pipeline = dlt.pipeline(
        "bench", destination=destination, dataset_name="bench", pipelines_dir=str(folder / "pipelines")
    )
    pipeline.run(shop_orders())
    seconds = time.perf_counter() - started
    with orders.open("rb") as source:
        count = sum(1 for _ in source)
    return {"orders": count, "seconds": seconds, "per_second": count / seconds}


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), Path(sys.argv[2]))))
