"""Run licences now: the person at the command line is one more worker, with claims like any other."""

from collections.abc import Iterator

from boekbrug.acts.desk import ActRefused
from boekbrug.contract import Because, Retriable
from boekbrug.store import licences
from boekbrug.store.licences import ACTIVE, ClaimLost, Licence, LicenceClaim
from boekbrug.sync.run import run_licence
from boekbrug.sync.steps import Step
from boekbrug.sync.workplace import Workplace


class AtWork(Retriable):
    """Another worker is at this licence; it does what was asked for."""

    code = "at-work"


def run_named(work: Workplace, licence: Licence) -> Iterator[Step]:
    """Run one licence, due or not; raise AtWork while another worker holds it, ActRefused when it is off."""
    if licence.state != ACTIVE:
        raise ActRefused(
            Because(
                "Licence {licence} is {state}; run: boekbrug licence {command}",
                licence=licence.name,
                state=licence.state,
                command=_on(licence),
            )
        )
    with work.database.write() as connection:
        now = work.database.now(connection)
        claim = licences.claim_one(connection, licence.id, work.worker, work.until(now), now)
    if claim is None:
        raise AtWork(licence=licence.name)
    yield from _run(work, claim)


def _on(licence: Licence) -> str:
    return f"{'resume' if licence.state == 'paused' else 'activate'} {licence.name}"


def next_due(work: Workplace) -> tuple[Licence, Iterator[Step]] | None:
    """Claim the licence that has been due for longest; None when none is."""
    with work.database.write() as connection:
        now = work.database.now(connection)
        claim = licences.claim_next(connection, work.database, work.worker, work.until(now), now)
        if claim is None:
            return None
        return licences.get(connection, claim.licence), _run(work, claim)


def _run(work: Workplace, claim: LicenceClaim) -> Iterator[Step]:
    try:
        yield from run_licence(work, claim)
    except ClaimLost:
        yield Step("claim-lost")
