"""The threads that work on what is due; when there is nothing they sleep until they are woken."""

import datetime as dt
import time
from collections.abc import Callable
from threading import Event, Thread

from boekbrug.sync.house import House
from boekbrug.sync.worker import Worker
from boekbrug.sync.workplace import Workplace

Monotonic = Callable[[], float]


class Hand:
    """One thread with a workplace of its own; after a failure it starts anew at another one."""

    def __init__(self, house: House, name: str, monotonic: Monotonic = time.monotonic) -> None:
        self.worker: str | None = None
        self._house, self._name, self._monotonic = house, name, monotonic
        self._log = house.log.bind(hand=name)
        self._woken, self._stopping = Event(), Event()
        self._busy_since: float | None = None
        # a daemon thread: a call that never ends must not keep the process from ending
        self._thread = Thread(target=self._live, name=name, daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def wake(self) -> None:
        """Look for work now."""
        self._woken.set()

    def stop(self) -> None:
        """Finish the call in hand with its outcome, and end."""
        self._stopping.set()
        self._woken.set()

    def join(self, seconds: float) -> bool:
        """Wait for the end; return whether it came."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def is_well(self, patience: dt.timedelta) -> bool:
        """Tell whether it lives and has not been at one step for longer than `patience`."""
        since = self._busy_since
        return self._thread.is_alive() and (since is None or self._monotonic() - since < patience.total_seconds())

    def _live(self) -> None:
        while not self._stopping.is_set():
            try:
                with self._house.workplace(self._name) as place:
                    self.worker = place.worker
                    self._work(place)
            except Exception:  # noqa: BLE001 - one of the two boundaries at which anything is caught
                self._log.exception("worker.failed")
                self._woken.clear()
                self._rest()
            finally:
                self.worker = None

    def _work(self, place: Workplace) -> None:
        worker = Worker(place)
        while not (self._stopping.is_set() and worker.may_stop):
            self._woken.clear()
            self._busy_since = self._monotonic()
            if worker.step() is None:
                self._rest()
        worker.drop()

    def _rest(self) -> None:
        self._busy_since = None
        # whoever stops us says so before waking us, so that a stop between this look and the wait is not missed
        if not self._stopping.is_set():
            self._woken.wait()


class Pool:
    """All hands of this process."""

    def __init__(self, house: House, size: int) -> None:
        engine = house.settings.engine
        self._deadline = engine.call_deadline
        #: a step makes one call; a hand that takes longer than its lease lasts hangs
        self._patience = dt.timedelta(seconds=engine.call_deadline + engine.lease)
        self._hands = [Hand(house, f"worker-{n}") for n in range(1, size + 1)]

    def __len__(self) -> int:
        return len(self._hands)

    def start(self) -> None:
        """Let all hands begin."""
        for hand in self._hands:
            hand.start()

    def wake(self) -> None:
        """Let all hands look for work."""
        for hand in self._hands:
            hand.wake()

    def well(self) -> int:
        """Count the hands that live and do not hang."""
        return sum(hand.is_well(self._patience) for hand in self._hands)

    def workers(self) -> list[str]:
        """Name the workers whose leases are to be kept; one that hangs is not among them."""
        return [hand.worker for hand in self._hands if hand.worker is not None and hand.is_well(self._patience)]

    def stop(self) -> int:
        """Let all hands finish the call in hand; return how many had not after the deadline of a call."""
        for hand in self._hands:
            hand.stop()
        end = time.monotonic() + self._deadline
        return sum(not hand.join(max(end - time.monotonic(), 0)) for hand in self._hands)
