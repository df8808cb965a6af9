"""One licence's run: settle, fetch, compose, deliver; a stage that fails does not stop the others."""

import datetime as dt
from collections import Counter
from collections.abc import Collection, Generator, Iterator

from sqlalchemy.exc import OperationalError

from boekbrug.contract import BoekbrugError, Retriable
from boekbrug.store import connections, daily, effects, licences, tally, troubles, workers
from boekbrug.store.connections import PAUSED, TROUBLE
from boekbrug.store.licences import ClaimLost, Licence, LicenceClaim
from boekbrug.store.write_backs import FILE
from boekbrug.sync import caution, trouble
from boekbrug.sync.books import Books, open_books
from boekbrug.sync.compose import compose, compose_alone
from boekbrug.sync.corrections import correct_changed
from boekbrug.sync.declare import declare
from boekbrug.sync.deliver import at_once, deliver
from boekbrug.sync.evidence import gather
from boekbrug.sync.parties import provide
from boekbrug.sync.settle import settle
from boekbrug.sync.steps import Step
from boekbrug.sync.terms import close_terms, compose_terms
from boekbrug.sync.waited import fetch_waited
from boekbrug.sync.workplace import Workplace
from boekbrug.sync.write_back import errands_of, write_back

_LOOK_BACK = dt.timedelta(days=31)
"""Sales from before a licence's start are fetched this far back, so that they are seen to be left out."""


MEANWHILE = dt.timedelta(seconds=5)
"""How long what a page brought is sent before the next page is fetched: a slow target does not hold up the fetching."""

TOLD = ("fetched", "composed", "settled", "delivered", "written-back")
"""Phases whose counts the log tells, when a run had any."""


def run_licence(work: Workplace, claim: LicenceClaim, turn: dt.timedelta | None = None) -> Generator[Step, None, None]:
    """Run one licence that this worker has claimed, and let it go; after its `turn` what is left waits for the next."""
    ends = None if turn is None else work.clock.now() + turn
    with work.database.read() as connection:
        licence = licences.get(connection, claim.licence)
        paused = {id for id in (licence.source, licence.target) if connections.get(connection, id).state == PAUSED}
        work.errands[licence.id] = errands_of(connection, licence)
        begun = work.database.now(connection)
    work.instances.renew()
    done: Counter[str] = Counter()
    waits: list[dt.timedelta] = []
    for step in _stages(work, claim, licence, paused, ends):
        done[step.phase] += step.done
        if step.after is not None:
            waits.append(step.after)
        yield step
    with work.database.write() as connection:
        now = work.database.now(connection)
        tally.gather(connection, licence.id)
        daily.gather(connection, licence.id)
        troubles.gather(connection, licence.id)
        again = now + (work.backoff(0, max(waits)) if waits else licence.interval_minutes * 60_000_000)
        again = min(again, licences.next_work(connection, licence.id, now, begun) or again)
        # asked last: what waited for a party that another licence was creating may go out by now
        if done["turn-over"] or (done["sent"] and effects.due(connection, licence.id, now, 1, with_parties=True)):
            again = now
        licences.release(connection, claim, now, again)
    caution.leave_when_caught_up(work, licence)
    if any(done[phase] for phase in TOLD):
        work.log.info("licence.ran", licence=licence.name, **{phase: done[phase] for phase in TOLD})
    yield Step("released")


def compose_licence(work: Workplace, claim: LicenceClaim) -> Generator[Step, None, None]:
    """Compose what waits for a licence that this worker has claimed, and let it go; nothing is fetched or sent."""
    with work.database.read() as connection:
        licence = licences.get(connection, claim.licence)
        is_paused = connections.get(connection, licence.source).state == PAUSED
    work.instances.renew()
    books = yield from _books(work, licence)
    if books is not None:
        yield from _compose(work, claim, books, may_ask=not is_paused)
    with work.database.write() as connection:
        now = work.database.now(connection)
        licences.release(connection, claim, now, now)


def _stages(
    work: Workplace, claim: LicenceClaim, licence: Licence, paused: Collection[int], ends: dt.datetime | None
) -> Iterator[Step]:
    booking = Booking(work, claim, licence, paused)
    if _has_work(work, licence):
        yield from booking.begin()
    if licence.source not in paused:
        steps = fetch_waited(work, licence, dt.date.fromisoformat(licence.start) - _LOOK_BACK, ends)
        if (yield from _stage(work, licence.source, "fetch", booking.meanwhile(steps))):
            trouble.clear(work, licence.source)
    yield from booking.finish(ends)
    errands = work.errands[licence.id] - ({FILE} if licence.target in paused else set())
    if errands and licence.source not in paused:
        yield from write_back(work, licence, errands)


def _has_work(work: Workplace, licence: Licence) -> bool:
    with work.database.read() as connection:
        now = work.database.now(connection)
        if licences.has_work(connection, licence.id, now):
            return True
        places = [TROUBLE, licences.administration_code(connection, licence.administration)]
        return connections.has_trouble(connection, licence.target, places)


def _books(work: Workplace, licence: Licence) -> Generator[Step, None, Books | None]:
    found: list[Books] = []

    def read() -> Iterator[Step]:
        with work.database.read() as connection:
            found.append(open_books(connection, work, licence))
        yield Step("rules-read")

    yield from _stage(work, licence.target, "rules", read())
    return found[0] if found else None


