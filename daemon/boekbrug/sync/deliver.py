"""Deliver: the only stage that creates something outside; intent, call and outcome are three phases."""

import datetime as dt
from collections.abc import Generator, Iterator, Mapping, Sequence

from msgspec.structs import replace
from sqlalchemy import Connection

from boekbrug.contract import (
    Effect,
    EffectKind,
    Entry,
    Prepared,
    Refused,
    ResolvesParties,
    Target,
)
from boekbrug.store import effects, entries, parties
from boekbrug.store.effects import RESEND, Claim, Intent
from boekbrug.store.failures import failures_of
from boekbrug.store.licences import Licence
from boekbrug.sync.asking import Tripped, ask
from boekbrug.sync.calls import call
from boekbrug.sync.caution import Found, already_booked
from boekbrug.sync.outcome import Became, Concluded, conclude
from boekbrug.sync.release import give_back, refuse
from boekbrug.sync.steps import Step
from boekbrug.sync.workplace import Workplace

PREPARED_AHEAD = 25
"""Entries prepared together for a target that takes one per call, so that its look-ups can be batched."""

ROUNDS_AHEAD = 2
"""Rounds of a quick target that are claimed and prepared together."""


def at_once(target: Target) -> int:
    """Return how many entries are claimed and prepared together."""
    return max(target.capabilities.batch_size, PREPARED_AHEAD)


def deliver(
    work: Workplace, licence: Licence, administration: str, at_most: dt.timedelta | None = None
) -> Iterator[Step]:
    """Send what is due, one batch after the other, until nothing is or the time is over.

    1. claim; 2. prepare (asks, creates nothing); then per round of calls: 3. commit the intents; 4. call; 5. commit the
    outcomes.
    Where preparing asks nothing, the intent is the claim. A call that was not processed at all raises its cause after
    its entries were given back.
    """
    begun = work.clock.now()
    target = work.instances.target(licence.target)
    pace = work.paces[licence.target]
    with_parties = isinstance(target, ResolvesParties)
    claims_first = target.capabilities.prepare_asks
    while claims := _claim(
        work, licence, max(at_once(target), ROUNDS_AHEAD * pace.calls), with_parties=with_parties,
        claims_first=claims_first,
    ):  # fmt: skip
        yield Step("claimed", len(claims))
        prepared = _prepare(work, target, licence, administration, claims)
        there = _look(work, licence, administration, claims, prepared)
        if there:
            yield Step("recognised", len(there))
        to_send = [item for item in prepared if item.id not in there]
        yield from send(work, licence, administration, claims, to_send, "delivered")
        if at_most is not None and work.clock.now() - begun > at_most:
            return


def send(
    work: Workplace,
    licence: Licence,
    administration: str,
    claims: Sequence[Claim],
    prepared: Sequence[Prepared],
    phase: str,
) -> Generator[Step, None, list[Concluded]]:
    """Send what was prepared for claims of one kind, round by round; return what became of it."""
    target = work.instances.target(licence.target)
    by_subject = {claim.subject: claim for claim in claims}
    done: list[Concluded] = []
    with work.database.read() as connection:
        failed = failures_of(connection, [claim.subject for claim in claims if claim.tries or claim.reason == RESEND])
    pace = work.paces[licence.target]
    # what was in a call that failed goes out again among few, then alone, so that poison spoils three calls at most
    left = {item.id for item in prepared}
    alone = {id for id, one in failed.items() if one.bugs or one.unanswered > 1}
    for batches in pace.rounds(prepared, target.capabilities.batch_size, alone, failed.keys() - alone):
        # the lease runs from before the intents are written: time that passes while they are counts too
        begun = work.clock.now()
        intents = _intend(work, licence, by_subject, [item for one in batches for item in one])
        left -= {intent.claim.subject for intent in intents}
        yield Step("intended", len(intents))
        outcomes, cause = yield from call(work, target, administration, batches, begun)
        pace.learn(len(batches), work.clock.now() - begun)
        concluded = _concluded(intents[: len(outcomes)], outcomes)
        conclude(work, concluded)
        yield Step(phase, len(outcomes))
        if cause is not None:
            give_back(work, [claim for claim in claims if claim.held and claim.subject in left], cause)
            raise cause
        done += concluded
    return done


