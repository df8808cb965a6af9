"""One simulated run: workers take steps in any order, die, freeze and come back; a person mends what only they can."""

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import msgspec
import sqlalchemy as sa

from boekbrug.booking.rules import PaymentRule, Rules, VatRule, VatScheme
from boekbrug.contract import Context, DocumentKind, EntryKind, ProblemCode, Source, Target, Treatment
from boekbrug.problems import Catalogue
from boekbrug.runtime.instances import Instances
from boekbrug.runtime.secrets import Vault, new_keys
from boekbrug.store import connections, schema, states, tables
from boekbrug.store.connections import ConnectionRow
from boekbrug.store.database import Database
from boekbrug.store.ids import Ids
from boekbrug.sync.revise import start_over
from boekbrug.sync.sealing import Sealing
from boekbrug.sync.worker import Worker
from boekbrug.sync.workplace import MICROSECOND, Limits, Workplace
from boekbrug.testing.clock import SettableClock
from boekbrug.testing.context import KitContext
from boekbrug.testing.simulation.invariants import Broken, check_end, check_now
from boekbrug.testing.simulation.shop import source_of
from boekbrug.testing.simulation.world import World, target_of

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
LICENCE = 1_000_000_001
_SOURCE, _TARGET, _ADMINISTRATION = 1_000_000_002, 1_000_000_003, 1_000_000_004
LIMITS = Limits(
    lease=dt.timedelta(seconds=60),
    call_deadline=dt.timedelta(seconds=30),
    quiet_period=dt.timedelta(minutes=10),
    batch=7,
)
_QUIET_STEPS = 5000

