"""Budgets: what was taken of each limit, shared by all workers on all nodes."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.store.bulk import update_rows
from boekbrug.store.tables import budget


class Taken(NamedTuple):
    """Calls taken in the slot of time that begins at `at` (microseconds)."""

    at: int
    calls: int


class BudgetRow(NamedTuple):
    """What was taken of a key lately, and what the outside system last said remains until a moment."""

    key: str
    taken: tuple[Taken, ...] = ()
    remaining: int | None = None
    resets_at: int | None = None


_ADD = sa.text("insert into budget (plugin, key, taken) values (:plugin, :key, '[]') on conflict do nothing")
_decode = msgspec.json.Decoder(tuple[Taken, ...]).decode


def lock(connection: Connection, plugin: str, keys: Sequence[str]) -> list[BudgetRow]:
    """Read keys, always in the same order, so that nobody else changes them before this transaction ends."""
    rows = _locked(connection, plugin, keys)
    if len(rows) < len(keys):
        connection.execute(_ADD, [{"plugin": plugin, "key": key} for key in sorted(keys)])
        rows = _locked(connection, plugin, keys)
    return rows


def peek(connection: Connection, plugin: str, keys: Sequence[str]) -> list[BudgetRow]:
    """Read the keys of which anything is known."""
    return _rows(connection, _of(plugin, keys))


def _locked(connection: Connection, plugin: str, keys: Sequence[str]) -> list[BudgetRow]:
    return _rows(connection, _of(plugin, keys).order_by(budget.c.key).with_for_update())


def _of(plugin: str, keys: Sequence[str]) -> "sa.Select[tuple[str, str, int | None, int | None]]":
    columns = (budget.c[name] for name in BudgetRow._fields)
    return sa.select(*columns).where(budget.c.plugin == plugin, budget.c.key.in_(keys))


def _rows(
    connection: Connection, query: "sa.Select[tuple[str, str, int | None, int | None]]"
) -> list[BudgetRow]:  # fmt: skip
    return [BudgetRow(row.key, _decode(row.taken), row.remaining, row.resets_at) for row in connection.execute(query)]


def write(connection: Connection, plugin: str, rows: Sequence[BudgetRow]) -> None:
    """Write keys that this transaction has locked."""
    update_rows(
        connection,
        budget,
        ("taken", "remaining", "resets_at"),
        ("plugin", "key"),
        [(msgspec.json.encode(row.taken).decode(), row.remaining, row.resets_at, plugin, row.key) for row in rows],
    )