def _claim(work: Workplace, licence: Licence, limit: int, *, with_parties: bool, claims_first: bool) -> list[Claim]:
    with work.database.read() as connection:
        now = work.database.now(connection)
        if not claims_first:
            return effects.due(connection, licence.id, now, limit, with_parties=with_parties)
        if not effects.any_due(connection, licence.id, now):
            return []
    with work.database.write() as connection:
        now = work.database.now(connection)
        return effects.claim_due(
            connection, work.database, licence.id, work.worker, work.until(now), now, limit, with_parties=with_parties
        )


def _prepare(
    work: Workplace, target: Target, licence: Licence, administration: str, claims: Sequence[Claim]
) -> list[Prepared]:
    with work.database.read() as connection:
        resent = [claim.subject for claim in claims if claim.reason == RESEND]
        again = effects.last_of(connection, EffectKind.ENTRY, resent)
        fresh = [claim for claim in claims if claim.subject not in again]
        bodies = _bodies(connection, work, [claim.subject for claim in fresh])
        if isinstance(target, ResolvesParties):
            bodies = _with_parties(connection, licence, bodies)
    try:
        answers = prepare(work, target, administration, _effects(fresh, bodies))
    except Exception as error:
        give_back(work, claims, error)
        raise
    refuse(work, [(claim, a) for claim, a in zip(fresh, answers, strict=True) if isinstance(a, Refused)])
    same = [item.prepared(work.sealing.open_payload) for item in again.values()]
    return same + [answer for answer in answers if isinstance(answer, Prepared)]


def _bodies(connection: Connection, work: Workplace, ids: Sequence[int]) -> dict[int, Entry]:
    at_hand = {id: body for id in ids if (body := work.composed.pop(id, None)) is not None}
    return at_hand | entries.load(connection, [id for id in ids if id not in at_hand], work.sealing.open_party)


def prepare(work: Workplace, target: Target, administration: str, wanted: Sequence[Effect]) -> list[Prepared | Refused]:
    """Prepare effects; one that the plugin trips over is refused, the others go on."""
    answers = ask(work, target, "prepare", wanted, lambda some: target.prepare(administration, some))
    return [
        Refused(problems=(answer.problem("prepare"),)) if isinstance(answer, Tripped) else answer for answer in answers
    ]


def _with_parties(connection: Connection, licence: Licence, bodies: Mapping[int, Entry]) -> dict[int, Entry]:
    keys = {body.party.key for body in bodies.values() if body.party is not None}
    known = parties.remote_ids(connection, licence.administration, keys)
    return {
        id: body if body.party is None else replace(body, party=replace(body.party, remote_id=known[body.party.key]))
        for id, body in bodies.items()
    }


def _effects(claims: Sequence[Claim], bodies: Mapping[int, Entry]) -> list[Effect]:
    return [
        Effect(id=claim.subject, kind=EffectKind.ENTRY, mark=(body := bodies[claim.subject]).mark, body=body)
        for claim in claims
    ]


def _look(
    work: Workplace, licence: Licence, administration: str, claims: Sequence[Claim], prepared: Sequence[Prepared]
) -> Found:
    """Book what the books hold already, without sending it; there is any only after a database was put back."""
    try:
        there = already_booked(work, licence, administration, prepared)
    except Exception as error:
        give_back(work, [claim for claim in claims if any(item.id == claim.subject for item in prepared)], error)
        raise
    if there:
        by_subject = {claim.subject: claim for claim in claims}
        intents = _intend(work, licence, by_subject, [item for item in prepared if item.id in there])
        conclude(work, _concluded(intents, [there[intent.claim.subject] for intent in intents]))
    return there


def _intend(work: Workplace, licence: Licence, claims: Mapping[int, Claim], batch: Sequence[Prepared]) -> list[Intent]:
    ids = work.ids
    ids.ensure(len(batch))
    first = ids.take(len(batch))
    intents = [Intent(first + n, claims[item.id], item) for n, item in enumerate(batch)]
    with work.database.write() as connection:
        now = work.database.now(connection)
        effects.write_intents(
            connection, intents, licence.administration, work.worker, work.until(now), now,
            work.sealing.payload,
        )  # fmt: skip
    return intents


def _concluded(intents: Sequence[Intent], outcomes: Sequence[Became]) -> list[Concluded]:
    return [
        Concluded(intent.id, claim.licence, claim.subject, claim.tries + 1, outcome, kind=claim.kind)
        for (intent, claim), outcome in zip(((intent, intent.claim) for intent in intents), outcomes, strict=True)
    ]
