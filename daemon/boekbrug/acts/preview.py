"""Show what waits as it would be booked; nothing is written."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

import msgspec
from sqlalchemy import Connection

from boekbrug.acts.find import ShownEntry, amount, shown_entry
from boekbrug.acts.problems import in_words
from boekbrug.booking.compiled import CompiledRules
from boekbrug.booking.composed import Composed, Draft, Evidence, Item, Rejected, state_of
from boekbrug.booking.marks import mark_of
from boekbrug.booking.rules import Rules
from boekbrug.contract import Problem, ProblemText
from boekbrug.store import approvals, entries, licences, search
from boekbrug.store.licences import Licence
from boekbrug.sync import compose
from boekbrug.sync.compose import Books, Candidate
from boekbrug.sync.house import House
from boekbrug.sync.workplace import Workplace


class Previewed(msgspec.Struct, frozen=True, kw_only=True):
    """A document with the entry that would book it, or why it has none; for `approval` it was composed already."""

    number: str
    kind: str
    total: Decimal
    currency: str
    state: str
    reason: str
    approval: bool
    entry: ShownEntry | None
    problems: tuple[ProblemText, ...]


def preview(house: House, licence: Licence, language: str, most: int) -> list[Previewed]:
    """Compose what waits, and show what was composed and waits for approval."""
    found = _waiting_for_approval(house, licence, most)
    return found + _uncomposed(house, licence, language, most - len(found))


def _waiting_for_approval(house: House, licence: Licence, most: int) -> list[Previewed]:
    work = house.place("preview")
    with house.database.read() as connection:
        waiting = approvals.unapproved(connection, licence.id)[:most]
        bodies = entries.load(connection, [one.entry for one in waiting], work.sealing.open_party)
        hits = {hit.id: hit for hit in search.by_ids(connection, licence.id, [one.document for one in waiting])}
    return [
        Previewed(
            number=hit.number, kind=hit.kind, total=amount(hit.total, hit.currency), currency=hit.currency,
            state=hit.state or "", reason=hit.reason or "", approval=True, entry=shown_entry(bodies[one.entry]),
            problems=(),
        )
        for one in waiting
        if (hit := hits[one.document])
    ]  # fmt: skip


def _uncomposed(house: House, licence: Licence, language: str, most: int) -> list[Previewed]:
    work = house.place("preview")
    with house.database.read() as connection:
        now = house.database.now(connection)
        books = _books(connection, work, licence)
        batches = [_composed(connection, work, books, now, max(most, 0), linked=linked) for linked in (False, True)]
    return [_shown(house, books, *row, language) for batch in batches for row in batch][: max(most, 0)]


def _books(connection: Connection, work: Workplace, licence: Licence) -> Books:
    body = licences.rules_body(connection, licence.id, licence.rules)
    longest = work.instances.target(licence.target).capabilities.mark_length
    return Books(licence=licence, rules=CompiledRules(msgspec.json.decode(body, type=Rules)), mark_length=longest)


def _composed(
    connection: Connection, work: Workplace, books: Books, now: int, most: int, *, linked: bool
) -> Sequence[tuple[Candidate, Item, Composed]]:
    batch = compose.candidates(connection, books.licence.id, now, most, linked=linked)
    items = compose.items_of(connection, work, books, batch)
    evidence = Evidence(today=compose.today_on(now), start=dt.date.fromisoformat(books.licence.start))
    return [
        (candidate, item, compose.compose_one(candidate, item, books, evidence))
        for candidate, item in zip(batch, items, strict=True)
    ]


def _shown(house: House, books: Books, candidate: Candidate, item: Item, result: Composed, language: str) -> Previewed:
    document = item.document
    found: Sequence[Problem] = result.problems if isinstance(result, Rejected) else ()
    entry = None
    if isinstance(result, Draft):
        entry = shown_entry(result.entry(mark_of(result.number, books.licence.code, longest=books.mark_length)))
    codes = house.plugins.problem_codes
    return Previewed(
        number=document.number, kind=str(document.kind), total=document.total, currency=document.currency,
        state=str(state_of(result)), reason=getattr(result, "reason", "") or getattr(result, "status", ""),
        approval=False, entry=entry,
        problems=tuple(in_words(codes, problem, language, number=candidate.number) for problem in found),
    )  # fmt: skip
