"""JSON lines: any size with flat memory, gone on with where the last fetch stopped."""

from collections.abc import Iterator
from hashlib import blake2b
from typing import BinaryIO

import msgspec

from boekbrug_files.cursor import DIGEST, Tail
from boekbrug_files.faults import RowFault, decoding_fault
from boekbrug_files.records import BOM, UTF16, Record
from boekbrug_files.rows import Row

LONGEST_LINE = 1024 * 1024
_CHUNK = 1024 * 1024

_decode = msgspec.json.Decoder(Row).decode


class JsonLines:
    """The lines of a file from where it was left, when what was read then is still there; else from its start."""

    is_unfinished = False

    def __init__(self, stream: BinaryIO, size: int, is_rested: bool, tail: Tail | None) -> None:
        self._stream = stream
        self._size = size
        self._is_rested = is_rested
        self._digest = blake2b(digest_size=DIGEST)
        self._offset = self._row = 0
        self.is_whole = tail is None or not self._go_on_after(tail)
        #: what was read last does not read and may yet grow: then the whole file is read again
        self.is_broken_at_end = False

    def tail(self) -> Tail:
        """Return where to go on: before a last line without end, which may yet grow."""
        return Tail(self._offset, self._row, self._digest.digest())

    def __iter__(self) -> Iterator[Record]:
        """Yield the rows; blank lines count, and are no rows."""
        is_empty = self.is_whole
        for row, line in self._lines():
            text = line.removeprefix(BOM) if row == 1 else line
            if not text or text.isspace():
                continue
            is_empty = False
            if row == 1 and line.startswith(UTF16):
                self.is_broken_at_end = True
                yield None, RowFault("files-not-utf8")
                return
            found = _row_of(text)
            self.is_broken_at_end = self._row != row and isinstance(found, RowFault)
            yield row, found
        if is_empty and self._is_rested:
            self.is_broken_at_end = True
            yield None, RowFault("files-empty")

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        """Yield line numbers and lines; one without end only when the file has rested, and it is not passed."""
        while line := self._stream.readline(min(LONGEST_LINE + 1, self._size - self._offset)):
            row = self._row + 1
            if line.endswith(b"\n"):
                self._digest.update(line)
                self._offset += len(line)
                self._row = row
            elif not (len(line) > LONGEST_LINE and self._skip_rest(line)) and not self._is_rested:
                self.is_unfinished = True
                return
            yield row, line
            if self._row != row:
                return

    def _skip_rest(self, line: bytes) -> bool:
        """Pass a line that is too long without holding it; False when it has no end yet."""
        digest, length = self._digest.copy(), 0
        while line:
            digest.update(line)
            length += len(line)
            if line.endswith(b"\n"):
                self._digest, self._offset, self._row = digest, self._offset + length, self._row + 1
                return True
            line = self._stream.readline(min(LONGEST_LINE, self._size - self._offset - length))
        return False

    def _go_on_after(self, tail: Tail) -> bool:
        if 0 < tail.offset <= self._size and self._has_digest(tail):
            self._offset, self._row = tail.offset, tail.rows
            return True
        self._stream.seek(0)
        self._digest = blake2b(digest_size=DIGEST)
        return False

    def _has_digest(self, tail: Tail) -> bool:
        left = tail.offset
        while left and (chunk := self._stream.read(min(_CHUNK, left))):
            self._digest.update(chunk)
            left -= len(chunk)
        return not left and self._digest.digest() == tail.digest


def _row_of(line: bytes) -> Row | RowFault:
    if len(line) > LONGEST_LINE and not line.endswith(b"\n"):
        return RowFault("files-line-too-long", limit=f"{LONGEST_LINE // 1024} KiB")
    try:
        return _decode(line)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        return decoding_fault(error)
