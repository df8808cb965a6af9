"""A licence's rules as chapters to read: what is answered in one word, and a table for each mapping."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from boekbrug.acts.licence_file import LicenceFile

WHOLE = ("start", "automatic", "interval", "write_back")
Cell = str | bool | int | dt.date


class Chapter(NamedTuple):
    """A table of rules: the names of its columns, and its rows."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def chapters(file: LicenceFile) -> tuple[list[tuple[str, Cell]], list[Chapter]]:
    """Divide a licence into single answers and tables; what is not set is left out."""
    rules: dict[str, Any] = msgspec.to_builtins(file.rules, str_keys=True, builtin_types=(dt.date,))
    whole = [(name, _cell(getattr(file, name))) for name in WHOLE]
    single = [(name, _cell(value)) for name, value in rules.items() if not isinstance(value, list | tuple | dict)]
    tables = [
        _chapter(name, value) for name, value in rules.items() if isinstance(value, list | tuple | dict) and value
    ]
    return whole + [(name, value) for name, value in single if value != ""], tables


def _chapter(name: str, value: Mapping[str, Any] | Sequence[Any]) -> Chapter:
    rows = _rows(value)
    columns = tuple(dict.fromkeys(column for row in rows for column in row))
    return Chapter(name, columns, tuple(tuple(_cell(row.get(column)) for column in columns) for row in rows))


def _rows(value: Mapping[str, Any] | Sequence[Any]) -> list[dict[str, Any]]:
    if not isinstance(value, Mapping):
        return [row if isinstance(row, dict) else {"value": row} for row in value]
    return [{"name": name, **(row if isinstance(row, dict) else {"value": row})} for name, row in value.items()]


def _cell(value: Any) -> Cell:
    if value is None:
        return ""
    return value if isinstance(value, bool | int | dt.date) else str(value)
