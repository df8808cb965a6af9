"""Set documents aside that are not to be booked here, or were booked by hand; and take them up again."""

from collections.abc import Collection

from boekbrug.acts import compose_again
from boekbrug.acts.desk import Act, ActRefused, Desk
from boekbrug.booking.composed import DocumentState
from boekbrug.contract import Because
from boekbrug.store import changes, search, states
from boekbrug.store.licences import Licence
from boekbrug.store.states import Move, Standing
from boekbrug.store.words import SET_ASIDE, Reason
from boekbrug.sync import revise

_IDS_PER_DOCUMENT = 3
LONGEST_NOTE = 1000
TAKEN_UP = (*SET_ASIDE, Reason.REJECTED)
"""Why a document waits for nothing but a person who takes it up."""


def set_aside(desk: Desk, licence: Licence, documents: Collection[int], reason: str, note: str) -> int:
    """Skip documents for a reason of `SET_ASIDE`, with a note in the audit; return how many.

    Only what is stuck or waits for approval can be: no worker is at that. One of a term's many stays in its term.
    Raise ActRefused without a note, for another reason, and when nothing can be set aside.
    """
    if reason not in SET_ASIDE:
        raise ActRefused(Because("{given} is neither {known}.", given=repr(reason), known=" nor ".join(SET_ASIDE)))
    if not (note := note.strip()[:LONGEST_NOTE]):
        raise ActRefused(Because("Say why, so that others understand it later."))
    with desk.house.database.read() as connection:
        ids = _IDS_PER_DOCUMENT * len(documents) + compose_again.ids_for(connection, sorted(documents))
    with desk.act("set-aside", licence.name, ids=ids) as act:
        standing = [one for one in _standing(act, licence, documents) if _is_stuck(act, one)]
        freed = revise.start_over(act.connection, act.ids, standing, act.now)
        moves = [Move(licence.id, one.document, DocumentState.SKIPPED, reason) for one in freed if one in standing]
        # what was composed upon the entry of one that is set aside is looked at anew
        upon = [one.document for one in freed if one not in standing]
        moves += [move for move in revise.again(act.connection, freed, act.now) if move.document in upon]
        if not moves:
            raise ActRefused(Because("It is booked, or on its way to the books, and cannot be set aside."))
        states.move(act.connection, moves, act.ids.take(len(moves)), act.now)
        changes.make_due(act.connection, licence.id, act.now)
        act.licence = licence.id
        act.facts = {"reason": reason, "note": note, "numbers": _numbers(act, freed)}
    return len(moves)


def take_up(desk: Desk, licence: Licence, documents: Collection[int]) -> int:
    """Compose documents again that were set aside, or whose entry was rejected; return how many."""
    with desk.house.database.read() as connection:
        ids = compose_again.ids_for(connection, sorted(documents))
    with desk.act("take-up", licence.name, ids=ids) as act:
        standing = [one for one in _standing(act, licence, documents) if one.reason in TAKEN_UP]
        count = compose_again.start_over(act, licence.id, [one.document for one in standing], set_aside=True)
        changes.make_due(act.connection, licence.id, act.now)
        act.licence = licence.id
        act.facts = {"numbers": _numbers(act, standing)}
    return count


def _standing(act: Act, licence: Licence, documents: Collection[int]) -> list[Standing]:
    found = states.standings(act.connection, sorted(set(documents)))
    return [one for one in found if one.licence == licence.id]


def _is_stuck(act: Act, one: Standing) -> bool:
    if one.state == DocumentState.WAITING and one.reason == Reason.APPROVAL:
        return one.entry is not None and len(states.members_of(act.connection, [one.entry])) == 1
    return one.state in (DocumentState.PROBLEM, DocumentState.HELD)


def _numbers(act: Act, standing: Collection[Standing]) -> str:
    numbers = search.numbers_of(act.connection, {one.document for one in standing})
    return ", ".join(sorted(numbers.values()))[:1000]
