"""Settle: ask the target what became of effects whose outcome is unknown; never guess."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from boekbrug.contract import Booked, CannotTell, EffectKind, MarkAnswer, MarkQuery, Problem, Refused, Target
from boekbrug.store import caution, effects
from boekbrug.store.effects import OpenEffect
from boekbrug.store.failures import Failures, failures_of, takes_others
from boekbrug.store.licences import Licence
from boekbrug.sync.outcome import Absent, AskPerson, BookedTwice, Concluded, LookAgain, SettledAs, conclude
from boekbrug.sync.steps import Step
from boekbrug.sync.workplace import MICROSECOND, Workplace

_BATCH = 100


def settle(work: Workplace, licence: Licence, administration: str) -> Iterator[Step]:
    """Look at every effect whose lease has run out or whose outcome is unknown, as far as a look is due."""
    target = work.instances.target(licence.target)
    while True:
        with work.database.read() as connection:
            now = work.database.now(connection)
            due = effects.overdue(connection, licence.id, licence.administration, now, _BATCH)
            tries = effects.tries(connection, [item.subject for item in due])
            failed = failures_of(connection, [item.subject for item in due])
            poison = {item.subject: _poison(connection, item, failed.get(item.subject, Failures())) for item in due}
            # an old database has forgotten the latest calls: the quiet period begins when it was put back
            forgot = caution.since(connection, licence.administration) or 0
        if not due:
            return
        yield Step("asking", len(due))
        answers = _ask(work, target, administration, due)
        found = [
            (item, _unless_poison(_meaning(work, target, item, answer, now, forgot), poison.get(item.subject)))
            for item, answer in zip(due, answers, strict=True)
        ]
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
        yield Step("settled", len(due))


def _ask(work: Workplace, target: Target, administration: str, due: Sequence[OpenEffect]) -> Sequence[MarkAnswer]:
    if not target.capabilities.finds:
        return [CannotTell(reason="target-cannot-find")] * len(due)
    queries = [
        MarkQuery(mark=item.mark, kind=(prepared := item.prepared(work.sealing.open_payload)).kind, prepared=prepared)
        for item in due
    ]
    try:
        with work.metrics.timed(target.name, "find"):
            answers = target.find(administration, queries)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong while asking, nothing is known then
        work.log.warning("settle.failed", error=repr(error))
        return [CannotTell(reason="not-reachable")] * len(due)
    return answers if len(answers) == len(due) else [CannotTell(reason="plugin-bug")] * len(due)


def _meaning(work: Workplace, target: Target, item: OpenEffect, answer: MarkAnswer, now: int, forgot: int) -> SettledAs:
    if isinstance(answer, CannotTell):
        again = now + _wait(work, item.looks)
        return AskPerson(answer.reason, again) if _is_final(answer) else LookAgain(answer.reason, again)
    if answer:
        booked = Booked(id=answer[0].id, number=answer[0].number, total=answer[0].total)
        return booked if len(answer) == 1 else BookedTwice(booked, len(answer))
    if target.capabilities.absence_is_final:
        return Absent()
    quiet_ends = max(item.intended_at, forgot) + work.limits.quiet_period // MICROSECOND
    if now >= quiet_ends and item.looks > 0:
        return Absent()
    return LookAgain("not-listed-yet", max(quiet_ends, now + _wait(work, item.looks)))


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
    return answer.reason not in ("not-reachable", "plugin-bug")


def _wait(work: Workplace, looks: int) -> int:
    return work.backoff(looks, None)
