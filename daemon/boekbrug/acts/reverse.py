"""Reverse what is booked (storno): counter-entries, linked both ways; nothing booked is edited or deleted."""

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

import msgspec
from msgspec import structs
from sqlalchemy import Connection

from boekbrug.acts.desk import Act, ActRefused, Desk
from boekbrug.acts.find import ShownEntry, amount, shown_entry
from boekbrug.acts.matched import demand_unmatched
from boekbrug.booking.answers import Answers
from boekbrug.booking.compiled import CompiledRules
from boekbrug.booking.composed import DocumentState, Draft, Held, Rejected
from boekbrug.booking.corrections import reverse_term
from boekbrug.booking.declared import per_box
from boekbrug.booking.marks import mark_of
from boekbrug.contract import Because
from boekbrug.store import answers, changes, entries, licences, problems, search, states, terms
from boekbrug.store.corrected import ANEW, REVERSAL
from boekbrug.store.entries import Booking
from boekbrug.store.licences import Licence
from boekbrug.store.states import Move
from boekbrug.store.terms import DAY, MONTH
from boekbrug.store.words import EntryState, Reason
from boekbrug.sync import corrections
from boekbrug.sync.batch import IDS_PER_DOCUMENT, Batch
from boekbrug.sync.books import Books, open_books
from boekbrug.sync.corrections import Planned
from boekbrug.sync.matched import open_items
from boekbrug.sync.standing import Stands, as_draft, standing_in, standing_of
from boekbrug.sync.workplace import Workplace


class NetVat(msgspec.Struct, frozen=True, kw_only=True):
    """What counter-entries change in a box of the return under one VAT code; what is taken back is negative."""

    box: str
    vat_code: str
    base: Decimal
    vat: Decimal


class Reversal(msgspec.Struct, frozen=True, kw_only=True):
    """Counter-entries, newest first, with what they change in the VAT return and how many documents they concern."""

    entries: tuple[ShownEntry, ...]
    net: tuple[NetVat, ...]
    documents: int


class _Counter(NamedTuple):
    entry: int
    mark: str
    draft: Draft
    members: tuple[tuple[int, int], ...]
    term: int | None


class _Plan(NamedTuple):
    work: Workplace
    books: Books
    counters: tuple[_Counter, ...] = ()
    outs: tuple[Planned, ...] = ()


def reverse(
    desk: Desk,
    licence: Licence,
    *,
    numbers: Sequence[str] = (),
    term: str = "",
    date: dt.date | None = None,
    rebook: bool = False,
    only_look: bool = False,
) -> Reversal:
    """Compose the counter-entries of documents and entries, or of all entries of a term (a day or month in ISO form).

    `numbers` are those of documents, or marks of entries. One of many in a total is taken out of it by a correction.
    With `rebook` the documents are composed anew once the reversal is booked, on the reversal's `date` where their own
    is closed. `only_look` writes nothing. Raise ActRefused with what to do first.
    """
    house = desk.house
    with house.database.read() as connection:
        work = house.place("reverse")
        now = house.database.now(connection)
        plan = _Plan(work, open_books(connection, work, licence))
        if term:
            plan = _of_term(connection, plan, term, date, now)
        else:
            plan = _of(connection, plan, numbers, date, now, rebook)
        shown = _shown(plan)
        items = open_items(connection, work, _standing_of(connection, plan))
    demand_unmatched(work, licence, items)
    if only_look:
        return shown
    plan.work.ids.ensure(_ids_for(plan))
    with desk.act("reverse", licence.name) as act:
        licences.lock(act.connection, licence.id)
        _demand_same(act.connection, plan)
        _write(act.connection, plan, act.now, rebook=rebook)
        if rebook and date is not None:
            _book_anew_on(act, plan, date)
        changes.make_due(act.connection, licence.id, act.now)
        act.licence = licence.id
        act.facts = {
            "numbers": ", ".join(numbers)[:1000],
            "term": term,
            "entries": str(len(shown.entries)),
            "rebook": str(rebook).lower(),
        }
    return shown


def _standing_of(connection: Connection, plan: _Plan) -> list[Stands]:
    """List all that the plan takes out of the books."""
    licence = plan.books.licence.id
    inside = [one for out in plan.outs for one in standing_of(connection, licence, out.standing.document)]
    return inside + standing_in(connection, [one.entry for one in plan.counters])


def _of_term(connection: Connection, plan: _Plan, named: str, date: dt.date | None, now: int) -> _Plan:
    licence = plan.books.licence
    kind, first = (DAY, named) if len(named) == len("2026-09-14") else (MONTH, f"{named}-01")
    found = terms.starting(connection, licence.id, licence.unit, first, kind)
    ids = [] if found is None else [id for id, _ in terms.entries_of(connection, found.id)]
    # what was reversed before books nothing any more
    live = {one.entry for one in standing_in(connection, ids)} if ids else set()
    if not live:
        raise ActRefused(
            Because(
                "Nothing of {named} is booked as a total; see: boekbrug preview {licence}",
                named=named,
                licence=licence.name,
            )
        )
    return _counter(connection, plan, sorted(live), date, now)


