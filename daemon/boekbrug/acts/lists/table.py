"""The shape that all lists have, and the way they become CSV, so that every face shows the same."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from enum import StrEnum
from hashlib import blake2b

import msgspec

from boekbrug.contract import from_minor

BYTE_ORDER_MARK = "\ufeff"
"""Tells spreadsheets that a CSV file is UTF-8."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")

Cell = str | Decimal | int | None


class Kind(StrEnum):
    """What the cells of a column are."""

    TEXT = "text"
    #: a name that the pages translate: a box, a reason
    WORD = "word"
    #: why a document stands where it does
    REASON = "reason"
    MONEY = "money"
    #: a share, in percent
    RATE = "rate"
    COUNT = "count"
    DAY = "day"


class Column(msgspec.Struct, frozen=True):
    """A column of a part; one that is `wide` is left out where there is little room."""

    name: str
    kind: Kind = Kind.TEXT
    wide: bool = False


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A table; `differs` counts the rows that somebody has to look at."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    differs: int = 0


class BookList(msgspec.Struct, frozen=True, kw_only=True):
    """A list of a licence over a period, both days included; `remarks` are codes of what it cannot say."""

    name: str
    licence: str
    first: str
    last: str
    parts: tuple[Part, ...]
    remarks: tuple[str, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Tell whether nothing differs."""
        return not any(part.differs for part in self.parts)

    @property
    def digest(self) -> str:
        """Return what tells these figures from others, for what somebody agreed to."""
        plain = msgspec.to_builtins(self.parts)
        return blake2b(msgspec.json.encode(plain, order="sorted"), digest_size=16).hexdigest()

    def as_dict(self) -> dict[str, object]:
        """Return the list with its rows by column name."""
        return {
            "list": self.name, "licence": self.licence, "from": self.first, "to": self.last, "clean": self.is_clean,
            "remarks": self.remarks,
            **{
                part.name: [dict(zip((column.name for column in part.columns), row, strict=True)) for row in part.rows]
                for part in self.parts
            },
        }  # fmt: skip


def columns(text: str) -> tuple[Column, ...]:
    """Read columns from words: "box:word base:money mark*"; a name alone is a text, a star makes a column wide."""
    pairs = [(word.rstrip("*").partition(":"), word.endswith("*")) for word in text.split()]
    return tuple(Column(name, Kind(kind or "text"), wide) for (name, _, kind), wide in pairs)


def euro(minor: int) -> Decimal:
    """Turn cents of euro into an amount."""
    return from_minor(minor, "EUR")


def safe(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def csv_line(values: Iterable[Cell]) -> str:
    """Write one line of CSV; texts are made safe, amounts have a point."""
    out = io.StringIO()
    cells = ("" if cell is None else safe(cell) if isinstance(cell, str) else str(cell) for cell in values)
    csv.writer(out, delimiter=";").writerow(list(cells))
    return out.getvalue()


def csv_lines(part: Part) -> Iterator[str]:
    """Write a part as CSV, line by line."""
    yield BYTE_ORDER_MARK + csv_line(column.name for column in part.columns)
    yield from map(csv_line, part.rows)


def part_named(found: Sequence[Part], name: str) -> Part | None:
    """Find a part by name; the first without one."""
    return next((part for part in found if name in ("", part.name)), None)
