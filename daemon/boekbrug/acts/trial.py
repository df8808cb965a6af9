"""Try other rules on the latest sales of a licence, beside the rules of today; nothing is written."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import msgspec
import sqlalchemy as sa
from msgspec import structs
from sqlalchemy import Connection

from boekbrug.acts.find import ShownEntry, shown_entry
from boekbrug.acts.problems import in_words
from boekbrug.booking.compiled import CompiledRules
from boekbrug.booking.composed import Composed, DocumentState, Draft, Rejected, state_of
from boekbrug.booking.individual import compose_individual
from boekbrug.booking.rules import Mode, Rules
from boekbrug.contract import SALE_KINDS, EntryKind, ProblemText
from boekbrug.store.licences import Licence
from boekbrug.store.tables import document, document_state
from boekbrug.sync.books import Books, booked_ids, items_of, open_books
from boekbrug.sync.house import House

MOST = 10


class Outcome(msgspec.Struct, frozen=True):
    """What rules make of a sale: an entry, or its state with why."""

    state: str
    reason: str
    entry: ShownEntry | None
    problems: tuple[ProblemText, ...]


class Tried(msgspec.Struct, frozen=True):
    """A sale under the rules of today and under others."""

    id: int
    number: str
    total: Decimal
    currency: str
    now: Outcome
    then: Outcome

    @property
    def differs(self) -> bool:
        """Tell whether the others treat it otherwise."""
        return self.now != self.then


def on_latest(house: House, licence: Licence, rules: Rules, language: str, most: int = MOST) -> list[Tried]:
    """Compose the latest sales each by itself under both; what goes into totals has the same lines there.

    What was filed or locked is passed over: the question is how they would be booked.
    """
    work = house.place("trial")
    with house.database.read() as connection:
        books = open_books(connection, work, licence).unfiled()
        others = replace(books, rules=CompiledRules(rules)).unfiled()
        batch = booked_ids(connection, licence.id, _latest(connection, licence.id, most))
        items = items_of(connection, work, books, batch)
        now = house.database.now(connection)
    pair = [(_alone(one), one.evidence(now)) for one in (books, others)]
    found = []
    for item in items:
        sale = item.document
        was, becomes = (
            _outcome(house, compose_individual(item, compiled, evidence), language, sale.number)
            for compiled, evidence in pair
        )
        found.append(Tried(item.document_id, sale.number, sale.total, sale.currency, was, becomes))
    return sorted(found, key=lambda one: -one.id)


def _latest(connection: Connection, licence: int, most: int) -> Sequence[int]:
    standing = document_state.c
    query = (
        sa.select(standing.document)
        .join(document, document.c.id == standing.document)
        .where(standing.licence == licence, standing.state != DocumentState.BEFORE_START)
        .where(document.c.kind.in_(SALE_KINDS))
        .order_by(standing.document.desc())
        .limit(most)
    )
    return list(connection.scalars(query))


def _alone(books: Books) -> CompiledRules:
    """Return rules that book each sale by itself; they need a journal, which those of totals may not name."""
    rules = books.rules.rules
    journals = dict(rules.journals)
    journals.setdefault(EntryKind.SALES, journals.get(EntryKind.MEMORIAL, "-"))
    return CompiledRules(structs.replace(rules, mode=Mode.INDIVIDUAL, journals=journals))


def _outcome(house: House, result: Composed, language: str, number: str) -> Outcome:
    codes = house.plugins.problem_codes
    problems = result.problems if isinstance(result, Rejected) else ()
    return Outcome(
        state=str(state_of(result)),
        reason=getattr(result, "reason", "") or getattr(result, "status", ""),
        entry=shown_entry(result.entry("")) if isinstance(result, Draft) else None,
        problems=tuple(in_words(codes, problem, language, number=number) for problem in problems),
    )
