"""Open everything a process of boekbrug works with, from its settings."""

import datetime as dt
import os
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from random import Random

import structlog
from sqlalchemy import Connection

from boekbrug.contract import Clock, Context, Source, Target
from boekbrug.runtime import heartbeat
from boekbrug.runtime.apps import Apps
from boekbrug.runtime.budgets import DAILY_RESERVE, StoredBudget
from boekbrug.runtime.caches import StoredCache
from boekbrug.runtime.clock import EPOCH, SystemClock
from boekbrug.runtime.context import PluginContext
from boekbrug.runtime.ecb import Ecb
from boekbrug.runtime.grants import GrantKeeper, HeldGrant, NoGrant
from boekbrug.runtime.http import HttpPort
from boekbrug.runtime.instances import Instances
from boekbrug.runtime.mail import Mailer
from boekbrug.runtime.metrics import Metrics, read_stock
from boekbrug.runtime.plugins import PluginHost
from boekbrug.runtime.presence import InUse, Presence
from boekbrug.runtime.processes import host_identity, is_alive, started
from boekbrug.runtime.secrets import open_vault
from boekbrug.runtime.settings import Settings
from boekbrug.runtime.vies import DEADLINE, Vies
from boekbrug.store import caution, schema, workers
from boekbrug.store.connections import ConnectionRow
from boekbrug.store.database import Database
from boekbrug.store.ids import Ids
from boekbrug.sync.sealing import Sealing
from boekbrug.sync.workplace import MICROSECOND, Limits, Workplace


