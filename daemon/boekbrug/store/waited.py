"""Open documents whose turn has come to be looked at again, and documents that a webhook named."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from boekbrug.store import caches
from boekbrug.store.bulk import run_rows, select_rows

_DUE = """
    select d.id, d.kind, d.source_id, s.changed_at
    from document_state s join document d on d.id = s.document
    where s.licence = ? and s.state = 'open' and d.dated >= ?
    and (s.next_at <= ? or (s.next_at is null and s.changed_at <= ?))
    order by coalesce(s.next_at, 0), d.id
    limit ?
"""
_PUT_OFF = "update document_state set next_at = ? where licence = ? and document = ? and state = 'open'"
_HINTED = "select key from cache where connection = ? and key >= ? and key < ? and ends_at > ? order by key limit ?"
_LOOKED = "delete from cache where connection = ? and key = ?"


def due(
    connection: Connection, licence: int, oldest: str, now: int, seen_before: int, limit: int
) -> list[tuple[int, str, str, int]]:
    """List open documents to look at again, seen long enough ago: id, kind, source id, and since when they are open."""
    found = select_rows(connection, _DUE, [licence, oldest, now, seen_before, limit])
    return [(id, kind, source_id, changed_at) for id, kind, source_id, changed_at in found]


def put_off(connection: Connection, licence: int, turns: Sequence[tuple[int, int]]) -> None:
    """Say when (document, moment) are looked at again, unless their state changes before."""
    run_rows(connection, _PUT_OFF, [(next_at, licence, id) for id, next_at in turns])


def name(connection: Connection, source: int, unit: str, kind: str, source_id: str, until: int) -> None:
    """Remember that a webhook named a document; a second one changes nothing."""
    caches.put(connection, source, _key(unit, kind, source_id), b"", until)


def hinted(connection: Connection, source: int, unit: str, now: int, limit: int) -> list[tuple[str, str]]:
    """List the (kind, source id) that webhooks named."""
    start = _key(unit, "", "").rstrip()
    rows = select_rows(connection, _HINTED, [source, start, start + "~", now, limit])
    return [(kind, source_id) for (key,) in rows for kind, source_id in [key[len(start) :].split(" ", 1)]]


def looked(connection: Connection, source: int, unit: str, named: Sequence[tuple[str, str]]) -> None:
    """Forget names that were looked at."""
    run_rows(connection, _LOOKED, [(source, _key(unit, kind, source_id)) for kind, source_id in named])


class Refused(NamedTuple):
    """A document with an open problem."""

    kind: str
    source_id: str
    code: str


def with_problems(connection: Connection, licence: int, documents: Sequence[int]) -> list[Refused]:
    """List the open problems of documents with the names that their source knows them by; balances are none of it."""
    return [Refused(*row) for row in select_rows(connection, _REFUSED, [licence, list(documents)])]


_REFUSED = """
    select d.kind, d.source_id, p.code from problem p join document d on d.id = p.document
    where p.licence = ? and p.document in ?* and p.closed_at is null and d.kind <> 'balance'
"""


def _key(unit: str, kind: str, source_id: str) -> str:
    return f"look {unit}/{kind} {source_id}"
