"""What is booked, as far as it is compared with what a target has now."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.store import daily, events
from boekbrug.store import problems as closing
from boekbrug.store.bulk import run_rows, select_rows, update_rows
from boekbrug.store.tables import (
    document,
    document_state,
    effect,
    entry,
    entry_state,
    licence,
    membership,
    problem,
    seen_at_target,
)
from boekbrug.store.words import EntryState, Reason

GONE, CHANGED, DOUBLE = "deleted-at-target", "changed-at-target", "double-at-target"
TOLD_AT_ONCE = ("differs-at-target", DOUBLE)
"""Codes that tell of a difference when the entry was booked: it needs no second problem."""
AT_TARGET = (GONE, CHANGED, *TOLD_AT_ONCE)
"""Codes of problems that tell how an entry stands at its target."""
EXTRA = "extra-at-target"


class BookedEntry(NamedTuple):
    """An entry that counts as booked, with the record that answers for it; a fresh one may not be listed there yet."""

    id: int
    mark: str
    remote_id: str
    reason: str
    is_fresh: bool


class Living(NamedTuple):
    """An entry that is composed or booked, and where it stands."""

    entry: int
    mark: str
    state: str
    reason: str


def living(connection: Connection, licence_id: int, documents: Collection[int]) -> list[Living]:
    """List all entries that book something of documents, reversals under way among them."""
    return [Living(*row) for row in select_rows(connection, _LIVING, [licence_id, list(documents)])]


def upon(connection: Connection, entries: Collection[int]) -> list[Living]:
    """List the entries that were composed upon others and stand."""
    return [Living(*row) for row in select_rows(connection, _UPON, [list(entries)])]


def deleted_of(connection: Connection, licence_id: int, documents: Collection[int]) -> list[int]:
    """List the entries of documents that were deleted at the target, also those whose deletion was accepted."""
    return [id for (id,) in select_rows(connection, _DELETED_OF, [licence_id, list(documents), str(Reason.DELETED)])]


def documents_of(connection: Connection, entry_id: int) -> list[int]:
    """List the documents that an entry books, or has booked."""
    query = sa.select(membership.c.document).where(membership.c.entry == entry_id).distinct()
    return sorted(connection.scalars(query))


_COLUMNS = "select distinct s.entry, s.mark, s.state, s.reason from entry_state s"
_LIVING = f"""
    {_COLUMNS} join membership m on m.entry = s.entry
    where m.licence = ? and m.document in ?* and m.ended_at is null order by s.entry
"""
_UPON = f"{_COLUMNS} where s.after in ?* and s.state <> 'replaced' order by s.entry"
_DELETED_OF = """
    select distinct s.entry from membership m join entry_state s on s.entry = m.entry
    where m.licence = ? and m.document in ?* and s.state = 'booked' and s.reason = ? order by s.entry
"""


class Seen(NamedTuple):
    """How an entry looked at its target when it differed last, and how it looked when that was accepted."""

    last: str
    accepted: str | None


def seen(connection: Connection, entries: Collection[int]) -> dict[int, Seen]:
    """Read how entries looked at their target that differed from what was sent."""
    columns = seen_at_target.c
    query = sa.select(columns.entry, columns.seen, columns.accepted).where(columns.entry.in_(entries))
    return {id: Seen(last, accepted) for id, last, accepted in connection.execute(query)}


def keep_seen(connection: Connection, looks: Mapping[int, str]) -> None:
    """Keep how entries look at their target now."""
    run_rows(connection, _KEEP_SEEN, list(looks.items()))


_KEEP_SEEN = """
    insert into seen_at_target (entry, seen) values (?, ?) on conflict (entry) do update set seen = excluded.seen
