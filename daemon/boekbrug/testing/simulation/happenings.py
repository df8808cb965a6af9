"""What can happen in a simulated world, and how often."""

import datetime as dt
import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

from boekbrug.store import caution
from boekbrug.testing.simulation.place import LIMITS
from boekbrug.testing.world import MOVED, PERIOD_CLOSED, STORM, Peril

if TYPE_CHECKING:
    from boekbrug.testing.simulation.simulator import Simulation

_WORK = 300
_GOES_ON = 0.7
"""How often one of those that are at work takes the next step, not one that may be idle."""
_UNTIL_MENDED = 10**6


class Happenings:
    """Draws what happens next; every world likes some of it more than others do."""

    def __init__(self, simulation: "Simulation") -> None:
        self._sim = simulation
        self._random = simulation.random
        self._copy = simulation.path.with_name(f"{simulation.path.name}.copy")
        self._copied = False
        rare: dict[Callable[[], str], int] = {
            self._kill: 3, self._die: 3, self._freeze: 2, self._jump: 1, self._close: 1, self._move: 1,
            self._storm: 1, self._fill_disk: 1, self._restart: 1, self._lose_commit: 2, self._stall: 2,
        }  # fmt: skip
        if simulation.stage.reverses:
            rare |= {self._reverse: 4, self._pass_a_day: 2}
        else:
            rare |= {self.back_up: 3, self._restore: 1}
        for liked in self._random.sample(list(rare), 2):
            rare[liked] *= 3
        self._weights = rare | {
            self._work: _WORK, self._sell: 36, self._change: 6, self._pass_time: 12, self._mend: 28, self._dawdle: 4
        }  # fmt: skip

    def next(self) -> str:
        """Let the next thing happen; return it as a line of the trace."""
        return self._random.choices(list(self._weights), weights=list(self._weights.values()))[0]()

    def strikes(self) -> dict[str, Callable[[int], str]]:
        """Name what can strike a worker where it stands, or in its next step."""
        strikes: dict[str, Callable[[int], str]] = {
            "killed": self._sim.kill, "frozen": self._freeze, "clock-jump": self._jump, "restored": self._restore,
        }  # fmt: skip
        strikes.update({str(peril): partial(self._plan, peril) for peril in Peril})
        lasting = {PERIOD_CLOSED: self._close, MOVED: self._move, STORM: self._storm}
        strikes.update({what: partial(self._meet, act) for what, act in lasting.items()})
        return strikes

    def likes(self, *names: str) -> None:
        """Let what is named happen five times as often."""
        for act in self._weights:
            if act.__name__.removeprefix("_") in names:
                self._weights[act] *= 5

    def never(self, *names: str) -> None:
        """Let what is named not happen."""
        self._weights = {
            act: weight for act, weight in self._weights.items() if act.__name__.removeprefix("_") not in names
        }

    def _anyone(self) -> int:
        """Choose a worker, one that is at work if any is."""
        busy = [n for n in range(len(self._sim.crew)) if self._sim.is_at_work(n)]
        return self._random.choice(busy or range(len(self._sim.crew)))

    def _work(self) -> str:
        awake = self._sim.awake()
        busy = [n for n in awake if self._sim.is_at_work(n)]
        return self._sim.work(self._random.choice(busy if busy and self._random.random() < _GOES_ON else awake))

    def _sell(self) -> str:
        return f"shop sells {self._sim.world.sell().number}"

    def _change(self) -> str:
        self._sim.world.change()
        return "shop changes an order"

    def _pass_time(self) -> str:
        return self._pass(dt.timedelta(seconds=self._random.choice((20, 61, 200, 700))))

    def _pass_a_day(self) -> str:
        return self._pass(dt.timedelta(hours=26))

    def _pass(self, time: dt.timedelta) -> str:
        self._sim.clock.advance(time)
        self._sim.world.settle_late_commits()
        self._sim.overlook()
        return f"{time} passes"

    def _kill(self) -> str:
        return self._sim.kill(self._anyone())

    def _die(self) -> str:
        self._sim.perils.plan(Peril.DIED, self._random.randint(0, 8))
        return "somebody dies soon"

    def _fill_disk(self) -> str:
        lasts = self._random.choice((1, 4, 12, _UNTIL_MENDED))
        self._sim.perils.plan(Peril.DISK_FULL, self._random.randint(0, 6), lasts)
        return "the disk is full soon"

    def _restart(self) -> str:
        self._sim.perils.plan(Peril.RESTART, self._random.randint(0, 12), lasts=self._random.randint(1, 2))
        return "the database restarts soon"

    def _stall(self) -> str:
        self._sim.perils.plan(Peril.STALLED, self._random.randint(0, 12))
        return "somebody stalls soon"

    def _lose_commit(self) -> str:
        self._sim.perils.plan(Peril.LOST_COMMIT, self._random.randint(0, 6))
        return "the answer to a commit is lost soon"

    def _freeze(self, n: int | None = None) -> str:
        """Let a worker stand still for longer than its lease while the others go on."""
        n = self._anyone() if n is None else n
        worker = self._sim.crew[n].work.worker
        self._sim.frozen[worker] = self._random.randint(5, 20)
        self._sim.strike(n, "frozen")
        self._pass(LIMITS.lease + dt.timedelta(seconds=1))
        return f"{worker} freezes for longer than its lease"

    def _dawdle(self) -> str:
        """Let a worker stand still within its lease, with all that it holds."""
        worker = self._sim.crew[self._anyone()].work.worker
        self._sim.frozen[worker] = self._random.randint(5, 20)
        return f"{worker} dawdles"

    def _plan(self, peril: Peril, n: int) -> str:
        self._sim.perils.plan(peril, 0, lasts=2)
        return f"{peril}: {self._sim.work(n)}"

    def _meet(self, act: Callable[[], str], n: int) -> str:
        return f"{act()}: {self._sim.work(n)}"

    def _jump(self, n: int | None = None) -> str:
        """Put the clock forward by hours, or back a little, as a person or a time server does."""
        by = self._random.choice((dt.timedelta(hours=1), dt.timedelta(hours=7), -dt.timedelta(seconds=90)))
        self._sim.strike(self._anyone() if n is None else n, "clock-jump")
        self._sim.world.went_back |= by < dt.timedelta()
        self._pass(by)
        return f"the clock jumps by {by}"

    def _close(self) -> str:
        self._sim.world.close(closed=True)
        return "the period is closed in the books"

    def _move(self) -> str:
        # every second move leaves a server behind
        leaving = len(self._sim.trace) % 2 == 1
        self._sim.world.move(leaving_a_server=leaving)
        return f"the books move to another address{', and a server stays that knows nothing' if leaving else ''}"

    def _storm(self) -> str:
        self._sim.chance.begin_storm(self._random.randint(3, 8))
        return "the books answer 429 to whatever comes"

    def _mend(self) -> str:
        self._sim.person.mend()
        return "a person mends, authorises again and retries what was refused"

    def _reverse(self) -> str:
        return self._sim.person.reverse(
            self._random, self._random.choice(list(self._sim.stage.rules)), rebook=self._random.random() < 0.6
        )

    def back_up(self) -> str:
        """Copy the database."""
        with closing(sqlite3.connect(self._sim.path)) as origin, closing(sqlite3.connect(self._copy)) as copy:
            origin.backup(copy)
        self._copied = True
        return "the database is copied"

    def _restore(self, n: int | None = None) -> str:
        """Put the last copy back, as `db restore` does; all workers end with that."""
        if not self._copied:
            return "there is no copy to put back"
        self._sim.strike(self._anyone() if n is None else n, "restored")
        self._sim.perils.clear()
        with closing(sqlite3.connect(self._copy)) as origin, closing(sqlite3.connect(self._sim.path)) as live:
            origin.backup(live)
        self._sim.world.vendor.excused = self._sim.world.put_back = True
        house = self._sim.house
        with house.database.write() as connection:
            caution.begin(connection, house.microseconds())
        self._sim.hire_all()
        return "an old copy of the database is put back"
