"""JSON: one document or an array of them, held in memory as a whole."""

import re
from collections.abc import Iterator

import msgspec

from boekbrug_files.faults import RowFault, byte_of, decoding_fault
from boekbrug_files.records import BOM, UTF16, Record
from boekbrug_files.rows import Row

_decode = msgspec.json.Decoder(Row).decode
_elements = msgspec.json.Decoder(list[msgspec.Raw]).decode
_is_array = re.compile(rb"\s*\[").match
_single = msgspec.json.Decoder(msgspec.Raw).decode


class JsonFile:
    """The documents of a JSON file; each is decoded apart, so that a broken one does not take the others along."""

    is_whole = True

    def __init__(self, content: bytes, is_rested: bool) -> None:
        self._text = content.removeprefix(BOM)
        self._raws: list[msgspec.Raw] = []
        self._fault, self._at = self._split(self._text)
        self.is_unfinished = self._fault is not None and not is_rested

    def __iter__(self) -> Iterator[Record]:
        """Yield the documents with the lines that they begin at."""
        if self.is_unfinished:
            return
        if self._fault is not None:
            yield self._at, self._fault
        at, row = 0, 1
        for raw in self._raws:
            content = bytes(raw)
            # only white space and a comma stand between two elements, so the first match is the element itself
            start = self._text.index(content, at)
            row += self._text.count(b"\n", at, start)
            yield row, _row_of(content)
            at = start + len(content)
            row += content.count(b"\n")

    def _split(self, text: bytes) -> tuple[RowFault | None, int | None]:
        if not text or text.isspace():
            return RowFault("files-empty"), None
        if text.startswith(UTF16):
            return RowFault("files-not-utf8"), None
        try:
            self._raws = _elements(text) if _is_array(text) else [_single(text)]
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            return decoding_fault(error), text.count(b"\n", 0, byte_of(error)) + 1
        return None, None


def _row_of(raw: bytes) -> Row | RowFault:
    try:
        return _decode(raw)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        return decoding_fault(error)
