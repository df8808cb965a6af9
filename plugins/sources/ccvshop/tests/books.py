"""A shop over real HTTP, books at the ledger target, and boekbrug between them, all on one clock that can be moved."""

import datetime as dt
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import requests
import structlog
import uvicorn
from fastapi import FastAPI
from tests.ccv_licence import LEDGER, ccv_licence

from boekbrug.acts import connections, hooks, licence_file, licences, overview
from boekbrug.acts.desk import Desk
from boekbrug.acts.synchronise import run_named
from boekbrug.demo import sample
from boekbrug.runtime.clock import SystemClock
from boekbrug.runtime.plugins import PluginHost
from boekbrug.runtime.settings import load
from boekbrug.store import schema
from boekbrug.sync.house import House
from boekbrug.testing.clock import ShiftedClock
from boekbrug.testing.standin import Surroundings, running
from boekbrug.testing.wire import Fault
from boekbrug.web.hooks import hook_routes
from boekbrug_ccvshop_standin.application import ShopApplication

CHART = Path(sample.__file__).with_name("chart.toml")


class Books:
    """One licence from a shop to a ledger."""

    def __init__(self, folder: Path, ready: dict[str, Any], shop: ShopApplication, surroundings: Surroundings) -> None:
        self.folder, self.shop, self.world, self.surroundings = folder, shop, shop.world, surroundings
        self.root, self.control, self.keys = str(ready["url"]), str(ready["control"]), ready["credentials"]
        (folder / "books").mkdir(parents=True)
        (folder / "books" / "chart.toml").write_text(CHART.read_text())
        (folder / "boekbrug.toml").write_text('state = "state"\n')
        self.clock = ShiftedClock(SystemClock())
        settings = load(folder / "boekbrug.toml")
        self.house = House(settings, clock=self.clock, plugins=PluginHost.load(structlog.get_logger()))
        schema.upgrade(self.house.database)
        self.desk = Desk(self.house, "owner")
        self.today = self.clock.now().date()

    def connect(
        self, books: str, *, number: str = "invoice", scheme: str = "invoice", write_back: bool = False, **settings: Any
    ) -> None:
        """Add both connections and an active licence."""
        keys = {"root": self.root, "public": self.keys["public"], "secret": self.keys["secret"]}
        connections.add(self.desk, "shop", "ccvshop", {**keys, "books": books, **settings})
        connections.add(self.desk, "books", "ledger", {"folder": str(self.folder / "books"), "dialect": "hledger"})
        self._apply(books, number, scheme, write_back=write_back)
        licences.activate(self.desk, self.licence)

    def _apply(self, books: str, number: str, scheme: str, *, write_back: bool = False) -> None:
        start = self.today - dt.timedelta(days=70)
        settings = f"write_back = {str(write_back).lower()}"
        rules = f'basis = "{books.removesuffix("s")}"\nnumber = "{number}"'
        path = self.folder / "licence.toml"
        path.write_text(ccv_licence(LEDGER, start, scheme=scheme, settings=settings, rules=rules))
        licences.apply(self.desk, licence_file.read(path), force=True)

    def change(self, books: str) -> None:
        """Let connection and licence book the other kind of document."""
        row = connections.get(self.house, "shop")
        settings = {**msgspec.json.decode(row.settings), "books": books}
        with self.house.database.write() as connection:
            values = (msgspec.json.encode(settings).decode(), row.id)
            connection.exec_driver_sql("update connection set settings = ? where id = ?", values)
        self._apply(books, "invoice", "invoice")

    def subscribe(self) -> int:
        return hooks.subscribe(self.desk, "shop", "shop")

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Serve our own pages, where webhooks come in."""
        app = FastAPI()
        app.include_router(hook_routes(self.house))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
        with socket.create_server(("127.0.0.1", 0)) as listening:
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
            thread.start()
            service = self.house.settings.service
            self.house.settings = self.house.settings.model_copy(
                update={
                    "service": service.model_copy(
                        update={"public_url": f"http://127.0.0.1:{listening.getsockname()[1]}"}
                    )
                }
            )
            try:
                yield
            finally:
                server.should_exit = True
                thread.join()

    def calls(self, path: str) -> int:
        """Count the calls of paths that begin like this."""
        answer = requests.get(self.control, timeout=5).json()
        return sum(count for name, count in answer["calls"].items() if name.split(" ", 1)[1].startswith(path))

    @property
    def licence(self) -> Any:
        return licences.get(self.house, "webshop")

    def run(self, times: int = 1) -> dict[str, int]:
        """Run the licence; return its counts of documents per state."""
        for _ in range(times):
            with self.house.workplace("test") as work:
                list(run_named(work, self.licence))
        return self.counts()

    def run_until_quiet(self, most: int = 400) -> int:
        """Run minute by minute until a whole fetch comes through; return how many runs that took."""
        for n in range(1, most):
            self.run()
            if not self.trouble():
                return n
            self.advance(61)
        raise AssertionError(self.trouble())

    def counts(self) -> dict[str, int]:
        return {state: count for state, count in overview.overview(self.house).counts.items() if count}

    def vat(self) -> dict[str, tuple[str, str]]:
        """Return base and VAT per code."""
        return {one.vat_code: (str(one.base), str(one.vat)) for one in overview.overview(self.house).vat}

    def trouble(self) -> list[str]:
        return self._rows(
            "select code from problem where closed_at is null and document is null and connection is not null"
        )

    def problems(self) -> dict[str, str]:
        """Return the open problems of documents by their number."""
        query = (
            "select d.number, p.code from problem p join document d on d.id = p.document "
            "where p.closed_at is null order by p.id"
        )
        return dict(self._query(query))

    def states(self) -> dict[str, tuple[str, str]]:
        """Return state and reason of each document by kind and number."""
        query = (
            "select d.kind || ' ' || d.number, s.state, s.reason from document d "
            "join document_state s on s.document = d.id order by d.id"
        )
        return {name: (state, reason) for name, state, reason in self._query(query)}

    def ledger(self) -> str:
        """Return what the ledger's files hold."""
        return "\n".join(path.read_text() for path in sorted((self.folder / "books").rglob("*.journal")))

    def advance(self, seconds: float) -> None:
        """Let time pass for everybody."""
        self.clock.advance(dt.timedelta(seconds=seconds))
        self.surroundings.clock.advance(dt.timedelta(seconds=seconds))

    def fault(self, kind: str, **facts: Any) -> None:
        self.surroundings.faults.add(Fault(kind=kind, **facts))

    def _query(self, query: str) -> list[Any]:
        with self.house.database.read() as connection:
            return list(connection.exec_driver_sql(query))

    def _rows(self, query: str) -> list[str]:
        return [row[0] for row in self._query(query)]


@contextmanager
def books(folder: Path, size: int = 0, seed: int = 0) -> Iterator[Books]:
    """Serve a shop, and open books beside it."""
    made: list[tuple[ShopApplication, Surroundings]] = []

    def maker(surroundings: Surroundings) -> ShopApplication:
        made.append((ShopApplication(surroundings), surroundings))
        return made[0][0]

    with running(maker, size=size, seed=seed) as ready:
        found = Books(folder, ready, *made[0])
        with closing(found.house):
            yield found
