"""Documents that changed after they were booked, and entries that counter others."""

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.store import daily, events
from boekbrug.store.bulk import run_rows, select_rows, update_rows
from boekbrug.store.tables import document_state, entry_state, membership
from boekbrug.store.words import EntryState, Reason

REVERSAL, ANEW = "reversal", " anew"
"""How the facet of a reversal begins, and how it ends when the documents are composed anew afterwards."""


def due(connection: Connection, licence: int, now: int, limit: int) -> list[int]:
    """List documents that changed after they were booked and whose correction is to be looked at."""
    query = """
        select document from document_state
        where licence = ? and next_at <= ? and state = 'booked' and reason = ? order by next_at, document limit ?
    """
    return [id for (id,) in select_rows(connection, query, [licence, now, str(Reason.CHANGED), limit])]


def is_due(connection: Connection, licence: int, document: int) -> bool:
    """Tell whether a document still is one that changed after it was booked."""
    columns = document_state.c
    found = connection.scalar(
        sa.select(columns.reason).where(
            columns.licence == licence, columns.document == document, columns.state == "booked"
        )
    )
    return found == Reason.CHANGED


def put_off(connection: Connection, licence: int, document: int, next_at: int | None) -> None:
    """Say when the correction of a document is looked at again; None leaves it to a person or another change."""
    columns = document_state.c
    connection.execute(
        sa.update(document_state)
        .where(columns.licence == licence, columns.document == document)
        .values(next_at=next_at)
    )


def look_again(connection: Connection, licence: int, now: int) -> None:
    """Let the corrections that were left to a person be looked at once more, since other rules may allow them."""
    columns = document_state.c
    connection.execute(
        sa.update(document_state)
        .where(columns.licence == licence, columns.state == "booked", columns.reason == Reason.CHANGED)
        .where(columns.next_at.is_(None))
        .values(next_at=now)
    )


def accept_revision(connection: Connection, licence: int, document: int) -> int | None:
    """Take what is booked of a document as booking its present revision; return the last entry that does."""
    run_rows(
        connection,
        """
        update membership set revision = (select d.revision from document d where d.id = membership.document)
        where licence = ? and document = ? and ended_at is null
        """,
        [(licence, document)],
    )
    columns = membership.c
    query = sa.select(sa.func.max(columns.entry)).where(
        columns.licence == licence, columns.document == document, columns.ended_at.is_(None)
    )
    found: int | None = connection.scalar(query)
    return found


def second_halves(connection: Connection, booked: Collection[int]) -> dict[tuple[int, int], int]:
    """Find what follows booked entries for the same document: (licence, document) to the entry still to be booked."""
    rows = select_rows(connection, _HALVES, [list(booked)])
    return {(licence, document): entry for licence, document, entry in rows}


_HALVES = """
    select m.licence, m.document, s.entry from entry_state s join membership m on m.entry = s.entry
    where s.after in ?* and s.state not in ('booked', 'replaced') and m.ended_at is null
    and (m.facet like 'correction % in' or m.facet like 'reversal%')
"""


def reversals_left(connection: Connection, wanted: Collection[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """Find the next reversal of documents that is still to be booked, by (licence, document)."""
    if not wanted:
        return {}
    rows = select_rows(connection, _REVERSALS_LEFT, [sorted({one for one, _ in wanted}), [d for _, d in wanted]])
    return {(licence, document): entry for licence, document, entry in rows if (licence, document) in wanted}


_REVERSALS_LEFT = """
    select m.licence, m.document, min(m.entry) from membership m join entry_state s on s.entry = m.entry
    where m.licence in ?* and m.document in ?* and m.ended_at is null and m.facet like 'reversal%'
    and s.state not in ('booked', 'replaced') group by m.licence, m.document
"""


def built_upon(connection: Connection, booked: Collection[int]) -> list[int]:
    """Name those of some entries that were composed upon another."""
    query = "select entry from entry_state where after is not null and entry in ?*"
    return [id for (id,) in select_rows(connection, query, [list(booked)])]


def taken_out(connection: Connection, booked: Collection[int]) -> dict[tuple[int, int], int]:
    """Find documents that some entries take out and nothing puts in again, by (licence, document)."""
    rows = select_rows(connection, _TAKEN_OUT, [list(booked)])
    return {(licence, document): entry for licence, document, entry in rows}


_TAKEN_OUT = """
    select m.licence, m.document, m.entry from membership m
    where m.entry in ?* and m.ended_at is null and m.facet like 'correction % out' and not exists (
        select 1 from membership i where i.licence = m.licence and i.document = m.document and i.ended_at is null
        and i.facet = replace(m.facet, ' out', ' in')
    )
"""


def reversals_among(connection: Connection, booked: Collection[int]) -> dict[int, int]:
    """Name the entries that counter others, each with the one it counters."""
    query = "select id, reverses from entry where reverses is not null and id in ?*"
    return dict(select_rows(connection, query, [list(booked)]))


def end_memberships(connection: Connection, reversals: Sequence[tuple[int, int]], now: int) -> set[tuple[int, int]]:
    """End what reversals and the entries they counter book; return (licence, document) of what is to be booked anew."""
    anew = "select distinct licence, document from membership where entry in ?* and ended_at is null and facet like ?"
    rows = select_rows(connection, anew, [[id for id, _ in reversals], f"{REVERSAL}%{ANEW}"])
    ended = [id for pair in reversals for id in pair]
    daily.leaves(connection, ended)
    connection.execute(
        sa.update(membership).where(membership.c.entry.in_(ended), membership.c.ended_at.is_(None)).values(ended_at=now)
    )
    return {(licence, document) for licence, document in rows}


def mark_reversed(
    connection: Connection, reversals: Sequence[tuple[int, int]], licence: int, event_ids: int, now: int
) -> None:
    """Say of reversals and the entries they counter that they book nothing any more; needs two event ids each."""
    ids = [id for pair in reversals for id in pair]
    reason, booked = str(Reason.REVERSED), str(EntryState.BOOKED)
    update_rows(connection, entry_state, ("reason", "changed_at"), ("entry",), [(reason, now, id) for id in ids])
    events.record(
        connection,
        [(id, event_ids + n, events.ENTRY, licence, now, booked, reason, None) for n, id in enumerate(ids)],
    )
