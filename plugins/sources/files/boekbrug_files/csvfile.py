"""CSV: one row per line item; adjacent rows of the same kind and id are one document."""

import csv
import io
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from boekbrug_files.faults import RowFault, decoding_fault
from boekbrug_files.records import BOM, UTF16, Record
from boekbrug_files.rows import (
    CustomerRow,
    ExchangeRow,
    LineRow,
    MovementRow,
    PayoutRow,
    RefersTo,
    Row,
    TenderRow,
)

_ONE: dict[str, type[msgspec.Struct]] = {
    "customer": CustomerRow,
    "payout": PayoutRow,
    "refers_to": RefersTo,
    "exchange_rate": ExchangeRow,
}
_MANY: dict[str, type[msgspec.Struct]] = {"line": LineRow, "tender": TenderRow, "movement": MovementRow}
_SECTIONS = {**_ONE, **_MANY}
_NESTED = {*_ONE, *(f"{name}s" for name in _MANY)}
_DECIMALS = frozenset({
    "total_incl", "total_vat", "quantity", "amount_incl", "amount_excl", "vat_rate", "vat", "cost", "amount", "gross",
    "fees", "paid", "fee_vat", "rate",
})  # fmt: skip
_YES_NO = {"true": True, "ja": True, "yes": True, "false": False, "nee": False, "no": False}
_COMMA = re.compile(r"-?[0-9]+,[0-9]+").fullmatch
_DELIMITER = re.compile(rb"[;,\t]").search

Column = tuple[str, str]
"""The section ("" is the document itself) and the field that a column fills."""

Cells = dict[Column, str]
"""The filled cells of a row."""

Key = tuple[str, str]
"""Kind and id, as far as a row states them."""


def _columns() -> dict[str, Column]:
    columns: dict[str, Column] = {name: ("", name) for name in Row.__struct_fields__ if name not in _NESTED}
    for section, struct in _SECTIONS.items():
        columns |= {f"{section}_{name}": (section, name) for name in struct.__struct_fields__}
    return columns


COLUMNS = _columns()
"""Every column name."""


class CsvFile:
    """The documents of a CSV file, with `,`, `;` or tab between the cells as the header has it."""

    is_whole = True

    def __init__(self, content: bytes, is_rested: bool) -> None:
        self.is_unfinished = not is_rested and not content.endswith(b"\n")
        self._content = content.removeprefix(BOM)

    def __iter__(self) -> Iterator[Record]:
        """Yield the documents with the lines that they begin at."""
        if self.is_unfinished:
            return
        try:
            yield from self._documents()
        except RowFault as fault:
            yield None, fault

    def _documents(self) -> Iterator[Record]:
        group: _Group | None = None
        for row, key, cells in self._rows():
            if group is not None and key is not None and key != group.key:
                yield group.row, group.document()
                group = None
            if group is None:
                group = _Group(row, key)
            group.add(row, cells)
        if group is not None:
            yield group.row, group.document()

    def _rows(self) -> Iterator[tuple[int, Key | None, Cells | RowFault]]:
        """Yield line number, key and cells of each row; one that does not read spoils the document it stands in."""
        if self._content.startswith(UTF16):
            raise RowFault("files-not-utf8")
        if not self._content or self._content.isspace():
            raise RowFault("files-empty")
        delimiter = _delimiter(self._content)
        lines = (line.decode("utf-8", "surrogateescape") for line in io.BytesIO(self._content))
        header: list[Column] = []
        for row, cells in _cells(lines, delimiter):
            if isinstance(cells, RowFault) and not header:
                raise cells
            if isinstance(cells, RowFault):
                yield row, None, cells
            elif header:
                yield row, _key(header, cells), _filled(header, cells, delimiter)
            else:
                header = _header(cells)


class _Group:
    """The rows of one document."""

    def __init__(self, row: int, key: Key | None) -> None:
        self.row = row
        self.key = key
        self._one: dict[str, dict[str, Any]] = {}
        self._many: dict[str, list[dict[str, Any]]] = {}
        self._fault: RowFault | None = None

    def add(self, row: int, cells: Cells | RowFault) -> None:
        """Take one row: what it says of the document as a whole has to agree with the rows before."""
        if isinstance(cells, RowFault):
            self._refuse(row, cells)
            return
        items: dict[str, dict[str, Any]] = {}
        for (section, field), text in cells.items():
            if section in _MANY:
                items.setdefault(section, {})[field] = _value(field, text)
            elif self._one.setdefault(section, {}).setdefault(field, _value(field, text)) != _value(field, text):
                self._refuse(row, RowFault("files-rows-differ", field=f"{section}_{field}".lstrip("_")))
        for section, item in items.items():
            self._many.setdefault(f"{section}s", []).append(item)

    def _refuse(self, row: int, fault: RowFault) -> None:
        if self._fault is None:
            self.row, self._fault = row, fault

    def document(self) -> Row | RowFault:
        """Return the row that a JSON file would hold, or what is wrong with it."""
        if self._fault is not None:
            return self._fault
        sections = dict(self._one)
        try:
            return msgspec.convert({**sections.pop("", {}), **sections, **self._many}, Row)
        except msgspec.ValidationError as error:
            return decoding_fault(error)


def _delimiter(content: bytes) -> str:
    found = _DELIMITER(content)
    return found[0].decode() if found else ","


def _cells(lines: Iterator[str], delimiter: str) -> Iterator[tuple[int, list[str] | RowFault]]:
    """Yield the rows with the line each begins at, up to one after which nobody can say where the next begins."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    row = 1
    try:
        for cells in reader:
            if any(cells):
                yield row, cells
            row = reader.line_num + 1
    except csv.Error as error:
        yield row, RowFault("files-csv", detail=str(error))


def _header(cells: list[str]) -> list[Column]:
    names = [cell.strip().lower() for cell in cells]
    for position, name in enumerate(names):
        if name not in COLUMNS:
            raise RowFault("files-unknown-column", field=name.encode("utf-8", "replace").decode())
        if name in names[:position]:
            raise RowFault("files-column-twice", field=name)
    return [COLUMNS[name] for name in names]


def _filled(header: list[Column], cells: list[str], delimiter: str) -> Cells | RowFault:
    if len(cells) != len(header):
        return RowFault("files-csv", detail=f"{len(cells)} / {len(header)}")
    if not all(map(_is_utf8, cells)):
        return RowFault("files-not-utf8")
    filled = {column: cell.strip() for column, cell in zip(header, cells, strict=True) if cell.strip()}
    if delimiter == ";":
        for column, cell in filled.items():
            if column[1] in _DECIMALS and _COMMA(cell):
                filled[column] = cell.replace(",", ".")
    return filled


def _is_utf8(cell: str) -> bool:
    if cell.isascii():
        return True
    try:
        cell.encode()
    except UnicodeEncodeError:
        return False
    return True


def _key(header: list[Column], cells: list[str]) -> Key | None:
    """Return the key of a row, of which cells may be missing; None when it states none."""
    known = dict(zip(header, cells, strict=False))
    identity = known.get(("", "id")) or known.get(("", "number"))
    return (known.get(("", "kind"), "").strip(), identity.strip()) if identity else None


def _value(field: str, text: str) -> Any:
    if field in ("is_business", "on_account"):
        return _YES_NO.get(text.lower(), text)
    return text.split() if field == "payments" else text
