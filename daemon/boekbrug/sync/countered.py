"""What follows when an entry is booked that corrects or counters another."""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection

from boekbrug.booking.composed import DocumentState
from boekbrug.store import corrected, states
from boekbrug.store.ids import Ids
from boekbrug.store.states import Move
from boekbrug.store.words import Reason

_WAITING, _BOOKED = DocumentState.WAITING, DocumentState.BOOKED
Documents = Mapping[tuple[int, int], int]


def after_booking(
    connection: Connection, ids: Ids, booked: Collection[int], documents: Documents, now: int
) -> dict[tuple[int, int], Move]:
    """Plan where documents go otherwise than to booked; `documents` gives the booked entry by licence and document.

    What waits for the other half of its correction, or for another reversal, goes on waiting; what was reversed books
    nothing any more, or is composed anew.
    """
    moves = {
        key: Move(*key, _WAITING, Reason.DELIVER, entry)
        for key, entry in corrected.second_halves(connection, booked).items()
        if key in documents
    }
    later = corrected.built_upon(connection, booked)
    if not later:
        return moves
    out = corrected.taken_out(connection, later)
    moves |= {key: Move(*key, _BOOKED, Reason.REVERSED, entry) for key, entry in out.items()}
    if reversals := corrected.reversals_among(connection, later):
        countered = {key: entry for key, entry in documents.items() if entry in reversals}
        moves |= _reversed(connection, ids, list(reversals.items()), countered, set(moves), now)
    return moves


def _reversed(
    connection: Connection,
    ids: Ids,
    reversals: list[tuple[int, int]],
    countered: Documents,
    going_on: Collection[tuple[int, int]],
    now: int,
) -> dict[tuple[int, int], Move]:
    anew = corrected.end_memberships(connection, reversals, now)
    licence = next(licence for licence, _ in countered)
    corrected.mark_reversed(connection, reversals, licence, ids.take(2 * len(reversals)), now)
    done = {key: entry for key, entry in countered.items() if key not in going_on}
    left = corrected.reversals_left(connection, done)
    stands = states.booked_elsewhere(connection, set(done) - set(left), only_withheld=True)
    return {key: _after_reversal(key, entry, left, stands, anew, now) for key, entry in done.items()}


def _after_reversal(
    key: tuple[int, int],
    entry: int,
    left: Documents,
    stands: Mapping[tuple[int, int], tuple[int, bool]],
    anew: Collection[tuple[int, int]],
    now: int,
) -> Move:
    if key in left:
        return Move(*key, _WAITING, Reason.DELIVER, left[key])
    if key in stands:
        booked, is_changed = stands[key]
        return Move(*key, _BOOKED, Reason.CHANGED if is_changed else Reason.PLAIN, booked, now if is_changed else None)
    if key in anew:
        return Move(*key, _WAITING, Reason.COMPOSE, None, now)
    return Move(*key, _BOOKED, Reason.REVERSED, entry)
