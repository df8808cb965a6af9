"""Several daemons, each a host of its own, on one PostgreSQL behind a pgbouncer, before Exact's stand-in."""

import datetime as dt
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import requests
import sqlalchemy as sa
from bench.exact import DIVISION, control, standin
from sqlalchemy.exc import OperationalError
from tests.office import Office, edit, order
from tests.process.daemon import Daemon, running, settle_in
from tests.servers import Cluster, Postgres, Tool, pooling

from boekbrug.acts import authorise, connections, licence_file, licences
from boekbrug.acts.desk import Desk
from boekbrug.runtime.clock import SystemClock
from boekbrug.runtime.settings import load
from boekbrug.store import changes, schema, states
from boekbrug.store import licences as licence_rows
from boekbrug.store.tables import connection, licence, rules, unit, worker
from boekbrug.sync.house import House
from boekbrug.testing.clock import ShiftedClock

HERE = Path(__file__).parents[2] / "bench"
CALLS_AT_ONCE = 4
PAUSE = 0.1
STILL = 0.6
"""Seconds without a new call after which none is on its way to Exact: longer than an answer takes."""
PUBLIC = "https://boekbrug.example"
ENGINE = "lease = 8\ncall_deadline = 4\nquiet_period = 16"
"""Seconds that a test can wait: a licence is taken over after 8, a call that was lost is sent again after 16."""
_RULES = {
    '"main"': f'"{DIVISION}"', '"VRK"': '"70"', 'memorial = "70", cash = "70"': 'memorial = "90", cash = "30"',
    '"VH"': '"2"', '"VL"': '"4"', '"V0"': '"5"', "[rules]\n": '[rules]\ncollective_debtor = "Webwinkel"\n',
}  # fmt: skip


