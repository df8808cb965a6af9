"""Try again what was not booked because of a problem, after its cause was fixed."""

from collections.abc import Collection
from typing import NamedTuple

from boekbrug.acts import compose_again, hooks
from boekbrug.acts.desk import ActRefused, Desk
from boekbrug.contract import Because
from boekbrug.store import approvals, changes, states, waited
from boekbrug.store.licences import Licence


class Retried(NamedTuple):
    """How many documents are composed again, and how many entries are sent again without waiting longer."""

    documents: int
    entries: int


def retry(
    desk: Desk,
    licence: Licence,
    codes: Collection[str] = (),
    numbers: Collection[str] = (),
    chosen: Collection[int] = (),
) -> Retried:
    """Compose documents with a problem again: all, those with one of the codes, of the numbers named, or those chosen.

    Raise ActRefused for a number that has no problem; a chosen document that has none any more is left as it is.
    """
    with desk.house.database.read() as connection:
        documents = states.with_problems(connection, licence.id, codes)
        if numbers:
            documents = _named(states.numbered(connection, licence.id, numbers), documents)
        if chosen:
            documents = sorted(set(chosen).intersection(documents))
        ids = compose_again.ids_for(connection, documents)
        refused = [one for one in waited.with_problems(connection, licence.id, documents) if _may_pass(desk, one.code)]
    with desk.act("retry", licence.name, ids=ids) as act:
        for one in refused:
            # what the source refused to tell has to be asked for, not composed, again
            until = act.now + hooks.REMEMBERED
            waited.name(act.connection, licence.source, licence.unit, one.kind, one.source_id, until)
        count = compose_again.start_over(act, licence.id, documents)
        hurried = 0 if codes or numbers or chosen else approvals.hurry(act.connection, licence.id, act.now)
        changes.make_due(act.connection, licence.id, act.now)
        act.licence = licence.id
        act.facts = {"documents": str(count), "codes": ", ".join(codes), "numbers": ", ".join(sorted(numbers))[:1000]}
    return Retried(count, hurried)


def _may_pass(desk: Desk, code: str) -> bool:
    known = desk.house.plugins.problem_codes.get(code)
    return known is not None and known.retry_helps


def _named(found: dict[str, list[int]], in_trouble: Collection[int]) -> list[int]:
    troubled = set(in_trouble)
    missing = [number for number, ids in found.items() if not troubled.intersection(ids)]
    if missing:
        raise ActRefused(
            *(
                Because("{number} has no problem to retry; see: boekbrug find {number}", number=number)
                for number in missing
            )
        )
    return [id for ids in found.values() for id in ids if id in troubled]
