"""Facts from outside that composing needs: what is stored of them, and the step that asks for what is missing.

Composing takes them as values and names what it lacks; nothing outside is asked while a transaction is open.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from sqlalchemy import Connection

from boekbrug.booking.composed import Need, Proof, Waiting
from boekbrug.booking.place import GOODS_UNION, destination_of, plain_vat_id
from boekbrug.booking.proofs import UNPROVEN
from boekbrug.contract import BoekbrugError, Document, ExchangeRate, Problem, Retriable
from boekbrug.runtime.clock import EPOCH
from boekbrug.runtime.ecb import Ecb
from boekbrug.runtime.vies import Verdict, Vies
from boekbrug.store import distance, facts, licences, outside, problems, states
from boekbrug.store.licences import LicenceClaim
from boekbrug.store.outside import Answer, Rate
from boekbrug.store.problems import Opened
from boekbrug.store.words import Reason
from boekbrug.sync import revise
from boekbrug.sync.steps import Step
from boekbrug.sync.workplace import MICROSECOND, Workplace

MOST = 100
"""VAT ids asked about in one run: each costs a call."""
KNOWN = "ecb known"
"""Name of the fact that holds the first and last day between which all published rates are known."""
LOOK_BACK = dt.timedelta(days=10)
"""Rates are read from so long before the day that needs one, since weekends and holidays have none."""
_DAY = dt.timedelta(days=1) // MICROSECOND
_IN_A_ROW = 3
FOUND_INVALID = "vat-id-found-invalid"


class Facts:
    """What is known from outside, read once per run as documents need it, and what they found missing."""

    def __init__(
        self, *, administration: int = 0, country: str = "NL", proofs: bool = False, rates: bool = False
    ) -> None:
        self.demands_proof, self.rates_coming = proofs, rates
        self.proofs: dict[str, Proof] = {}
        self.rates: dict[tuple[str, dt.date], ExchangeRate] = {}
        self.rates_known: tuple[dt.date, dt.date] | None = None
        self.distance: dict[int, int] = {}
        self._administration, self._country = administration, country
        self._currencies: set[str] = set()
        self._needs: set[Need] = set()

    def load(self, connection: Connection, documents: Iterable[Document]) -> None:
        """Read what is stored about the buyers and currencies of documents."""
        ids, currencies, abroad = set(), set(), False
        for document in documents:
            to = destination_of(document, self._country)
            abroad = abroad or (to != self._country and to in GOODS_UNION)
            if document.currency != "EUR" and document.rate is None:
                currencies.add(document.currency)
            buyer = document.buyer
            if self.demands_proof and buyer is not None and buyer.vat_id and not buyer.vat_id.startswith(self._country):
                ids.add(plain_vat_id(buyer.vat_id))
        if abroad:
            self.load_distance(connection)
        if missing := ids - self.proofs.keys():
            standings = outside.standings(connection, missing)
            self.proofs |= {id: _proof(one) for id, one in standings.items()}
        for currency in currencies - self._currencies:
            self._load_rates(connection, currency)

    def load_distance(self, connection: Connection) -> None:
        """Read what the administration has sold at a distance; it grows with what is composed, here and elsewhere."""
        self.distance.clear()
        self.distance.update(distance.sold(connection, self._administration))

    def _load_rates(self, connection: Connection, currency: str) -> None:
        self._currencies.add(currency)
        self.read_span(connection)
        for one in outside.rates(connection, currency, ""):
            rate = ExchangeRate(rate=Decimal(one.rate), source=one.source, date=one.day)
            self.rates[currency, dt.date.fromisoformat(one.day)] = rate

    def read_span(self, connection: Connection) -> None:
        """Read between which days all published rates are known."""
        self.rates_known = known_span(connection)

    def want(self, results: Iterable[object]) -> None:
        """Note what documents wait for."""
        self._needs.update(result.need for result in results if isinstance(result, Waiting) and result.need is not None)

    def take_needs(self) -> set[Need]:
        """Hand over what is missing, to be asked for."""
        needs, self._needs = self._needs, set()
        return needs

    def forget(self) -> None:
        """Read anew what has been fetched since."""
        self.proofs.clear()
        self.rates.clear()
        self._currencies.clear()


def _proof(one: outside.Standing) -> Proof:
    return Proof(
        asked=None if one.asked_at <= (one.answered_at or 0) else _day(one.asked_at),
        answered=None if one.answered_at is None else _day(one.answered_at),
        valid=one.valid,
        accepted=outside.is_accepted(one),
    )


def _day(moment: int) -> dt.date:
    return (EPOCH + moment * MICROSECOND).date()


def gather(work: Workplace, claim: LicenceClaim, known: Facts) -> Iterator[Step]:
    """Ask outside for what composing found missing, and let what waited for it be composed; what fails comes again."""
    needs = known.take_needs()
    days = [need.day for need in needs if need.day is not None]
    if work.ecb is not None and days:
        yield Step("rates", _fetch_rates(work, claim, work.ecb, min(days)))
        with work.database.read() as connection:
            known.read_span(connection)
    if work.vies is not None:
        ids = sorted({need.vat_id for need in needs if need.vat_id})
        yield from _prove(work, claim, work.vies, [*ids, *_due_again(work, ids)])
    known.forget()


def _fetch_rates(work: Workplace, claim: LicenceClaim, bank: Ecb, day: dt.date) -> int:
    with work.database.read() as connection:
        known = known_span(connection)
    # what is known stays one stretch of days, without a gap
    since = day - LOOK_BACK if known is None else min(day - LOOK_BACK, known[1])
    try:
        table = bank.rates(since)
    except BoekbrugError as failure:
        work.log.warning("rates.failed", code=failure.code, **failure.facts)
        return 0
    found = [Rate(one.currency, one.day.isoformat(), str(one.rate), table.source) for one in table.rates]
    with work.database.write() as connection:
        now = work.database.now(connection)
        licences.hold(connection, claim, work.until(now))
        outside.keep_rates(connection, found, now)
        first, last = (since, table.through) if known is None else (min(known[0], since), max(known[1], table.through))
        facts.put(connection, KNOWN, f"{first} {last}")
        outside.wake(connection, claim.licence, Reason.RATE, now)
    return len(found)


def known_span(connection: Connection) -> tuple[dt.date, dt.date] | None:
    """Return the days between which all published rates are stored; None before any is."""
    written = facts.get(connection, KNOWN)
    if written is None:
        return None
    first, last = written.split()
    return dt.date.fromisoformat(first), dt.date.fromisoformat(last)


def _due_again(work: Workplace, asked: Sequence[str]) -> list[str]:
    with work.database.read() as connection:
        due = outside.due_again(connection, work.database.now(connection), MOST)
    return [id for id in due if id not in asked]


def _prove(work: Workplace, claim: LicenceClaim, vies: Vies, ids: Sequence[str]) -> Iterator[Step]:
    """Ask about each id; a country that does not answer is left for this run, and everything after three in a row."""
    silent: set[str] = set()
    failures = 0
    for id in ids[:MOST]:
        if id[:2] in silent or failures >= _IN_A_ROW:
            continue
        try:
            verdict = vies.check(id)
        except BoekbrugError as failure:
            failures += 1
            silent.add(id[:2])
            _note_failure(work, claim, id, failure)
            yield Step("unproven")
        else:
            failures = 0
            _keep(work, claim, vies, verdict)
            yield Step("proven", 1)


def _keep(work: Workplace, claim: LicenceClaim, vies: Vies, verdict: Verdict) -> None:
    at = (verdict.at - EPOCH) // MICROSECOND
    reason = UNPROVEN + verdict.vat_id
    with work.database.read() as connection:
        held = [document for _, document in outside.held_for(connection, reason)]
        beside = states.count_beside(connection, held) if held else 0
    work.ids.ensure(1 + 2 * (len(held) + beside))
    with work.database.write() as connection:
        now = work.database.now(connection)
        licences.hold(connection, claim, work.until(now))
        before = outside.standings(connection, [verdict.vat_id]).get(verdict.vat_id)
        answer = Answer(verdict.vat_id, at, verdict.valid, verdict.request_id, vies.requester, vies.url)
        outside.answered(connection, answer, None if verdict.valid else now + _DAY)
        outside.wake(connection, claim.licence, Reason.PROOF, now)
        if held:
            _let_go(connection, work, held, reason, now)
        _tell_of_accepted(connection, work, claim.licence, before, verdict, now)
    work.log.info("vat-id.proven" if verdict.valid else "vat-id.invalid", request_id=verdict.request_id)


def _let_go(connection: Connection, work: Workplace, held: Sequence[int], reason: str, now: int) -> None:
    """Compose anew what was held for want of this answer, of whichever licence."""
    standing = [one for one in states.standings(connection, held) if one.reason == reason]
    moves = revise.again(connection, revise.start_over(connection, work.ids, standing, now), now)
    states.move(connection, moves, work.ids.take(len(moves)), now)


def _tell_of_accepted(
    connection: Connection, work: Workplace, licence: int, before: outside.Standing | None, verdict: Verdict, now: int
) -> None:
    """Open a problem where a sale was booked at 0 % on an id that a person accepted and VIES now calls invalid."""
    problems.close_named(connection, FOUND_INVALID, verdict.vat_id, now)
    if not verdict.valid and before is not None and before.accepted_at is not None:
        day = (EPOCH + before.accepted_at * MICROSECOND).date()
        facts = {"vat_id": verdict.vat_id, "date": day.isoformat(), "by": before.accepted_by}
        opened = Opened(Problem(code=FOUND_INVALID, facts=facts), licence=licence, place=verdict.vat_id)
        problems.open_problems(connection, [opened], work.ids.take(), now)


def _note_failure(work: Workplace, claim: LicenceClaim, id: str, failure: BoekbrugError) -> None:
    reason = failure.facts.get("reason", failure.code)
    after = failure.retry_after if isinstance(failure, Retriable) else None
    with work.database.write() as connection:
        now = work.database.now(connection)
        licences.hold(connection, claim, work.until(now))
        outside.failed(connection, id, reason, now, now + max(work.backoff(8, after), 1))
    work.log.warning("vat-id.unanswered", reason=reason, country=id[:2])