class Town:
    """Shops that each have a licence to one division, and the servers around them."""

    def __init__(self, folder: Path, database_url: str, exact: dict[str, Any], engine: str = ENGINE) -> None:
        self.exact = exact
        self.office = Office(folder, database_url.replace("postgresql+psycopg", "postgresql"))
        self._write_settings(engine)
        self.house = House(load(self.office.config, {}))
        self.shops = 0

    def _write_settings(self, engine: str) -> None:
        given = self.exact["credentials"]
        (self.office.folder / "secret").write_text(given["client_secret"], encoding="utf-8")
        settle_in(self.office, extra=f'workers = {CALLS_AT_ONCE}\npublic_url = "{PUBLIC}"\n[engine]\n{engine}\n')
        with self.office.config.open("a", encoding="utf-8") as config:
            config.write(
                f'[[app]]\nname = "exact"\nplugin = "exactonline"\nclient_id = "{given["client_id"]}"\n'
                f'client_secret_file = "secret"\nredirect = "{given["redirect_uri"]}"\n'
                f'settings = {{ base = "{self.exact["url"]}" }}\n'
            )

    def furnish(self, shops: int) -> None:
        """Authorise at Exact, and set up so many shops with a licence each, active and not due."""
        schema.upgrade(self.house.database)
        self.link("books")
        if shops:
            self.open_shop(0)
            self._open_alike(shops - 1)
        self.put_off()

    def link(self, books: str) -> None:
        """Add a connection to Exact and authorise it."""
        connections.add(Desk(self.house, "tests"), books, "exactonline", {})
        self.authorise(books)

    def authorise(self, books: str, ago: dt.timedelta = dt.timedelta()) -> None:
        """Let the user at Exact authorise a connection, as a person does with a browser, or did some time ago."""
        clock = ShiftedClock(SystemClock())
        clock.advance(-ago)
        house = House(self.house.settings, clock=clock)
        self._authorise(Desk(house, "tests"), books)
        house.close()

    def _authorise(self, desk: Desk, books: str) -> None:
        page: Any = authorise.begin(desk, books)
        back = requests.get(page.url, allow_redirects=False, timeout=30).headers["Location"]
        authorise.paste(desk, books, back)
        # who authorises again needs no confirmation
        if arrived := authorise.arrived(desk.house, books):
            authorise.confirm(desk, books, arrived.id)

    def revoke(self) -> None:
        """Let the user at Exact withdraw what was granted."""
        control(self.exact, "books", {"revoke": self.exact["credentials"]["user"]})

    def open_shop(self, n: int, books: str = "books") -> None:
        """Open a shop whose licence books in a connection to Exact."""
        desk, self.shops = Desk(self.house, "tests"), self.shops + 1
        folder = self.office.folder / f"shop{n}"
        folder.mkdir()
        connections.add(desk, f"shop{n}", "files", {"folder": str(folder)})
        file = self.office.folder / "licence.toml"
        shutil.copy(HERE / "licence.toml", file)
        own = {'"bench"': f'"shop{n}"', '"shop"\nunit': f'"shop{n}"\nunit', 'target = "books"': f'target = "{books}"'}
        for old, new in (own | _RULES).items():
            edit(file, old, new)
        licences.apply(desk, licence_file.read(file))
        licences.activate(desk, licences.get(self.house, f"shop{n}"))

    def _open_alike(self, count: int) -> None:
        """Open more shops like the first, by their rows: reading the chart for each would take a second."""
        desk = Desk(self.house, "tests")
        desk.ids.ensure(2 * count)
        with self.house.database.write() as opened:
            named = opened.execute(sa.select(connection).where(connection.c.name == "shop0")).one()._mapping
            rows = [dict(opened.execute(sa.select(table)).one()._mapping) for table in (unit, licence, rules)]
            for n in range(1, count + 1):
                folder = self.office.folder / f"shop{n}"
                folder.mkdir()
                shop, own = desk.ids.take(), desk.ids.take()
                changes_of: tuple[dict[str, Any], ...] = (
                    {"connection": shop},
                    {"id": own, "name": f"shop{n}", "code": f"{n:04}", "source": shop},
                    {"licence": own},
                )
                settings = {"settings": json.dumps({"folder": str(folder)})}
                opened.execute(sa.insert(connection).values({**named, "id": shop, "name": f"shop{n}", **settings}))
                for table, row, change in zip((unit, licence, rules), rows, changes_of, strict=True):
                    opened.execute(sa.insert(table).values({**row, **change}))
        self.shops += count

    def sell(self, each: int, first: int = 0) -> None:
        """Put so many orders into every shop."""
        for n in range(self.shops):
            self.office.shop = self.office.folder / f"shop{n}"
            self.office.put(f"orders-{first}.jsonl", [order(first + k) for k in range(each)])

    def due(self) -> None:
        """Make all licences due."""
        with self.house.database.write() as connection:
            now = self.house.database.now(connection)
            for one in licence_rows.list_all(connection):
                changes.make_due(connection, one.id, now)

    def put_off(self) -> None:
        """Make all licences due in an hour."""
        with self.house.database.write() as connection:
            hour = self.house.database.now(connection) + 3_600_000_000
            connection.execute(sa.update(licence).values(next_at=hour))

    def counts(self) -> dict[str, int]:
        """Count the documents per state."""
        with self.house.database.read() as connection:
            return {state: count for state, count in states.counts(connection).items() if count}

    def wait_until_booked(self, documents: int, seconds: float, watch: Callable[[int], None] = lambda _: None) -> float:
        """Wait until so many documents are booked, telling `watch` how many are; return how long it took."""
        began = time.monotonic()
        while (booked := (counts := self._counts_if_reachable()).get("booked", 0)) < documents:
            assert time.monotonic() - began < seconds, counts
            watch(booked)
            time.sleep(PAUSE)
        return time.monotonic() - began

    def wait_until(self, is_so: Callable[[], bool], seconds: float = 60) -> None:
        """Wait until something is so, looking ten times a second."""
        began = time.monotonic()
        while not is_so():
            assert time.monotonic() - began < seconds
            time.sleep(PAUSE)

    def _counts_if_reachable(self) -> dict[str, int]:
        try:
            return self.counts()
        except OperationalError:
            return {}

    def marks(self) -> Counter[str]:
        """Count the marks in the books, as often as each stands there."""
        answer = requests.get(f"{self.exact['control']}books", timeout=60).json()
        return Counter(row["YourRef"] for row in answer["divisions"][DIVISION]["entries"])

    def assert_complete(self, documents: int) -> None:
        """Require that each is booked once, here and there, and that the database is sound."""
        marks = self.marks()
        doubles = {mark: n for mark, n in marks.items() if n > 1}
        assert not doubles, doubles
        assert (len(marks), self.counts()) == (documents, {"booked": documents}), (len(marks), self.counts())
        self.office.run("db", "check")

    def set_latency(self, seconds: float) -> None:
        """Let every call to Exact take so long."""
        control(self.exact, "latency", {"seconds": seconds})

    def wait_until_all_calls_are_out(self, seconds: float) -> None:
        """Wait until Exact has not been called for a while: as long as it answers nobody, all are in a call of it."""
        began = since = time.monotonic()
        known = self._calls()
        while time.monotonic() - since < STILL:
            assert time.monotonic() - began < seconds
            time.sleep(PAUSE)
            if (calls := self._calls()) != known:
                known, since = calls, time.monotonic()

    def _calls(self) -> int:
        return sum(requests.get(self.exact["control"], timeout=30).json()["calls"].values())

    def held_by(self, node: Daemon) -> dict[int, int]:
        """Return the licences that a node holds, with their fences."""
        query = sa.select(licence.c.id, licence.c.fence).join(worker, worker.c.id == licence.c.claimed_by)
        with self.house.database.read() as connection:
            return dict(connection.execute(query.where(worker.c.pid == node.pid)).all())

    def still_held(self, held: dict[int, int]) -> list[int]:
        """List which of the licences nobody has claimed since."""
        query = sa.select(licence.c.id, licence.c.fence).where(licence.c.id.in_(held))
        with self.house.database.read() as connection:
            return [id for id, fence in connection.execute(query) if fence == held[id]]

    def node(self, n: int) -> AbstractContextManager[Daemon]:
        """Run a daemon, where we may be root as a host of its own, whose death nobody else can see."""
        return running(_Node(self.office, n))

    def close(self) -> None:
        """Let go of the database."""
        self.house.close()


