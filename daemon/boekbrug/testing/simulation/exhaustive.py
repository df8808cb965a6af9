"""Leave nothing to chance: every point at which a worker can die, every order in which two can take turns."""

import datetime as dt
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

from boekbrug.testing.simulation.invariants import Broken, demand
from boekbrug.testing.simulation.place import LIMITS
from boekbrug.testing.simulation.simulator import Simulation
from boekbrug.testing.world import Died, Fault, Peril

_STEPS_AT_MOST = 60
_NOBODY, _BUYER = 0, 1
_A_MOMENT = dt.timedelta(seconds=5)
_OVER = dt.timedelta(hours=50)
"""From the morning of a day until its end and the day of delay after it are past."""
_RUNS = (dt.timedelta(), dt.timedelta(minutes=16), dt.timedelta(minutes=16))
"""The pauses before the runs in which a worker may die: at once, and past what waits for a look or a next try."""


def every_death(
    folder: Path,
    template: Path,
    fault: Fault | None,
    after: int = 0,
    *,
    scenario: Callable[[Simulation], None] | None = None,
    stride: int = 1,
) -> int:
    """Run a scenario once per point, dying there; return how many points there were at most; raise Broken.

    A point is the beginning and end of every call, between the items of a batch, and before and after every
    transaction is kept; between two of them nothing happens that outlives the worker. It works through the first run
    and through what that left for later: the look for what is in doubt, the next try, the new entry after a reversal.
    The accident happens after so many calls that go well: the first calls make customers, the later ones entries. A
    `stride` above 1 takes only every so many of the points.
    """
    for point in count(0, stride):
        simulation = _prepared(folder, template, fault, after, scenario)
        simulation.perils.plan(Peril.DIED, point)
        before = len(simulation.world.records)
        try:
            died = _dies(simulation)
            if not died:
                _demand_full_course(simulation, before, fault)
            simulation.come_to_rest()
            simulation.watch.end(simulation.house.database)
        except Broken as broken:
            broken.add_note(f"accident {fault} after {after} calls, died at point {point}")
            raise
        finally:
            simulation.close()
        if not died:
            return point
    raise AssertionError  # there is always a point that no worker reaches


def _demand_full_course(simulation: Simulation, before: int, fault: Fault | None) -> None:
    """Demand that a worker which was spared has met the accident, or booked something where there was none."""
    if fault is None:
        demand(len(simulation.world.records) > before, "nothing is booked while the worker may die")
    else:
        demand(simulation.chance.met[fault.value] == 1, f"{fault} does not happen while the worker may die")


def three_sales(simulation: Simulation) -> None:
    """Let three sales come in, of which two share a customer."""
    for unit, buyer in (("shop", _BUYER), ("till", _BUYER), ("shop", 2)):
        simulation.world.sell(unit, buyer)


def a_reversal(simulation: Simulation) -> None:
    """Let a sale be booked, and reversed to be booked anew."""
    simulation.world.sell("shop", _BUYER)
    _run(simulation)
    simulation.person.reverse(simulation.random, "shop", rebook=True)


def a_day(simulation: Simulation) -> None:
    """Let a day of two sales be over."""
    simulation.world.sell("till", _BUYER)
    simulation.world.sell("till", 2)
    _run(simulation)
    simulation.clock.advance(_OVER)


def a_correction(simulation: Simulation) -> None:
    """Let a sale change after its day was booked."""
    a_day(simulation)
    _run(simulation)
    simulation.world.change()
    simulation.clock.advance(dt.timedelta(minutes=2))


def the_last_moment(simulation: Simulation, stalls_at: int | None = None) -> bool:
    """Let a call arrive as late as a call can, while a worker looks for it as often as it likes; raise Broken.

    With `stalls_at` the worker stands still at that one of its transactions, before it calls: return whether it did.
    """
    world, worker = simulation.world, simulation.crew[0]
    simulation.chance.faulty = False
    world.sell("shop", _NOBODY)
    simulation.chance.script = [Fault.LATE_COMMIT]
    if stalls_at is not None:
        simulation.perils.plan(Peril.STALLED, stalls_at)
    with simulation.perils.at_work():
        while not world.under_way:
            if worker.step() is None:
                simulation.clock.advance(_A_MOMENT)
    stalled = simulation.perils.met[Peril.STALLED.value] > 0
    ((_, commit),) = world.under_way
    # a call may begin until the lease is over; one that a stall held up has begun just now
    latest = LIMITS.call_deadline if stalled else LIMITS.lease + LIMITS.call_deadline
    world.under_way = [(simulation.clock.now() + latest, commit)]
    while world.under_way:
        while worker.step():
            simulation.watch.now()
        simulation.clock.advance(_A_MOMENT)
        world.settle_late_commits()
    simulation.watch.now()
    simulation.come_to_rest()
    simulation.watch.end(simulation.house.database)
    return stalled


