"""Measure how soon the daemon is ready with 10,000 licences, beside the same daemon with one.

From the start of the process to READY=1, interpreter and imports included; and how long `/metrics` and the first page
take then. Prints one JSON object per figure.
"""

import datetime as dt
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.request import urlopen

import sqlalchemy as sa

from boekbrug.acts import connections, licence_file, licences
from boekbrug.acts.desk import Desk
from boekbrug.runtime import log
from boekbrug.runtime.settings import Level, LogFormat, load
from boekbrug.store import schema
from boekbrug.store.tables import licence, rules
from boekbrug.sync.house import House

HERE = Path(__file__).parent
LICENCES = 10_000
TURNS = 3
PATIENCE = 120
DAEMON = (sys.executable, "-m", "boekbrug.cli", "--config")


class Node(NamedTuple):
    """A daemon that is ready: its process, its address, and the seconds that it took."""

    pid: int
    address: str
    seconds: float


def furnish(folder: Path, count: int, url: str = "") -> Path:
    """Set up a house with so many active licences, due in turn over the next quarter of an hour."""
    for name in ("shop", "books"):
        (folder / name).mkdir(parents=True)
    (folder / "books" / "chart.toml").write_bytes((HERE / "chart.toml").read_bytes())
    config = folder / "boekbrug.toml"
    database = f'[database]\nurl = "{url}"\n' if url else ""
    rest = f'{database}[service]\nport = 0\n[log]\nlevel = "error"\n'
    config.write_text(f'state = "state"\n{rest}', encoding="utf-8")
    house = House(load(config, {}))
    schema.upgrade(house.database)
    desk = Desk(house, "bench")
    connections.add(desk, "shop", "files", {"folder": "shop"})
    connections.add(desk, "books", "ledger", {"folder": "books"})
    first = licences.apply(desk, licence_file.read(HERE / "licence.toml")).licence
    licences.activate(desk, first)
    _copy(house, first.id, count)
    house.close()
    return config


def _copy(house: House, id: int, count: int) -> None:
    desk = Desk(house, "bench")
    desk.ids.ensure(count)
    with house.database.write() as connection:
        row = dict(connection.execute(sa.select(licence).where(licence.c.id == id)).one()._mapping)
        body = connection.execute(sa.select(rules).where(rules.c.licence == id)).one()._mapping
        step = dt.timedelta(minutes=15) // dt.timedelta(microseconds=1) // count
        soon = house.database.now(connection) + 60_000_000
        connection.execute(sa.update(licence).values(next_at=soon))
        own = [
            {**row, "id": desk.ids.take(), "name": f"licence-{n:05}", "code": f"{n:04X}", "next_at": soon + n * step}
            for n in range(1, count)
        ]
        if own:
            connection.execute(sa.insert(licence), own)
            connection.execute(sa.insert(rules), [{**body, "licence": one["id"]} for one in own])


@contextmanager
def ready(config: Path) -> Iterator[Node]:
    """Start the daemon, and end it."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.bind(f"{folder}/notify")
        told.settimeout(PATIENCE)
        began = time.perf_counter()
        environ = {**os.environ, "NOTIFY_SOCKET": f"{folder}/notify"}
        daemon = subprocess.Popen([*DAEMON, config, "run"], env=environ)
        try:
            message = told.recv(4096).decode()
            seconds = time.perf_counter() - began
            found = re.match(r"READY=1\nSTATUS=\D*(http://\S+)", message)
            assert found, message
            yield Node(daemon.pid, found[1], seconds)
        finally:
            daemon.send_signal(signal.SIGTERM)
            assert daemon.wait(PATIENCE) == 0


def cpu_seconds(pid: int) -> float:
    """Return how long a process has computed."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def answer(url: str) -> float:
    """Return the seconds that a page takes."""
    began = time.perf_counter()
    with urlopen(url, timeout=PATIENCE) as page:
        page.read()
    return time.perf_counter() - began


def measure(config: Path) -> dict[str, float]:
    """Return the shortest times of several turns: noise of a shared machine only ever adds."""
    turns = []
    for _ in range(TURNS):
        with ready(config) as node:
            pages = {"metrics": f"{node.address}/metrics", "page": f"{node.address}/"}
            turns.append({"ready": node.seconds} | {name: answer(url) for name, url in pages.items()})
    return {name: min(turn[name] for turn in turns) for name in turns[0]}


def main(count: int) -> None:
    log.configure(Level.ERROR, LogFormat.CONSOLE)
    with tempfile.TemporaryDirectory() as name:
        one, many = (measure(furnish(Path(name, str(number)), number)) for number in (1, count))
    for what, seconds in many.items():
        figure = {
            "name": f"daemon-{what}-{count // 1000}k-licences",
            "value": round(seconds, 3),
            "unit": "s",
            "ratio": round(seconds / one[what], 2),
            "against": "one-licence",
        }
        print(json.dumps(figure), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else LICENCES)
