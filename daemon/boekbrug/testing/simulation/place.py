"""The house that is simulated: a database that fails, the licences of a stage, and the places of workers."""

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.contract import (
    App,
    Authorises,
    Context,
    Source,
    Target,
    Tokens,
)
from boekbrug.problems import Catalogue
from boekbrug.runtime.apps import Apps
from boekbrug.runtime.grants import GrantKeeper, HeldGrant, seal
from boekbrug.runtime.instances import Instances
from boekbrug.runtime.metrics import Metrics
from boekbrug.runtime.plugins import PluginHost
from boekbrug.runtime.presence import Presence
from boekbrug.runtime.secrets import Vault, new_keys
from boekbrug.store import licences, schema, tables
from boekbrug.store.connections import ConnectionRow
from boekbrug.store.database import Database, HostClock
from boekbrug.store.ids import Ids
from boekbrug.store.licences import Licence
from boekbrug.sync.house import House
from boekbrug.sync.sealing import Sealing
from boekbrug.sync.workplace import Limits, Workplace
from boekbrug.testing.context import KitContext, NoHttp
from boekbrug.testing.simulation.rules import CODES
from boekbrug.testing.simulation.stage import CALL_DEADLINE, Stage
from boekbrug.testing.world import Perils

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
FIRST_LICENCE = 1_000_000_001
SOURCE, TARGET, ADMINISTRATION, APP, GRANT = range(1_000_000_002, 1_000_000_007)
LIMITS = Limits(
    lease=dt.timedelta(seconds=60),
    call_deadline=CALL_DEADLINE,
    quiet_period=dt.timedelta(minutes=10),
    batch=7,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Plugins:
    """The simulated world's plugins, where the engine looks for installed ones."""

    sources: Mapping[str, type[Source]]
    targets: Mapping[str, type[Target]]
    problem_codes: Catalogue


class Disk(Database):
    """A database that fails as planned."""

    def __init__(self, url: str, clock: HostClock, perils: Perils) -> None:
        super().__init__(url, clock, durable=False)
        self._perils = perils

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Run one transaction, unless it is refused."""
        self._perils.begin()
        with super().write() as connection:
            yield connection
            self._perils.commit()
        self._perils.committed()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Run one transaction that only reads, unless nobody answers."""
        self._perils.begin()
        with super().read() as connection:
            yield connection


class OneApp(Apps):
    """The registration of the simulated books."""

    def __init__(self, kind: type[Target]) -> None:
        self._kind = kind

    def app(self, name: str) -> App:
        """Return the registration."""
        return App(name=name, client_id="", client_secret="", redirect_uri="", public_url="")  # fmt: skip

    def authorises(self, name: str) -> type[Authorises]:
        """Return the books' class."""
        assert issubclass(self._kind, Authorises)
        return self._kind


class SimulatedHouse(House):
    """The house over a world's plugins, a failing disk and a settable clock."""

    def __init__(self, stage: Stage, path: Path, template: Path | None) -> None:
        world = stage.world
        self.stage, self.world, self.clock, self._ticks = stage, world, world.clock, 0
        self.log, self.metrics = KitContext().log, Metrics()
        self.database = self._open(path, template)
        self.presence = Presence("sqlite://")
        chance = world.chance.random
        self.vault = Vault(new_keys(chance.randbytes), chance.randbytes)
        source, target = stage.source, stage.target
        found = Plugins(sources={source.name: source}, targets={target.name: target}, problem_codes=stage.codes)
        self.plugins = cast("PluginHost", found)
        self.apps = OneApp(target)
        self.grants = GrantKeeper(
            database=self.database, vault=self.vault, clock=self.clock, apps=self.apps, log=self.log, lease=LIMITS.lease
        )

    def microseconds(self) -> int:
        """Return the moment; no two transactions have the same, as on a host."""
        self._ticks += 1
        return super().microseconds() + self._ticks

    def instances(self, *, can_wait: bool = False) -> Instances:
        """Make plugin instances for one worker."""
        return Instances(self.database, self.plugins, self.vault, self.context, self.plugins.problem_codes)

    def context(self, row: ConnectionRow, *, can_wait: bool = False) -> Context:
        """Make the ports of one connection."""
        grant = HeldGrant(self.grants, row.grant, NoHttp()) if row.grant is not None else None
        return self.stage.contexts[row.role](grant)

    def place(self, worker: str, *, can_wait: bool = False) -> Workplace:
        """Make the place of a worker."""
        return Workplace(
            worker=worker,
            database=self.database,
            ids=Ids(self.database),
            vault=self.vault,
            sealing=Sealing(self.vault),
            instances=self.instances(),
            clock=self.clock,
            random=self.world.chance.random,
            log=self.log,
            limits=LIMITS,
            metrics=self.metrics,
        )

    def furnish(self) -> None:
        """Write connections, the grant if there is one, and a licence for each unit."""
        now = self.microseconds()
        with self.database.write() as connection:
            for table, values in (*self._grant(), *_rows(now, self.stage)):
                connection.execute(sa.insert(table).values(**values))

    def licences(self) -> list[Licence]:
        """Return the licences, one for each unit."""
        with self.database.read() as connection:
            return [licences.get(connection, id) for id in _ids(self.stage)]

    def _grant(self) -> Iterator[tuple[sa.Table, dict[str, object]]]:
        if not self.stage.has_grant:
            return
        pair = seal(self.vault, GRANT, self.world.vendor.authorise(), self.clock.now())
        identity = {"identity": "books", "identity_name": "Books", "state": "ok"}
        yield tables.app, {"id": APP, "name": "books", "plugin": self.stage.target.name}
        yield tables.grants, {"id": GRANT, "app": APP, **identity, **pair._asdict()}

    def tokens(self) -> Tokens:
        """Authorise once more, as a person at the vendor's page does."""
        return self.world.vendor.authorise()

    def _open(self, path: Path, template: Path | None) -> Disk:
        if template is not None:
            path.write_bytes(template.read_bytes())
        database = Disk(f"sqlite:///{path}", self.microseconds, self.world.perils)
        if template is None:
            schema.upgrade(database)
        return database


def make_template(folder: Path) -> Path:
    """Make an empty database of this release that simulations start from."""
    path = folder / "template.db"
    database = Database(f"sqlite:///{path}", lambda: 0)
    schema.upgrade(database)
    # closing the last connection moves the write-ahead log into the file
    database.close()
    return path


def _ids(stage: Stage) -> list[int]:
    return [FIRST_LICENCE + 10 * n for n in range(len(stage.rules))]


def _rows(now: int, stage: Stage) -> Iterator[tuple[sa.Table, dict[str, object]]]:
    for id, plugin, role in ((SOURCE, stage.source.name, "source"), (TARGET, stage.target.name, "target")):
        bound = {"app": APP, "grant": GRANT} if role == "target" and stage.has_grant else {}
        settings = msgspec.json.encode(stage.settings.get(role, {})).decode()
        yield (
            tables.connection,
            {"id": id, "name": role, "plugin": plugin, "role": role, "settings": settings, "state": "ok",
             "reason": "", "changed_at": now, **bound},
        )  # fmt: skip
    yield (
        tables.administration,
        {"id": ADMINISTRATION, "connection": TARGET, "code": stage.administration, "name": "Main", "currency": "EUR",
         "environment": "", "facts": "{}"},
    )  # fmt: skip
    for id, unit, code in zip(_ids(stage), stage.rules, CODES.values(), strict=False):
        yield (
            tables.licence,
            {"id": id, "name": unit, "code": code, "source": SOURCE, "unit": unit,
             "target": TARGET, "administration": ADMINISTRATION, "start": "2026-01-01", "state": "active",
             "automatic": True, "interval_minutes": 1, "rules": 1, "applied": "", "next_at": now, "changed_at": now},
        )  # fmt: skip
        body = msgspec.json.encode(stage.rules[unit]).decode()
        yield tables.rules, {"licence": id, "version": 1, "body": body, "actor": "simulation", "at": now}
