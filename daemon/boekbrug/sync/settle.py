"""Settle: ask the target what became of effects whose outcome is unknown; never guess."""

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import Connection

from boekbrug.contract import (
    BoekbrugError,
    Booked,
    CannotTell,
    EffectKind,
    MarkAnswer,
    MarkQuery,
    Problem,
    Refused,
    Retriable,
    Target,
)
from boekbrug.store import caution, effects
from boekbrug.store.effects import OpenEffect
from boekbrug.store.failures import NOT_LISTED, TRIPPED, Failures, Looks, failures_of, looks_of, takes_others
from boekbrug.store.licences import Licence
from boekbrug.sync.asking import Tripped, ask
from boekbrug.sync.outcome import Absent, AskPerson, BookedTwice, Concluded, LookAgain, SettledAs, conclude
from boekbrug.sync.steps import Step
from boekbrug.sync.trouble import ENDED_BY_A_PERSON
from boekbrug.sync.workplace import MICROSECOND, Workplace

_BATCH = 100
_MOST_BUGS = 3
"""So often a plugin may trip over a look-up before a person is asked."""


def settle(work: Workplace, licence: Licence, administration: str) -> Iterator[Step]:
    """Look at every effect whose lease has run out or whose outcome is unknown, as far as a look is due.

    What keeps the target from answering is raised, after what was asked for was put off.
    """
    target = work.instances.target(licence.target)
    while True:
        with work.database.read() as connection:
            now = work.database.now(connection)
            due = effects.overdue(connection, licence.id, licence.administration, now, _BATCH)
            tries = effects.tries(connection, [item.subject for item in due])
            failed = failures_of(connection, [item.subject for item in due])
            poison = {item.subject: _poison(connection, item, failed.get(item.subject, Failures())) for item in due}
            looks = looks_of(connection, [item.id for item in due])
            # an old database has forgotten the latest calls: the quiet period begins when it was put back
            forgot = caution.since(connection, licence.administration) or 0
        if not due:
            return
        yield Step("asking", len(due))
        try:
            answers = _ask(work, target, administration, due, looks)
        except BoekbrugError as cause:
            _write(work, tries, [(item, _put_off(work, item, cause, now)) for item in due])
            raise
        meanings = {
            item.id: _meaning(work, target, item, answers[item.id], looks.get(item.id, Looks()), now, forgot)
            for item in due
        }
        _write(work, tries, [(item, _unless_poison(meanings[item.id], poison[item.subject])) for item in due])
        yield Step("settled", len(due))


def _write(work: Workplace, tries: Mapping[int, int], found: Sequence[tuple[OpenEffect, SettledAs | Refused]]) -> None:
    conclude(
        work,
        [
            Concluded(
                item.id, item.licence, item.subject, tries[item.subject], meaning, item.looks + 1,
                EffectKind(item.kind),
            )
            for item, meaning in found
        ],
    )  # fmt: skip


def _put_off(work: Workplace, item: OpenEffect, cause: BoekbrugError, now: int) -> LookAgain:
    if cause.code in ENDED_BY_A_PERSON:
        return LookAgain(cause.code, now)
    after = cause.retry_after if isinstance(cause, Retriable) else None
    asked_for = work.backoff(0, after) if after else 0
    return LookAgain(cause.code, now + max(_wait(work, item.looks), asked_for))


Answer = MarkAnswer | Tripped


def _ask(
    work: Workplace, target: Target, administration: str, due: Sequence[OpenEffect], looks: Mapping[int, Looks]
) -> dict[int, Answer]:
    """Ask for all together, and by itself for what the plugin has tripped over before; answers are by effect."""
    if not target.capabilities.finds:
        return {item.id: CannotTell(reason="target-cannot-find") for item in due}

    def _find(items: Sequence[OpenEffect]) -> Sequence[MarkAnswer]:
        return target.find(administration, [_query(work, item) for item in items])

    alone = {id for id, known in looks.items() if known.tripped}
    together = [item for item in due if item.id not in alone]
    answers: dict[int, Answer] = {}
    for items in (together, *([item] for item in due if item.id in alone)):
        found = ask(work, target, "find", items, _find)
        answers |= {item.id: answer for item, answer in zip(items, found, strict=True)}
    return answers


def _query(work: Workplace, item: OpenEffect) -> MarkQuery:
    prepared = item.prepared(work.sealing.open_payload)
    return MarkQuery(mark=item.mark, kind=prepared.kind, prepared=prepared)


def _meaning(
    work: Workplace, target: Target, item: OpenEffect, answer: Answer, looks: Looks, now: int, forgot: int
) -> SettledAs:
    again = now + _wait(work, item.looks)
    if isinstance(answer, Tripped):
        return _tripped(answer, looks.tripped + 1, again)
    if isinstance(answer, CannotTell):
        return AskPerson(answer.reason, again) if _is_final(answer) else LookAgain(answer.reason, again)
    if answer:
        booked = Booked(id=answer[0].id, number=answer[0].number, total=answer[0].total)
        return booked if len(answer) == 1 else BookedTwice(booked, len(answer))
    if target.capabilities.absence_is_final:
        return Absent()
    quiet_ends = max(item.intended_at, forgot) + work.limits.quiet_period // MICROSECOND
    # a look that nobody answered is none
    if now >= quiet_ends and looks.absent > 0:
        return Absent()
    return LookAgain(NOT_LISTED, max(quiet_ends, again))


def _tripped(answer: Tripped, times: int, again: int) -> SettledAs:
    if times < _MOST_BUGS:
        return LookAgain(TRIPPED, again)
    return AskPerson(repr(answer.error), again, code="cannot-ask")


def _poison(connection: Connection, item: OpenEffect, failed: Failures) -> Problem | None:
    """Say why to give up on what is not there this time either.

    A plugin met a bug with it twice, the second time alone; or it went out for the third time, alone, without an answer
    while others were booked: then it is not the target that is unwell.
    """
    if failed.bugs > 1:
        return Problem(code="plugin-bug", facts={"verb": "post", "times": str(failed.bugs)})
    if failed.unanswered > 1 and takes_others(connection, item.administration, failed.since):
        return Problem(code="never-answered", facts={"mark": item.mark, "times": str(failed.unanswered + 1)})
    return None


def _unless_poison(meaning: SettledAs, poison: Problem | None) -> SettledAs | Refused:
    return Refused(problems=(poison,)) if isinstance(meaning, Absent) and poison else meaning


def _is_final(answer: CannotTell) -> bool:
    return answer.reason != "not-reachable"


def _wait(work: Workplace, looks: int) -> int:
    return work.backoff(looks, None)