RULES = Rules(
    vat_scheme=VatScheme.INVOICE,
    basis=DocumentKind.ORDER,
    oss=False,
    payment_date_unknown="order-date",
    vat=(VatRule(treatment=Treatment.DOMESTIC, rate=21, account="8000", vat_code="VH", vat_account="1500"),),  # type: ignore[arg-type]
    payments={"ideal": PaymentRule(account="1060")},
    journals=dict.fromkeys(EntryKind, "VRK"),
    debtor="1300",
    debtors="customer",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Plugins:
    """The simulated world's plugins, where the engine looks for installed ones."""

    sources: Mapping[str, type[Source]]
    targets: Mapping[str, type[Target]]
    problem_codes: Mapping[str, ProblemCode]


@dataclass(kw_only=True)
class Simulation:
    """The engine over a database of its own, in a world made from one seed."""

    seed: int
    folder: Path
    workers: int = 2
    batch_size: int = 4
    template: Path | None = None
    trace: list[str] = field(default_factory=list)
    met: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.clock = SettableClock()
        self.world = World(clock=self.clock, random=self.random, call_deadline=LIMITS.call_deadline)
        self.database = self._database()
        self.vault = Vault(new_keys(self.random.randbytes), self.random.randbytes)
        self.plugins = Plugins(
            sources={"shop": source_of(self.world)},
            targets={"books": target_of(self.world, batch_size=self.batch_size)},
            problem_codes=Catalogue(),
        )
        self._names = iter(range(1, 1_000_000))
        self._fill()
        self.crew = [self._hire() for _ in range(self.workers)]

    def run(self, steps: int = 200) -> None:
        """Take so many steps in a faulty world, then let everything come to rest; raise Broken."""
        try:
            for _ in range(steps):
                self._step()
                check_now(self.database, self.world)
            self.come_to_rest()
            check_end(self.database, self.world)
        except Broken as broken:
            broken.add_note(f"seed {self.seed}, step {len(self.trace)}")
            raise
        finally:
            self.close()

    def close(self) -> None:
        """Throw the database away."""
        self.database.close()
        path = self.database.path
        assert path is not None
        for file in path.parent.glob(f"{path.name}*"):
            file.unlink()

    def _step(self) -> None:
        acts = (self._work, self._sell, self._change, self._pass_time, self._kill, self._mend)
        act = self.random.choices(acts, weights=(120, 12, 4, 14, 3, 4))[0]
        self.trace.append(f"{self.clock.now():%H:%M:%S} {act()}")

    def _work(self) -> str:
        n = self.random.randrange(len(self.crew))
        worker = self.crew[n]
        done = worker.step()
        if done is not None:
            self.met[f"step:{done.phase}"] += 1
        return f"{worker.work.worker} {done.phase if done else 'finds nothing to do'} {done.done if done else ''}"

    def _sell(self) -> str:
        return f"shop sells {self.world.sell().number}"

    def _change(self) -> str:
        self.world.change()
        return "shop changes an order"

    def _pass_time(self) -> str:
        # mostly seconds, now and then longer than a lease: that is a frozen worker
        seconds = self.random.choice((1, 5, 20, 61, 200, 700))
        self.clock.advance(dt.timedelta(seconds=seconds))
        self.world.settle_late_commits()
        return f"{seconds} seconds pass"

    def _kill(self) -> str:
        return self.kill(self.random.randrange(len(self.crew)))

    def kill(self, n: int) -> str:
        """Let a worker die where it stands, and put a new one in its place."""
        dead = self.crew[n].work.worker
        self.crew[n] = self._hire()
        self.met["killed"] += 1
        return f"{dead} is killed"

    def _mend(self) -> str:
        self.mend()
        return "a person authorises again and retries what was refused"

    def mend(self) -> None:
        """Do what a person does: authorise again, offer refused sales once more."""
        ids = self._ids()
        with self.database.read() as connection:
            stuck = states.with_problems(connection, LICENCE)
            standing = [s for s in states.standings(connection, stuck) if s.licence == LICENCE] if stuck else []
        ids.ensure(2 * len(standing) + 1)
        with self.database.write() as connection:
            now = self.database.now(connection)
            for id in (_SOURCE, _TARGET):
                connections.set_state(connection, id, connections.OK, "", now)
            freed = start_over(connection, ids, standing, now)
            moves = states.compose_again(LICENCE, [s.document for s in freed], now)
            states.move(connection, moves, ids.take(len(moves)), now)

    def come_to_rest(self) -> None:
        """Stop all accidents and work until nothing moves any more; raise Broken when that never happens."""
        self.world.faulty = False
        for _ in range(_QUIET_STEPS):
            worked = [worker.step() for worker in self.crew]
            if any(worked):
                continue
            if self._is_at_rest():
                return
            self.mend()
            self.clock.advance(dt.timedelta(minutes=16))
            self.world.settle_late_commits()
        sentence = f"nothing comes to rest after {_QUIET_STEPS} steps"
        raise Broken(sentence)

    def _is_at_rest(self) -> bool:
        with self.database.read() as connection:
            counts = states.counts(connection)
            fetched = connection.scalar(sa.select(sa.func.count()).select_from(tables.document))
            cursor = connection.scalar(sa.select(tables.fetch_cursor.c.value))
        moving = counts["waiting"] + counts["in-doubt"] + counts["problem"]
        return not moving and fetched == len(self.world.orders()) and int(cursor or 0) == len(self.world.shop)

    def _hire(self) -> Worker:
        return Worker(self._workplace(f"w{next(self._names)}"))

    def _workplace(self, name: str) -> Workplace:
        return Workplace(
            worker=name,
            database=self.database,
            ids=self._ids(),
            vault=self.vault,
            sealing=Sealing(self.vault),
            instances=Instances(self.database, self.plugins, self.vault, self._context, self.plugins.problem_codes),
            clock=self.clock,
            random=self.random,
            log=KitContext().log,
            limits=LIMITS,
        )

    def _context(self, _row: ConnectionRow) -> Context:
        return KitContext(clock=self.clock)

    def _ids(self) -> Ids:
        return Ids(self.database)

    def _microseconds(self) -> int:
        return (self.clock.now() - EPOCH) // MICROSECOND

    def _database(self) -> Database:
        path = self.folder / f"{self.seed}.db"
        if self.template is not None:
            path.write_bytes(self.template.read_bytes())
        database = Database(f"sqlite:///{path}", self._microseconds, durable=False)
        if self.template is None:
            schema.upgrade(database)
        return database

    def _fill(self) -> None:
        now = self._microseconds()
        with self.database.write() as connection:
            for table, values in _rows(now):
                connection.execute(sa.insert(table).values(**values))


def _rows(now: int) -> Iterator[tuple[sa.Table, dict[str, object]]]:
    for id, name, role in ((_SOURCE, "shop", "source"), (_TARGET, "books", "target")):
        yield (
            tables.connection,
            {"id": id, "name": name, "plugin": name, "role": role, "settings": "{}", "state": "ok", "reason": "",
             "changed_at": now},
        )  # fmt: skip
    yield (
        tables.administration,
        {"id": _ADMINISTRATION, "connection": _TARGET, "code": "main", "name": "Main", "currency": "EUR",
         "environment": "", "facts": json.dumps({})},
    )  # fmt: skip
    yield (
        tables.licence,
        {"id": LICENCE, "name": "shop to books", "code": "S1M7", "source": _SOURCE, "unit": "shop",
         "target": _TARGET, "administration": _ADMINISTRATION, "start": "2026-01-01", "state": "active",
         "automatic": True, "interval_minutes": 1, "rules": 1, "applied": "", "next_at": now, "changed_at": now},
    )  # fmt: skip
    body = msgspec.json.encode(RULES).decode()
    yield tables.rules, {"licence": LICENCE, "version": 1, "body": body, "actor": "simulation", "at": now}
