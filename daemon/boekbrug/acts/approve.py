"""Approve entries that were composed and shown, so that they go to the books."""

from collections.abc import Collection

from boekbrug.acts.desk import ActRefused, Desk
from boekbrug.store import approvals, changes, states
from boekbrug.store.licences import Licence

_CHUNK = 500


def approve(desk: Desk, licence: Licence, numbers: Collection[str] = ()) -> int:
    """Approve all entries of a licence that wait for it, or those of the numbers named; return how many.

    Raise ActRefused when a number is not known or has nothing to approve; then none is approved.
    """
    with desk.house.database.read() as connection:
        documents = states.numbered(connection, licence.id, numbers) if numbers else None
        named = None if documents is None else [id for ids in documents.values() for id in ids]
        waiting = approvals.unapproved(connection, licence.id, named)
    if documents is not None:
        found = {one.document for one in waiting}
        missing = [number for number, ids in documents.items() if not found.intersection(ids)]
        if missing:
            raise ActRefused(
                [f"{number} has no entry that waits for approval; see: boekbrug find {number}" for number in missing]
            )
    with desk.act("approve", licence.name, ids=2 * len(waiting)) as act:
        count = 0
        for first in range(0, len(waiting), _CHUNK):
            chunk = waiting[first : first + _CHUNK]
            count += approvals.approve(act.connection, licence.id, chunk, act.ids.take(2 * len(chunk)), act.now)
        changes.make_due(act.connection, licence.id, act.now)
        act.licence = licence.id
        act.facts = {"entries": str(count), "numbers": ", ".join(sorted(numbers))[:1000]}
    return count
