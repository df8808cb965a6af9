"""Write-backs: what is to be done once a sale is booked (its source told, its file carried), and what became of it."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection

from boekbrug.store.bulk import run_rows, select_rows, update_rows
from boekbrug.store.tables import write_back

DUE, SENDING, DONE, REFUSED = "due", "sending", "done", "refused"
"""To be told; being told; told; refused by the source, and tried again for some days."""

NOTE, FILE = "note", "file"
"""Errands: telling the source under which mark its sale stands; carrying the source's file to the entry."""

_WANT = """
    insert into write_back (licence, document, errand, entry, state, reason, next_at, changed_at)
    select m.licence, m.document, ?, m.entry, 'due', '', ?, ? from membership m
    where m.entry = ? and m.facet = 'sale' and m.ended_at is null {only}
    on conflict (licence, document, errand) do update set entry = excluded.entry, state = 'due', reason = '', tries = 0,
    next_at = excluded.next_at, changed_at = excluded.changed_at where write_back.entry <> excluded.entry
"""
# an entry of many sales would get as many files
_ALONE = "and not exists (select 1 from membership o where o.entry = m.entry and o.document <> m.document)"
_WANTS = {NOTE: _WANT.format(only=""), FILE: _WANT.format(only=_ALONE)}
_NEXT = """
    select w.document, w.errand, w.entry, w.fence, w.tries, w.reason, d.kind, d.source_id, d.number, s.mark,
    s.remote_number, s.remote_id
    from write_back w join document d on d.id = w.document join entry_state s on s.entry = w.entry
    where w.licence = ? and w.errand in ?* and w.next_at <= ? order by w.next_at, w.document limit 1
"""


class WriteBack(NamedTuple):
    """A sale that is booked, with the names it has at the source and at the target."""

    document: int
    errand: str
    entry: int
    fence: int
    tries: int
    reason: str
    kind: str
    source_id: str
    number: str
    mark: str
    remote_number: str | None
    remote_id: str | None


def want(connection: Connection, errand: str, entries: Collection[int], now: int) -> None:
    """Ask for an errand for the sales in entries; it is run again for one that was booked anew."""
    run_rows(connection, _WANTS[errand], [(errand, now, now, entry) for entry in entries])


def next_due(connection: Connection, licence: int, errands: Collection[str], now: int) -> WriteBack | None:
    """Return what a licence has had to do for longest."""
    rows = select_rows(connection, _NEXT, [licence, list(errands), now])
    return WriteBack(*rows[0]) if rows else None


def claim(connection: Connection, licence: int, due: WriteBack, until: int, now: int) -> WriteBack | None:
    """Write the intent of a call; None when another worker was quicker. It comes back by itself at `until`."""
    values = (SENDING, until, due.fence + 1, due.tries + 1, now, licence, due.document, due.errand, due.fence)
    columns = ("state", "next_at", "fence", "tries", "changed_at")
    taken = update_rows(connection, write_back, columns, ("licence", "document", "errand", "fence"), [values])
    return due._replace(fence=due.fence + 1, tries=due.tries + 1) if taken == 1 else None


def conclude(
    connection: Connection, licence: int, told: WriteBack, state: str, reason: str, next_at: int | None, now: int
) -> bool:
    """Write what became of a call; False when the sale was taken over or booked anew meanwhile."""
    values = (state, reason[:64], next_at, now, licence, told.document, told.errand, told.fence, told.entry)
    columns = ("state", "reason", "next_at", "changed_at")
    keys = ("licence", "document", "errand", "fence", "entry")
    return update_rows(connection, write_back, columns, keys, [values]) == 1
