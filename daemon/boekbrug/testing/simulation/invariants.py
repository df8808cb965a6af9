"""What must hold after every step, and what must hold when everything has come to rest."""

from collections import Counter

import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.contract import to_minor
from boekbrug.store import tables
from boekbrug.store.database import Database
from boekbrug.testing.simulation.world import World


class Broken(AssertionError):
    """Something that must always hold does not."""


def check_now(database: Database, world: World) -> None:
    """Check what holds at any moment."""
    doubled = {mark: count for mark, count in world.by_mark().items() if count > 1}
    _demand(not doubled, f"more than one record under a mark: {doubled}")
    _check_debtors(world)
    with database.read() as connection:
        _check_sum_of_states(connection)
        _check_booked_exist(connection, world)
        _check_balance(connection)


def check_end(database: Database, world: World) -> None:
    """Check what holds when nothing moves any more: every sale is booked once, and nothing else is."""
    check_now(database, world)
    with database.read() as connection:
        entries = _booked(connection)
        marks = {mark for mark, _ in entries}
        strange = [record.mark for record in world.records if record.mark not in marks]
        _demand(not strange, f"records at the target that no booked entry answers for: {strange}")
        _check_every_sale(connection, world)


def _demand(holds: bool, sentence: str) -> None:
    if not holds:
        raise Broken(sentence)


def _check_debtors(world: World) -> None:
    marks = Counter(debtor.mark for debtor in world.debtors)
    doubled = {mark: count for mark, count in marks.items() if count > 1}
    _demand(not doubled, f"a customer was made more than once: {doubled}")
    keys = {debtor.id: debtor.party.key for debtor in world.debtors}
    for record in world.records:
        party = record.entry.party
        fits = party is None or keys.get(party.remote_id) == party.key
        _demand(fits, f"{record.mark} is booked on another customer than its own")


def _check_sum_of_states(connection: Connection) -> None:
    documents = connection.scalar(sa.select(sa.func.count()).select_from(tables.document))
    states = connection.scalar(sa.select(sa.func.count()).select_from(tables.document_state))
    _demand(documents == states, f"{documents} documents were fetched, {states} have a state")


def _booked(connection: Connection) -> list[tuple[str, str]]:
    query = sa.select(tables.entry_state.c.mark, tables.entry_state.c.remote_id)
    rows = connection.execute(query.where(tables.entry_state.c.state == "booked"))
    return [(row.mark, row.remote_id) for row in rows]


def _check_booked_exist(connection: Connection, world: World) -> None:
    there = {(record.mark, record.id) for record in world.records}
    missing = [mark for mark, remote_id in _booked(connection) if (mark, remote_id) not in there]
    _demand(not missing, f"called booked, but not at the target: {missing}")


def _check_balance(connection: Connection) -> None:
    columns = tables.entry_line.c
    query = sa.select(columns.entry).group_by(columns.entry).having(sa.func.sum(columns.minor) != 0)
    uneven = connection.scalars(query).all()
    _demand(not uneven, f"entries out of balance: {uneven}")


def _check_every_sale(connection: Connection, world: World) -> None:
    row, state, member = tables.document.c, tables.document_state.c, tables.membership.c
    query = (
        sa.select(row.source_id, state.state, state.reason, tables.entry.c.mark, tables.entry.c.total)
        .join(tables.document_state, state.document == row.id)
        .outerjoin(tables.membership, sa.and_(member.document == row.id, member.ended_at.is_(None)))
        .outerjoin(tables.entry, tables.entry.c.id == member.entry)
    )
    found = {row.source_id: row for row in connection.execute(query)}
    held = Counter(record.mark for record in world.records)
    for source_id, order in world.orders().items():
        sale = found.get(source_id)
        _demand(sale is not None, f"{order.number} was never fetched")
        assert sale is not None
        expected = "open" if order.readiness.value == "open" else "booked"
        _demand(sale.state == expected, f"{order.number} is {sale.state} ({sale.reason}), not {expected}")
        if expected == "booked":
            _demand(held[sale.mark] == 1, f"{order.number} is at the target {held[sale.mark]} times")
            same = sale.total == to_minor(order.total) or sale.reason == "changed-at-source"
            _demand(same, f"{order.number} is booked for {sale.total}, the shop says {order.total}")
