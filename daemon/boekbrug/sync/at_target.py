"""Keep how booked entries stand at the target: gone, changed, or well again; and what is there beside them."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec
from sqlalchemy import Connection

from boekbrug.booking.composed import DocumentState
from boekbrug.contract import Match, Problem, Severity
from boekbrug.store import booked, problems, states
from boekbrug.store.booked import EXTRA, BookedEntry
from boekbrug.store.licences import Licence
from boekbrug.store.problems import Opened
from boekbrug.store.states import Move
from boekbrug.store.words import Reason
from boekbrug.sync.workplace import Workplace

_CODES = {"deleted": "deleted-at-target", "changed": "changed-at-target"}
_REASONS = {"deleted": Reason.DELETED, "changed": Reason.DIFFERS}


class Differing(Protocol):
    """How an entry differs: its kind, and what is other than was sent."""

    @property
    def kind(self) -> str:
        """Deleted, changed, or untold."""
        ...

    @property
    def what(self) -> str:
        """What was sent and what is booked."""
        ...


def keep_differences(
    work: Workplace,
    licence: Licence,
    noted: Sequence[tuple[BookedEntry, Differing | None]],
    extras: Sequence[tuple[str, Match]],
    dated: tuple[dt.date, dt.date],
) -> None:
    """Mark booked documents whose entry is gone or changed, once each, and those that are well again.

    A difference that a person has accepted stays accepted; what cannot be told stays as it was.
    """
    moved = [(item, difference) for item, difference in noted if _is_news(item, difference)]
    with work.database.read() as connection:
        members = states.members_of(connection, [item.id for item, _ in moved])
    work.ids.ensure(len(moved) + 2 * len(members) + len(extras))
    with work.database.write() as connection:
        now = work.database.now(connection)
        _mark(connection, work, licence, moved, now)
        _keep_extras(connection, work, licence, extras, dated, now)


def _is_news(item: BookedEntry, difference: Differing | None) -> bool:
    if difference is None:
        # what differed because of its total is for a person: the amounts per line may agree all the same
        return item.reason == Reason.DELETED
    return difference.kind in _REASONS and item.reason != _REASONS[difference.kind]


def _mark(
    connection: Connection,
    work: Workplace,
    licence: Licence,
    moved: Sequence[tuple[BookedEntry, Differing | None]],
    now: int,
) -> None:
    reasons = {item.id: _REASONS[found.kind] if found else Reason.PLAIN for item, found in moved}
    booked.note_reasons(connection, licence.id, list(reasons.items()), work.ids.take(len(reasons)), now)
    by_entry: Mapping[int, tuple[BookedEntry, Differing | None]] = {item.id: (item, found) for item, found in moved}
    moves, opened = [], []
    for entry, of, document, _ in states.members_of(connection, list(by_entry)):
        item, found = by_entry[entry]
        moves.append(Move(of, document, DocumentState.BOOKED, reasons[entry], entry))
        if found:
            problem = Problem(code=_CODES[found.kind], facts={"mark": item.mark, "what": found.what})
            opened.append(Opened(problem, licence=of, document=document, entry=entry, severity=Severity.WARNING))
    problems.close_for_documents(connection, licence.id, [move.document for move in moves], now)
    states.move(connection, moves, work.ids.take(len(moves)), now)
    problems.open_problems(connection, opened, work.ids.take(len(opened)), now)


def _keep_extras(
    connection: Connection,
    work: Workplace,
    licence: Licence,
    extras: Sequence[tuple[str, Match]],
    dated: tuple[dt.date, dt.date],
    now: int,
) -> None:
    known = booked.open_extras(connection, licence.id)
    found = {mark for mark, _ in extras}
    first, end = (day.isoformat() for day in dated)
    gone = [id for mark, (id, held) in known.items() if mark not in found and first <= _date_in(held) < end]
    booked.close(connection, gone, now)
    opened = [
        Opened(
            Problem(code=EXTRA, facts={"mark": mark, "id": match.id, "date": str(match.date or first)}),
            licence=licence.id, place=mark, severity=Severity.WARNING,
        )
        for mark, match in extras
        if mark not in known
    ]  # fmt: skip
    problems.open_problems(connection, opened, work.ids.take(len(opened)), now)


def _date_in(facts: str) -> str:
    return msgspec.json.decode(facts, type=dict[str, str]).get("date", "")
