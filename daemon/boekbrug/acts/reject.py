"""Reject entries that wait for approval: their documents are held until a person, or other rules, take them up."""

from collections.abc import Collection

from boekbrug.acts import compose_again
from boekbrug.acts.desk import ActRefused, Desk
from boekbrug.acts.set_aside import LONGEST_NOTE
from boekbrug.booking.composed import DocumentState
from boekbrug.contract import Because
from boekbrug.store import approvals, search, states
from boekbrug.store.licences import Licence
from boekbrug.store.states import Move
from boekbrug.store.words import Reason
from boekbrug.sync import revise

_IDS_PER_DOCUMENT = 3


def reject(desk: Desk, licence: Licence, chosen: Collection[int], note: str) -> int:
    """Do not let entries go to the books as they were shown; return how many documents are held.

    All that an entry books is held, with what was composed upon it. Raise ActRefused without a note, and when nothing
    of it waits for approval any more.
    """
    if not (note := note.strip()[:LONGEST_NOTE]):
        raise ActRefused(Because("Say why, so that others understand it later."))
    with desk.house.database.read() as connection:
        documents = sorted({one.document for one in approvals.members(connection, licence.id, chosen)})
        ids = _IDS_PER_DOCUMENT * len(documents) + compose_again.ids_for(connection, documents)
    with desk.act("reject", licence.name, ids=ids) as act:
        waiting = {one.document for one in approvals.members(act.connection, licence.id, chosen)}
        found = states.standings(act.connection, sorted(waiting))
        standing = [one for one in found if one.licence == licence.id]
        freed = revise.start_over(act.connection, act.ids, standing, act.now)
        # what has another entry in the books, as what a correction takes out, stands as it stood
        moves = revise.again(act.connection, freed, act.now)
        moves = [_held(move) if move.state == DocumentState.WAITING else move for move in moves]
        if not moves:
            raise ActRefused(Because("Nothing of this waits for approval any more."))
        states.move(act.connection, moves, act.ids.take(len(moves)), act.now)
        act.licence = licence.id
        numbers = search.numbers_of(act.connection, {one.document for one in freed})
        act.facts = {"note": note, "numbers": ", ".join(sorted(numbers.values()))[:1000]}
    return len(moves)


def _held(move: Move) -> Move:
    return move._replace(state=DocumentState.HELD, reason=Reason.REJECTED, next_at=None)
