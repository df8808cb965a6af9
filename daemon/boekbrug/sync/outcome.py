"""Conclude: write what became of effects, of their entries, and with them of their documents."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from boekbrug.booking.composed import DocumentState
from boekbrug.contract import Booked, EffectKind, NotSent, Outcome, Problem, Refused, Unknown
from boekbrug.store import effects, events, parties, problems, states
from boekbrug.store.bulk import update_rows
from boekbrug.store.effects import RESEND, SUBJECTS, Settled
from boekbrug.store.problems import Opened
from boekbrug.store.states import Move
from boekbrug.store.words import EffectState, EntryState, Reason
from boekbrug.sync.workplace import Workplace

_STATE = ("state", "reason", "claimed_by", "next_at", "tries", "remote_id", "remote_number", "changed_at")
IDS_PER_ITEM = 8
FIRST_LOOK = 5_000_000
"""Microseconds after an unknown outcome before the target is asked for the first time."""


class Absent(NamedTuple):
    """A look-up showed for certain that it is not there."""


class LookAgain(NamedTuple):
    """Still unknown; ask again then."""

    reason: str
    next_at: int


class AskPerson(NamedTuple):
    """The target cannot tell; a person may, until it can."""

    reason: str
    next_at: int


class BookedTwice(NamedTuple):
    """More than one record carries the mark; the first is taken as ours."""

    first: Booked
    records: int


SettledAs = Booked | BookedTwice | Absent | LookAgain | AskPerson


class Concluded(NamedTuple):
    """One effect with its outcome; `tries` counts the attempts at its entry or party so far."""

    effect: int
    licence: int
    subject: int
    tries: int
    outcome: Outcome | SettledAs
    looks: int = 0
    kind: EffectKind = EffectKind.ENTRY


class _Fate(NamedTuple):
    """What an outcome means for effect, entry or party, and document."""

    effect: EffectState
    subject: EntryState
    subject_reason: str
    document: DocumentState
    document_reason: str
    next_at: int | None = None
    problems: tuple[Problem, ...] = ()


def conclude(work: Workplace, concluded: Sequence[Concluded]) -> None:
    """Write outcomes in one transaction; those of effects that were settled meanwhile are kept as evidence."""
    work.ids.ensure(len(concluded) * IDS_PER_ITEM)
    with work.database.write() as connection:
        now = work.database.now(connection)
        closed = effects.closed_among(connection, [item.effect for item in concluded])
        _keep_late_answers(connection, work, [item for item in concluded if item.effect in closed], now)
        Conclusion(work, connection, now).write([item for item in concluded if item.effect not in closed])


class Conclusion:
    """Writes outcomes of open effects."""

    def __init__(self, work: Workplace, connection: Connection, now: int) -> None:
        self._work, self._connection, self._now = work, connection, now

    def write(self, concluded: Sequence[Concluded]) -> None:
        """Move effects, entries, parties and documents; open the problems."""
        totals = effects.totals(self._connection, [item.subject for item in concluded])
        fates = {item.subject: self._fate(item, totals.get(item.subject)) for item in concluded}
        self._settle_effects(concluded, fates)
        for kind in SUBJECTS:
            self._move_subjects(kind, [item for item in concluded if item.kind is kind], fates)
        entries = [item.subject for item in concluded if item.kind is EffectKind.ENTRY]
        self._move_documents(entries, fates)
        # the card of a party may have gone since it was found
        parties.doubt(self._connection, [id for id in entries if fates[id].subject is EntryState.REFUSED], self._now)

    def _fate(self, item: Concluded, total: int | None) -> _Fate:  # noqa: PLR0911 - one per kind of outcome
        match item.outcome:
            case Booked() as booked:
                return self._booked(booked, total)
            case BookedTwice(first, records):
                problem = Problem(code="double-at-target", facts={"id": first.id, "records": str(records)})
                return _differing(problem)
            case Refused(problems=found):
                return _refused(found)
            case NotSent(reason=reason, retry_after=after):
                return _again(EffectState.NOT_SENT, reason, self._now + self._work.backoff(item.tries, after))
            case Absent():
                return _again(EffectState.ABSENT, RESEND, self._now)
            case Unknown(reason=reason):
                return _unknown(reason, Reason.SETTLE, self._now + FIRST_LOOK)
            case LookAgain(reason, next_at):
                return _unknown(reason, Reason.SETTLE, next_at)
            case AskPerson(reason, next_at):
                return _unknown(reason, Reason.ASK_PERSON, next_at)

    def _booked(self, outcome: Booked, total: int | None) -> _Fate:
        if outcome.total is None or total is None or outcome.total == total:
            return _PLAIN
        facts = {"sent": str(total), "booked": str(outcome.total)}
        problem = Problem(code="differs-at-target", facts=facts)
        return _differing(problem)

    def _settle_effects(self, concluded: Sequence[Concluded], fates: dict[int, _Fate]) -> None:
        settled = [
            Settled(
                item.effect, item.licence, (fate := fates[item.subject]).effect._value_, fate.subject_reason,
                fate.next_at if fate.effect is EffectState.UNKNOWN else None, item.looks,
            )
            for item in concluded
        ]  # fmt: skip
        effects.settle(self._connection, settled, self._work.ids.take(len(settled)), self._now)

    def _move_subjects(self, kind: EffectKind, concluded: Sequence[Concluded], fates: dict[int, _Fate]) -> None:
        of, rows = SUBJECTS[kind], []
        for item in concluded:
            fate, outcome = fates[item.subject], item.outcome
            booked = outcome.first if isinstance(outcome, BookedTwice) else outcome
            remote_id, number = (booked.id, booked.number) if isinstance(booked, Booked) else (None, None)
            next_at = None if fate.effect is EffectState.UNKNOWN else fate.next_at
            rows.append(
                (
                    fate.subject._value_,
                    fate.subject_reason,
                    None,
                    next_at,
                    item.tries,
                    remote_id,
                    number,
                    self._now,
                    item.subject,
                )
            )
        update_rows(self._connection, of.table, _STATE, (of.key,), rows)
        first = self._work.ids.take(len(concluded))
        events.record(
            self._connection,
            [
                (item.subject, first + n, of.event, item.licence, self._now, fates[item.subject].subject._value_,
                 fates[item.subject].subject_reason, None)
                for n, item in enumerate(concluded)
            ],
        )  # fmt: skip

    def _move_documents(self, entries: Sequence[int], fates: dict[int, _Fate]) -> None:
        moves: list[Move] = []
        opened: list[Opened] = []
        for entry, licence, document, changed in states.members_of(self._connection, entries):
            fate = fates[entry]
            reason = fate.document_reason
            found = fate.problems
            if changed and fate is _PLAIN:
                reason, found = Reason.CHANGED._value_, (Problem(code="changed-after-booking"),)
            moves.append(Move(licence, document, fate.document._value_, reason, entry))
            opened += [
                Opened(problem, licence=licence, document=document, entry=entry,
                       severity=self._work.instances.severity(problem.code))
                for problem in found
            ]  # fmt: skip
        ids = self._work.ids
        states.move(self._connection, moves, ids.take(len(moves)), self._now)
        problems.open_problems(self._connection, opened, ids.take(len(opened)), self._now)


_PLAIN = _Fate(EffectState.BOOKED, EntryState.BOOKED, Reason.PLAIN._value_, DocumentState.BOOKED, Reason.PLAIN._value_)


def _differing(problem: Problem) -> _Fate:
    return _PLAIN._replace(subject_reason=Reason.DIFFERS, document_reason=Reason.DIFFERS, problems=(problem,))


def _refused(found: tuple[Problem, ...]) -> _Fate:
    code = found[0].code
    return _Fate(EffectState.REFUSED, EntryState.REFUSED, code, DocumentState.PROBLEM, code, None, found)


def _again(effect: EffectState, reason: str, next_at: int) -> _Fate:
    return _Fate(effect, EntryState.DUE, reason[:64], DocumentState.WAITING, Reason.RETRY, next_at)


def _unknown(reason: str, asked: Reason, next_at: int) -> _Fate:
    return _Fate(EffectState.UNKNOWN, EntryState.IN_DOUBT, reason[:64], DocumentState.IN_DOUBT, asked, next_at)


def _keep_late_answers(connection: Connection, work: Workplace, late: Sequence[Concluded], now: int) -> None:
    """Keep answers that came after somebody else had settled the effect; what contradicts is a problem."""
    first = work.ids.take(len(late))
    events.record(
        connection,
        [
            (item.effect, first + n, events.EFFECT, item.licence, now, "late-answer", type(item.outcome).__name__, None)
            for n, item in enumerate(late)
        ],
    )
    contradicting = [item for item in late if isinstance(item.outcome, Booked)]
    absent = effects.closed_among(connection, [item.effect for item in contradicting])
    opened = [
        Opened(
            Problem(code="late-answer"),
            licence=item.licence,
            entry=item.subject if item.kind is EffectKind.ENTRY else None,
        )
        for item in contradicting
        if absent.get(item.effect) == EffectState.ABSENT
    ]
    problems.open_problems(connection, opened, work.ids.take(len(opened)), now)
