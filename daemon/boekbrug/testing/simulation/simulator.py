"""One simulated run: workers take steps in any order, die, freeze and come back; a person mends what only they can."""

import datetime as dt
import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from boekbrug.booking.rules import PaymentRule, Rules, VatRule, VatScheme
from boekbrug.contract import Context, DocumentKind, EntryKind, ProblemCode, Source, Target, Treatment
from boekbrug.problems import Catalogue
from boekbrug.runtime.instances import Instances
from boekbrug.runtime.secrets import Vault, new_keys
from boekbrug.store import caution, connections, schema, states, tables
from boekbrug.store.connections import ConnectionRow
from boekbrug.store.database import Database
from boekbrug.store.ids import Ids
from boekbrug.sync.revise import again, start_over
from boekbrug.sync.sealing import Sealing
from boekbrug.sync.worker import Worker
from boekbrug.sync.workplace import MICROSECOND, Limits, Workplace
from boekbrug.testing.clock import SettableClock
from boekbrug.testing.context import KitContext
from boekbrug.testing.simulation.invariants import Broken, check_end, check_now
from boekbrug.testing.simulation.shop import source_of
from boekbrug.testing.simulation.world import World, target_of

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
LICENCES = {"shop": 1_000_000_001, "till": 1_000_000_011}
_SOURCE, _TARGET, _ADMINISTRATION = 1_000_000_002, 1_000_000_003, 1_000_000_004
LIMITS = Limits(
    lease=dt.timedelta(seconds=60),
    call_deadline=dt.timedelta(seconds=30),
    quiet_period=dt.timedelta(minutes=10),
    batch=7,
)
_QUIET_STEPS = 5000
LEAST_FAULTS = 20
STARTS = (
    dt.datetime(2026, 9, 15, 10, 0, tzinfo=dt.UTC),
    # the nights in which summer time begins and ends, half an hour before
    dt.datetime(2026, 3, 29, 0, 30, tzinfo=dt.UTC),
    dt.datetime(2026, 10, 25, 0, 30, tzinfo=dt.UTC),
)

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


