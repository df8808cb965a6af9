"""One simulated run: workers take steps in any order, die, freeze and come back; a person mends what only they can."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from boekbrug.store import states, tables
from boekbrug.sync.worker import Worker
from boekbrug.testing.simulation.coverage import Cell, phase_of
from boekbrug.testing.simulation.happenings import Happenings
from boekbrug.testing.simulation.invariants import Broken, demand
from boekbrug.testing.simulation.person import Person
from boekbrug.testing.simulation.place import LIMITS, SimulatedHouse
from boekbrug.testing.simulation.stage import StageMaker, own_stage
from boekbrug.testing.world import Chance, Died, Fault, Perils

STEPS = 200
LEAST_FAULTS, LEAST_UNKNOWN = 20, 3
_AT_MOST = 20
"""How many times its steps a run may take until enough has gone wrong."""
_ROUNDS_TO_REST = 60
_ON_THEIR_WAY = ("claimed", "sending", "in-doubt")
_STEPS_TO_REST = 4000
_A_WAIT = (dt.timedelta(minutes=16),) * 2 + (dt.timedelta(hours=13),)
"""How long to wait while nothing is due: past a quiet period and some backoffs, then past the end of a day."""


@dataclass(kw_only=True)
class Simulation:
    """The engine over a database of its own, in a world made from one seed.

    What cannot be promised together is simulated apart (docs/guarantees.md): an even seed puts old databases back and
    books each sale by itself, an odd one reverses, corrects and books one of its units per day.
    """

    seed: int
    folder: Path
    workers: int = 2
    batch_size: int = 2
    template: Path | None = None
    #: what the engine is put on, made from chance, perils and the seed
    staged: StageMaker | None = None
    trace: list[str] = field(default_factory=list)
    met: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        chance = Chance(random=self.random, favourites=tuple(self.random.sample(list(Fault), 2)))
        self.chance, self.perils = chance, Perils()
        self.stage = (self.staged or own_stage)(chance, self.perils, self.seed, self.batch_size)
        self.world, self.clock = self.stage.world, self.stage.world.clock
        self.perils.stall = self._stall
        self.path = self.folder / f"{self.seed}.db"
        self.house = SimulatedHouse(self.stage, self.path, self.template)
        self.house.furnish()
        self.person = Person(self.house, self.world)
        self.watch = self.stage.watch(self.path, self.world)
        self._names = iter(range(1, 1_000_000))
        self.frozen: dict[str, int] = {}
        self.coverage: Counter[Cell] = Counter()
        self._phases: dict[int, str] = {}
        self._licences: dict[int, int] = {}
        self._seen: Counter[str] = Counter()
        self.crew = [self._hire() for _ in range(self.workers)]
        self.happenings = Happenings(self)

    def run(self, steps: int = STEPS) -> None:
        """Take so many steps in a faulty world, then let everything come to rest; raise Broken."""
        try:
            while len(self.trace) < steps or (self.chance.faulty and not self.is_trying()):
                demand(len(self.trace) < steps * _AT_MOST, "too few accidents come")
                at = f"{self.clock.now():%m-%d %H:%M:%S}"
                self.trace.append(f"{at} {self.happenings.next()}")
                self.watch.now()
            self.come_to_rest()
            self.watch.end(self.house.database)
        except Exception as broken:
            broken.add_note(f"seed {self.seed}, after step {len(self.trace)}")
            raise
        finally:
            self.close()

    def close(self) -> None:
        """Throw the database away."""
        self.watch.close()
        self.house.close()
        for file in self.folder.glob(f"{self.path.name}*"):
            file.unlink()

    def faults(self) -> int:
        """Count what went wrong so far."""
        return sum(count for what, count in self.all_met().items() if not what.startswith("step:"))

    def is_trying(self) -> bool:
        """Tell whether enough has gone wrong, and enough calls have ended without the client knowing how."""
        return self.faults() >= LEAST_FAULTS and self.chance.unknown >= LEAST_UNKNOWN

    def all_met(self) -> Counter[str]:
        """Count what happened so far."""
        return self.met + self.chance.met + self.perils.met

    def work(self, n: int) -> str:
        """Let a worker take a step, or die in it; one that cannot reach its database starts anew."""
        worker = self.crew[n]
        name = worker.work.worker
        states, refused = self.states(n), self.perils.refused
        try:
            with self.perils.at_work():
                done = worker.step()
        except Died:
            self._replace(n, states)
            return f"{name} dies in the middle of a step"
        except OperationalError as error:
            if self.perils.refused == refused:
                raise
            self._replace(n, states)
            return f"{name} has lost its database ({error.orig}) and starts anew"
        self._cover(n, states)
        self._stands(n, "idle" if done is None else done.phase)
        if done is None:
            self.clock.advance(dt.timedelta(seconds=self.random.choice((1, 5, 20, 61))))
            self.world.settle_late_commits()
            return f"{name} finds nothing to do"
        self.met[f"step:{done.phase}"] += 1
        return f"{name} {done.phase} {done.done or ''}".rstrip()

    def strike(self, n: int, fault: str) -> None:
        """Count what strikes worker `n`, unless it is idle, by the phase that it is in and the states of entries."""
        if self.is_at_work(n):
            self.met[fault] += 1
            self._note(n, fault, self.states(n))

    def is_at_work(self, n: int) -> bool:
        """Tell whether a worker has a run under way."""
        return self.stands_at(n) not in ("idle", "run-done", "claim-lost")

    def awake(self) -> list[int]:
        """List the workers that do not stand still; whoever does is a step nearer to going on, at once if all do."""
        self.frozen = {name: left - 1 for name, left in self.frozen.items() if left > 1}
        awake = [n for n, worker in enumerate(self.crew) if worker.work.worker not in self.frozen]
        if not awake:
            self.frozen.clear()
        return awake or list(range(len(self.crew)))

    def states(self, n: int) -> list[str]:
        """List the states of the entries of the licence that a worker was at last."""
        licence = self._licences.get(n)
        return [] if licence is None else self.watch.states(licence) or ["none"]

    def phase(self, n: int) -> str:
        """Return the phase that a worker is in, by its last step."""
        return phase_of(self.stands_at(n))

    def stands_at(self, n: int) -> str:
        """Return the last step of a worker."""
        return self._phases.get(n, "idle")

    def overlook(self) -> None:
        """Leave out of the table what befell no worker: late commits that arrive as time passes."""
        self._seen = self.chance.met + self.perils.met

    def kill(self, n: int) -> str:
        """Let a worker die where it stands, and put a new one in its place."""
        dead = self.crew[n].work.worker
        self.strike(n, "killed")
        self._replace(n, self.states(n))
        return f"{dead} is killed"

    def hire_all(self) -> None:
        """Put new workers in the place of all."""
        self.frozen.clear()
        self._phases.clear()
        self._licences.clear()
        self.crew = [self._hire() for _ in self.crew]

    def come_to_rest(self) -> None:
        """Stop all accidents and work until nothing moves any more; raise Broken when that never happens."""
        self.chance.faulty, self.chance.storm = False, 0
        self.chance.script.clear()
        self.perils.clear()
        self.frozen.clear()
        left = _STEPS_TO_REST
        for n in range(_ROUNDS_TO_REST):
            while left > 0 and self._all_work():
                left -= len(self.crew)
            if self._is_at_rest():
                return
            self.person.mend()
            self.clock.advance(_A_WAIT[n % len(_A_WAIT)])
            self.world.settle_late_commits()
        sentence = f"nothing comes to rest: {self._left()}"
        raise Broken(sentence)

    def _stall(self) -> None:
        """Let more time pass than a lease and a quiet period take together."""
        self.clock.advance(LIMITS.lease + LIMITS.quiet_period + dt.timedelta(minutes=1))
        self.world.settle_late_commits()

    def _all_work(self) -> bool:
        worked = [worker.step() for worker in self.crew]
        return any(worked)

    def _is_at_rest(self) -> bool:
        # a late commit is late by less than what was waited for; reversals may still be on their way
        return not self.world.under_way and not self._left()

    def _left(self) -> dict[str, int]:
        state = tables.entry_state.c
        with self.house.database.read() as connection:
            counts = states.counts(connection)
            fetched = connection.scalar(sa.select(sa.func.count()).select_from(tables.document))
            cursors = connection.scalars(sa.select(tables.fetch_cursor.c.value)).all()
            moving = sa.select(sa.func.count()).where(state.state.not_in(("booked", "replaced")))
            entries = connection.scalar(moving) or 0
            party = tables.party.c.state.in_(_ON_THEIR_WAY)
            customers = connection.scalar(sa.select(sa.func.count()).where(party)) or 0
            changed = sa.and_(tables.document_state.c.next_at.is_not(None), tables.document_state.c.state == "booked")
            correcting = connection.scalar(sa.select(sa.func.count()).where(changed)) or 0
        left = {state: counts[state] for state in ("waiting", "in-doubt", "problem")}
        left |= {
            "entries": entries,
            "customers": customers,
            "corrections": correcting if self.world.totals_per_day else 0,
        }
        left["unfetched"] = self.world.unfetched(fetched or 0, cursors)
        return {what: count for what, count in left.items() if count}

    def _replace(self, n: int, states: list[str]) -> None:
        self._cover(n, states)
        self.crew[n] = self._hire()
        self._phases.pop(n, None)
        self._licences.pop(n, None)

    def _stands(self, n: int, step: str) -> None:
        self._phases[n] = step
        if step == "claimed-licence" and (licence := self.watch.licence_of(self.crew[n].work.worker)) is not None:
            self._licences[n] = licence

    def _cover(self, n: int, states: list[str]) -> None:
        """Note what went wrong in a worker's step, by its phase and the states before it."""
        met = self.chance.met + self.perils.met
        for fault in met - self._seen:
            self._note(n, fault, states)
        self._seen = met

    def _note(self, n: int, fault: str, states: list[str]) -> None:
        for state in states:
            self.coverage[state, fault, self.phase(n)] += 1

    def _hire(self) -> Worker:
        return Worker(self.house.place(f"w{next(self._names)}"))
