"""Keep problems: opened with the facts their texts name, closed when what they are about moves on."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.contract import Problem, Severity
from boekbrug.store import troubles
from boekbrug.store.bulk import insert_rows
from boekbrug.store.tables import problem

_COLUMNS = (
    "id", "connection", "unit", "licence", "document", "entry", "place", "code", "severity", "facts", "counts",
    "opened_at",
)  # fmt: skip


class Opened(NamedTuple):
    """A problem with what it is about: a document of a licence, or a place at a source."""

    problem: Problem
    connection: int | None = None
    unit: str | None = None
    licence: int | None = None
    document: int | None = None
    entry: int | None = None
    place: str = ""
    severity: str = Severity.ERROR


def open_problems(connection: Connection, opened: Sequence[Opened], first_id: int, now: int) -> None:
    """Write problems; needs one id each."""
    counted = {(o.licence, o.document or o.place, o.problem.code): n for n, o in reversed(list(enumerate(opened)))}
    first = set(counted.values())
    troubles.add(
        connection, ((o.licence, o.problem.code, str(o.severity), 1) for n, o in enumerate(opened) if n in first)
    )
    insert_rows(
        connection,
        problem,
        _COLUMNS,
        [
            (first_id + n, o.connection, o.unit, o.licence, o.document, o.entry, o.place, o.problem.code,
             str(o.severity), msgspec.json.encode(o.problem.facts).decode(), int(n in first), now)
            for n, o in enumerate(opened)
        ],
    )  # fmt: skip


def close(connection: Connection, chosen: sa.Update, now: int) -> None:
    """End the open problems that an update is for, and count them off."""
    columns = problem.c
    kind = (columns.licence, columns.code, columns.severity)
    ended = connection.execute(chosen.values(closed_at=now).returning(*kind, columns.counts)).all()
    troubles.add(connection, ((licence, code, severity, -counts) for licence, code, severity, counts in ended))


def close_for_documents(connection: Connection, licence: int, documents: Collection[int], now: int) -> None:
    """End all open problems of documents for one licence."""
    close(
        connection,
        sa.update(problem).where(
            problem.c.licence == licence, problem.c.document.in_(documents), problem.c.closed_at.is_(None)
        ),
        now,
    )


def close_code(connection: Connection, licence: int, document: int, code: str, now: int) -> None:
    """End the open problem of one code of a document."""
    columns = problem.c
    close(
        connection,
        sa.update(problem)
        .where(columns.licence == licence, columns.document == document, columns.code == code)
        .where(columns.closed_at.is_(None)),
        now,
    )


def close_at_places(connection: Connection, source: int, unit: str, places: Collection[str], now: int) -> None:
    """End the open problems of places of a source that have been read in full again; "" names the whole unit."""
    close(
        connection,
        sa.update(problem)
        .where(problem.c.connection == source, problem.c.unit == unit, problem.c.closed_at.is_(None))
        .where(problem.c.place.in_(places)),
        now,
    )


def close_named(connection: Connection, code: str, place: str, now: int) -> None:
    """End the open problems of a code about a place, for all licences."""
    close(
        connection,
        sa.update(problem).where(problem.c.code == code, problem.c.place == place, problem.c.closed_at.is_(None)),
        now,
    )


DOUBTS = ("cannot-tell", "cannot-ask", "taken-at-target")
"""Problems that end when it is known what became of an effect."""


def end_doubts(
    connection: Connection, looked_at: Collection[tuple[int, int]], opened: Sequence[Opened], now: int
) -> list[Opened]:
    """End the doubts about (licence, document) that are not found anew; return what of `opened` is new."""
    found = {(one.licence, one.document, one.problem.code) for one in opened}
    columns, known = problem.c, set()
    for licence in {licence for licence, _ in looked_at}:
        documents = [document for of, document in looked_at if of == licence]
        query = _DOUBTS.where(columns.licence == licence, columns.document.in_(documents))
        known |= _end(connection, query, found, now)
    return [one for one in opened if (one.licence, one.document, one.problem.code) not in known]


def end_doubts_at(connection: Connection, licence: int, place: str, opened: Sequence[Opened], now: int) -> list[Opened]:
    """End the doubts about a party that are not found anew; return what of `opened` is new."""
    found = {(one.licence, one.document, one.problem.code) for one in opened}
    query = _DOUBTS.where(problem.c.licence == licence, problem.c.document.is_(None), problem.c.place == place)
    known = _end(connection, query, found, now)
    return [one for one in opened if (one.licence, one.document, one.problem.code) not in known]


_Key = tuple[int | None, int | None, str]
_DOUBTS = sa.select(problem.c.id, problem.c.licence, problem.c.document, problem.c.code).where(
    problem.c.closed_at.is_(None), problem.c.code.in_(DOUBTS)
)


def _end(connection: Connection, query: sa.Select[Any], found: Collection[_Key], now: int) -> set[_Key]:
    known: dict[int, _Key] = {
        id: (licence, document, code) for id, licence, document, code in connection.execute(query)
    }
    ended = [id for id, key in known.items() if key not in found]
    if ended:
        close(connection, sa.update(problem).where(problem.c.id.in_(ended)), now)
    return set(known.values())


class Open(NamedTuple):
    """An open problem as it is shown."""

    id: int
    code: str
    severity: str
    facts: dict[str, str]
    place: str
    connection: int | None
    licence: int | None
    document: int | None
    entry: int | None
    opened_at: int


_OPEN = sa.select(*(problem.c[name] for name in Open._fields)).where(problem.c.closed_at.is_(None))


def list_open(
    connection: Connection,
    *,
    licence: int | None = None,
    source: int | None = None,
    code: str | None = None,
    after: int = 0,
    limit: int = 200,
) -> list[Open]:
    """List open problems, oldest first, from an id on."""
    columns = problem.c
    query = _OPEN.where(columns.id > after)
    if licence is not None:
        query = query.where(columns.licence == licence)
    if source is not None:
        query = query.where(columns.connection == source)
    if code is not None:
        query = query.where(columns.code == code)
    return _read(connection, query.order_by(columns.id).limit(limit))


def examples(connection: Connection, kind: "Kind", limit: int) -> list[Open]:
    """List open problems of a kind, those of the oldest documents first."""
    columns, about = problem.c, problem.c.connection if kind.licence is None else problem.c.licence
    query = _OPEN.where(about == (kind.connection if kind.licence is None else kind.licence), columns.code == kind.code)
    if kind.licence is None:
        query = query.where(columns.licence.is_(None))
    return _read(connection, query.order_by(columns.document, columns.id).limit(limit))


class Kind(NamedTuple):
    """Open problems of one code of a licence or a connection; `number` counts what they are about."""

    code: str
    severity: str
    licence: int | None
    connection: int | None
    number: int


def by_code(connection: Connection) -> list[tuple[str, str, int, int]]:
    """Count what has open problems per code, with its severity and how many licences it is at; errors and many first.

    What is at a licence is counted as problems open and close; what is at none is little, and is counted here.
    """
    columns, kept = problem.c, troubles.per_licence().subquery()
    loose = (
        sa.select(sa.null(), columns.code, columns.severity, sa.func.count())
        .where(columns.closed_at.is_(None), columns.licence.is_(None))
        .group_by(columns.code, columns.severity)
    )
    every = sa.union_all(sa.select(kept), loose).subquery()
    licence, code, severity, number = every.c
    many = sa.func.sum(number)
    query = sa.select(code, severity, many, sa.func.count(licence)).group_by(code, severity)
    query = query.order_by(severity, many.desc(), code)
    return [(code, severity, int(many), of) for code, severity, many, of in connection.execute(query)]


def kinds(connection: Connection, licence: int, connections: Collection[int]) -> list[Kind]:
    """Count the open problems of a licence, and of its connections as such, per code; errors come first."""
    own = [Kind(code, severity, licence, None, n) for code, severity, n in troubles.counts(connection, licence)]
    found = [*own, *_around(connection, connections)]
    return sorted(found, key=lambda kind: (kind.severity, kind.licence is not None, -kind.number, kind.code))


def _around(connection: Connection, connections: Collection[int]) -> list[Kind]:
    columns = problem.c
    query = (
        sa.select(columns.code, columns.severity, columns.licence, columns.connection, sa.func.count())
        .where(columns.closed_at.is_(None), columns.licence.is_(None), columns.connection.in_(connections))
        .group_by(columns.code, columns.severity, columns.licence, columns.connection)
    )
    return [Kind(*row) for row in connection.execute(query)]


def of_documents(connection: Connection, licences: Collection[int], documents: Collection[int]) -> list[Open]:
    """List the open problems of documents for some licences."""
    query = _OPEN.where(problem.c.licence.in_(licences), problem.c.document.in_(documents))
    return _read(connection, query.order_by(problem.c.id))


def _read(connection: Connection, query: sa.Select[Any]) -> list[Open]:
    return [
        Open(
            id=row.id, code=row.code, severity=row.severity, facts=_facts(row.facts), place=row.place,
            connection=row.connection, licence=row.licence, document=row.document, entry=row.entry,
            opened_at=row.opened_at,
        )
        for row in connection.execute(query)
    ]  # fmt: skip


_facts = msgspec.json.Decoder(dict[str, str]).decode
