"""The house that is simulated: a database that fails, the rules of two licences, and the places of workers."""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.booking.rules import Mode, PaymentRule, Rules, VatRule, VatScheme
from boekbrug.contract import (
    App,
    Authorises,
    Context,
    DocumentKind,
    EntryKind,
    Source,
    Target,
    Tokens,
    Treatment,
)
from boekbrug.problems import Catalogue
from boekbrug.runtime.apps import Apps
from boekbrug.runtime.grants import GrantKeeper, HeldGrant, seal
from boekbrug.runtime.instances import Instances
from boekbrug.runtime.metrics import Metrics
from boekbrug.runtime.plugins import PluginHost
from boekbrug.runtime.secrets import Vault, new_keys
from boekbrug.store import schema, tables
from boekbrug.store.connections import ConnectionRow
from boekbrug.store.database import Database, HostClock
from boekbrug.store.ids import Ids
from boekbrug.sync.house import House
from boekbrug.sync.sealing import Sealing
from boekbrug.sync.workplace import Limits, Workplace
from boekbrug.testing.context import KitContext, NoHttp
from boekbrug.testing.world import Perils, World

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
LICENCES = {"shop": 1_000_000_001, "till": 1_000_000_011}
CODES = {"shop": "S1M7", "till": "S1M8"}
PAID_TO = "1060"
"""The account that all money comes in on."""
SOURCE, TARGET, ADMINISTRATION, APP, GRANT = range(1_000_000_002, 1_000_000_007)
LIMITS = Limits(
    lease=dt.timedelta(seconds=60),
    call_deadline=dt.timedelta(seconds=30),
    quiet_period=dt.timedelta(minutes=10),
    batch=7,
)
SHOP_RULES = Rules(
    vat_scheme=VatScheme.INVOICE,
    basis=DocumentKind.ORDER,
    oss=False,
    payment_date_unknown="order-date",
    vat=(VatRule(treatment=Treatment.DOMESTIC, rate=21, account="8000", vat_code="VH", vat_account="1500"),),  # type: ignore[arg-type]
    payments={"ideal": PaymentRule(account=PAID_TO)},
    journals=dict.fromkeys(EntryKind, "VRK"),
    debtor="1300",
    debtors="customer",
)
"""Each sale an entry of its own, on its customer."""
DAY_RULES = msgspec.structs.replace(SHOP_RULES, mode=Mode.DAY, debtors="collective", corrections="automatic")
"""One entry per day; what changes afterwards is corrected by itself."""


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

    def __init__(
        self, world: World, path: Path, template: Path | None, kinds: tuple[type[Source], type[Target]]
    ) -> None:
        source, target = kinds
        self.world, self.clock, self._ticks = world, world.clock, 0
        self.log, self.metrics = KitContext().log, Metrics()
        self.database = self._open(path, template)
        chance = world.chance.random
        self.vault = Vault(new_keys(chance.randbytes), chance.randbytes)
        found = Plugins(sources={source.name: source}, targets={target.name: target}, problem_codes=Catalogue())
        self.plugins = cast("PluginHost", found)
        self.apps = OneApp(target)
        self.grants = GrantKeeper(
            database=self.database, vault=self.vault, clock=self.clock, apps=self.apps, log=self.log, lease=LIMITS.lease
        )

    def microseconds(self) -> int:
        """Return the moment; no two transactions have the same, as on a host."""
        self._ticks += 1
        return super().microseconds() + self._ticks

    def instances(self) -> Instances:
        """Make plugin instances for one worker."""
        return Instances(self.database, self.plugins, self.vault, self.context, self.plugins.problem_codes)

    def context(self, row: ConnectionRow, *, backfill: bool = False) -> Context:
        """Make the ports of one connection."""
        grant = HeldGrant(self.grants, row.grant, NoHttp()) if row.grant is not None else None
        return KitContext(clock=self.clock, grant=grant)

    def place(self, worker: str) -> Workplace:
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

    def furnish(self, till: Rules) -> None:
        """Write connections, the grant, and a licence for each unit; the till's with rules of its own."""
        now = self.microseconds()
        pair = seal(self.vault, GRANT, self.world.vendor.authorise(), self.clock.now())
        with self.database.write() as connection:
            for table, values in _rows(now, {"shop": SHOP_RULES, "till": till}, pair._asdict(), self.plugins):
                connection.execute(sa.insert(table).values(**values))

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


def _rows(
    now: int, rules: Mapping[str, Rules], pair: Mapping[str, object], plugins: PluginHost
) -> Iterator[tuple[sa.Table, dict[str, object]]]:
    (source,), (target,) = plugins.sources, plugins.targets
    identity = {"identity": "books", "identity_name": "Books", "state": "ok"}
    yield tables.app, {"id": APP, "name": "books", "plugin": target}
    yield tables.grants, {"id": GRANT, "app": APP, **identity, **pair}
    for id, plugin, role in ((SOURCE, source, "source"), (TARGET, target, "target")):
        bound = {"app": APP, "grant": GRANT} if role == "target" else {}
        yield (
            tables.connection,
            {"id": id, "name": role, "plugin": plugin, "role": role, "settings": "{}", "state": "ok", "reason": "",
             "changed_at": now, **bound},
        )  # fmt: skip
    yield (
        tables.administration,
        {"id": ADMINISTRATION, "connection": TARGET, "code": "main", "name": "Main", "currency": "EUR",
         "environment": "", "facts": json.dumps({})},
    )  # fmt: skip
    for unit, id in LICENCES.items():
        yield (
            tables.licence,
            {"id": id, "name": unit, "code": CODES[unit], "source": SOURCE, "unit": unit,
             "target": TARGET, "administration": ADMINISTRATION, "start": "2026-01-01", "state": "active",
             "automatic": True, "interval_minutes": 1, "rules": 1, "applied": "", "next_at": now, "changed_at": now},
        )  # fmt: skip
        body = msgspec.json.encode(rules[unit]).decode()
        yield tables.rules, {"licence": id, "version": 1, "body": body, "actor": "simulation", "at": now}