def _of(
    connection: Connection, plan: _Plan, numbers: Sequence[str], date: dt.date | None, now: int, rebook: bool
) -> _Plan:
    licence = plan.books.licence
    whole, inside = set[int](), []
    for number in numbers:
        if marked := standing_in(connection, states.marked(connection, licence.id, number)):
            _demand_whole(connection, licence, number, marked)
            whole.update(one.entry for one in marked)
            continue
        document = document_of(connection, licence, number)
        standing = standing_of(connection, licence.id, document)
        if not any(one.is_total for one in standing):
            whole.update(one.entry for one in standing)
        elif rebook:
            raise ActRefused(
                Because(
                    "{number} is in a total; to book that anew, reverse its term: --term DAY --rebook", number=number
                )
            )
        else:
            inside.append(document)
    outs = tuple(_taken_out(connection, plan, document, date, now) for document in dict.fromkeys(inside))
    plan = plan._replace(outs=outs)
    return _counter(connection, plan, sorted(whole), date, now) if whole else plan


def _taken_out(connection: Connection, plan: _Plan, document: int, date: dt.date | None, now: int) -> Planned:
    licence = plan.books.licence
    _demand_booked(connection, licence, [document], standing_of(connection, licence.id, document))
    found = corrections.plan(connection, plan.work, plan.books, document, now, chosen=date, remove=True)
    if not isinstance(found, Planned):
        raise why_not(found)
    return found


def _demand_whole(connection: Connection, licence: Licence, mark: str, standing: Sequence[Stands]) -> None:
    """Refuse an entry that is only a part of what books its documents: the rest would stand without it."""
    ids = {one.entry for one in standing}
    parts = {
        one.document for one in standing if {s.entry for s in standing_of(connection, licence.id, one.document)} - ids
    }
    if parts:
        names = ", ".join(search.numbers_of(connection, sorted(parts)).values())
        raise ActRefused(
            Because(
                "{names}: more than {mark} books it; reverse it by its number, or its term.", names=names, mark=mark
            )
        )


def document_of(connection: Connection, licence: Licence, number: str) -> int:
    """Return the one booked document of a number; raise ActRefused when there is none, or more than one."""
    documents = states.numbered(connection, licence.id, [number])[number]
    booked = [id for id in documents if standing_of(connection, licence.id, id)]
    if len(booked) != 1:
        if booked:
            raise ActRefused(Because("{number} names several documents; see: boekbrug find {number}", number=number))
        raise ActRefused(Because("{number} is not booked; see: boekbrug find {number}", number=number))
    return booked[0]


def why_not(found: object) -> ActRefused:
    """Say why there is no entry, and what to do."""
    reason = getattr(found, "reason", "")
    if isinstance(found, Held):
        return ActRefused(Because("It is held: {reason}. Name a date in an open period with --date.", reason=reason))
    if reason:
        return ActRefused(Because("It is not composed: {reason}.", reason=reason))
    problems = found.problems if isinstance(found, Rejected) else ()
    return ActRefused(Because("It cannot be composed."), problems=problems)


def _counter(connection: Connection, plan: _Plan, ids: Sequence[int], date: dt.date | None, now: int) -> _Plan:
    licence = plan.books.licence
    standing = standing_in(connection, ids)
    documents = sorted({one.document for one in standing})
    _demand_booked(connection, licence, documents, standing)
    _demand_last(connection, ids)
    bodies = entries.load(connection, ids, plan.work.sealing.open_party)
    oldest_first = [as_draft(bodies[id]) for id in sorted(ids)]
    counter = reverse_term(oldest_first, plan.books.evidence(now), date)
    if isinstance(counter, Held):
        raise why_not(counter)
    of = {id: [one for one in standing if one.entry == id] for id in ids}
    counters = tuple(
        _Counter(
            id, of[id][0].mark, draft, tuple({one.document: one.revision for one in of[id]}.items()), of[id][0].term
        )
        for id, draft in zip(sorted(ids, reverse=True), counter, strict=True)
    )
    return plan._replace(counters=counters)


def _members(standing: Sequence[Stands]) -> tuple[tuple[int, int], ...]:
    return tuple({one.document: one.revision for one in standing}.items())


