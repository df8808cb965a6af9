"""What acts change of licences, their rules and what stands around them."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.booking.composed import DocumentState
from boekbrug.contract import Administration, Unit
from boekbrug.store import caution, events, tally
from boekbrug.store.bulk import insert_rows
from boekbrug.store.licences import ACTIVE, Licence, at_once
from boekbrug.store.tables import administration, document, document_state, fetch_cursor, licence, rules, unit
from boekbrug.store.words import Reason


class NewLicence(NamedTuple):
    """A licence to be added, with the file it was made from."""

    licence: Licence
    applied: str


def add_licence(connection: Connection, new: NewLicence, now: int) -> None:
    """Add a licence; raise IntegrityError when its name is taken, or its code within the administration."""
    values = {**new.licence._asdict(), "applied": new.applied, "changed_at": now}
    connection.execute(sa.insert(licence).values(values))


def change_licence(connection: Connection, row: Licence, applied: str, now: int) -> None:
    """Write what a file may change of a licence; an active one is due at once."""
    connection.execute(
        sa.update(licence)
        .where(licence.c.id == row.id)
        .values(
            start=row.start, automatic=row.automatic, interval_minutes=row.interval_minutes, rules=row.rules,
            delay_days=row.delay_days, write_back=row.write_back,
            applied=applied, changed_at=now,
        )
    )  # fmt: skip
    make_due(connection, row.id, now)


def switch(connection: Connection, id: int, before: Collection[str], after: str, due: int | None, now: int) -> bool:
    """Put a licence that is in one of the states `before` into another; return whether it was."""
    moved = connection.execute(
        sa.update(licence)
        .where(licence.c.id == id, licence.c.state.in_(before))
        .values(state=after, next_at=due, changed_at=now)
    )
    return moved.rowcount == 1


def make_due(connection: Connection, id: int, now: int) -> None:
    """Make an active licence due at once; a run under way is followed by one more."""
    due = sa.update(licence).where(licence.c.id == id, licence.c.state == ACTIVE)
    connection.execute(due.values(at_once(now)))


def applied(connection: Connection, id: int) -> str:
    """Read the file that was applied last."""
    return str(connection.scalar(sa.select(licence.c.applied).where(licence.c.id == id)))


def codes_of(connection: Connection, administration_id: int) -> set[str]:
    """List the codes that licences of an administration have or had."""
    return set(connection.scalars(sa.select(licence.c.code).where(licence.c.administration == administration_id)))


def add_rules(connection: Connection, id: int, version: int, body: str, actor: str, now: int) -> None:
    """Add a version of a licence's rules."""
    connection.execute(sa.insert(rules).values(licence=id, version=version, body=body, actor=actor, at=now))


def keep_unit(connection: Connection, source: int, found: Unit) -> None:
    """Keep a unit of a source as it is called there now."""
    where = (unit.c.connection == source, unit.c.code == found.code)
    connection.execute(sa.delete(unit).where(*where))
    connection.execute(
        sa.insert(unit).values(connection=source, code=found.code, name=found.name, time_zone=found.time_zone)
    )


def keep_administration(connection: Connection, target: int, found: Administration, new_id: int, now: int) -> int:
    """Keep an administration as its target describes it; return its id.

    Where the database was put back it may be one that was known before, so that it is treated cautiously.
    """
    columns = administration.c
    values = {
        "name": found.name, "currency": found.currency, "environment": found.environment,
        "facts": msgspec.json.encode(found.facts).decode(),
    }  # fmt: skip
    where = (columns.connection == target, columns.code == found.code)
    id = connection.scalar(sa.select(columns.id).where(*where))
    if id is None:
        named = {"id": new_id, "connection": target, "code": found.code}
        connection.execute(sa.insert(administration).values(**named, **values))
        if caution.was_put_back(connection):
            caution.begin_with(connection, new_id, now)
        return new_id
    connection.execute(sa.update(administration).where(columns.id == id).values(**values))
    return int(id)


def documents_of(connection: Connection, source: int, unit_code: str) -> list[int]:
    """List the documents of a unit that were fetched so far."""
    query = sa.select(document.c.id).where(document.c.connection == source, document.c.unit == unit_code)
    return list(connection.scalars(query.order_by(document.c.id)))


def add_states(connection: Connection, licence_id: int, documents: Sequence[int], event_ids: int, now: int) -> None:
    """Give documents that were fetched for others their state for a new licence; needs one event id each."""
    state, reason = str(DocumentState.WAITING), str(Reason.COMPOSE)
    insert_rows(
        connection,
        document_state,
        ("licence", "document", "state", "reason", "next_at", "changed_at"),
        [(licence_id, id, state, reason, now, now) for id in documents],
    )
    tally.add(connection, {(licence_id, state): len(documents)})
    events.record(
        connection,
        [(id, event_ids + n, events.DOCUMENT, licence_id, now, state, reason, None) for n, id in enumerate(documents)],
    )


def fetch_anew(connection: Connection, source: int, unit_code: str, now: int) -> None:
    """Let the next fetch begin at the beginning, for a licence that starts before what was asked for so far.

    A worker that is fetching now loses its claim, so that it does not write its cursor over this.
    """
    columns = fetch_cursor.c
    has_moved = sa.or_(columns.value != "", columns.walked_at.is_not(None))
    connection.execute(
        sa.update(fetch_cursor)
        .where(columns.connection == source, columns.unit == unit_code, columns.purpose == "daily", has_moved)
        .values(value="", fence=columns.fence + 1, claimed_by=None, claimed_until=None, walked_at=None, changed_at=now)
    )
