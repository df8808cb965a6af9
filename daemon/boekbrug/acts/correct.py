"""Correct a document that changed after it was booked."""

import datetime as dt

from boekbrug.acts.desk import ActRefused, Desk
from boekbrug.acts.find import ShownEntry, shown_entry
from boekbrug.acts.matched import demand_unmatched
from boekbrug.acts.reverse import document_of, why_not
from boekbrug.booking.composed import Skipped
from boekbrug.contract import Because
from boekbrug.store import changes, licences, states
from boekbrug.store.licences import Licence
from boekbrug.store.words import Reason
from boekbrug.sync import corrections
from boekbrug.sync.batch import IDS_PER_DOCUMENT
from boekbrug.sync.books import open_books
from boekbrug.sync.corrections import Planned

_WRITABLE = (Reason.CHANGED, Reason.REVERSED)


def correct(
    desk: Desk, licence: Licence, number: str, *, date: dt.date | None = None, only_look: bool = False
) -> tuple[ShownEntry, ...]:
    """Take a changed document out as it was booked and put it in under today's rules; return the entries.

    Nothing is returned where the change does not touch the booking: the document counts as booked as it is now.
    `only_look` writes nothing. Raise ActRefused when it did not change, or cannot be composed as it is now.
    """
    house = desk.house
    work = house.place("correct")
    work.ids.ensure(IDS_PER_DOCUMENT)
    with house.database.read() as connection:
        document = document_of(connection, licence, number)
        now = house.database.now(connection)
        books = open_books(connection, work, licence)
        found = corrections.plan(connection, work, books, document, now, chosen=date)
        items = corrections.left_open(connection, work, books, document, found)
        reasons = [one.reason for one in states.standings(connection, [document]) if one.licence == licence.id]
    if reasons[0] not in _WRITABLE:
        raise ActRefused(
            Because("{number} did not change since it was booked; see: boekbrug find {number}", number=number)
        )
    if not isinstance(found, Planned | Skipped):
        raise why_not(found)
    demand_unmatched(work, licence, items)
    if not only_look:
        with desk.act("correct", licence.name) as act:
            licences.lock(act.connection, licence.id)
            again = corrections.plan(act.connection, work, books, document, act.now, chosen=date)
            if again != found:
                raise ActRefused(Because("{number} has just changed again; look once more.", number=number))
            corrections.keep(act.connection, work, books, document, found, act.now)
            changes.make_due(act.connection, licence.id, act.now)
            act.licence = licence.id
            act.facts = {"number": number}
    return tuple(shown_entry(draft.entry("")) for draft in found.entries) if isinstance(found, Planned) else ()