def _demand_booked(
    connection: Connection, licence: Licence, documents: Sequence[int], standing: Sequence[Stands]
) -> None:
    deleted = sorted({one.mark for one in standing if one.reason == Reason.DELETED})
    if deleted:
        raise ActRefused(
            Because(
                "{marks}: deleted in the books, so that nothing is there to reverse; accept that first.",
                marks=", ".join(deleted[:5]),
            )
        )
    unbooked = [one.mark for one in standing if one.state != EntryState.BOOKED]
    moving = [
        one.document
        for one in states.standings(connection, documents)
        if one.licence == licence.id and one.state != DocumentState.BOOKED
    ]
    if unbooked or moving:
        names = ", ".join([*unbooked, *search.numbers_of(connection, moving).values()][:5])
        raise ActRefused(
            Because(
                "{names}: not booked, or something of it is still on its way; let that come to an end first",
                names=names,
            )
        )


def _demand_last(connection: Connection, ids: Sequence[int]) -> None:
    upon = {other for id in ids for other in states.composed_upon(connection, id)} - set(ids)
    left = [one for one in standing_in(connection, sorted(upon)) if one.entry not in ids] if upon else []
    if left:
        names = search.numbers_of(connection, sorted({one.document for one in left}))
        raise ActRefused(Because("{names} was booked upon it; reverse that first.", names=", ".join(names.values())))


def _demand_same(connection: Connection, plan: _Plan) -> None:
    """Refuse what changed between looking and writing."""
    licence = plan.books.licence
    for out in plan.outs:
        document = out.standing.document
        _demand_booked(connection, licence, [document], standing_of(connection, licence.id, document))
    ids = [one.entry for one in plan.counters]
    standing = standing_in(connection, ids)
    _demand_booked(connection, licence, sorted({one.document for one in standing}), standing)
    _demand_last(connection, ids)


def _shown(plan: _Plan) -> Reversal:
    drafts = [one.draft for one in plan.counters] + [draft for out in plan.outs for draft in out.entries]
    documents = {document for one in plan.counters for document, _ in one.members}
    return Reversal(
        entries=tuple(shown_entry(draft.entry("")) for draft in drafts),
        net=tuple(_net(drafts, plan.books.rules)),
        documents=len(documents) + len(plan.outs),
    )


def _net(drafts: Sequence[Draft], book: CompiledRules) -> Iterator[NetVat]:
    sums: dict[tuple[str, str], tuple[int, int]] = {}
    for draft in drafts:
        for (box, code), (base, vat) in per_box(draft.lines, book).items():
            known = sums.get((box or "", code), (0, 0))
            sums[box or "", code] = known[0] + base, known[1] + vat
    for (name, code), (base, vat) in sorted(sums.items()):
        yield NetVat(box=name, vat_code=code, base=amount(base, "EUR"), vat=amount(vat, "EUR"))


def _ids_for(plan: _Plan) -> int:
    return 16 + 4 * sum(len(one.members) for one in plan.counters) + IDS_PER_DOCUMENT * len(plan.outs)


def _write(connection: Connection, plan: _Plan, now: int, *, rebook: bool) -> None:
    work, books = plan.work, plan.books
    for out in plan.outs:
        corrections.keep(connection, work, books, out.standing.document, out, now)
    batch, licence = Batch(work, books, now), books.licence
    after: int | None = None
    first: dict[int, int] = {}
    for one in plan.counters:
        facet = f"{REVERSAL} {one.entry}{ANEW if rebook else ''}"
        members = [Booking(document, revision, facet) for document, revision in one.members]
        after = batch.add_entry(
            one.draft, (one.draft.number, _mark(one, books)), members, after=after or one.entry, term=one.term,
            reverses=one.entry,
        )  # fmt: skip
        for document, _ in one.members:
            first.setdefault(document, after)
    reason = Reason.DELIVER if licence.automatic else Reason.APPROVAL
    batch.add_moves(Move(licence.id, id, DocumentState.WAITING, reason, entry) for id, entry in first.items())
    batch.flush(connection)
    problems.close_for_documents(connection, licence.id, list(first), now)


def _book_anew_on(act: Act, plan: _Plan, date: dt.date) -> None:
    """Let what is booked anew have the reversal's date where its own is closed: they share one (§2.31)."""
    licence = plan.books.licence.id
    documents = {document for one in plan.counters for document, _ in one.members}
    said = answers.read(act.connection, licence, sorted(documents))
    for document in sorted(documents):
        known = msgspec.json.decode(said[document], type=Answers) if document in said else Answers()
        body = msgspec.json.encode(structs.replace(known, book_on=date)).decode()
        answers.keep(act.connection, licence, document, body, act.now)


def _mark(one: _Counter, books: Books) -> str:
    generation = int(one.mark.rpartition("-")[2])
    number, code, longest = one.draft.number, books.licence.code, books.mark_length
    return mark_of(number, code, generation, longest=longest, reversal=True)
