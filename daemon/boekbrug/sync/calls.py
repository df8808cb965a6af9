"""The calls of a round: their intents are committed together before, their outcomes together after."""

import datetime as dt
from collections.abc import Generator, Sequence

from boekbrug.contract import (
    AuthorisationLost,
    BoekbrugError,
    MissingRight,
    NotSent,
    Outcome,
    OutcomeUnknown,
    Prepared,
    Retriable,
    Target,
    Unknown,
    WrongClock,
    WrongKey,
)
from boekbrug.store.licences import ClaimLost
from boekbrug.sync.outcome import NotCalled
from boekbrug.sync.pace import Batch
from boekbrug.sync.steps import Step
from boekbrug.sync.workplace import Workplace

Cause = BoekbrugError | None


def call(
    work: Workplace, target: Target, administration: str, batches: Sequence[Batch], begun: dt.datetime
) -> Generator[Step, None, tuple[list[Outcome | NotCalled], Cause]]:
    """Make the calls of a round whose intents were committed when it had `begun`.

    Return the outcomes in order, and what keeps the target from taking anything. What is not called any more was
    certainly not processed: after such a cause, or when the next call could outlast the lease. Of what the lease ran
    out over nothing is said: others may look for it by now, and what is sent from here on could be sent twice.
    """
    outcomes: list[Outcome | NotCalled] = []
    cause: Cause = None
    for batch in batches:
        waited = work.clock.now() - begun
        if not dt.timedelta() <= waited < work.limits.lease:
            if not outcomes:
                raise ClaimLost(intents=str(len(batch)))
            return outcomes, cause
        if cause is not None:
            outcomes += [_not_sent(cause)] * len(batch)
        elif outcomes and waited + work.limits.call_deadline > work.limits.lease:
            outcomes += [NotCalled()] * len(batch)
        else:
            with work.metrics.timed(target.name, "post"):
                answers, cause = _post(work, target, administration, batch)
            work.metrics.count_effects(target.name, answers)
            outcomes += answers
            yield Step("called", len(answers))
    return outcomes, cause


def _post(
    work: Workplace, target: Target, administration: str, batch: Sequence[Prepared]
) -> tuple[Sequence[Outcome], Cause]:
    try:
        outcomes = target.post(administration, batch)
    except (Retriable, AuthorisationLost, MissingRight, WrongClock, WrongKey) as error:
        return [_not_sent(error)] * len(batch), error
    except OutcomeUnknown as error:
        return [Unknown(reason=error.code)] * len(batch), None
    except Exception as error:  # noqa: BLE001 - whatever a plugin raises, the effect may exist
        work.log.warning("plugin.failed", verb="post", error=repr(error))
        return [Unknown(reason="plugin-bug")] * len(batch), None
    if len(outcomes) != len(batch):
        work.log.warning("plugin.failed", verb="post", sent=len(batch), answered=len(outcomes))
        return [Unknown(reason="plugin-bug")] * len(batch), None
    return outcomes, None


def _not_sent(cause: BoekbrugError) -> NotSent:
    after = cause.retry_after if isinstance(cause, Retriable) else None
    return NotSent(reason=cause.code, retry_after=after)