class Disk(Database):
    """A database whose disk is full now and then: a transaction is refused at its end, and nothing of it remains."""

    def __init__(self, url: str, clock: Callable[[], int]) -> None:
        super().__init__(url, clock, durable=False)
        self.fails_in: int | None = None

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Run one transaction, unless there is no room for it."""
        with super().write() as connection:
            yield connection
            if self.fails_in is None:
                return
            self.fails_in -= 1
            if self.fails_in < 0:
                self.fails_in = None
                raise OperationalError("commit", None, sqlite3.OperationalError("database or disk is full"))


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
        self.clock = SettableClock(STARTS[self.seed % len(STARTS)])
        self.world = World(clock=self.clock, random=self.random, call_deadline=LIMITS.call_deadline)
        self.database = self.disk = self._database()
        self.vault = Vault(new_keys(self.random.randbytes), self.random.randbytes)
        self.plugins = Plugins(
            sources={"shop": source_of(self.world)},
            # every second world has books whose entries are prepared without asking them
            targets={"books": target_of(self.world, batch_size=self.batch_size, prepare_asks=self.seed % 2 == 0)},
            problem_codes=Catalogue(),
        )
        self._names = iter(range(1, 1_000_000))
        self.frozen: dict[str, int] = {}
        self.phases: dict[int, str] = {}
        self.coverage: Counter[tuple[str, str, str]] = Counter()
        self._seen: Counter[str] = Counter()
        self._copy = self.folder / f"{self.seed}.db.copy"
        self.copied = False
        self._acts: dict[Callable[[], str], int] = {
            self._work: 120, self._sell: 12, self._change: 4, self._pass_time: 14, self._kill: 3, self._mend: 12,
            self._freeze: 2, self._jump: 1, self._close: 1, self._move: 1, self._fill_disk: 2, self._back_up: 4,
            self._restore: 2,
        }  # fmt: skip
        self._fill()
        self.crew = [self._hire() for _ in range(self.workers)]

    def run(self, steps: int = 200) -> None:
        """Take so many steps in a faulty world, then let everything come to rest; raise Broken."""
        try:
            while len(self.trace) < steps or (self.world.faulty and self.faults() < LEAST_FAULTS):
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
        act = self.random.choices(list(self._acts), weights=list(self._acts.values()))[0]
        self.trace.append(f"{self.clock.now():%H:%M:%S} {act()}")

    def likes(self, *names: str) -> None:
        """Let what is named happen five times as often."""
        for act in self._acts:
            if act.__name__.removeprefix("_") in names:
                self._acts[act] *= 5

    def never(self, *names: str) -> None:
        """Let what is named not happen."""
        self._acts = {act: often for act, often in self._acts.items() if act.__name__.removeprefix("_") not in names}

    def faults(self) -> int:
        """Count what went wrong so far."""
        ordinary = ("step:", "undisturbed")
        met = self.met + self.world.met
        return sum(count for what, count in met.items() if not what.startswith(ordinary))

    def _work(self) -> str:
        n = self.random.randrange(len(self.crew))
        worker = self.crew[n]
        if self.frozen.get(worker.work.worker, 0) > 0:
            self.frozen[worker.work.worker] -= 1
            return f"{worker.work.worker} is frozen"
        try:
            done = worker.step()
        except OperationalError:
            self._cover(n, "disk-full")
            self.crew[n] = self._hire()
            return f"{worker.work.worker} could not write and starts anew"
        self._cover(n, None if done is None else done.phase)
        if done is not None:
            self.met[f"step:{done.phase}"] += 1
        return f"{worker.work.worker} {done.phase if done else 'finds nothing to do'} {done.done if done else ''}"

    def _sell(self) -> str:
        return f"shop sells {self.world.sell().number}"

    def _change(self) -> str:
        self.world.change()
        return "shop changes an order"

    def _freeze(self) -> str:
        """Let a worker stand still for longer than its lease while the others go on."""
        n = self.random.randrange(len(self.crew))
        worker = self.crew[n].work.worker
        self.frozen[worker] = self.random.randint(5, 20)
        self._strike(n, "frozen")
        self.clock.advance(LIMITS.lease + dt.timedelta(seconds=1))
        self.world.settle_late_commits()
        return f"{worker} freezes for longer than its lease"

    def _jump(self) -> str:
        """Put the clock forward by hours, or back a little, as a person or a time server does."""
        by = self.random.choice((dt.timedelta(hours=1), dt.timedelta(hours=7), -dt.timedelta(seconds=90)))
        self.clock.advance(by)
        self.world.settle_late_commits()
        self._strike(0, "clock-jump")
        return f"the clock jumps by {by}"

    def _close(self) -> str:
        self.world.is_closed = True
        self._strike(0, "period-closed")
        return "the period is closed in the books"

    def _move(self) -> str:
        self.world.is_moved = True
        self._strike(0, "moved")
        return "the books move to another address"

    def _fill_disk(self) -> str:
        self.disk.fails_in = self.random.randint(0, 6)
        return "the disk is full soon"

    def _back_up(self) -> str:
        assert self.database.path is not None
        with closing(sqlite3.connect(self.database.path)) as origin, closing(sqlite3.connect(self._copy)) as copy:
            origin.backup(copy)
        self.copied = True
        return "the database is copied"

    def _restore(self) -> str:
        """Put the last copy back, as `db restore` does; all workers end with that."""
        if not self.copied:
            return "there is no copy to put back"
        self._strike(0, "restored")
        self.disk.fails_in = None
        path = self.database.path
        assert path is not None
        with closing(sqlite3.connect(self._copy)) as origin, closing(sqlite3.connect(path)) as live:
            origin.backup(live)
        self.frozen.clear()
        with self.database.write() as connection:
            caution.begin(connection, self._microseconds())
        self.crew = [self._hire() for _ in self.crew]
        return "an old copy of the database is put back"

    def _cover(self, n: int, phase: str | None) -> None:
        """Note what went wrong in a worker's step, by the phase before it and the states entries were in."""
        struck = self.world.met - self._seen
        self._seen = self.world.met.copy()
        if phase == "disk-full":
            struck["disk-full"] += 1
            self.met["disk-full"] += 1
        for fault in struck:
            self._note(n, fault)
        if phase not in (None, "disk-full"):
            self.phases[n] = str(phase)

    def _strike(self, n: int, fault: str) -> None:
        self.met[fault] += 1
        self._note(n, fault)

    def _note(self, n: int, fault: str) -> None:
        with self.database.read() as connection:
            found = connection.scalars(sa.select(tables.entry_state.c.state).distinct()).all()
        for state in found or ["none"]:
            self.coverage[state, fault, self.phases.get(n, "idle")] += 1

    def _pass_time(self) -> str:
        seconds = self.random.choice((1, 5, 20, 61, 200, 700))
        self.clock.advance(dt.timedelta(seconds=seconds))
        self.world.settle_late_commits()
        return f"{seconds} seconds pass"

    def _kill(self) -> str:
        return self.kill(self.random.randrange(len(self.crew)))

    def kill(self, n: int) -> str:
        """Let a worker die where it stands, and put a new one in its place."""
        dead = self.crew[n].work.worker
        self._strike(n, "killed")
        self.crew[n] = self._hire()
        return f"{dead} is killed"

    def _mend(self) -> str:
        self.mend()
        return "a person authorises again and retries what was refused"

    def mend(self) -> None:
        """Do what a person does: make room, authorise again, open the period, offer refused sales once more."""
        self.disk.fails_in = None
        self.world.mend()
        ids = self._ids()
        with self.database.read() as connection:
            stuck = [id for licence in LICENCES.values() for id in states.with_problems(connection, licence)]
            standing = states.standings(connection, stuck) if stuck else []
        ids.ensure(2 * len(standing) + 1)
        with self.database.write() as connection:
            now = self.database.now(connection)
            for id in (_SOURCE, _TARGET):
                connections.set_state(connection, id, connections.OK, "", now)
            freed = start_over(connection, ids, standing, now)
            moves = again(connection, freed, now)
            states.move(connection, moves, ids.take(len(moves)), now)

    def come_to_rest(self) -> None:
        """Stop all accidents and work until nothing moves any more; raise Broken when that never happens."""
        self.world.faulty = False
        self.disk.fails_in = None
        self.frozen.clear()
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
            cursors = connection.scalars(sa.select(tables.fetch_cursor.c.value)).all()
        moving = counts["waiting"] + counts["in-doubt"] + counts["problem"]
        return (
            not moving
            and fetched == len(self.world.orders())
            and sum(int(one or 0) for one in cursors) == len(self.world.shop)
        )

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

    def _database(self) -> Disk:
        path = self.folder / f"{self.seed}.db"
        if self.template is not None:
            path.write_bytes(self.template.read_bytes())
        database = Disk(f"sqlite:///{path}", self._microseconds)
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
    body = msgspec.json.encode(RULES).decode()
    for n, (unit, id) in enumerate(LICENCES.items(), 7):
        yield (
            tables.licence,
            {"id": id, "name": f"{unit} to books", "code": f"S1M{n}", "source": _SOURCE, "unit": unit,
             "target": _TARGET, "administration": _ADMINISTRATION, "start": "2026-01-01", "state": "active",
             "automatic": True, "interval_minutes": 1, "rules": 1, "applied": "", "next_at": now, "changed_at": now},
        )  # fmt: skip
        yield tables.rules, {"licence": id, "version": 1, "body": body, "actor": "simulation", "at": now}
