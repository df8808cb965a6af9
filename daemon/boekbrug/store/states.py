"""Move documents from state to state, each move with its event."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.booking.composed import DocumentState
from boekbrug.store import events, tally
from boekbrug.store.bulk import select_rows, update_rows
from boekbrug.store.tables import document, document_state, problem
from boekbrug.store.words import Reason

_PLACE = ("state", "reason", "entry", "next_at", "tries")
_KEYS = ("licence", "document")


class Move(NamedTuple):
    """Where a document goes for a licence; `next_at` says when a worker looks at it again.

    One that is `told` has its event elsewhere: in the entry that was composed of it.
    """

    licence: int
    document: int
    state: str
    reason: str
    entry: int | None = None
    next_at: int | None = None
    tries: int = 0
    told: bool = False


def move(connection: Connection, moves: Sequence[Move], event_ids: int, now: int) -> None:
    """Write the moves and the events of those not told elsewhere; needs one event id per move."""
    before = tally.moved(connection, [(m.licence, m.document, m.state) for m in moves])
    changing, staying = [], []
    for m in {(m.licence, m.document): m for m in moves}.values():
        place = (str(m.state), m.reason, m.entry, m.next_at, m.tries)
        # a retry of what waits is not a change of state: it goes on waiting since then
        if before.get((m.licence, m.document)) == m.state:
            staying.append((*place, m.licence, m.document))
        else:
            changing.append((*place, now, m.licence, m.document))
    update_rows(connection, document_state, _PLACE, _KEYS, staying)
    update_rows(connection, document_state, (*_PLACE, "changed_at"), _KEYS, changing)
    events.record(
        connection,
        [
            (m.document, event_ids + n, events.DOCUMENT, m.licence, now, m.state, m.reason, None)
            for n, m in enumerate(moves)
            if not m.told
        ],
    )


def compose_again(licence: int, documents: Collection[int], now: int) -> list[Move]:
    """Plan to look at documents anew."""
    return [Move(licence, id, DocumentState.WAITING, Reason.COMPOSE, None, now) for id in documents]


class Standing(NamedTuple):
    """A document's state for one licence, with the state of its entry when it has one."""

    licence: int
    document: int
    state: str
    reason: str
    entry: int | None
    tries: int


def standings(connection: Connection, documents: Collection[int]) -> list[Standing]:
    """Read the states of documents, for all licences."""
    return [Standing(*row) for row in select_rows(connection, _STANDINGS, [list(documents)])] if documents else []


# states are found by licence and document, and by nothing else
_STANDINGS = """
    select s.licence, s.document, s.state, s.reason, s.entry, s.tries
    from document d join licence l on l.source = d.connection and l.unit = d.unit
    join document_state s on s.licence = l.id and s.document = d.id where d.id in ?*
"""


def marked(connection: Connection, licence: int, mark: str) -> list[int]:
    """Return the entry of a licence that carries a mark and was not replaced, as a list of one or none."""
    query = """
        select s.entry from entry_state s join entry e on e.id = s.entry
        where e.licence = ? and s.mark = ? and s.state <> 'replaced'
    """
    return [id for (id,) in select_rows(connection, query, [licence, mark])]


def composed_upon(connection: Connection, entry: int) -> list[int]:
    """List the entries that were composed upon another and stand: credits, payments, corrections, reversals."""
    query = "select entry from entry_state where after = ? and state <> 'replaced'"
    return [id for (id,) in select_rows(connection, query, [entry])]


def standing_in(connection: Connection, entry: int) -> list[Standing]:
    """Read the states of the documents that an entry books."""
    return [Standing(*row) for row in select_rows(connection, _IN, [entry])]


_IN = """
    select distinct s.licence, s.document, s.state, s.reason, s.entry, s.tries
    from membership m join document_state s on s.document = m.document and s.licence = m.licence
    where m.entry = ? and m.ended_at is null
"""


def count_beside(connection: Connection, documents: Collection[int]) -> int:
    """Count the documents that stand in entries with these, in entries composed upon those, or beside them."""
    rows = select_rows(connection, _BESIDE, [list(documents)])
    return int(rows[0][0])


