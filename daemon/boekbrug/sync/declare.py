"""Draw up, once a VAT period is booked, what its ledgers of advances hold, and again where that changes afterwards.

What is drawn up are documents, so that all that is known of documents holds of them: composed, approved, delivered,
found, corrected by difference, reversed.
"""

import datetime as dt
from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from boekbrug.booking.advance_vat import DECLARED, balances, held_on
from boekbrug.booking.composed import DocumentState
from boekbrug.booking.dates import period_end
from boekbrug.contract import Document, Problem, Severity
from boekbrug.store import documents, licences, periods, problems, states, terms
from boekbrug.store.documents import PageRows
from boekbrug.store.licences import LicenceClaim
from boekbrug.store.problems import Opened
from boekbrug.store.states import Move
from boekbrug.store.terms import PERIOD, Term
from boekbrug.store.words import Reason, TermState
from boekbrug.sync.batch import due_at_of
from boekbrug.sync.books import Books
from boekbrug.sync.fetch import digest
from boekbrug.sync.revise import Revision
from boekbrug.sync.steps import Step
from boekbrug.sync.workplace import Workplace

NOT_BOOKED = "not-booked"
"""Why a period that is over is not drawn up: something of it is not in the books yet."""


def declare(work: Workplace, claim: LicenceClaim, books: Books) -> Iterator[Step]:
    """Draw up the balances of periods that are over and booked; a licence without such ledgers costs nothing."""
    rules, licence = books.rules.rules, books.licence
    if not rules.advances:
        return
    with work.database.read() as connection:
        now = work.database.now(connection)
        filed = books.evidence(now).filed_through
        known = periods.periods(connection, licence.id)
    new = _missing(work, books, known, now)
    with work.database.read() as connection:
        over = [one for one in known + new if one.due_at is None or one.due_at <= now]
        # a filed period is declared, by us or by the bookkeeper before us
        open_ones = [one for one in over if filed is None or one.last > filed]
        unbooked = periods.first_unbooked(connection, licence.id) if open_ones else None
        ready = [one for one in open_ones if unbooked is None or one.last_day < unbooked]
        found = _balances(connection, books, [one.last for one in ready]) if ready else []
        kept = Drawn(connection, work, books, found, now)
    turns = [one for one in over if one.due_at is not None]
    if not (new or turns or kept):
        return
    wait = {one.id for one in open_ones} - {one.id for one in ready}
    work.ids.ensure(kept.needs)
    with work.database.write() as connection:
        licences.hold(connection, claim, work.until(now))
        for one in new:
            periods.add(connection, one, now)
        for one in turns:
            if one.id in wait:
                again = now + licence.interval_minutes * 60_000_000
                terms.put(connection, one.id, TermState.RUNNING, again, now, NOT_BOOKED)
            else:
                terms.put(connection, one.id, TermState.COMPOSED, None, now)
        kept.write(connection, now)
    yield Step("drawn", len(kept))


def _missing(work: Workplace, books: Books, known: Sequence[Term], now: int) -> list[Term]:
    """Add the periods up to the one that runs now; what was filed before is the bookkeeper's."""
    rules, licence, evidence = books.rules.rules, books.licence, books.evidence(now)
    filed = evidence.filed_through
    first = evidence.start if filed is None else max(evidence.start, filed + dt.timedelta(1))
    ends = {one.last for one in known}
    new = []
    while first <= evidence.today:
        last = period_end(first, rules)
        if last not in ends:
            new.append(
                Term(
                    work.ids.take(), licence.id, licence.unit, PERIOD, first.isoformat(), last.isoformat(),
                    TermState.RUNNING, "", due_at_of(books, last),
                )
            )  # fmt: skip
        first = last + dt.timedelta(1)
    return new


def _balances(connection: Connection, books: Books, ends: Sequence[dt.date]) -> list[Document]:
    rules, licence = books.rules.rules, books.licence
    accounts = {rules.accounts[one.ledger] for one in rules.advances}
    moved = periods.moved(connection, licence.id, accounts, max(ends).isoformat(), DECLARED)
    found: list[Document] = []
    for last in ends:
        until: dict[str, int] = {}
        for account, day, cents in moved:
            if day <= last.isoformat():
                until[account] = until.get(account, 0) + cents
        for rule in rules.advances:
            found += balances(licence.id, licence.unit, rule, last, held_on(rule, books.rules, until))
    return found


class Drawn:
    """The balances that are new or have changed, as rows to be written; what was never held is left out."""

    def __init__(
        self, connection: Connection, work: Workplace, books: Books, found: Sequence[Document], now: int
    ) -> None:
        licence = books.licence
        self._licence, self._ids = licence.id, work.ids
        seen = [digest(document, work.vault) for document in found]
        known = documents.known(connection, licence.source, licence.unit, [one.source_id for one in seen])
        licensed = documents.licences_of(connection, licence.source, licence.unit) if found else []
        self._rows = PageRows(licence.source, licence.unit, licensed, work.sealing.body, now)
        self._new = 0
        for one in seen:
            before = known.get((one.kind, one.source_id))
            if before is None and one.total:
                self._rows.add_new(one, work.ids.take(), None)
                self._new += 1
            elif before is not None and before.content_hash != one.content_hash:
                self._rows.add_change(one, before, None)
        self._revision = Revision(work.ids, licensed)
        self.needs = self._revision.ids_for(connection, len(seen), self._rows.changed) + 2 * len(seen)

    def __len__(self) -> int:
        return self._new + len(self._rows.changed)

    def write(self, connection: Connection, now: int) -> None:
        """Write what is new and changed; what had come to nothing and was taken out is looked at once more."""
        changed = self._rows.write(connection)
        self._revision.changed(connection, changed, now)
        emptied = periods.emptied(connection, self._licence, [id for id, _ in changed])
        moves = [
            Move(self._licence, id, DocumentState.BOOKED, Reason.CHANGED, entry, now) for id, entry in emptied.items()
        ]
        states.move(connection, moves, self._ids.take(len(moves)), now)
        problem = Problem(code="changed-after-booking")
        opened = [
            Opened(problem, licence=self._licence, document=id, entry=entry, severity=Severity.WARNING)
            for id, entry in emptied.items()
        ]
        problems.open_problems(connection, opened, self._ids.take(len(opened)), now)
