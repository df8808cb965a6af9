"""Approve entries that were composed and shown, so that they go to the books."""

from collections.abc import Collection, Sequence

from boekbrug.acts.desk import ActRefused, Desk
from boekbrug.contract import Because
from boekbrug.store import approvals, changes, states
from boekbrug.store.approvals import Unapproved
from boekbrug.store.licences import Licence
from boekbrug.sync.house import House

_CHUNK = 500
_IDS_PER_DOCUMENT = 3


def approve_chosen(desk: Desk, licence: Licence, chosen: Collection[int]) -> int:
    """Approve the entries that were chosen from those shown; return how many still stood as they were shown."""
    with desk.house.database.read() as connection:
        members = approvals.members(connection, licence.id, chosen)
    return _approve(desk, licence, members, {"chosen": str(len(chosen))})


def approve(desk: Desk, licence: Licence, numbers: Collection[str] = ()) -> int:
    """Approve all entries of a licence that wait for it, or those of the numbers named; return how many.

    Raise ActRefused when a number is not known or has nothing to approve; then none is approved.
    """
    waiting = waiting_of(desk.house, licence, numbers)
    return _approve(desk, licence, waiting, {"numbers": ", ".join(sorted(numbers))[:1000]})


def waiting_of(house: House, licence: Licence, numbers: Collection[str] = ()) -> list[Unapproved]:
    """List what waits for approval, all or of the documents named.

    Raise ActRefused when a number is not known or has nothing to approve.
    """
    with house.database.read() as connection:
        documents = states.numbered(connection, licence.id, numbers) if numbers else None
        named = None if documents is None else [id for ids in documents.values() for id in ids]
        waiting = approvals.unapproved(connection, licence.id, named)
    if documents is not None:
        found = {one.document for one in waiting}
        missing = [number for number, ids in documents.items() if not found.intersection(ids)]
        if missing:
            raise ActRefused(
                *(
                    Because("{number} has no entry that waits for approval; see: boekbrug find {number}", number=number)
                    for number in missing
                )
            )
    return waiting


def _approve(desk: Desk, licence: Licence, waiting: Sequence[Unapproved], facts: dict[str, str]) -> int:
    entries = sorted({one.entry for one in waiting})
    with desk.house.database.read() as connection:
        # an entry is approved as a whole, whichever of its documents was named
        chunks = [
            approvals.members(connection, licence.id, entries[first : first + _CHUNK])
            for first in range(0, len(entries), _CHUNK)
        ]
    with desk.act("approve", licence.name, ids=_IDS_PER_DOCUMENT * sum(map(len, chunks))) as act:
        count = 0
        for chunk in chunks:
            ids = act.ids.take(_IDS_PER_DOCUMENT * len(chunk))
            count += approvals.approve(act.connection, licence.id, chunk, ids, act.now)
        changes.make_due(act.connection, licence.id, act.now)
        act.licence = licence.id
        act.facts = {"entries": str(count), **facts}
    return count