_BESIDE = """
    with recursive stuck as (
        select s.entry from document d join licence l on l.source = d.connection and l.unit = d.unit
        join document_state s on s.licence = l.id and s.document = d.id
        where d.id in ?* and s.state in ('waiting', 'problem')
        union select e.entry from stuck join entry_state e on e.after = stuck.entry where e.state <> 'replaced'
    ), beside as (
        select s.entry from stuck join membership m on m.entry = stuck.entry
        join document_state s on s.licence = m.licence and s.document = m.document
        where m.ended_at is null and s.state in ('waiting', 'problem')
    )
    select count(*) from membership m where m.ended_at is null and m.entry in (
        select entry from stuck union select entry from beside
    )
"""


def booked_elsewhere(
    connection: Connection, wanted: Collection[tuple[int, int]], *, only_withheld: bool = False
) -> dict[tuple[int, int], tuple[int, bool]]:
    """Find documents that a booked entry has, by licence and document: the last such entry, and whether it changed.

    `only_withheld` looks at entries alone whose reversal was taken back before it was sent.
    """
    if not wanted:
        return {}
    query = _ELSEWHERE.format(_WITHHELD if only_withheld else "")
    rows = select_rows(connection, query, [sorted({licence for licence, _ in wanted}), [d for _, d in wanted]])
    return {(row[0], row[1]): (row[2], bool(row[3])) for row in rows if (row[0], row[1]) in wanted}


_ELSEWHERE = """
    select m.licence, m.document, max(m.entry), max(m.revision) <> d.revision
    from membership m join entry_state e on e.entry = m.entry join document d on d.id = m.document
    where m.ended_at is null and e.state = 'booked' and m.licence in ?* and m.document in ?* {}
    group by m.licence, m.document, d.revision
"""
_WITHHELD = """
    and exists (
        select 1 from entry r join entry_state s on s.entry = r.id where r.reverses = m.entry and s.state = 'replaced'
    )
"""


def count_members(connection: Connection, entries: Collection[int]) -> int:
    """Count the living memberships of entries."""
    query = "select count(*) from membership where entry in ?* and ended_at is null"
    return int(select_rows(connection, query, [list(entries)])[0][0])


def members_of(connection: Connection, entries: Collection[int]) -> list[tuple[int, int, int, bool]]:
    """List (entry, licence, document, changed since) for the living memberships of entries."""
    return [
        (entry, licence, id, bool(changed))
        for entry, licence, id, changed in select_rows(connection, _MEMBERS, [list(entries)])
    ]


_MEMBERS = """
    select m.entry, m.licence, m.document, d.revision <> max(m.revision)
    from membership m join document d on d.id = m.document where m.entry in ?* and m.ended_at is null
    group by m.entry, m.licence, m.document, d.revision
"""


def counts(connection: Connection, licence: int | None = None) -> dict[str, int]:
    """Count documents per state; every state is named, so that the sum is what was fetched."""
    found = tally.counts(connection, licence).values()
    return {str(state): sum(one[state] for one in found) for state in DocumentState}


def with_problems(connection: Connection, licence: int, codes: Collection[str] = ()) -> list[int]:
    """List the documents of a licence that are in state problem, all or those with one of the codes."""
    query = sa.select(document_state.c.document).where(
        document_state.c.licence == licence, document_state.c.state == DocumentState.PROBLEM
    )
    if codes:
        named = sa.select(problem.c.document).where(
            problem.c.licence == licence, problem.c.closed_at.is_(None), problem.c.code.in_(codes)
        )
        query = query.where(document_state.c.document.in_(named))
    return list(connection.scalars(query.order_by(document_state.c.document)))


def in_states(
    connection: Connection, licence: int, wanted: Collection[str], reasons: Collection[str] = ()
) -> list[int]:
    """List the documents of a licence that are in one of these states, for one of the reasons where any are named."""
    columns = document_state.c
    query = sa.select(columns.document).where(columns.licence == licence, columns.state.in_(wanted))
    if reasons:
        query = query.where(columns.reason.in_(reasons))
    return list(connection.scalars(query.order_by(columns.document)))


def numbered(connection: Connection, licence: int, numbers: Collection[str]) -> dict[str, list[int]]:
    """Look up the documents of a licence that carry these numbers."""
    query = (
        sa.select(document.c.number, document.c.id)
        .join(document_state, document_state.c.document == document.c.id)
        .where(document_state.c.licence == licence, document.c.number.in_(numbers))
    )
    found: dict[str, list[int]] = {number: [] for number in numbers}
    for number, id in connection.execute(query):
        found[number].append(id)
    return found
