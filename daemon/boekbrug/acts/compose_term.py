"""Compose a day or month now, without waiting for the licence's delay."""

from collections.abc import Iterator

from boekbrug.acts.desk import ActRefused, Desk
from boekbrug.acts.synchronise import AtWork
from boekbrug.contract import Because
from boekbrug.store import changes, licences, terms
from boekbrug.store.licences import Licence
from boekbrug.store.terms import DAY, MONTH
from boekbrug.store.words import TermState
from boekbrug.sync.books import day_at
from boekbrug.sync.run import compose_licence
from boekbrug.sync.steps import Step
from boekbrug.sync.workplace import Workplace


def hurry(desk: Desk, licence: Licence, named: str) -> None:
    """Let a term (a day or month in ISO form) be composed at once; a till must have closed it all the same.

    Raise ActRefused when nothing waits for it, or when it is not over.
    """
    kind, first = (DAY, named) if len(named) == len("2026-09-14") else (MONTH, f"{named}-01")
    with desk.act("compose-term", licence.name) as act:
        found = terms.starting(act.connection, licence.id, licence.unit, first, kind)
        if found is None or found.due_at is None:
            raise ActRefused(
                Because("Nothing waits for {named}; see: boekbrug preview {licence}", named=named, licence=licence.name)
            )
        if found.last >= day_at(act.now, licences.zone_of(act.connection, licence)):
            raise ActRefused(Because("{named} is not over; what is sold until then belongs to it.", named=named))
        terms.put(act.connection, found.id, TermState.RUNNING, act.now, act.now)
        changes.make_due(act.connection, licence.id, act.now)
        act.licence = licence.id
        act.facts = {"term": named}


def run(work: Workplace, licence: Licence) -> Iterator[Step]:
    """Compose what waits for a licence, and nothing else; raise AtWork while another worker holds it."""
    with work.database.write() as connection:
        now = work.database.now(connection)
        claim = licences.claim_one(connection, licence.id, work.worker, work.until(now), now)
    if claim is None:
        raise AtWork(licence=licence.name)
    yield from compose_licence(work, claim)
