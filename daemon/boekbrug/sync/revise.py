"""What a change at the source does to a document: looked at anew, or, once booked, only marked as changed."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.booking.composed import DocumentState
from boekbrug.contract import DocumentRef, Problem, Severity
from boekbrug.store import documents, entries, problems, states
from boekbrug.store.ids import Ids
from boekbrug.store.problems import Opened
from boekbrug.store.states import Move, Standing
from boekbrug.store.tables import entry_state
from boekbrug.store.words import SET_ASIDE, EntryState, Reason

_REPLACEABLE = (EntryState.COMPOSED, EntryState.DUE, EntryState.REFUSED)
_IDS_PER_STATE = 3


class Revision:
    """Moves the states of changed and vanished documents inside the transaction that keeps their page."""

    def __init__(self, ids: Ids, licences: Sequence[int]) -> None:
        self._ids, self._licences = ids, licences

    def ids_for(self, connection: Connection, count: int, changed: Sequence[int]) -> int:
        """Say how many identifiers have to be ensured for so many documents, of which some have `changed`."""
        beside = states.count_beside(connection, changed) if changed else 0
        return (count * len(self._licences) + beside) * _IDS_PER_STATE

    def changed(self, connection: Connection, revised: Sequence[tuple[int, int]], now: int) -> None:
        """Compose again what is not booked; mark what is booked as changed at its source; never rebook."""
        found = states.standings(connection, [id for id, _ in revised]) if revised else []
        standing = [s for s in found if s.reason not in SET_ASIDE]
        free = start_over(connection, self._ids, standing, now)
        self._move(connection, again(connection, free, now), now)
        self._mark(connection, [s for s in standing if s.state == DocumentState.BOOKED], Reason.CHANGED, now)

    def gone(self, connection: Connection, source: int, unit: str, refs: Sequence[DocumentRef], now: int) -> None:
        """Skip what the source has deleted before it was booked; mark what is booked."""
        known = documents.known(connection, source, unit, [ref.source_id for ref in refs]) if refs else {}
        ids = [known[key].id for ref in refs if (key := (str(ref.kind), ref.source_id)) in known]
        found = states.standings(connection, ids) if ids else []
        standing = [s for s in found if s.reason not in SET_ASIDE]
        free = start_over(connection, self._ids, standing, now)
        left_out = {(s.licence, s.document) for s in standing}
        moves = again(connection, free, now)
        self._move(
            connection, [_gone(move) if (move.licence, move.document) in left_out else move for move in moves], now
        )
        self._mark(connection, [s for s in standing if s.state == DocumentState.BOOKED], Reason.GONE, now)

    def _mark(self, connection: Connection, booked: Sequence[Standing], reason: Reason, now: int) -> None:
        # what a person reversed stays so: to book it again is theirs to say; so it is where the books have it no more
        fresh = [s for s in booked if s.reason not in (reason, Reason.REVERSED, Reason.DELETED)]
        next_at = now if reason is Reason.CHANGED else None
        moves = [Move(s.licence, s.document, DocumentState.BOOKED, reason, s.entry, next_at) for s in fresh]
        self._move(connection, moves, now)
        problem = Problem(code="changed-after-booking" if reason is Reason.CHANGED else "gone-after-booking")
        opened = [
            Opened(problem, licence=s.licence, document=s.document, entry=s.entry, severity=Severity.WARNING)
            for s in fresh
        ]
        problems.open_problems(connection, opened, self._ids.take(len(opened)), now)

    def _move(self, connection: Connection, moves: Sequence[Move], now: int) -> None:
        states.move(connection, moves, self._ids.take(len(moves)), now)


def _gone(move: Move) -> Move:
    if move.state == DocumentState.BOOKED:
        return move._replace(reason=Reason.GONE, next_at=None)
    return move._replace(state=DocumentState.SKIPPED, reason=Reason.GONE, next_at=None)


_WAITING, _COMPOSE = DocumentState.WAITING, Reason.COMPOSE


def start_over(connection: Connection, ids: Ids, standing: Sequence[Standing], now: int) -> list[Standing]:
    """Free documents from entries that never existed at the target and close their problems; return the freed ones.

    What is booked, in doubt or under way stays as it is. With an entry go those that were composed upon it (the credit
    note or payment of a sale), and the other reversals of documents in it: half of them would leave the rest in the
    books. Needs as many identifiers ensured as `states.count_beside` says.
    """
    freed: list[Standing] = []
    seen: set[tuple[int, int]] = set()
    for one in standing:
        if one.state in (DocumentState.BOOKED, DocumentState.IN_DOUBT) or (one.licence, one.document) in seen:
            continue
        with_it = [one] if one.entry is None else _dissolve(connection, ids, one.entry, one.licence, now)
        fresh = [other for other in with_it if (other.licence, other.document) not in seen]
        seen.update((other.licence, other.document) for other in fresh)
        problems.close_for_documents(connection, one.licence, [other.document for other in fresh], now)
        freed += fresh
    return freed


def again(connection: Connection, freed: Sequence[Standing], now: int) -> list[Move]:
    """Plan to compose freed documents anew; one that is booked in another entry is booked and changed, as it was."""
    booked = states.booked_elsewhere(connection, {(one.licence, one.document) for one in freed})
    standing = [
        Move(licence, document, DocumentState.BOOKED, Reason.CHANGED, entry, now)
        if changed
        else Move(licence, document, DocumentState.BOOKED, Reason.PLAIN, entry)
        for (licence, document), (entry, changed) in booked.items()
    ]
    fresh = [one for one in freed if (one.licence, one.document) not in booked]
    return standing + [Move(one.licence, one.document, _WAITING, _COMPOSE, None, now) for one in fresh]


def _dissolve(connection: Connection, ids: Ids, entry: int, licence: int, now: int) -> list[Standing]:
    """Take out an entry with those that cannot stand without it; return the documents of which nothing is left."""
    inside: dict[tuple[int, int], Standing] = {}
    gone, left = set[int](), [entry]
    while left:
        one = left.pop()
        found, upon = states.standing_in(connection, one), states.composed_upon(connection, one)
        if one in gone or not replace(connection, ids, one, licence, now):
            continue
        gone.add(one)
        inside.update(((other.licence, other.document), other) for other in found)
        left += [*upon, *(other.entry for other in found if other.entry and other.state != DocumentState.BOOKED)]
    # of what is left something else is under way, and decides
    return [one for one in inside.values() if one.entry in {None, *gone} or one.state == DocumentState.BOOKED]


def replace(connection: Connection, ids: Ids, entry: int, licence: int, now: int) -> bool:
    """Take out an entry that never existed at the target, whose memberships end; False when it is too late."""
    taken = connection.execute(
        sa.update(entry_state)
        .where(entry_state.c.entry == entry, entry_state.c.state.in_(_REPLACEABLE))
        .values(fence=entry_state.c.fence + 1)
    )
    if taken.rowcount != 1:
        return False
    entries.replace(connection, [entry], ids.take(), licence, now)
    return True
