"""Look at documents anew, after their rules or their start were changed or a person asked for it."""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection

from boekbrug.acts.desk import Act
from boekbrug.booking.composed import DocumentState
from boekbrug.store import states, terms
from boekbrug.store.words import SET_ASIDE, Reason
from boekbrug.sync import revise

_IDS_PER_DOCUMENT = 2
_CHUNK = 500
_UNBOOKED = tuple(state for state in DocumentState if state not in (DocumentState.BOOKED, DocumentState.IN_DOUBT))
_UP_TO_RULES = (DocumentState.PROBLEM, DocumentState.HELD, DocumentState.SKIPPED)


def ids_for(connection: Connection, documents: Sequence[int]) -> int:
    """Say how many identifiers it takes to compose documents again, with those that stand in entries with them."""
    chunks = (documents[first : first + _CHUNK] for first in range(0, len(documents), _CHUNK))
    beside = sum(states.count_beside(connection, chunk) for chunk in chunks)
    return (len(documents) + beside) * _IDS_PER_DOCUMENT


def after_change(connection: Connection, licence: int, *, moved_start: bool) -> list[int]:
    """List the documents that other rules may treat otherwise; after another start, all that are not booked."""
    if moved_start:
        return states.in_states(connection, licence, _UNBOOKED)
    unapproved = states.in_states(connection, licence, [DocumentState.WAITING], [Reason.APPROVAL])
    return states.in_states(connection, licence, _UP_TO_RULES) + unapproved + terms.waiting(connection, licence)


def start_over(act: Act, licence: int, documents: Collection[int], *, set_aside: bool = False) -> int:
    """Free documents from entries that never existed at the target, to be composed anew; return how many.

    What a person set aside stays so, unless it is `set_aside` that is to be taken up.
    """
    ids = sorted(documents)
    left = (Reason.GONE,) if set_aside else (Reason.GONE, *SET_ASIDE)
    done: set[int] = set()
    for first in range(0, len(ids), _CHUNK):
        standing = states.standings(act.connection, ids[first : first + _CHUNK])
        own = [one for one in standing if one.licence == licence and one.reason not in left]
        # with one document of a total go all others
        own = [one for one in own if one.document not in done]
        freed = revise.start_over(act.connection, act.ids, own, act.now)
        moves = revise.again(act.connection, freed, act.now)
        states.move(act.connection, moves, act.ids.take(len(moves)), act.now)
        done.update(one.document for one in freed)
    return len(done)
