"""What the service does by the clock: look for due work, keep leases, tell the watchdog."""

import datetime as dt
import time
from collections.abc import Callable

from apscheduler.schedulers.background import BackgroundScheduler  # type: ignore[import-untyped]
from sqlalchemy.exc import OperationalError

from boekbrug.acts import mailing, nightly
from boekbrug.acts.keeping import keep_grants
from boekbrug.acts.notices import write_notices
from boekbrug.acts.subscribing import subscribe_next
from boekbrug.contract import StorageFull
from boekbrug.runtime.processes import host_identity, is_alive
from boekbrug.service import notify
from boekbrug.service.pool import Pool
from boekbrug.store import licences, outbox, workers
from boekbrug.sync.house import House

BEATS_PER_LEASE = 3
GRANTS_EVERY = 60
"""Seconds between two looks for grants that nobody used for so long that they would lapse."""
RECONCILE_EVERY = 20
"""Seconds between two looks for licences whose books are to be compared tonight; then one follows upon the other."""
SUBSCRIBE_EVERY = 5
"""Seconds between two looks for a unit that no vendor calls us about yet; a look is four queries."""
MAIL_EVERY = 5
"""Seconds between two looks for mail to send."""
FORGOTTEN_AFTER = dt.timedelta(days=1)


class Rhythm:
    """The regular work of a running service."""

    def __init__(self, house: House, pool: Pool) -> None:
        self._house, self._pool = house, pool
        #: what failed when it was last tried, for want of the database
        self._without: set[str] = set()
        self._host = host_identity()
        #: whether what takes long may go on
        self.goes_on: Callable[[], bool] = lambda: True

    def look(self) -> None:
        """Wake the workers when something is due."""
        database = self._house.database
        with database.read() as connection:
            due = licences.any_due(connection, database.now(connection))
        if due:
            self._pool.wake()

    def beat(self) -> None:
        """Keep the leases of our workers, and end those of dead ones."""
        house, database = self._house, self._house.database
        lease = dt.timedelta(seconds=house.settings.engine.lease)
        with database.write() as connection:
            now = database.now(connection)
            workers.beat(connection, self._pool.workers(), now + _microseconds(lease), now)
            dead = workers.bury(connection, self._host, is_alive, now)
            workers.forget(connection, now - _microseconds(FORGOTTEN_AFTER))
        house.beat()
        if dead:
            house.log.warning("workers.buried", workers=dead)

    def keep_grants(self) -> None:
        """Refresh the grants that would lapse unused."""
        keep_grants(self._house)

    def reconcile(self) -> None:
        """Compare the books of all licences whose night has come, one after the other, until the service stops."""
        while self.goes_on() and nightly.reconcile_next(self._house, self._pause) is not None:
            pass

    def _pause(self, span: dt.timedelta) -> bool:
        end = time.monotonic() + span.total_seconds()
        while self.goes_on() and time.monotonic() < end:
            time.sleep(1)
        return self.goes_on()

    def subscribe(self) -> None:
        """Ask a vendor to call us about a unit that a licence uses, or not to any more."""
        subscribe_next(self._house)

    def send_mail(self) -> None:
        """Hand to the mail server what is due, until nothing is or it does not take it; notices are written first."""
        write_notices(self._house)
        while sent := mailing.send_next(self._house):
            self._house.log.info(f"mail.{sent.state}", kind=sent.kind, reason=sent.reason)
            if sent.state == outbox.DUE:
                # it would not take the next one either; the look after this one tries that
                return

    def show_life(self) -> None:
        """Tell the watchdog that this process works, unless a worker hangs or has died."""
        if self._pool.well() == len(self._pool):
            notify.tell(notify.WATCHDOG)

    def guarded(self, act: Callable[[], None]) -> Callable[[], None]:
        """Let an act survive a database that is away or full; that it went and came back is said once.

        It is back when all that failed has worked again: one that may not be written can still be read.
        """

        def run() -> None:
            try:
                act()
            except (OperationalError, StorageFull) as error:
                if not self._without:
                    reason = str(error.orig) if isinstance(error, OperationalError) else error.facts["reason"]
                    self._house.log.error("database.away", error=reason)
                self._without.add(act.__name__)
            else:
                if self._without == {act.__name__}:
                    self._house.log.info("database.back")
                self._without.discard(act.__name__)

        return run


def schedule(house: House, pool: Pool) -> BackgroundScheduler:
    """Start the clock that wakes us; it decides nothing."""
    rhythm = Rhythm(house, pool)
    scheduler = BackgroundScheduler(
        timezone=dt.UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    )
    rhythm.goes_on = lambda: scheduler.running
    acts = {
        rhythm.guarded(rhythm.look): float(house.settings.service.poll),
        rhythm.guarded(rhythm.beat): house.settings.engine.lease / BEATS_PER_LEASE,
    }
    acts[rhythm.guarded(rhythm.keep_grants)] = GRANTS_EVERY
    acts[rhythm.guarded(rhythm.reconcile)] = RECONCILE_EVERY
    acts[rhythm.guarded(rhythm.subscribe)] = SUBSCRIBE_EVERY
    acts[rhythm.guarded(rhythm.send_mail)] = MAIL_EVERY
    if seconds := notify.watchdog_seconds():
        acts[rhythm.show_life] = seconds / 2
    for act, every in acts.items():
        scheduler.add_job(act, "interval", seconds=every, next_run_time=house.clock.now())
    scheduler.start()
    return scheduler


def _microseconds(span: dt.timedelta) -> int:
    return span // dt.timedelta(microseconds=1)
