"""Accept what was done in the books: an entry deleted there, or changed."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from boekbrug.acts.as_sent import look_of
from boekbrug.acts.desk import Act, ActRefused, Desk
from boekbrug.booking.composed import DocumentState
from boekbrug.contract import Because, EntryAnswer, FoundEntry, Gone
from boekbrug.store import booked, changes, licences, problems, states
from boekbrug.store.booked import AT_TARGET, Living
from boekbrug.store.licences import Licence
from boekbrug.store.states import Move, Standing
from boekbrug.store.words import EntryState, Reason
from boekbrug.sync import revise

_IDS_PER_DOCUMENT = 3


class _Named(NamedTuple):
    """What a person names: documents with all that books them, or one `entry` by its mark, and what it booked."""

    documents: list[int]
    entry: int | None = None


class _Found(NamedTuple):
    """What there is to accept: entries deleted or changed, and documents to book anew whose deletion was accepted."""

    deleted: list[int]
    changed: list[int]
    skipped: list[int]


def accept(desk: Desk, licence: Licence, number: str, *, rebook: bool = False) -> int:
    """Accept a deletion or a difference of a document's entry at the target; return how many documents it concerns.

    `number` is that of the document, which stands for all that books it, or the mark of one entry.
    A deleted entry books nothing from then on: its documents are skipped, or composed anew with `rebook`, which goes
    to the books under a mark of its own. What was composed upon it and not sent is taken back. Raise ActRefused when
    there is nothing to accept, and while something else books the documents or is on its way.
    """
    with desk.house.database.read() as connection:
        named = _named(connection, licence, number)
        found = _find(connection, licence, named, rebook=rebook)
        gone = {*found.deleted, *booked.deleted_of(connection, licence.id, named.documents)}
        ids = _ids_for(connection, licence, found)
    if not any(found):
        raise ActRefused(
            Because(
                "Nothing of {number} was deleted or changed in the books; see: boekbrug find {number}", number=number
            )
        )
    if rebook:
        _demand_gone(desk, licence, sorted(gone))
    looks = _looks(desk, licence, found.changed)
    with desk.act("accept", licence.name, ids=ids) as act:
        licences.lock(act.connection, licence.id)
        found = _find(act.connection, licence, named, rebook=rebook)
        concerned = _take_changed(act, licence, found.changed, looks)
        concerned |= _let_go(act, licence, found.deleted, rebook=rebook)
        concerned |= _take_up(act, licence, found.skipped)
        changes.make_due(act.connection, licence.id, act.now)
        act.licence = licence.id
        act.facts = {"number": number, "documents": str(len(concerned)), "rebook": str(rebook).lower()}
    return len(concerned)


def _named(connection: Connection, licence: Licence, number: str) -> _Named:
    for entry in states.marked(connection, licence.id, number):
        return _Named(booked.documents_of(connection, entry), entry)
    return _Named(states.numbered(connection, licence.id, [number])[number])


def _find(connection: Connection, licence: Licence, named: _Named, *, rebook: bool) -> _Found:
    there = [
        one
        for one in booked.living(connection, licence.id, named.documents)
        if one.state == EntryState.BOOKED and named.entry in (None, one.entry)
    ]
    is_gone = any(one.reason == Reason.DELETED for one in there)
    accepted = [
        one.document
        for one in states.standings(connection, named.documents)
        if one.licence == licence.id and one.state == DocumentState.SKIPPED and one.reason == Reason.DELETED
    ]
    return _Found(
        deleted=_all_deleted(connection, licence, named.documents) if is_gone else [],
        changed=[one.entry for one in there if one.reason == Reason.DIFFERS and not rebook],
        skipped=accepted if rebook else [],
    )


def _all_deleted(connection: Connection, licence: Licence, documents: Sequence[int]) -> list[int]:
    """List the deleted entries of documents, and those of what stands in a total with them."""
    found: set[int] = set()
    while True:
        there = booked.living(connection, licence.id, documents)
        fresh = {one.entry for one in there if one.state == EntryState.BOOKED and one.reason == Reason.DELETED} - found
        if not fresh:
            return sorted(found)
        found |= fresh
        documents = _members(connection, sorted(fresh))


def _ids_for(connection: Connection, licence: Licence, found: _Found) -> int:
    beside = booked.living(connection, licence.id, _members(connection, found.deleted))
    entries = {one.entry for one in beside} | {*found.deleted, *found.changed}
    entries |= {one.entry for one in _all_upon(connection, list(entries))}
    members = states.count_members(connection, entries)
    return len(entries) + _IDS_PER_DOCUMENT * (members + len(found.skipped))


def _demand_gone(desk: Desk, licence: Licence, entries: list[int]) -> None:
    records, answers = _read(desk, licence, entries)
    there = [id for id, answer in zip(records, answers, strict=True) if not isinstance(answer, Gone)]
    if there:
        raise ActRefused(
            Because(
                "Record {records} is not gone by what the target says now; reconcile again first.",
                records=", ".join(there),
            )
        )


def _looks(desk: Desk, licence: Licence, changed: list[int]) -> dict[int, str]:
    """Look at the entries that differed when they were booked and were not compared since."""
    with desk.house.database.read() as connection:
        known = booked.seen(connection, changed)
    fresh = [id for id in changed if id not in known]
    _, answers = _read(desk, licence, fresh)
    return {id: look_of(answer) for id, answer in zip(fresh, answers, strict=True) if isinstance(answer, FoundEntry)}


def _read(desk: Desk, licence: Licence, entries: list[int]) -> tuple[list[str], Sequence[EntryAnswer]]:
    if not entries:
        return [], []
    with desk.house.database.read() as connection:
        administration = licences.administration_code(connection, licence.administration)
        by_entry = booked.records_of(connection, entries)
    records = [by_entry[id] for id in entries]
    return records, desk.house.instances().target(licence.target).read(administration, records)


def _take_changed(act: Act, licence: Licence, changed: Sequence[int], looks: Mapping[int, str]) -> set[int]:
    """Keep how the entries look as accepted, and close what tells of it; a change at the source counts again."""
    booked.keep_seen(act.connection, {id: look for id, look in looks.items() if id in changed})
    booked.accept_seen(act.connection, changed)
    documents = _members(act.connection, changed)
    told = [one for one in problems.of_documents(act.connection, [licence.id], documents) if one.code in AT_TARGET]
    booked.close(act.connection, [one.id for one in told if one.entry in changed], act.now)
    left = {one.document for one in told if one.entry not in changed}
    here = [one for one in states.standings(act.connection, documents) if one.licence == licence.id]
    settled = [
        one
        for one in here
        if one.state == DocumentState.BOOKED and one.reason == Reason.DIFFERS and one.document not in left
    ]
    problems.close_for_documents(act.connection, licence.id, [one.document for one in settled], act.now)
    moves = [move for move in revise.again(act.connection, settled, act.now) if move.reason == Reason.CHANGED]
    states.move(act.connection, moves, act.ids.take(len(moves)), act.now)
    return set(documents)


def _let_go(act: Act, licence: Licence, deleted: Sequence[int], *, rebook: bool) -> set[int]:
    """End what deleted entries book, and take back what was composed upon them and not sent."""
    if not deleted:
        return set()
    documents = _members(act.connection, deleted)
    beside = [one for one in booked.living(act.connection, licence.id, documents) if one.entry not in deleted]
    _demand_alone(beside)
    freed = _take_back(act, licence, [*beside, *_all_upon(act.connection, [*deleted, *(b.entry for b in beside)])])
    booked.end_memberships(act.connection, deleted, act.now)
    others = [one for one in freed if one.document not in documents]
    if rebook:
        moves = states.compose_again(licence.id, documents, act.now)
    else:
        moves = [Move(licence.id, id, DocumentState.SKIPPED, Reason.DELETED) for id in documents]
    moves += revise.again(act.connection, others, act.now)
    problems.close_for_documents(act.connection, licence.id, [move.document for move in moves], act.now)
    states.move(act.connection, moves, act.ids.take(len(moves)), act.now)
    return set(documents)


def _demand_alone(beside: Sequence[Living]) -> None:
    """Refuse while the books hold something else for the documents: it would stand there without what is gone."""
    there = [one.mark for one in beside if one.state == EntryState.BOOKED and one.reason != Reason.DELETED]
    if there:
        raise ActRefused(
            Because(
                "{marks}: in the books for the same documents. Delete that there too, reconcile, and accept it all; "
                "or put back what was deleted.",
                marks=", ".join(there[:5]),
            )
        )


def _all_upon(connection: Connection, entries: Sequence[int]) -> list[Living]:
    """List what was composed upon entries and is not in the books, and what was composed upon that."""
    found: dict[int, Living] = {}
    left = list(entries)
    while left:
        next_ones = [one for one in booked.upon(connection, left) if one.state != EntryState.BOOKED]
        left = [one.entry for one in next_ones if one.entry not in found]
        found |= {one.entry: one for one in next_ones}
    return list(found.values())


def _take_back(act: Act, licence: Licence, unsent: Sequence[Living]) -> list[Standing]:
    """Take out entries that never existed at the target; refuse when one may be on its way there."""
    freed: list[Standing] = []
    for one in {one.entry: one for one in unsent if one.state != EntryState.BOOKED}.values():
        members = states.standing_in(act.connection, one.entry)
        if not revise.replace(act.connection, act.ids, one.entry, licence.id, act.now):
            raise ActRefused(
                Because(
                    "{mark}: composed upon what was deleted, and on its way to the books; let that come to an end "
                    "first.",
                    mark=one.mark,
                )
            )
        freed += members
    return freed


def _take_up(act: Act, licence: Licence, skipped: Sequence[int]) -> set[int]:
    moves = states.compose_again(licence.id, skipped, act.now)
    problems.close_for_documents(act.connection, licence.id, skipped, act.now)
    states.move(act.connection, moves, act.ids.take(len(moves)), act.now)
    return set(skipped)


def _members(connection: Connection, entries: Sequence[int]) -> list[int]:
    return sorted({document for _, _, document, _ in states.members_of(connection, entries)})