"""


def accept_seen(connection: Connection, entries: Collection[int]) -> None:
    """Take as accepted how entries looked last."""
    columns = seen_at_target.c
    connection.execute(sa.update(seen_at_target).where(columns.entry.in_(entries)).values(accepted=columns.seen))


def forget_seen(connection: Connection, entries: Collection[int]) -> None:
    """Forget how entries differed that are as they were sent again."""
    connection.execute(sa.delete(seen_at_target).where(seen_at_target.c.entry.in_(entries)))


def booked_from(
    connection: Connection, licence_id: int, first: str, end: str, fresh_after: int, after: int, limit: int
) -> list[BookedEntry]:
    """List what is booked with a date in [first, end), from an entry on."""
    state = entry_state.c
    query = (
        sa.select(state.entry, state.mark, state.remote_id, state.reason, state.changed_at > fresh_after)
        .join(entry, entry.c.id == state.entry)
        .where(state.licence == licence_id, state.state == EntryState.BOOKED, state.entry > after)
        .where(entry.c.date >= first, entry.c.date < end)
        .where(sa.exists().where(membership.c.entry == state.entry, membership.c.ended_at.is_(None)))
        .order_by(state.entry)
        .limit(limit)
    )
    return [BookedEntry(*row) for row in connection.execute(query)]


def expected(connection: Connection, administration: int, marks: Collection[str]) -> set[str]:
    """Say which marks are accounted for otherwise: under way, in doubt, or of an entry that books nothing any more."""
    open_ones = sa.select(effect.c.mark).where(
        effect.c.administration == administration, effect.c.mark.in_(marks), effect.c.state.in_(("intent", "unknown"))
    )
    over = sa.select(entry_state.c.mark).where(
        entry_state.c.administration == administration,
        entry_state.c.mark.in_(marks),
        entry_state.c.state == EntryState.BOOKED,
        entry_state.c.reason == Reason.REVERSED,
    )
    return set(connection.scalars(open_ones.union(over)))


def note_reasons(
    connection: Connection, licence_id: int, noted: Sequence[tuple[int, str]], event_ids: int, now: int
) -> None:
    """Write beside booked entries how they stand at the target; needs one event id each."""
    update_rows(
        connection, entry_state, ("reason",), ("entry",), [(reason, id) for id, reason in noted],
        only="state = 'booked'",
    )  # fmt: skip
    booked = str(EntryState.BOOKED)
    events.record(
        connection,
        [
            (id, event_ids + n, events.ENTRY, licence_id, now, booked, reason, None)
            for n, (id, reason) in enumerate(noted)
        ],
    )


def records_of(connection: Connection, entries: Collection[int]) -> dict[int, str]:
    """Name the records that answer for entries."""
    columns = entry_state.c
    query = sa.select(columns.entry, columns.remote_id).where(columns.entry.in_(entries))
    return {id: remote_id or "" for id, remote_id in connection.execute(query)}


def end_memberships(connection: Connection, entries: Collection[int], now: int) -> None:
    """Free the documents of entries that are gone at the target, so that they can be booked anew."""
    daily.leaves(connection, entries)
    columns = membership.c
    connection.execute(
        sa.update(membership).where(columns.entry.in_(entries), columns.ended_at.is_(None)).values(ended_at=now)
    )


def open_extras(connection: Connection, licence_id: int) -> dict[str, tuple[int, str]]:
    """List the extra marks that are known: mark to problem and facts."""
    columns = problem.c
    query = sa.select(columns.place, columns.id, columns.facts).where(
        columns.licence == licence_id, columns.code == EXTRA, columns.closed_at.is_(None)
    )
    return {place: (id, facts) for place, id, facts in connection.execute(query)}


def close(connection: Connection, problems: Collection[int], now: int) -> None:
    """End problems by id."""
    closing.close(connection, sa.update(problem).where(problem.c.id.in_(problems)), now)


def fetched(connection: Connection, licence_id: int) -> tuple[int, int]:
    """Count the documents of a licence's unit, and those of them that have a state."""
    mine = sa.select(licence.c.source, licence.c.unit).where(licence.c.id == licence_id).subquery()
    there = (
        sa.select(sa.func.count())
        .select_from(document)
        .join(mine, sa.and_(document.c.connection == mine.c.source, document.c.unit == mine.c.unit))
    )
    stated = sa.select(sa.func.count()).select_from(document_state).where(document_state.c.licence == licence_id)
    return int(connection.scalar(there) or 0), int(connection.scalar(stated) or 0)
