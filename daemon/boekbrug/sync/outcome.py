"""Conclude: write what became of effects, of their entries, and with them of their documents."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from boekbrug.booking.composed import DocumentState
from boekbrug.contract import Booked, EffectKind, NotSent, Outcome, Problem, Refused, Unknown
from boekbrug.store import daily, effects, events, parties, problems, states
from boekbrug.store.bulk import update_rows
from boekbrug.store.effects import RESEND, SUBJECTS, Sent, Settled
from boekbrug.store.problems import Opened
from boekbrug.store.states import Move
from boekbrug.store.words import EffectState, EntryState, Reason
from boekbrug.sync.countered import after_booking
from boekbrug.sync.trouble import ENDED_BY_A_PERSON
from boekbrug.sync.workplace import Workplace
from boekbrug.sync.write_back import want

_STATE = ("state", "reason", "claimed_by", "next_at", "tries", "remote_id", "remote_number", "changed_at")
IDS_PER_ITEM = 8
IDS_PER_DOCUMENT = 3
FIRST_LOOK = 5_000_000
"""Microseconds after an unknown outcome before the target is asked for the first time."""


class Absent(NamedTuple):
    """A look-up showed for certain that it is not there."""


class NotCalled(NamedTuple):
    """Its call was not made after all: nothing was sent, and it is nobody's failure."""


class LookAgain(NamedTuple):
    """Still unknown; ask again then."""

    reason: str
    next_at: int


class AskPerson(NamedTuple):
    """The target cannot tell, or the plugin cannot ask it (`cannot-ask`); a person may, until it can."""

    reason: str
    next_at: int
    code: str = "cannot-tell"


class BookedTwice(NamedTuple):
    """More than one record carries the mark; the first is taken as ours."""

    first: Booked
    records: int


SettledAs = Booked | BookedTwice | Absent | LookAgain | AskPerson
Became = Outcome | SettledAs | NotCalled


class Concluded(NamedTuple):
    """One effect with its outcome; `tries` counts the attempts at its entry or party so far."""

    effect: int
    licence: int
    subject: int
    tries: int
    outcome: Became
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
    """Write outcomes in one transaction; those of effects that were settled meanwhile are kept as evidence.

    One of them may say that an entry exists which was looked up as absent: it is booked, as long as nobody has written
    another intent for it.
    """
    with work.database.read() as connection:
        documents = states.count_members(connection, [item.subject for item in concluded])
    work.ids.ensure(len(concluded) * IDS_PER_ITEM + documents * IDS_PER_DOCUMENT)
    with work.database.write() as connection:
        now = work.database.now(connection)
        closed = effects.closed_among(connection, [item.effect for item in concluded])
        late = [item for item in concluded if item.effect in closed]
        there = _there_after_all(connection, late, closed)
        _keep_late_answers(connection, work, late, [item for item in late if item not in there], now)
        still_open = [item for item in concluded if item.effect not in closed]
        # they were looked for, and every move from now on is told
        Conclusion(work, connection, now).write(
            [*still_open, *(one._replace(looks=max(one.looks, 1)) for one in there)]
        )


