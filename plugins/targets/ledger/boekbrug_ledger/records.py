"""Where an entry begins and ends in a file, so that one cut short by a kill is told from a whole one.

A record is a blank line, the opening line, the entry and the closing line. A kill during an append leaves whole
records and at most one beginning of a record at the end of the file, which is an opening line (or part of it) without
a closing line after it. A closing line that an editor robbed of its line feed still closes.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

OPENING = b"\n; boekbrug\n"
CLOSING = b"; end\n"

_CLOSED = re.compile(rb"\n; end(?:\n|\Z)")
_WINDOW = 1 << 16


def record(entry: str) -> bytes:
    """Put an entry between its opening and closing line."""
    return b"%b%b%b" % (OPENING, entry.encode(), CLOSING)


def torn_at(file: BinaryIO, size: int) -> int | None:
    """Return where a record begins that was cut short at the end of the file; None when there is none."""
    if _tail(file, size, len(CLOSING) + 1).endswith(b"\n" + CLOSING):
        return None
    window = _WINDOW
    while OPENING not in (tail := _tail(file, size, window)) and window < size:
        window *= 8
    opened = tail.rfind(OPENING)
    if opened >= 0 and not _CLOSED.search(tail, opened + len(OPENING) - 1):
        return size - len(tail) + opened
    # two characters at least: one line feed ends every file that a person wrote
    cut = next((cut for cut in range(len(OPENING) - 1, 1, -1) if tail.endswith(OPENING[:cut])), None)
    return None if cut is None else size - cut


def _tail(file: BinaryIO, size: int, length: int) -> bytes:
    start = max(0, size - length)
    file.seek(start)
    return file.read(size - start)


def transactions(file: BinaryIO, size: int) -> Iterator[tuple[int, list[bytes]]]:
    """Yield the dated blocks in the first `size` bytes: the number of the first line, and the lines."""
    start, block, read = 0, list[bytes](), 0
    for number, line in enumerate(file, 1):
        read += len(line)
        if read > size:
            break
        first = line[0]
        if block and (first == 32 or first == 9) and not line.isspace():  # noqa: PLR1714 (two million lines a second)
            block.append(line)
            continue
        if block:
            yield start, block
            block = []
        if 48 <= first <= 57:
            start, block = number, [line]
    if block:
        yield start, block
