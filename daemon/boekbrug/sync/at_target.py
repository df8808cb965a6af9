"""Keep how booked entries stand at the target: gone, changed, or well again; and what is there beside them."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection

from boekbrug.booking.composed import DocumentState
from boekbrug.contract import CannotTell, EffectKind, MarkAnswer, MarkQuery, Match, Problem, Retriable, Severity
from boekbrug.store import booked, licences, problems, states
from boekbrug.store.booked import CHANGED, DOUBLE, EXTRA, GONE, TOLD_AT_ONCE, BookedEntry, Seen
from boekbrug.store.licences import Licence
from boekbrug.store.problems import Open, Opened
from boekbrug.store.states import Move, Standing
from boekbrug.store.words import Reason
from boekbrug.sync import revise
from boekbrug.sync.asking import Tripped, ask
from boekbrug.sync.workplace import Workplace

_CODES = {"deleted": GONE, "changed": CHANGED}
_REASONS = {"": Reason.PLAIN, "deleted": Reason.DELETED, "changed": Reason.DIFFERS, "accepted": Reason.DIFFERS}
_WORST_FIRST = ("deleted", "changed", "accepted", "")


class Noted(NamedTuple):
    """An entry that was asked for: deleted, changed, changed as a person has accepted, untold, or "" for as sent; or
    unlisted, which it may still be.

    `what` says what is other than was sent; `seen` stands for how it looks there, as far as that is compared.
    """

    entry: BookedEntry
    kind: str = ""
    what: str = ""
    seen: str = ""


def keep_differences(
    work: Workplace,
    licence: Licence,
    noted: Sequence[Noted],
    extras: Sequence[tuple[str, Match]],
    dated: tuple[dt.date, dt.date],
) -> None:
    """Mark entries that are gone, changed or well again, and their documents as far as these are booked.

    What of a document is under way stays so: the next look moves it, once it is booked. What cannot be told stays as
    it was. What was there twice is looked for once more by its mark.
    """
    single = _single_again(work, licence, noted)
    with work.database.read() as connection:
        before = booked.seen(connection, [one.entry.id for one in noted])
        news = [one for one in noted if one.entry.id in single or _is_news(one, before)]
        members = states.members_of(connection, [one.entry.id for one in news])
    work.ids.ensure(len(news) + 2 * len(members) + len(extras))
    with work.database.write() as connection:
        licences.lock(connection, licence.id)
        now = work.database.now(connection)
        _Keeping(connection, work, licence, now).keep(news, before, single)
        _keep_extras(connection, work, licence, extras, dated, now)


def _single_again(work: Workplace, licence: Licence, noted: Sequence[Noted]) -> set[int]:
    """Find entries that were told to be double, and of which the target has the one record that answers for them."""
    target = work.instances.target(licence.target)
    with work.database.read() as connection:
        doubled = {one.entry for one in problems.list_open(connection, licence=licence.id, code=DOUBLE)}
        administration = licences.administration_code(connection, licence.administration)
    asked = [one.entry for one in noted if one.entry.id in doubled and one.kind in ("", "changed")]
    if not target.capabilities.finds:
        return set()

    def _find(some: Sequence[BookedEntry]) -> Sequence[MarkAnswer]:
        # without a date: a copy may have another
        return target.find(administration, [MarkQuery(mark=one.mark, kind=EffectKind.ENTRY) for one in some])

    try:
        answers = ask(work, target, "find", asked, _find)
    except Retriable:
        # all else is known by now; the next comparison asks for these again
        return set()
    return {
        one.id
        for one, answer in zip(asked, answers, strict=True)
        if not isinstance(answer, CannotTell | Tripped) and [match.id for match in answer] == [one.remote_id]
    }


def _is_news(one: Noted, before: Mapping[int, Seen]) -> bool:
    """Tell whether there may be something to write; what differs may be so at every look."""
    id, reason = one.entry.id, one.entry.reason
    if one.kind == "":
        # what differed because of its total is for a person: the amounts per line may agree all the same
        return reason == Reason.DELETED or id in before
    if one.kind == "accepted":
        return reason != Reason.DIFFERS or before[id].last != one.seen
    return one.kind in _CODES


class _Keeping:
    """Writes what was noted about entries, as far as they book something still."""

    def __init__(self, connection: Connection, work: Workplace, licence: Licence, now: int) -> None:
        self._connection, self._ids, self._licence, self._now = connection, work.ids, licence.id, now

    def keep(self, news: Sequence[Noted], before: Mapping[int, Seen], single: Collection[int]) -> None:
        """Mark entries, move their booked documents, and close and open problems."""
        members = states.members_of(self._connection, [one.entry.id for one in news])
        alive = {entry for entry, *_ in members}
        of_entry = {one.entry.id: one for one in news if one.entry.id in alive}
        self._note(list(of_entry.values()))
        pairs = [(of_entry[entry], document) for entry, _, document, _ in members]
        self._move(pairs)
        self._tell(pairs, before, single)

    def _note(self, news: Sequence[Noted]) -> None:
        reasons = [(one.entry.id, _REASONS[one.kind]) for one in news if one.entry.reason != _REASONS[one.kind]]
        event_ids = self._ids.take(len(reasons))
        booked.note_reasons(self._connection, self._licence, reasons, event_ids, self._now)
        booked.keep_seen(self._connection, {one.entry.id: one.seen for one in news if one.seen})
        booked.forget_seen(self._connection, [one.entry.id for one in news if one.kind == ""])

    def _move(self, pairs: Sequence[tuple[Noted, int]]) -> None:
        """Move what is booked; what waits, is in doubt or has a problem is on its way, and stays."""
        mine, now = self._licence, self._now
        of: dict[int, Noted] = {}
        for one, document in sorted(pairs, key=lambda pair: _WORST_FIRST.index(pair[0].kind)):
            of.setdefault(document, one)
        standing = [
            one
            for one in states.standings(self._connection, list(of))
            if one.licence == mine and _is_to_move(one, of[one.document].kind)
        ]
        well = [one for one in standing if of[one.document].kind == ""]
        moves = revise.again(self._connection, well, now)
        moves += [
            Move(mine, one.document, DocumentState.BOOKED, _REASONS[kind], one.entry)
            for one in standing
            if (kind := of[one.document].kind)
        ]
        problems.close_for_documents(self._connection, mine, [move.document for move in moves], now)
        states.move(self._connection, moves, self._ids.take(len(moves)), now)

    def _tell(self, pairs: Sequence[tuple[Noted, int]], before: Mapping[int, Seen], single: Collection[int]) -> None:
        of_entry = {one.entry.id: one for one, _ in pairs}
        found = problems.of_documents(self._connection, [self._licence], [document for _, document in pairs])
        found = [one for one in found if one.entry in of_entry]
        over = {one.id for one in found if _is_over(one, of_entry[one.entry or 0], before, single)}
        booked.close(self._connection, over, self._now)
        left = [one for one in found if one.id not in over]
        told = {(one.entry, one.document) for one in left if one.code in _CODES.values()}
        told_at_once = {one.entry for one in left if one.code in TOLD_AT_ONCE}
        opened = [
            Opened(
                Problem(code=_CODES[one.kind], facts={"mark": one.entry.mark, "what": one.what}),
                licence=self._licence, document=document, entry=one.entry.id, severity=Severity.WARNING,
            )
            for one, document in pairs
            if one.kind in _CODES and (one.entry.id, document) not in told
            and not (one.kind == "changed" and one.entry.id in told_at_once)
        ]  # fmt: skip
        problems.open_problems(self._connection, opened, self._ids.take(len(opened)), self._now)


def _is_to_move(one: Standing, kind: str) -> bool:
    if one.state != DocumentState.BOOKED:
        return False
    if kind == "":
        return one.reason in (Reason.DELETED, Reason.DIFFERS)
    # an accepted difference leaves alone what the source has changed since
    return one.reason == Reason.DELETED if kind == "accepted" else one.reason != _REASONS[kind]


def _is_over(problem: Open, one: Noted, before: Mapping[int, Seen], single: Collection[int]) -> bool:
    """Tell whether a problem is none any more, or says something else than what is there now."""
    if problem.code in _CODES.values():
        return problem.code != _CODES.get(one.kind) or problem.facts.get("what") != one.what
    if problem.code == DOUBLE:
        return one.entry.id in single
    known = before.get(one.entry.id)
    return problem.code == "differs-at-target" and known is not None and known.last != one.seen


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
