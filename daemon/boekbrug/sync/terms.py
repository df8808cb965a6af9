"""Terms: learn that a day or month is over and closed, and compose all that belongs to it as a whole."""

import datetime as dt
from collections.abc import Iterator, Sequence

from msgspec.structs import replace
from sqlalchemy import Connection

from boekbrug.booking import terms as booking
from boekbrug.booking.composed import Composed, Evidence, Item
from boekbrug.booking.memorial import compose_ledger
from boekbrug.booking.rules import LEDGER_MODES
from boekbrug.booking.terms import Composition, Part, compose_term, part_of
from boekbrug.contract import ClosesDays, Line
from boekbrug.store import licences, terms
from boekbrug.store.licences import Licence, LicenceClaim
from boekbrug.store.terms import Term
from boekbrug.store.words import TermState
from boekbrug.sync.batch import IDS_PER_DOCUMENT, Batch, Subject
from boekbrug.sync.books import Books, Candidate, by_ids, items_of, waiting_for
from boekbrug.sync.steps import Step
from boekbrug.sync.threshold import warn
from boekbrug.sync.workplace import Workplace

NOT_CLOSED = "not-closed"


def close_terms(work: Workplace, licence: Licence, *, may_ask: bool) -> Iterator[Step]:
    """Let terms whose time has come be composed, once a source that closes its days says that they are closed."""
    with work.database.read() as connection:
        due = terms.due(connection, licence.id, TermState.RUNNING, work.database.now(connection))
    source: object = work.instances.source(licence.source) if due and may_ask else None
    for term in due:
        is_closed = _is_closed(work, source, licence.unit, term)
        with work.database.write() as connection:
            now = work.database.now(connection)
            if is_closed:
                terms.put(connection, term.id, TermState.CLOSED, now, now)
            else:
                again = now + licence.interval_minutes * 60_000_000
                terms.put(connection, term.id, TermState.RUNNING, again, now, NOT_CLOSED)
        yield Step("closed", int(is_closed))


def _is_closed(work: Workplace, source: object, unit: str, term: Term) -> bool:
    if not isinstance(source, ClosesDays):
        return True
    days = [term.first + dt.timedelta(n) for n in range((term.last - term.first).days + 1)]
    # a source that cannot tell is taken at the end of its day
    return all(source.closed(unit, day) is not False for day in days)


def compose_terms(work: Workplace, claim: LicenceClaim, books: Books) -> Iterator[Step]:
    """Compose the terms that are closed, each in one transaction; raise ClaimLost when another worker took over."""
    with work.database.read() as connection:
        due = terms.due(connection, books.licence.id, TermState.CLOSED, work.database.now(connection))
    for term in due:
        yield Step("composed", _compose(work, claim, books, term))


def _compose(work: Workplace, claim: LicenceClaim, books: Books, term: Term) -> int:
    with work.database.read() as connection:
        now = work.database.now(connection)
        reading = Reading(work, books, term, books.evidence(now))
        composition = reading.compose(connection)
    work.ids.ensure(len(reading.seen) * IDS_PER_DOCUMENT + 1)
    with work.database.write() as connection:
        licences.hold(connection, claim, work.until(now))
        if terms.changed_since(connection, term, reading.seen):
            # what changed meanwhile is placed anew; the others are composed at the next run
            return 0
        others = reading.others(connection, composition)
        Batch(work, books, now).write_term(connection, term, composition, reading.subjects, others)
        books.facts.load_distance(connection)
        warn(connection, work, books, now)
        if terms.any_waits(connection, term):
            terms.put(connection, term.id, TermState.RUNNING, now, now)
        else:
            terms.put(connection, term.id, TermState.COMPOSED, None, now)
    return len(reading.seen)


class Reading:
    """Reads the documents of a term page by page, and composes them; of each only what it adds is kept."""

    def __init__(self, work: Workplace, books: Books, term: Term, evidence: Evidence) -> None:
        self._work, self._books, self._term, self._evidence = work, books, term, evidence
        self.seen: list[tuple[int, int]] = []
        self.subjects: dict[int, Subject] = {}
        self._of_sale: dict[str, tuple[Line, ...]] = {}

    def compose(self, connection: Connection) -> Composition:
        """Compose the whole term."""
        self._books.facts.load_distance(connection)
        term = booking.Term(unit=self._books.licence.unit, first=self._term.first, last=self._term.last)
        of_mode = compose_ledger if self._books.rules.rules.mode in LEDGER_MODES else compose_term
        return of_mode(self._items(connection), term, self._books.rules, self._evidence)

    def _items(self, connection: Connection) -> Iterator[Item]:
        # sales before what refers to them
        for linked in (False, True):
            for page in self._pages(connection, linked=linked):
                for candidate, item in self._opened(connection, page):
                    self.seen.append((candidate.document, candidate.revision))
                    self.subjects[candidate.document] = Subject(
                        candidate.document, candidate.kind, candidate.total, candidate.sale_ref, item.booked_as
                    )
                    yield self._beside_others(candidate.refers_to, item) if linked else item

    def _pages(self, connection: Connection, *, linked: bool) -> Iterator[list[Candidate]]:
        after, limit, licence = 0, self._work.limits.batch, self._books.licence.id
        while page := waiting_for(connection, licence, self._term.waits, after, limit, linked=linked):
            yield page
            after = page[-1].document

    def _opened(self, connection: Connection, page: Sequence[Candidate]) -> Iterator[tuple[Candidate, Item]]:
        items = items_of(connection, self._work, self._books, page, term=self._term.waits)
        return zip(page, items, strict=True)

    def _beside_others(self, ref: str, item: Item) -> Item:
        """Let a credit or payment see those of the same sale before it in this term."""
        if item.original is None:
            return item
        before = self._of_sale.get(ref, ())
        item = replace(item, original=replace(item.original, later=item.original.later + before))
        part = part_of(item, self._books.rules, self._evidence)
        if isinstance(part, Part):
            self._of_sale[ref] = before + part.lines
        return item

    def others(self, connection: Connection, composition: Composition) -> list[tuple[Candidate, Item, Composed]]:
        """Open once more the documents that are in no entry of the term, beside what became of each."""
        results = dict(composition.others)
        left = by_ids(connection, self._books.licence.id, results)
        return [(candidate, item, results[candidate.document]) for candidate, item in self._opened(connection, left)]
