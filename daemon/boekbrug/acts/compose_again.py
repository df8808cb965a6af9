"""Look at documents anew, after their rules or their start were changed or a person asked for it."""

from collections.abc import Collection

from sqlalchemy import Connection

from boekbrug.acts.desk import Act
from boekbrug.booking.composed import DocumentState
from boekbrug.store import states
from boekbrug.store.words import Reason
from boekbrug.sync import revise

_IDS_PER_DOCUMENT = 2
_CHUNK = 500
_UNBOOKED = tuple(state for state in DocumentState if state not in (DocumentState.BOOKED, DocumentState.IN_DOUBT))
_UP_TO_RULES = (DocumentState.PROBLEM, DocumentState.HELD, DocumentState.SKIPPED)


def ids_for(count: int) -> int:
    """Say how many identifiers it takes to compose so many documents again."""
    return count * _IDS_PER_DOCUMENT


def after_change(connection: Connection, licence: int, *, moved_start: bool) -> list[int]:
    """List the documents that other rules may treat otherwise; after another start, all that are not booked."""
    if moved_start:
        return states.in_states(connection, licence, _UNBOOKED)
    unapproved = states.in_states(connection, licence, [DocumentState.WAITING], [Reason.APPROVAL])
    return states.in_states(connection, licence, _UP_TO_RULES) + unapproved


def start_over(act: Act, licence: int, documents: Collection[int]) -> int:
    """Free documents from entries that never existed at the target, to be composed anew; return how many."""
    ids = sorted(documents)
    count = 0
    for first in range(0, len(ids), _CHUNK):
        standing = states.standings(act.connection, ids[first : first + _CHUNK])
        own = [one for one in standing if one.licence == licence and one.reason != Reason.GONE]
        freed = revise.start_over(act.connection, act.ids, own, act.now)
        moves = states.compose_again(licence, [one.document for one in freed], act.now)
        states.move(act.connection, moves, act.ids.take(len(moves)), act.now)
        count += len(moves)
    return count
