"""Measure what every list page costs at 1,000,000 sales of a licence beside 10,000, while a run writes.

    python -m bench.pages [--sizes 10000,1000000] [--databases sqlite,postgresql] [--keep FOLDER]

The sales are 200 real ones of every state, multiplied row by row in the store. Pages of both sizes are asked for in
turn over HTTP, so that noise falls on both; prints one JSON object per page: median milliseconds, and their ratio.
What was built is kept in a folder where one is named, and used again.
"""

import argparse
import itertools
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import requests
import sqlalchemy as sa
from bench.orders import write_orders
from tests.servers import Cluster

from boekbrug.acts import approve, connections, licence_file, licences, login, users
from boekbrug.acts.desk import Desk
from boekbrug.runtime import log
from boekbrug.runtime.settings import Level, LogFormat, load
from boekbrug.service.pages import Pages, address_of, listen
from boekbrug.store import approvals, schema
from boekbrug.store.tables import metadata
from boekbrug.sync.house import House
from boekbrug.sync.worker import Worker
from boekbrug.web import create_app

HERE = Path(__file__).parent
BASE = 200
"""Real sales that are multiplied."""
ODD = {
    **{n: {"payment_method": "unheard-of"} for n in (3, 90, 150)},
    **{n: {"status": "new"} for n in (50, 91, 151)},
    **{n: {"status": "cancelled"} for n in (100, 110, 152)},
}
OPERATOR = "bench@example.org"
UNAPPROVED = 3
NEW = 50
"""Sales that come in at a time while pages are asked for."""
COPIED = (
    "document",
    "document_state",
    "revision",
    "entry",
    "entry_line",
    "entry_state",
    "membership",
    "event",
    "problem",
)
IDS = {
    "document": ("id",), "document_state": ("document", "entry"), "revision": ("document",), "entry": ("id",),
    "entry_line": ("entry",), "entry_state": ("entry", "after"), "membership": ("entry", "document"),
    "event": ("subject", "id"), "problem": ("id", "document", "entry"),
}  # fmt: skip
NAMES = {
    "document": ("source_id", "number", "sale_ref"),
    "entry": ("mark", "number"),
    "entry_state": ("mark", "remote_id"),
}
ERASED = {"entry": ("party", "party_body")}
"""Sealed for the one row it stands in."""


class Town(NamedTuple):
    """A house of one size, served, with a session in it."""

    house: House
    config: Path
    address: str
    session: requests.Session