class House:
    """Database, keys, plugins and clock of one process; workplaces are made from it."""

    def __init__(self, settings: Settings, *, clock: Clock | None = None, plugins: PluginHost | None = None) -> None:
        self.settings = settings
        self.clock = clock or SystemClock()
        self.log = structlog.get_logger()
        # a clock that is handed in rules everywhere, over PostgreSQL's own as well
        self.database = Database(settings.database_url, self.microseconds, clock=self.microseconds if clock else None)
        self.vault = open_vault(settings.key_file, make=settings.makes_key)
        self.plugins = plugins or PluginHost.load(self.log)
        self.metrics = Metrics()
        self.metrics.watch(lambda: read_stock(self.database))
        self.apps = Apps(settings, self.plugins)
        self.grants = GrantKeeper(
            database=self.database,
            vault=self.vault,
            clock=self.clock,
            apps=self.apps,
            log=self.log,
            lease=dt.timedelta(seconds=settings.engine.lease),
            # who hands in a clock has no time to wait in
            pause=time.sleep if clock is None else lambda _: None,
        )
        # last of all, and before any connection is made: what fails above would keep its share
        self.presence = Presence(settings.database_url)

    def microseconds(self) -> int:
        """Return the moment on this host's clock."""
        return (self.clock.now() - EPOCH) // MICROSECOND

    def make_ready(self) -> str:
        """Bring the database to this release, made when absent; return its revision. Raise InUse."""
        if schema.is_current(self.database):
            return schema.newest()
        with self.alone():
            return schema.upgrade(self.database)

    def check_schema(self) -> None:
        """Raise SchemaDiffers unless the database is of this release."""
        schema.check(self.database)

    @contextmanager
    def workplace(self, name: str) -> Iterator[Workplace]:
        """Enter a worker; what a dead worker of this host still held is freed first."""
        worker = f"{name}-{secrets.token_hex(4)}"
        host = host_identity()
        with self.database.write() as connection:
            now = self.database.now(connection)
            workers.bury(connection, host, is_alive, now)
            old = self._beat(connection, now)
            workers.enter(connection, worker, host, os.getpid(), started(os.getpid()), now)
        self._beaten(now, old=old)
        try:
            yield self.place(worker)
        finally:
            with self.database.write() as connection:
                now = self.database.now(connection)
                workers.leave(connection, worker, now)
                old = self._beat(connection, now)
            self._beaten(now, old=old)

    def beat(self) -> None:
        """Note, in the database and then in a file beside it, how far it has come."""
        with self.database.write() as connection:
            now = self.database.now(connection)
            old = self._beat(connection, now)
        self._beaten(now, old=old)

    def _beat(self, connection: Connection, now: int) -> bool:
        return caution.beat(connection, heartbeat.read(self.settings.state), now)

    def _beaten(self, now: int, *, old: bool) -> None:
        heartbeat.write(self.settings.state, now)
        if old:
            self.log.warning("caution.begun", reason="the database is older than the heartbeat beside it")

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Be the only process at work on the database; raise InUse while another is, as far as that is known."""
        with self.presence.alone():
            if not self.database.is_sqlite and (working := self._working()):
                raise InUse(database=str(self.database.url.database), process=", ".join(working))
            yield

    def _working(self) -> list[str]:
        if schema.is_empty(self.database):
            return []
        with self.database.read() as connection:
            seen_after = self.database.now(connection) - dt.timedelta(seconds=self.settings.engine.lease) // MICROSECOND
            return workers.at_work(connection, host_identity(), is_alive, seen_after)

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()
        self.presence.close()

    def instances(self, *, can_wait: bool = False) -> Instances:
        """Make plugin instances for one thread."""
        context = partial(self.context, can_wait=can_wait)
        return Instances(self.database, self.plugins, self.vault, context, self.plugins.problem_codes)

    def http(self) -> HttpPort:
        """Make the way out of one run and thread."""
        return HttpPort(deadline=self.settings.engine.call_deadline)

    def context(self, row: ConnectionRow, *, can_wait: bool = False) -> Context:
        """Make the ports of one connection; what can wait leaves a part of every limit to daily work."""
        http = self.http()
        kinds: Mapping[str, type[Source] | type[Target]]
        kinds = self.plugins.sources if row.role == "source" else self.plugins.targets
        limits = kinds[row.plugin].capabilities.limits
        return PluginContext(
            http=http,
            grant=HeldGrant(self.grants, row.grant, http) if row.grant is not None else NoGrant(),
            cache=StoredCache(self.database, self.vault, self.clock, row.id),
            budget=StoredBudget(self.database, row.plugin, limits, reserve=DAILY_RESERVE if can_wait else 0),
            clock=self.clock,
            log=self.log.bind(connection=row.name, plugin=row.plugin),
            base=(self.settings.file or Path.cwd() / "boekbrug.toml").parent,
            random_id=lambda: secrets.token_hex(16),
        )

    def place(self, worker: str, *, can_wait: bool = False) -> Workplace:
        """Make a place to work at without entering the worker, for looking only; `can_wait` as for a context."""
        engine = self.settings.engine
        limits = Limits(
            lease=dt.timedelta(seconds=engine.lease),
            call_deadline=dt.timedelta(seconds=engine.call_deadline),
            quiet_period=dt.timedelta(seconds=engine.quiet_period),
            batch=engine.page_size,
        )
        return Workplace(
            worker=worker,
            database=self.database,
            ids=Ids(self.database),
            vault=self.vault,
            sealing=Sealing(self.vault),
            instances=self.instances(can_wait=can_wait),
            clock=self.clock,
            random=Random(),  # noqa: S311 - spreads retries, keeps no secret
            log=self.log.bind(worker=worker),
            limits=limits,
            metrics=self.metrics,
            vies=self.vies(),
            ecb=self.ecb(),
            proof_days=self.settings.vies.days,
        )

    def vies(self) -> Vies | None:
        """Make the client of VIES for one run and thread; None where the settings name none."""
        chosen = self.settings.vies
        http = HttpPort(deadline=min(DEADLINE, self.settings.engine.call_deadline))
        return Vies(http, self.clock, chosen.url, chosen.requester) if chosen.url else None

    def ecb(self) -> Ecb | None:
        """Make the client of the European Central Bank; None where the settings name none."""
        url = self.settings.rates.url
        return Ecb(self.http(), self.clock, url) if url else None

    def mailer(self) -> Mailer:
        """Make the way to the mail server."""
        return Mailer(self.settings.mail, self.clock)