class _Node(Office):
    """An office seen from another host."""

    def __init__(self, office: Office, n: int) -> None:
        super().__init__(office.folder)
        self._n = n

    def command(self, *arguments: str, language: str = "en") -> list[str]:
        command = super().command(*arguments, language=language)
        if not may_name_hosts():
            return command
        return ["unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"', f"node-{self._n}", *command]


@cache
def may_name_hosts() -> bool:
    """Tell whether a process may be given a host's name of its own."""
    return os.geteuid() == 0 and not subprocess.run(["unshare", "--uts", "true"], check=False).returncode


class Servers:
    """A PostgreSQL with a pgbouncer before it, of one test alone, so that it can be restarted."""

    def __init__(self, stack: ExitStack, tool: Tool) -> None:
        # below /tmp itself: a socket's path may have 107 characters
        folder = tempfile.TemporaryDirectory
        data, pool = (Path(stack.enter_context(folder(prefix=f"boekbrug-{name}-"))) for name in ("pg", "pool"))
        self._cluster = Cluster(data, tool)
        self._serving = stack.enter_context(ExitStack())
        self.postgres: Postgres = self._serving.enter_context(self._cluster.serving())
        self.pooled = stack.enter_context(pooling(self.postgres.sockets, pool, tool))

    def restart(self) -> None:
        """Cut off all connections and serve anew."""
        self._serving.close()
        self.postgres = self._serving.enter_context(self._cluster.serving())


@contextmanager
def town(folder: Path, tool: Tool, shops: int, engine: str = ENGINE) -> Iterator[tuple[Town, Servers]]:
    """Set up shops, servers and Exact's stand-in without limits."""
    with ExitStack() as stack:
        servers = Servers(stack, tool)
        exact = stack.enter_context(standin(0))
        found = Town(folder, servers.pooled(servers.postgres.create()), exact, engine)
        stack.callback(found.close)
        found.furnish(shops)
        yield found, servers