class Booking:
    """What a run composes and sends; a run that finds nothing to do never begins with it (half of an idle run)."""

    def __init__(self, work: Workplace, claim: LicenceClaim, licence: Licence, paused: Collection[int]) -> None:
        self._work, self._claim, self._licence, self._paused = work, claim, licence, paused
        self._begun = licence.target in paused
        self._books: Books | None = None
        self._sending = Sending(work, licence)

    def begin(self) -> Iterator[Step]:
        """Read the rules, and settle what is in doubt."""
        if self._begun:
            return
        self._begun = True
        self._books = yield from _books(self._work, self._licence)
        if self._books is not None:
            yield from self._sending.settle()

    def meanwhile(self, steps: Iterator[Step]) -> Iterator[Step]:
        """Compose and send what a page brought as soon as it is kept, while its documents are still at hand."""
        for step in steps:
            yield step
            if step.phase == "fetched":
                yield from self.begin()
                if self._books is not None:
                    yield from _stage(self._work, self._licence.target, "compose", self._page(self._books))

    def _page(self, books: Books) -> Iterator[Step]:
        work = self._work
        ends = work.clock.now() + MEANWHILE
        for step in compose_alone(work, self._claim, books, at_once(work.instances.target(self._licence.target))):
            yield step
            left = ends - work.clock.now()
            if left > dt.timedelta():
                yield from self._sending.deliver(left)

    def finish(self, ends: dt.datetime | None) -> Iterator[Step]:
        """Compose what is left, and send it."""
        if self._books is None:
            return
        yield from self._compose_and_send(self._books, ends)
        drawn = 0
        for step in self._declare(self._books):
            drawn += step.done if step.phase == "drawn" else 0
            yield step
        if drawn:
            yield from self._compose_and_send(self._books, ends)
        self._sending.clear_trouble()
        yield Step("sent", self._sending.goes_well)

    def _compose_and_send(self, books: Books, ends: dt.datetime | None) -> Iterator[Step]:
        work = self._work
        yield from _compose(work, self._claim, books, may_ask=self._licence.source not in self._paused)
        yield from self._sending.deliver(None if ends is None else max(ends - work.clock.now(), MEANWHILE))

    def _declare(self, books: Books) -> Iterator[Step]:
        """Draw up balances of what is booked by now."""
        yield from _stage(self._work, self._licence.target, "declare", declare(self._work, self._claim, books))


def _compose(work: Workplace, claim: LicenceClaim, books: Books, *, may_ask: bool) -> Iterator[Step]:
    licence = books.licence
    yield from _stage(work, licence.target, "compose", compose(work, claim, books))
    if books.facts.demands_proof or books.facts.rates_coming:
        yield from _stage(work, licence.target, "evidence", gather(work, claim, books.facts))
        yield from _stage(work, licence.target, "compose", compose(work, claim, books))
    yield from _stage(work, licence.source, "close", close_terms(work, licence, may_ask=may_ask))
    yield from _stage(work, licence.target, "terms", compose_terms(work, claim, books))
    yield from _stage(work, licence.target, "correct", correct_changed(work, claim, books))


class Sending:
    """A run's dealings with the target; after the first failure, which ends `goes_well`, nothing more is sent."""

    def __init__(self, work: Workplace, licence: Licence) -> None:
        self._work, self._licence, self._administration = work, licence, ""
        self.goes_well = self._settled = False

    def settle(self) -> Iterator[Step]:
        """Take back what dead workers held, and ask for what is in doubt; until that went well nothing is sent."""
        work, licence = self._work, self._licence
        with work.database.read() as connection:
            self._administration = licences.administration_code(connection, licence.administration)
            stuck = workers.any_claimed(connection, licence.id, work.database.now(connection))
        if stuck:
            with work.database.write() as connection:
                workers.return_claimed(connection, licence.id, work.database.now(connection))
        steps = settle(work, licence, self._administration)
        self.goes_well = self._settled = yield from _stage(work, licence.target, "settle", steps)
        if caution.must_wait(work, licence):
            self.goes_well = self._settled = False
            yield Step("cautious")

    def deliver(self, at_most: dt.timedelta | None) -> Iterator[Step]:
        """Send what is due, for so long, or until nothing is."""
        work, licence, administration = self._work, self._licence, self._administration
        if self.goes_well:
            steps = provide(work, licence, administration)
            provided = yield from _stage(work, licence.target, "parties", steps)
            steps = deliver(work, licence, administration, at_most)
            self.goes_well = (yield from _stage(work, licence.target, "deliver", steps)) and provided

    def clear_trouble(self) -> None:
        """Close what was wrong with the target when this run has shown that it is over."""
        work, licence = self._work, self._licence
        with work.database.read() as connection:
            # while entries wait for their next try, that nothing was due proves nothing
            is_proven = self._settled and self.goes_well and not effects.any_left(connection, licence.id)
        if is_proven:
            trouble.clear(work, licence.target, self._administration)


def _stage(work: Workplace, connection_id: int, name: str, steps: Iterator[Step]) -> Generator[Step, None, bool]:
    """Take the steps of a stage; return whether it went well, else note why not as the connection's trouble."""
    try:
        yield from steps
    except (ClaimLost, OperationalError):
        # no fault of the connection: another worker took over, or our own database is away
        raise
    except Exception as error:  # noqa: BLE001 - one of the two boundaries at which anything is caught
        work.metrics.runs.labels(name, "failed" if isinstance(error, BoekbrugError) else "bug").inc()
        trouble.note(work, connection_id, error, name)
        yield Step(f"{name}-failed", after=error.retry_after if isinstance(error, Retriable) else None)
        return False
    work.metrics.runs.labels(name, "done").inc()
    return True
