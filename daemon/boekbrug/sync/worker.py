"""A worker: claims the licence that has been due for longest and runs it, one atomic phase per step."""

from collections.abc import Generator

from boekbrug.store import licences, workers
from boekbrug.store.licences import ClaimLost
from boekbrug.sync.run import run_licence
from boekbrug.sync.steps import IN_HAND, Step
from boekbrug.sync.workplace import Workplace


class Worker:
    """Works step by step; where and when the steps are taken is its caller's to decide."""

    def __init__(self, work: Workplace) -> None:
        self.work = work
        self._run: Generator[Step, None, None] | None = None
        self.may_stop = True

    def step(self) -> Step | None:
        """Take one step of the run under way, or claim the next licence; None when nothing is due.

        Afterwards `may_stop` tells whether the run may be dropped, or has a call in hand.
        """
        step = self._step()
        self.may_stop = step is None or step.phase not in IN_HAND
        return step

    def drop(self) -> None:
        """Leave the run under way to whoever claims the licence next."""
        if self._run is not None:
            self._run.close()
            self._run = None

    def _step(self) -> Step | None:
        if self._run is None:
            self._run = self._claim()
            return None if self._run is None else Step("claimed-licence")
        try:
            return next(self._run)
        except StopIteration:
            self._run = None
            return Step("run-done")
        except ClaimLost as lost:
            self.work.log.warning("claim.lost", **lost.facts)
            self._run = None
            self._let_go()
            return Step("claim-lost")

    def _let_go(self) -> None:
        """Leave what the run still held to others: as long as this worker lives its claims would be kept."""
        with self.work.database.write() as connection:
            workers.let_go(connection, self.work.worker, self.work.database.now(connection))

    def _claim(self) -> Generator[Step, None, None] | None:
        work = self.work
        with work.database.read() as connection:
            if not licences.any_due(connection, work.database.now(connection)):
                return None
        with work.database.write() as connection:
            now = work.database.now(connection)
            claim = licences.claim_next(connection, work.database, work.worker, work.until(now), now)
        if claim is None:
            return None
        work.metrics.start_seconds.observe(claim.waited / 1_000_000)
        return run_licence(work, claim, work.limits.turn)