class Conclusion:
    """Writes outcomes of open effects."""

    def __init__(self, work: Workplace, connection: Connection, now: int) -> None:
        self._work, self._connection, self._now = work, connection, now

    def write(self, concluded: Sequence[Concluded]) -> None:
        """Move effects, entries, parties and documents; open the problems, and close those of ended doubts."""
        sent = effects.sent(self._connection, [item.effect for item in concluded])
        taken = self._taken(concluded, sent)
        fates = {
            item.subject: taken[item.subject] if item.subject in taken else self._fate(item, sent[item.effect])
            for item in concluded
        }
        self._settle_effects(concluded, fates)
        for kind in SUBJECTS:
            self._move_subjects(kind, [item for item in concluded if item.kind is kind], fates)
        entries = [item.subject for item in concluded if item.kind is EffectKind.ENTRY]
        looked_at = {item.subject for item in concluded if item.looks}
        self._move_documents(entries, fates, looked_at)
        self._show_parties([item for item in concluded if item.kind is EffectKind.PARTY], fates, sent)
        booked = [
            (item.licence, item.subject)
            for item in concluded
            if item.kind is EffectKind.ENTRY and fates[item.subject].subject is EntryState.BOOKED
        ]
        daily.came(self._connection, [entry for _, entry in booked])
        want(self._work, self._connection, booked, self._now)
        # the card of a party may have gone since it was found
        parties.doubt(self._connection, [id for id in entries if fates[id].subject is EntryState.REFUSED], self._now)

    def _taken(self, concluded: Sequence[Concluded], sent: Mapping[int, Sent]) -> dict[int, _Fate]:
        """Find entries whose record answers for another entry already: they stay in doubt until a person decides."""
        named = [(item, id) for item in concluded if item.kind is EffectKind.ENTRY and (id := remote_id(item.outcome))]
        administrations = {sent[item.effect].administration for item, _ in named}
        owners = effects.answering(self._connection, administrations, [id for _, id in named])
        found = {}
        for item, id in named:
            mark, administration, _ = sent[item.effect]
            owner, other = owners.setdefault((administration, id), (item.subject, mark))
            if owner != item.subject:
                problem = Problem(code="taken-at-target", facts={"mark": mark, "id": id, "other": other})
                found[item.subject] = _asked(problem, self._now + self._work.backoff(item.looks, None))
        return found

    def _fate(self, item: Concluded, sent: Sent) -> _Fate:  # noqa: PLR0911 - one per kind of outcome
        match item.outcome:
            case Booked() as booked:
                return self._booked(booked, sent)
            case BookedTwice(first, records):
                facts = {"mark": sent.mark, "count": str(records), "id": first.number or first.id}
                return _differing(Problem(code="double-at-target", facts=facts))
            case Refused(problems=found):
                return _refused(found)
            case NotSent(reason=reason, retry_after=after):
                wait = 0 if reason in ENDED_BY_A_PERSON else self._work.backoff(item.tries, after)
                return _again(EffectState.NOT_SENT, reason, self._now + wait)
            case NotCalled():
                return _again(EffectState.NOT_SENT, "not-called", self._now)
            case Absent():
                return _again(EffectState.ABSENT, RESEND, self._now)
            case Unknown(reason=reason):
                return _unknown(reason, Reason.SETTLE, self._now + FIRST_LOOK)
            case LookAgain(reason, next_at):
                return _unknown(reason, Reason.SETTLE, next_at)
            case AskPerson(reason, next_at, code):
                return _asked(Problem(code=code, facts={"mark": sent.mark, "reason": reason}), next_at)

    def _booked(self, outcome: Booked, sent: Sent) -> _Fate:
        if outcome.total is None or sent.total is None or outcome.total == sent.total:
            return _PLAIN
        facts = {"mark": sent.mark, "sent": _cents(sent.total), "found": _cents(outcome.total)}
        return _differing(Problem(code="differs-at-target", facts=facts))

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
            fate = fates[item.subject]
            booked = _record(item.outcome) if fate.subject is EntryState.BOOKED else None
            id, number = (booked.id, booked.number) if booked else (None, None)
            next_at = None if fate.effect is EffectState.UNKNOWN else fate.next_at
            rows.append(
                (
                    fate.subject._value_,
                    fate.subject_reason,
                    None,
                    next_at,
                    item.tries,
                    id,
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
                if item.looks or fates[item.subject] is not _PLAIN
            ],
        )  # fmt: skip

    def _move_documents(self, entries: Sequence[int], fates: dict[int, _Fate], looked_at: Collection[int]) -> None:
        moves: list[Move] = []
        opened: list[Opened] = []
        doubted: list[tuple[int, int]] = []
        # what is wrong with a total is told once, not for each of its documents
        told: set[int] = set()
        rows = states.members_of(self._connection, entries)
        booked = {entry for entry in entries if fates[entry].subject is EntryState.BOOKED}
        of_booked = {(licence, document): entry for entry, licence, document, _ in rows if entry in booked}
        otherwise = after_booking(self._connection, self._work.ids, booked, of_booked, self._now) if booked else {}
        for entry, licence, document, changed in rows:
            fate = fates[entry]
            reason = fate.document_reason
            found = fate.problems
            changed_now = changed and fate is _PLAIN and (licence, document) not in otherwise
            if changed_now:
                reason, found = Reason.CHANGED._value_, (Problem(code="changed-after-booking"),)
            plain = Move(licence, document, fate.document._value_, reason, entry, self._now if changed_now else None)
            moves.append(otherwise.get((licence, document), plain))
            if entry in looked_at:
                doubted.append((licence, document))
            opened += [
                Opened(problem, licence=licence, document=document, entry=entry,
                       severity=self._work.instances.severity(problem.code))
                for problem in found
                if found is not fate.problems or entry not in told
            ]  # fmt: skip
            told.add(entry)
        ids = self._work.ids
        opened = problems.end_doubts(self._connection, doubted, opened, self._now) if doubted else opened
        states.move(self._connection, moves, ids.take(len(moves)), self._now)
        problems.open_problems(self._connection, opened, ids.take(len(opened)), self._now)

    def _show_parties(self, concluded: Sequence[Concluded], fates: dict[int, _Fate], sent: Mapping[int, Sent]) -> None:
        """Open the problems of parties that only a person can tell of; they are named by their mark."""
        for item in concluded:
            mark, found = sent[item.effect].mark, fates[item.subject].problems
            asked = found if fates[item.subject].effect is EffectState.UNKNOWN else ()
            if item.looks or asked:
                opened = [Opened(problem, licence=item.licence, place=mark) for problem in asked]
                opened = problems.end_doubts_at(self._connection, item.licence, mark, opened, self._now)
                problems.open_problems(self._connection, opened, self._work.ids.take(len(opened)), self._now)