def furnish(folder: Path, url: str, size: int) -> House:
    """Make a house with a licence of so many sales."""
    for name in ("shop", "books", "state"):
        (folder / name).mkdir(parents=True)
    (folder / "books" / "chart.toml").write_bytes((HERE / "chart.toml").read_bytes())
    _put_orders(folder / "shop" / "orders.jsonl")
    config = folder / "boekbrug.toml"
    config.write_text(f'state = "state"\n[database]\nurl = "{url}"\n' if url else 'state = "state"\n', encoding="utf-8")
    house = House(load(config, {}))
    schema.upgrade(house.database)
    desk = Desk(house, "bench")
    connections.add(desk, "shop", "files", {"folder": str(folder / "shop")})
    connections.add(desk, "books", "ledger", {"folder": str(folder / "books")})
    file = licence_file.read(HERE / "licence.toml")
    licence = licences.apply(desk, file).licence
    licences.activate(desk, licence)
    _set(house, licence.id, automatic=False)
    work(house)
    with house.database.read() as connection:
        waiting = [one.entry for one in approvals.unapproved(connection, licence.id)]
    approve.approve_chosen(desk, licences.get(house, "bench"), sorted(waiting)[UNAPPROVED:])
    work(house)
    _set(house, licence.id, automatic=True)
    multiply(house, size // BASE)
    users.add(desk, OPERATOR, "Bench", "operator", [])
    return house


def reopened(folder: Path, url: str, size: int) -> House:
    """Open a house that was built before, or build it."""
    if whole(folder).exists():
        return House(load(folder / "boekbrug.toml", {}))
    shutil.rmtree(folder, ignore_errors=True)
    house = furnish(folder, url, size)
    whole(folder).touch()
    return house


def whole(folder: Path) -> Path:
    """Name the file that says that a house was built to its end."""
    return folder / "whole"


def _put_orders(file: Path) -> None:
    write_orders(file, BASE)
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    for n, odd in ODD.items():
        lines[n] |= odd
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def _set(house: House, licence: int, **values: object) -> None:
    row = metadata.tables["licence"]
    with house.database.write() as connection:
        connection.execute(sa.update(row).where(row.c.id == licence).values(next_at=0, **values))


def work(house: House) -> None:
    """Do all that is due."""
    with house.workplace("bench") as place:
        worker = Worker(place)
        while worker.step():
            pass


def multiply(house: House, times: int) -> None:
    """Copy the rows of the journey, ids and names apart, so that there are so many times as many."""
    indices = [index for name in COPIED for index in metadata.tables[name].indexes]
    with house.database.write() as connection:
        block = metadata.tables["id_block"]
        if house.database.is_sqlite:
            connection.exec_driver_sql("pragma cache_size=-1000000")
        for index in indices:
            index.drop(connection)
        step = int(connection.scalar(sa.select(sa.func.max(block.c.next))) or 0)
        connection.exec_driver_sql("create temporary table copies (k bigint primary key)")
        connection.execute(
            sa.text(
                "insert into copies select * from (with recursive n(k) as (select 1 union all "
                "select k + 1 from n where k < :more) select k from n where k <= :more) s"
            ),
            {"more": times - 1},
        )
        for name in COPIED:
            connection.exec_driver_sql(_copy(name, step))
        for index in indices:
            index.create(connection)
        connection.exec_driver_sql(f"update tally set number = number * {times}")
        connection.exec_driver_sql(f"update troubles set number = number * {times}")
        connection.exec_driver_sql(f"update daily set number = number * {times}, minor = minor * {times}")
        connection.execute(sa.update(block).values(next=block.c.next + step * times))
    if not house.database.is_sqlite:
        with house.database.engine.connect() as connection:  # as autovacuum does
            connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("vacuum analyze")


def _copy(name: str, step: int) -> str:
    columns = [column.name for column in metadata.tables[name].columns]
    values = []
    for column in columns:
        quoted = f't."{column}"'
        if column in IDS[name]:
            quoted = f"{quoted} + c.k * {step}"
        elif column in NAMES.get(name, ()):
            quoted = f"case when {quoted} = '' then '' else {quoted} || '-' || c.k end"
        elif column in ERASED.get(name, ()):
            quoted = "null"
        values.append(quoted)
    names = ", ".join(f'"{column}"' for column in columns)
    return f'insert into "{name}" ({names}) select {", ".join(values)} from copies c cross join "{name}" t'


@contextmanager
def open_town(house: House) -> Iterator[Town]:
    """Serve a house, with an operator logged in."""
    link = users.link(Desk(house, "bench"), OPERATOR)
    token = login.with_link(house, link.rpartition("/")[2], "", "127.0.0.1")
    with listen("127.0.0.1", 0) as listener, requests.Session() as session:
        pages = Pages(create_app(house), listener)
        pages.start()
        session.cookies.set("boekbrug", token)
        try:
            yield Town(house, house.settings.state.parent / "boekbrug.toml", address_of(listener), session)
        finally:
            pages.stop()


def addresses(house: House) -> dict[str, str]:
    """Name the pages, with places in the middle of a licence's sales."""

    def one(query: str) -> Any:
        with house.database.read() as connection:
            return connection.execute(sa.text(query)).one()

    stuck = one("select (min(document) + max(document)) / 2 from document_state where state = 'problem'")[0]
    waiting = one("select (min(entry) + max(entry)) / 2 from entry_state where state = 'composed'")[0]
    code = one("select min(code) from problem where severity = 'error' and closed_at is null")[0]
    row = one(
        "select e.date, e.id, m.document, m.facet, e.mark, d.number, d.total from entry e "
        "join membership m on m.entry = e.id join document d on d.id = m.document "
        "where e.date >= '2025-07-01' order by e.date, e.id limit 1"
    )
    base, place = "/licences/bench", f"{row.date}~{row.id}~{row.document}~{row.facet}"
    return {
        "overview": "/",
        "home": base,
        "problems": f"{base}/problems",
        "problems-later": f"{base}/problems?before={stuck}",
        "problems-of-code": f"{base}/problems?code={code}",
        "booked": f"{base}/booked",
        "booked-period": f"{base}/booked?first=2025-07-01&last=2025-09-30",
        "booked-later": f"{base}/booked?before={place}",
        "open": f"{base}/open?state=open",
        "skipped": f"{base}/open?state=skipped",
        "waiting": f"{base}/open?state=waiting",
        "approvals": f"{base}/approvals",
        "approvals-later": f"{base}/approvals?after={waiting}",
        "rules": f"{base}/rules",
        "terms": f"{base}/terms",
        "clients": "/clients",
        "office": "/office",
        "office-problems": "/office/problems",
        "office-problems-of-code": f"/office/problems?code={code}",
        "office-licences": "/office/licences",
        "office-audit": "/office/audit",
        "office-cases": "/office/cases",
        "office-mail": "/office/mail",
        "sale": f"{base}/sales/{row.document}",
        "find-number": f"/find?q={row.number}",
        "find-mark": f"/find?q={row.mark}",
        "find-amount": f"/find?q={row.total / 100:.2f}",
        "find-email": "/find?q=klant7@example.org",
        "find-nothing": "/find?q=nothing",
    }


def measure(towns: Sequence[Town], rounds: int) -> Iterator[tuple[str, list[float]]]:
    """Yield the median milliseconds of each page at each size, asked for in turn so that noise falls on all."""
    paths = [addresses(town.house) for town in towns]
    for name in paths[0]:
        times: list[list[float]] = [[] for _ in towns]
        for _ in range(rounds + 1):
            for town, path, taken in zip(towns, paths, times, strict=True):
                taken.append(ask(town, path[name]))
        yield name, [statistics.median(taken[1:]) for taken in times]


def ask(town: Town, path: str) -> float:
    """Return the milliseconds that a page takes."""
    began = time.perf_counter()
    answer = town.session.get(town.address + path, timeout=600, allow_redirects=False)
    assert answer.status_code == 200, (path, answer.status_code)
    return (time.perf_counter() - began) * 1000


def write(config: str, seconds: float) -> None:
    """Bring new sales and book them, as often as there is time, in a process of its own."""
    log.configure(Level.ERROR, LogFormat.CONSOLE)
    house, ends = House(load(Path(config), {})), time.monotonic() + seconds
    shop = Path(config).parent / "shop"
    for turn in itertools.count(len(list(shop.glob("new-*")))):
        if time.monotonic() > ends:
            break
        write_orders(file := shop / f"new-{turn}.jsonl", NEW, seed=turn, first=10_000_000 + turn * NEW)
        os.utime(file, (0, 0))
        with house.database.write() as connection:
            connection.execute(sa.update(metadata.tables["licence"]).values(next_at=0))
        work(house)
    house.close()


@contextmanager
def writing(towns: Sequence[Town]) -> Iterator[None]:
    """Let a run write at every size meanwhile."""
    command = [sys.executable, "-m", "bench.pages", "--write"]
    writers = [subprocess.Popen([*command, str(town.config)]) for town in towns]
    try:
        yield
    finally:
        for writer in writers:
            writer.terminate()
            writer.wait()


@contextmanager
def databases(name: str, sizes: Sequence[int], folder: Path) -> Iterator[list[str]]:
    """Yield an address of a database for each size, empty where the folder has none yet."""
    if name == "sqlite":
        yield [""] * len(sizes)
        return
    folder.mkdir(exist_ok=True)
    cluster = Cluster(folder, lambda program: Path(shutil.which(program) or program))
    with cluster.serving() as server:
        for size in sizes:
            if not whole(folder.parent / f"{name}-{size}").exists():
                server.anew(f"bench{size}")
        yield [server.url(f"bench{size}") for size in sizes]


def main(sizes: Sequence[int], name: str, rounds: int, keep: str) -> None:
    log.configure(Level.ERROR, LogFormat.CONSOLE)
    with ExitStack() as stack:
        # a server that gives up root must reach what is its own
        folder = Path(keep or stack.enter_context(tempfile.TemporaryDirectory(prefix="boekbrug-pages-")))
        folder.mkdir(exist_ok=True, parents=True)
        folder.chmod(0o755)
        towns = []
        for size, url in zip(sizes, stack.enter_context(databases(name, sizes, folder / "server")), strict=True):
            house = reopened(folder / f"{name}-{size}", url, size)
            stack.callback(house.close)
            towns.append(stack.enter_context(open_town(house)))
        stack.enter_context(writing(towns))
        for page, medians in measure(towns, rounds):
            figure = {
                "name": f"page-{page}-{name}",
                "value": round(medians[-1], 1),
                "unit": "ms",
                "ratio": round(medians[-1] / medians[0], 2),
                "against": f"{sizes[0]:,} sales",
            }
            print(json.dumps(figure), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="10000,1000000")
    parser.add_argument("--databases", default="sqlite,postgresql")
    parser.add_argument("--rounds", type=int, default=41)
    parser.add_argument("--keep", default="", help="the folder to keep what is built in")
    parser.add_argument("--write", help="bring new sales to the house with these settings")
    options = parser.parse_args()
    if options.write:
        write(options.write, 3600)
    else:
        for database in options.databases.split(","):
            main([int(size) for size in options.sizes.split(",")], database, options.rounds, options.keep)
