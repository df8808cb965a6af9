"""Parties: make the customers known that due entries wait for, before the entries are sent."""

from collections.abc import Iterator, Mapping, Sequence

from boekbrug.contract import (
    Effect,
    EffectKind,
    Prepared,
    Problem,
    Refused,
    ResolvesParties,
    Target,
)
from boekbrug.store import effects, parties, states
from boekbrug.store.effects import RESEND, Claim
from boekbrug.store.licences import Licence
from boekbrug.store.parties import Wanted
from boekbrug.store.words import EffectState, EntryState
from boekbrug.sync import caution
from boekbrug.sync.asking import Tripped, ask
from boekbrug.sync.deliver import prepare, send
from boekbrug.sync.outcome import Concluded
from boekbrug.sync.release import give_back, show_refused
from boekbrug.sync.steps import Step
from boekbrug.sync.workplace import MICROSECOND, Workplace

TOGETHER = 200
"""Parties that are looked up together."""
Answer = str | Problem | None
Problems = Mapping[int, Sequence[Problem]]


def provide(work: Workplace, licence: Licence, administration: str) -> Iterator[Step]:
    """Look for the parties of due entries at the target, and create those that are absent.

    1. claim; 2. ask; 3. commit what was found; then as entries are sent: 4. intents; 5. call; 6. outcomes. The entries
    of a party that is refused are refused with it, for the same reasons.
    """
    target = work.instances.target(licence.target)
    while isinstance(target, ResolvesParties) and (wanted := _claim(work, licence)):
        yield Step("parties-claimed", len(wanted))
        # an old database may have forgotten that it sent one again
        resends = not caution.is_cautious(work, licence)
        again = [one.claim for one in wanted if one.claim.reason == RESEND and resends]
        asked = [one for one in wanted if one.claim not in again]
        answers = _ask(work, target, administration, wanted, asked)
        refused = _keep(work, asked, answers)
        yield Step("parties-found", len(asked))
        absent = _surely_absent(work, target, [one for one, a in zip(asked, answers, strict=True) if a is None])
        prepared, impossible = _prepare(work, target, administration, again, absent)
        claims = [*again, *(one.claim for one in absent)]
        concluded = yield from send(work, licence, administration, claims, prepared, "parties-created")
        _refuse_waiting(work, {**refused, **impossible, **_refusals(concluded)})
        yield Step("parties-provided", len(wanted))


def _claim(work: Workplace, licence: Licence) -> list[Wanted]:
    with work.database.read() as connection:
        if not parties.any_wanted(connection, licence.id, work.database.now(connection)):
            return []
    work.ids.ensure(TOGETHER)
    with work.database.write() as connection:
        now = work.database.now(connection)
        return parties.claim_wanted(
            connection, licence.id, licence.administration, work.worker, work.until(now), now, TOGETHER,
            work.ids.take(TOGETHER), work.sealing.open_party,
        )  # fmt: skip


def _ask(
    work: Workplace, target: Target, administration: str, wanted: Sequence[Wanted], asked: Sequence[Wanted]
) -> Sequence[Answer]:
    assert isinstance(target, ResolvesParties), "others are left alone"
    if not asked:
        return ()
    try:
        answers = ask(
            work, target, "resolve", [one.party for one in asked], lambda some: target.resolve(administration, some)
        )
        tripped = [answer for answer in answers if isinstance(answer, Tripped)]
        # not one of them, but all: that is no matter of a customer
        if 1 < len(tripped) == len(asked):
            raise tripped[0].error
    except Exception as error:
        give_back(work, [one.claim for one in wanted], error)
        raise
    return [answer.problem("resolve") if isinstance(answer, Tripped) else answer for answer in answers]


def _keep(work: Workplace, asked: Sequence[Wanted], answers: Sequence[Answer]) -> Problems:
    """Commit what the target answered; return the problems of the parties that it has and cannot use."""
    found = [(one.claim, answer) for one, answer in zip(asked, answers, strict=True) if isinstance(answer, str)]
    misfit = [(one.claim, answer) for one, answer in zip(asked, answers, strict=True) if isinstance(answer, Problem)]
    work.ids.ensure(len(asked))
    with work.database.write() as connection:
        now = work.database.now(connection)
        parties.know(connection, found, work.ids.take(len(found)), now)
        rows = [(claim, EntryState.REFUSED, problem.code, None) for claim, problem in misfit]
        effects.end_claims(connection, rows, work.ids.take(len(rows)), now)
    return {claim.subject: (problem,) for claim, problem in misfit}


def _surely_absent(work: Workplace, target: Target, absent: Sequence[Wanted]) -> list[Wanted]:
    """Leave out what was created so lately that it need not be listed yet: that is looked for again."""
    if not absent or target.capabilities.absence_is_final:
        return list(absent)
    with work.database.read() as connection:
        last = effects.last_of(connection, EffectKind.PARTY, [one.claim.subject for one in absent])
        now = work.database.now(connection)
    listed_by = now - work.limits.quiet_period // MICROSECOND
    fresh = {id for id, one in last.items() if one.state == EffectState.BOOKED and one.intended_at > listed_by}
    give_back(work, [one.claim for one in absent if one.claim.subject in fresh])
    return [one for one in absent if one.claim.subject not in fresh]


def _prepare(
    work: Workplace, target: Target, administration: str, again: Sequence[Claim], absent: Sequence[Wanted]
) -> tuple[list[Prepared], Problems]:
    with work.database.read() as connection:
        last = effects.last_of(connection, EffectKind.PARTY, [claim.subject for claim in again])
    same = [item.prepared(work.sealing.open_payload) for item in last.values()]
    if not absent:
        return same, {}
    wanted = [
        Effect(id=one.claim.subject, kind=EffectKind.PARTY, mark=one.party.mark, body=one.party) for one in absent
    ]
    try:
        answers = prepare(work, target, administration, wanted)
    except Exception as error:
        give_back(work, [*again, *(one.claim for one in absent)], error)
        raise
    refused = [(one.claim, a) for one, a in zip(absent, answers, strict=True) if isinstance(a, Refused)]
    work.ids.ensure(len(refused))
    with work.database.write() as connection:
        now = work.database.now(connection)
        rows = [(claim, EntryState.REFUSED, answer.problems[0].code, None) for claim, answer in refused]
        effects.end_claims(connection, rows, work.ids.take(len(rows)), now)
    impossible = {claim.subject: answer.problems for claim, answer in refused}
    return same + [answer for answer in answers if isinstance(answer, Prepared)], impossible


def _refusals(concluded: Sequence[Concluded]) -> Problems:
    return {item.subject: item.outcome.problems for item in concluded if isinstance(item.outcome, Refused)}


def _refuse_waiting(work: Workplace, refused: Problems) -> None:
    """Refuse the entries that wait for a party which cannot be had."""
    if not refused:
        return
    with work.database.read() as connection:
        waiting = parties.waiting_for(connection, list(refused))
        documents = len(states.members_of(connection, [row.entry for row in waiting]))
    found = {row.entry: refused[row.party] for row in waiting}
    work.ids.ensure(len(waiting) + documents * (1 + max(map(len, refused.values()))))
    with work.database.write() as connection:
        now = work.database.now(connection)
        codes = [(row, found[row.entry][0].code) for row in waiting]
        still = parties.refuse_entries(connection, codes, work.ids.take(len(codes)), now)
        show_refused(connection, work, {entry: found[entry] for entry in still}, now)
