"""Terms: the days and months of a unit that are composed as a whole, and what waits for them."""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.store.bulk import insert_rows, select_rows
from boekbrug.store.tables import entry, entry_state, term, term_day
from boekbrug.store.words import TERM, EntryState, TermState

DAY, MONTH = "day", "month"
PERIOD = "period"
"""A VAT period at whose end balances are drawn up; it has no days of its own, and no document waits for it."""


class Term(NamedTuple):
    """A day or month of a licence's unit; `due_at` is when it may be composed, None when nothing waits for it."""

    id: int
    licence: int
    unit: str
    kind: str
    first_day: str
    last_day: str
    state: str
    reason: str
    due_at: int | None

    @property
    def waits(self) -> str:
        """Return the reason of the documents that wait for it."""
        return f"{TERM}{self.first_day}"

    @property
    def first(self) -> dt.date:
        """Return its first day."""
        return dt.date.fromisoformat(self.first_day)

    @property
    def last(self) -> dt.date:
        """Return its last day."""
        return dt.date.fromisoformat(self.last_day)


_READ = sa.select(*(term.c[name] for name in Term._fields))
_COMPOSED = term.c.kind != PERIOD


def of_days(connection: Connection, licence: int, unit: str, days: Collection[str]) -> dict[str, Term]:
    """Find the terms that days belong to, by ISO day."""
    columns = term_day.c
    query = (
        _READ.add_columns(columns.day)
        .join(term_day, columns.term == term.c.id)
        .where(columns.licence == licence, columns.unit == unit, columns.day.in_(days))
    )
    return {day: Term(*rest) for *rest, day in connection.execute(query)}


def add(connection: Connection, new: Term, now: int) -> None:
    """Add a term with those of its days that no other term has; raise IntegrityError where one has just got them."""
    connection.execute(sa.insert(term).values(**new._asdict(), changed_at=now))
    count = (new.last - new.first).days + 1
    days = [(new.first + dt.timedelta(n)).isoformat() for n in range(count)]
    taken = of_days(connection, new.licence, new.unit, days)
    rows = [(new.licence, new.unit, day, new.id) for day in days if day not in taken]
    insert_rows(connection, term_day, ("licence", "unit", "day", "term"), rows)


def put(connection: Connection, id: int, state: TermState, due_at: int | None, now: int, reason: str = "") -> None:
    """Put a term into a state."""
    connection.execute(
        sa.update(term).where(term.c.id == id).values(state=state, due_at=due_at, reason=reason, changed_at=now)
    )


_DUE = _READ.where(
    term.c.licence == sa.bindparam("licence"),
    term.c.state == sa.bindparam("state"),
    term.c.due_at <= sa.bindparam("now"),
    _COMPOSED,
).order_by(term.c.first_day, term.c.id)


def due(connection: Connection, licence: int, state: TermState, now: int) -> list[Term]:
    """List the terms of a licence in a state whose turn has come, oldest first."""
    return [Term(*row) for row in connection.execute(_DUE, {"licence": licence, "state": state, "now": now})]


def uncomposed(connection: Connection, licence: int) -> list[Term]:
    """List the terms of a licence that something waits for, oldest first."""
    columns = term.c
    query = _READ.where(columns.licence == licence, columns.due_at.is_not(None), _COMPOSED)
    return [Term(*row) for row in connection.execute(query.order_by(columns.first_day, columns.id))]


def starting(connection: Connection, licence: int, unit: str, first_day: str, kind: str) -> Term | None:
    """Find the term of a kind that begins on a day."""
    columns = term.c
    query = _READ.where(
        columns.licence == licence, columns.unit == unit, columns.first_day == first_day, columns.kind == kind
    )
    row = connection.execute(query).one_or_none()
    return Term(*row) if row else None


def any_waits(connection: Connection, waiting: Term) -> bool:
    """Tell whether a document waits for a term."""
    query = "select 1 from document_state where licence = ? and state = 'waiting' and reason = ? limit 1"
    return bool(select_rows(connection, query, [waiting.licence, waiting.waits]))


def waiting(connection: Connection, licence: int) -> list[int]:
    """List the documents of a licence that wait for a term."""
    query = "select document from document_state where licence = ? and state = 'waiting' and reason like ?"
    return [id for (id,) in select_rows(connection, query, [licence, f"{TERM}%"])]


def entries_of(connection: Connection, id: int) -> list[tuple[int, str]]:
    """List the entries of a term that stand, with their states, oldest first."""
    query = (
        sa.select(entry.c.id, entry_state.c.state)
        .join(entry_state, entry_state.c.entry == entry.c.id)
        .where(entry.c.term == id, entry.c.reverses.is_(None), entry_state.c.state != EntryState.REPLACED)
        .order_by(entry.c.composed_at, entry.c.id)
    )
    return [(row.id, row.state) for row in connection.execute(query)]


def changed_since(connection: Connection, waiting: Term, seen: Sequence[tuple[int, int]]) -> bool:
    """Tell whether a document that was read for a term has changed or does not wait for it any more."""
    documents = [document for document, _ in seen]
    rows = select_rows(connection, _SAME, [waiting.licence, waiting.waits, documents])
    return dict(rows) != dict(seen)


_SAME = """
    select d.id, d.revision from document d join document_state s on s.document = d.id
    where s.licence = ? and s.state = 'waiting' and s.reason = ? and d.id in ?*
"""


def latest(connection: Connection, licence: int, limit: int, before_day: str = "") -> list[Term]:
    """List the terms of a licence, the latest first, going on before an ISO day."""
    columns = term.c
    query = (
        _READ.where(columns.licence == licence, _COMPOSED)
        .order_by(columns.first_day.desc(), columns.id.desc())
        .limit(limit)
    )
    if before_day:
        query = query.where(columns.first_day < before_day)
    return [Term(*row) for row in connection.execute(query)]


def get(connection: Connection, licence: int, id: int) -> Term | None:
    """Read a term of a licence."""
    row = connection.execute(_READ.where(term.c.licence == licence, term.c.id == id)).one_or_none()
    return Term(*row) if row else None


def count_waiting(connection: Connection, one: Term) -> int:
    """Count the documents that wait for a term."""
    query = "select count(*) from document_state where licence = ? and state = 'waiting' and reason = ?"
    return int(select_rows(connection, query, [one.licence, one.waits])[0][0])
