"""Compose: turn fetched documents into entries, or into the reason why not; nothing outside is asked here."""

from collections.abc import Iterator

from boekbrug.booking.advance_vat import compose_balance
from boekbrug.booking.composed import Composed, Draft, Evidence, Item, Rejected
from boekbrug.booking.distance import add_distance
from boekbrug.booking.individual import compose_individual
from boekbrug.booking.memorial import place_in_ledger
from boekbrug.booking.rules import LEDGER_MODES, Mode
from boekbrug.booking.terms import InTerm, place_in_term
from boekbrug.contract import DocumentKind, Problem
from boekbrug.store import licences
from boekbrug.store.licences import LicenceClaim
from boekbrug.sync.batch import IDS_PER_DOCUMENT, Batch
from boekbrug.sync.books import STAGES, Books, Candidate, candidates, items_of
from boekbrug.sync.steps import Step
from boekbrug.sync.threshold import warn
from boekbrug.sync.workplace import Workplace


def compose(work: Workplace, claim: LicenceClaim, books: Books) -> Iterator[Step]:
    """Compose all that waits for it, one batch per transaction; raise ClaimLost when another worker took over.

    What belongs in a total is put to its term, to be composed when that is over.
    """
    for stage in STAGES:
        yield from _compose_stage(work, claim, books, stage)


def compose_alone(work: Workplace, claim: LicenceClaim, books: Books, first: int) -> Iterator[Step]:
    """Compose what refers to no other document, and so need not wait for the rest of what is fetched.

    The first batch has `first` documents at most and each later one twice as many, so that sending begins soon. How
    many is left to chance: workers that began together would else come back from their calls together, each time.
    """
    size = work.random.randint(max(first // 3, 1), first)
    while count := _compose_batch(work, claim, books, STAGES[0], size):
        yield Step("composed", count)
        size *= 2


def _compose_stage(work: Workplace, claim: LicenceClaim, books: Books, stage: str) -> Iterator[Step]:
    while count := _compose_batch(work, claim, books, stage, work.limits.batch):
        yield Step("composed", count)


def _compose_batch(work: Workplace, claim: LicenceClaim, books: Books, stage: str, size: int) -> int:
    with work.database.read() as connection:
        now = work.database.now(connection)
        batch = candidates(connection, books.licence.id, now, min(size, work.limits.batch), stage)
        items = items_of(connection, work, books, batch)
    if not batch:
        return 0
    evidence = books.evidence(now)
    results = []
    for candidate, item in zip(batch, items, strict=True):
        results.append(found := compose_one(candidate, item, books, evidence))
        if isinstance(found, Draft):
            add_distance(books.facts.distance, found.date, found.lines)
    books.facts.want(results)
    work.ids.ensure(len(batch) * IDS_PER_DOCUMENT + 1)
    with work.database.write() as connection:
        licences.hold(connection, claim, work.until(now))
        Batch(work, books, now).write(connection, batch, items, results)
        warn(connection, work, books, now)
    return len(batch)


def compose_one(candidate: Candidate, item: Item, books: Books, evidence: Evidence) -> Composed | InTerm:
    """Compose one document by itself, or name the day it is composed with; not one whose number another carries."""
    if candidate.twin is not None:
        return Rejected((Problem(code="duplicate-number", facts={"number": candidate.number}),))
    if candidate.kind == DocumentKind.BALANCE:
        return compose_balance(item, books.licence.id, books.rules, evidence)
    mode = books.rules.rules.mode
    if mode is Mode.INDIVIDUAL:
        return compose_individual(item, books.rules, evidence)
    if mode in LEDGER_MODES:
        return place_in_ledger(item, books.rules, evidence)
    return place_in_term(item, books.rules, evidence)