def every_stall(folder: Path, template: Path) -> int:
    """Let a worker stand still at each of its transactions in turn, and its call arrive at the last moment.

    Return how many transactions there were; raise Broken.
    """
    for point in count():
        simulation = Simulation(seed=3, folder=folder, template=template, workers=1)
        simulation.chance.rate = 0
        try:
            stalled = the_last_moment(simulation, point)
        except Broken as broken:
            broken.add_note(f"stalled at point {point}")
            raise
        finally:
            simulation.close()
        if not stalled:
            return point
    raise AssertionError  # a worker makes no more transactions once its call is under way


SCENARIOS = (three_sales, a_reversal, a_day, a_correction)


def every_interleaving(
    folder: Path, template: Path, fault: Fault | None, *, waits: bool = False, stride: int = 1
) -> int:
    """Run two workers over two sales in all orders with at most two switches; return how many there were.

    The sales are of two licences and one customer, fetched and composed. The first worker takes some steps, the second
    some, then the first goes on to its end and after it the second. With `waits` each stops for longer than its lease,
    else all of it happens at one moment. A `stride` above 1 takes only every so many of the orders.
    """
    longest = []
    for worker in (0, 1):
        alone = _two_workers(folder, template, fault)
        longest.append(sum(1 for _ in _steps(alone, worker)))
        alone.close()
    orders = [(first, second) for first in range(longest[0] + 1) for second in range(1, longest[1] + 1)]
    for first, second in orders[::stride]:
        simulation = _two_workers(folder, template, fault)
        try:
            _take_turns(simulation, first, second, waits=waits)
        except Broken as broken:
            broken.add_note(f"accident {fault}, switched after {first} steps and after {second} more, waits: {waits}")
            raise
        finally:
            simulation.close()
    return len(orders[::stride])


def _take_turns(simulation: Simulation, first: int, second: int, *, waits: bool) -> None:
    for worker, steps in ((0, first), (1, second), (0, _STEPS_AT_MOST), (1, _STEPS_AT_MOST)):
        for _, _ in zip(range(steps), _steps(simulation, worker), strict=False):
            simulation.watch.now()
        if waits:
            simulation.clock.advance(LIMITS.lease + dt.timedelta(seconds=1))
            simulation.world.settle_late_commits()
    simulation.come_to_rest()
    simulation.watch.end(simulation.house.database)


def _prepared(
    folder: Path, template: Path, fault: Fault | None, after: int, scenario: Callable[[Simulation], None] | None
) -> Simulation:
    simulation = Simulation(seed=3, folder=folder, template=template, workers=1)
    simulation.chance.rate = 0
    simulation.chance.faulty = False
    (scenario or three_sales)(simulation)
    simulation.chance.script = [None] * after + [fault] if fault else []
    return simulation


def _two_workers(folder: Path, template: Path, fault: Fault | None) -> Simulation:
    # an even seed: each sale of both licences is an entry of its own
    simulation = Simulation(seed=6, folder=folder, template=template, workers=2)
    simulation.chance.rate = 0
    simulation.chance.faulty = False
    for unit in ("shop", "till"):
        simulation.world.sell(unit, _BUYER)
    for worker in (0, 1):
        for step in _phases(simulation, worker):
            if step == "composed":
                break
    simulation.hire_all()
    simulation.clock.advance(LIMITS.lease + dt.timedelta(minutes=2))
    simulation.chance.script = [fault] if fault else []
    return simulation


def _dies(simulation: Simulation) -> bool:
    """Let a worker work until it dies or is done; tell which."""
    try:
        with simulation.perils.at_work():
            for pause in _RUNS:
                simulation.clock.advance(pause)
                simulation.world.settle_late_commits()
                _run(simulation)
    except Died:
        simulation.hire_all()
        simulation.watch.now()
        return True
    return False


def _run(simulation: Simulation) -> None:
    for _ in _steps(simulation):
        simulation.watch.now()


def _steps(simulation: Simulation, worker: int = 0) -> Iterator[None]:
    for _ in _phases(simulation, worker):
        yield


def _phases(simulation: Simulation, worker: int) -> Iterator[str]:
    for _ in range(_STEPS_AT_MOST):
        step = simulation.crew[worker].step()
        if step is None:
            return
        yield step.phase