def _record(outcome: Became) -> Booked | None:
    booked = outcome.first if isinstance(outcome, BookedTwice) else outcome
    return booked if isinstance(booked, Booked) else None


def remote_id(outcome: Became) -> str | None:
    """Return the id of the record that an outcome names, if it names one."""
    booked = _record(outcome)
    return booked.id if booked else None


def _cents(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02}"


_PLAIN = _Fate(EffectState.BOOKED, EntryState.BOOKED, Reason.PLAIN._value_, DocumentState.BOOKED, Reason.PLAIN._value_)


def _differing(problem: Problem) -> _Fate:
    return _PLAIN._replace(subject_reason=Reason.DIFFERS, document_reason=Reason.DIFFERS, problems=(problem,))


def _asked(problem: Problem, next_at: int) -> _Fate:
    return _unknown(problem.code, Reason.ASK_PERSON, next_at)._replace(problems=(problem,))


def _refused(found: tuple[Problem, ...]) -> _Fate:
    code = found[0].code
    return _Fate(EffectState.REFUSED, EntryState.REFUSED, code, DocumentState.PROBLEM, code, None, found)


def _again(effect: EffectState, reason: str, next_at: int) -> _Fate:
    return _Fate(effect, EntryState.DUE, reason[:64], DocumentState.WAITING, Reason.RETRY, next_at)


def _unknown(reason: str, asked: Reason, next_at: int) -> _Fate:
    return _Fate(EffectState.UNKNOWN, EntryState.IN_DOUBT, reason[:64], DocumentState.IN_DOUBT, asked, next_at)


def _there_after_all(connection: Connection, late: Sequence[Concluded], closed: Mapping[int, str]) -> list[Concluded]:
    """Open what was settled as absent and is there; what goes out again already is left as it is."""
    return [
        item
        for item in sorted(late, key=lambda one: one.subject)
        if closed[item.effect] == EffectState.ABSENT
        and _record(item.outcome)
        and effects.open_again(connection, item.effect, item.kind, item.subject)
    ]


def _keep_late_answers(
    connection: Connection, work: Workplace, late: Sequence[Concluded], contradicting: Sequence[Concluded], now: int
) -> None:
    """Keep answers that came after somebody else had settled the effect; a record that `contradicting` ones name,
    though it was looked up as absent, is a problem.
    """
    first = work.ids.take(len(late))
    events.record(
        connection,
        [
            (item.effect, first + n, events.EFFECT, item.licence, now, "late-answer", type(item.outcome).__name__, None)
            for n, item in enumerate(late)
        ],
    )
    contradicting = [item for item in contradicting if _record(item.outcome)]
    given_up = effects.closed_among(connection, [item.effect for item in contradicting])
    sent = effects.sent(connection, [item.effect for item in contradicting])
    opened = [
        Opened(
            Problem(code="late-answer", facts={"mark": sent[item.effect].mark, "id": remote_id(item.outcome) or ""}),
            licence=item.licence,
            entry=item.subject if item.kind is EffectKind.ENTRY else None,
        )
        for item in contradicting
        if given_up[item.effect] in (EffectState.ABSENT, EffectState.REFUSED)
    ]
    problems.open_problems(connection, opened, work.ids.take(len(opened)), now)
