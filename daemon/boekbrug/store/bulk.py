"""Statements for many rows at once, handed to the driver without a detour."""

from collections.abc import Sequence
from contextlib import closing
from functools import lru_cache
from itertools import chain
from typing import Any

import msgspec
from sqlalchemy import Connection, Table
from sqlalchemy.exc import OperationalError

Row = tuple[object, ...]


def insert_rows(connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Insert rows whose values stand in the order of `columns`."""
    if not rows:
        return
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql(_insert(table, tuple(columns), "%s"), list(rows))
        return
    names, values = _bindable(table, columns, rows)
    flat = list(chain.from_iterable(zip(*values, strict=True)))
    size = max(1, _VALUES_TOGETHER // len(names)) * len(names)
    for start in range(0, len(flat), size):
        part = tuple(flat[start : start + size])
        connection.exec_driver_sql(_insert(table, names, "?", len(part) // len(names)), part)


_VALUES_TOGETHER = 600
"""Values in one statement of SQLite: rows that share one cost half of what each by itself does."""


def _bindable(table: Table, columns: Sequence[str], rows: Sequence[Row]) -> tuple[tuple[str, ...], list[Sequence[Any]]]:
    """Return columns with their values, without those that are NULL in every row.

    Python's driver takes four times as long to bind a NULL as a number, and eight times for bytes unless they are a
    bytearray.
    """
    optional = _optional(table)
    kept: dict[str, Sequence[Any]] = {}
    for name, values in zip(columns, zip(*rows, strict=True), strict=True):
        if name not in optional or values.count(None) < len(values):
            kept[name] = list(map(bytearray, values)) if type(values[0]) is bytes and None not in values else values
    return tuple(kept), list(kept.values())


@lru_cache(maxsize=64)
def _optional(table: Table) -> frozenset[str]:
    return frozenset(column.name for column in table.columns if column.nullable and column.server_default is None)


def update_rows(
    connection: Connection,
    table: Table,
    values: Sequence[str],
    keys: Sequence[str],
    rows: Sequence[Row],
    *,
    only: str = "",
) -> int:
    """Update by key: each row holds the new `values`, then the `keys` that say which row is meant.

    `only` is a condition in SQL, a constant of ours, that a row must meet besides. Of rows with the same keys the last
    one counts. Return how many rows were changed.
    """
    latest = list({row[len(values) :]: row for row in rows}.values())
    if len(latest) > 1 and connection.dialect.name == "sqlite":
        return _update_together(connection, table, (*values, *keys), len(keys), latest, only)
    if not latest:
        return 0
    statement = _update(table, tuple(values), tuple(keys), only, _mark(connection))
    return connection.exec_driver_sql(statement, latest).rowcount


def _update_together(
    connection: Connection, table: Table, columns: tuple[str, ...], keys: int, rows: Sequence[Row], only: str
) -> int:
    """Update many rows per statement of SQLite; values that all rows share are bound once."""
    by_column = list(zip(*rows, strict=True))
    shared = [values.count(values[0]) == len(values) for values in by_column]
    once = [values[0] for values, is_shared in zip(by_column, shared, strict=True) if is_shared]
    own = [values for values, is_shared in zip(by_column, shared, strict=True) if not is_shared]
    flat = list(chain.from_iterable(zip(*own, strict=True)))
    size = max(1, _VALUES_TOGETHER // len(own)) * len(own)
    changed = 0
    for start in range(0, len(flat), size):
        part = flat[start : start + size]
        statement = _update_from(table, columns, keys, tuple(shared), len(part) // len(own), only)
        changed += connection.exec_driver_sql(statement, (*part, *once)).rowcount
    return changed


def run_rows(connection: Connection, statement: str, rows: Sequence[Row]) -> None:
    """Run a statement of ours for each row; a question mark stands for each of its values."""
    if rows:
        connection.exec_driver_sql(statement.replace("?", _mark(connection)), list(rows))


def select_rows(connection: Connection, statement: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
    """Run a query of ours and return plain rows: an eighth of the time of SQLAlchemy's on pages of a thousand.

    A question mark stands for a value, `?*` for a collection of numbers or of texts, as a query for its `value`s. Raise
    SQLAlchemy's OperationalError, as all else does, when the database is away.
    """
    sqlite = connection.dialect.name == "sqlite"
    sets = [value for value in values if isinstance(value, list)]
    if sqlite:
        text = statement.replace("?*", "(select value from json_each(?))")
        bound = [msgspec.json.encode(value).decode() if isinstance(value, list) else value for value in values]
    else:
        text, bound = statement.replace("%", "%%"), list(values)
        for value in sets:
            kind = "text" if value and isinstance(value[0], str) else "bigint"
            text = text.replace("?*", f"(select unnest(%s::{kind}[]) as value)", 1)
        text = text.replace("?", "%s")
    away = connection.dialect.loaded_dbapi.OperationalError
    try:
        with closing(connection.connection.cursor()) as cursor:
            cursor.execute(text, tuple(bound))
            return list(cursor.fetchall())
    except away as error:
        raise OperationalError(text, None, error) from error


def _mark(connection: Connection) -> str:
    return "?" if connection.dialect.name == "sqlite" else "%s"


@lru_cache(maxsize=256)
def _insert(table: Table, columns: tuple[str, ...], mark: str, rows: int = 1) -> str:
    names = ", ".join(_quoted(column) for column in columns)
    row = f"({', '.join([mark] * len(columns))})"
    return f"insert into {_quoted(table.name)} ({names}) values {', '.join([row] * rows)}"  # noqa: S608 - names come from our own tables


@lru_cache(maxsize=256)
def _update(table: Table, values: tuple[str, ...], keys: tuple[str, ...], only: str, mark: str) -> str:
    assignments = ", ".join(f"{_quoted(column)} = {mark}" for column in values)
    conditions = " and ".join([*(f"{_quoted(column)} = {mark}" for column in keys), *([only] if only else [])])
    return f"update {_quoted(table.name)} set {assignments} where {conditions}"  # noqa: S608 - names come from our own tables


@lru_cache(maxsize=256)
def _update_from(
    table: Table, columns: tuple[str, ...], keys: int, shared: tuple[bool, ...], rows: int, only: str
) -> str:
    # parameters are numbered, since those of the rows come first and stand last in the statement
    width = shared.count(False)
    own, once = iter(range(1, width + 1)), iter(range(rows * width + 1, rows * width + len(columns) + 1))
    sources = [f"?{next(once)}" if is_shared else f"given.column{next(own)}" for is_shared in shared]
    pairs = [f"{_quoted(column)} = {source}" for column, source in zip(columns, sources, strict=True)]
    assignments, conditions = ", ".join(pairs[:-keys]), " and ".join([*pairs[-keys:], *([only] if only else [])])
    given = ", ".join(f"({', '.join(f'?{row * width + n + 1}' for n in range(width))})" for row in range(rows))
    return f"update {_quoted(table.name)} set {assignments} from (values {given}) as given where {conditions}"  # noqa: S608 - names come from our own tables


def _quoted(name: str) -> str:
    return f'"{name}"'
