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
from boekbrug.store.words import EntryState, Reason

_REPLACEABLE = (EntryState.COMPOSED, EntryState.DUE, EntryState.REFUSED)
_IDS_PER_STATE = 3


class Revision:
    """Moves the states of changed and vanished documents inside the transaction that keeps their page."""

    def __init__(self, ids: Ids, licences: Sequence[int]) -> None:
        self._ids, self._licences = ids, licences

    def ids_for(self, count: int) -> int:
        """Say how many identifiers have to be ensured for so many documents."""
        return count * len(self._licences) * _IDS_PER_STATE

    def changed(self, connection: Connection, revised: Sequence[tuple[int, int]], now: int) -> None:
        """Compose again what is not booked; mark what is booked as changed at its source; never rebook."""
        standing = states.standings(connection, [id for id, _ in revised]) if revised else []
        free = start_over(connection, self._ids, standing, now)
        self._move(connection, [Move(s.licence, s.document, _WAITING, _COMPOSE, None, now) for s in free], now)
        self._mark(connection, [s for s in standing if s.state == DocumentState.BOOKED], Reason.CHANGED, now)

    def gone(self, connection: Connection, source: int, unit: str, refs: Sequence[DocumentRef], now: int) -> None:
        """Skip what the source has deleted before it was booked; mark what is booked."""
        known = documents.known(connection, source, unit, [ref.source_id for ref in refs]) if refs else {}
        ids = [known[key].id for ref in refs if (key := (str(ref.kind), ref.source_id)) in known]
        standing = states.standings(connection, ids) if ids else []
        free = start_over(connection, self._ids, standing, now)
        self._move(connection, [Move(s.licence, s.document, DocumentState.SKIPPED, Reason.GONE) for s in free], now)
        self._mark(connection, [s for s in standing if s.state == DocumentState.BOOKED], Reason.GONE, now)

    def _mark(self, connection: Connection, booked: Sequence[Standing], reason: Reason, now: int) -> None:
        fresh = [s for s in booked if s.reason != reason]
        self._move(connection, [Move(s.licence, s.document, DocumentState.BOOKED, reason, s.entry) for s in fresh], now)
        problem = Problem(code="changed-after-booking" if reason is Reason.CHANGED else "gone-after-booking")
        opened = [
            Opened(problem, licence=s.licence, document=s.document, entry=s.entry, severity=Severity.WARNING)
            for s in fresh
        ]
        problems.open_problems(connection, opened, self._ids.take(len(opened)), now)

    def _move(self, connection: Connection, moves: Sequence[Move], now: int) -> None:
        states.move(connection, moves, self._ids.take(len(moves)), now)


_WAITING, _COMPOSE = DocumentState.WAITING, Reason.COMPOSE


def start_over(connection: Connection, ids: Ids, standing: Sequence[Standing], now: int) -> list[Standing]:
    """Free documents from entries that never existed at the target and close their problems; return the freed ones.

    What is booked, in doubt or under way stays as it is. With an entry go those that were composed upon it: the credit
    note or payment of a sale. Needs one identifier per document ensured.
    """
    freed: list[Standing] = []
    left = list(standing)
    while left:
        one = left.pop()
        if one.state in (DocumentState.BOOKED, DocumentState.IN_DOUBT):
            continue
        if one.entry is not None:
            upon = states.composed_upon(connection, one.entry)
            if not _replace(connection, ids, one.entry, one.licence, now):
                continue
            left += [other for other in upon if other not in freed and other not in left]
        problems.close_for_documents(connection, one.licence, [one.document], now)
        freed.append(one)
    return freed


def _replace(connection: Connection, ids: Ids, entry: int, licence: int, now: int) -> bool:
    taken = connection.execute(
        sa.update(entry_state)
        .where(entry_state.c.entry == entry, entry_state.c.state.in_(_REPLACEABLE))
        .values(fence=entry_state.c.fence + 1)
    )
    if taken.rowcount != 1:
        return False
    entries.replace(connection, [entry], ids.take(), licence, now)
    return True
