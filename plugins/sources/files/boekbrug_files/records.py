"""What every format offers: rows with their line numbers, and whether the file was finished when it was read."""

from collections.abc import Iterator
from typing import Protocol

from boekbrug_files.faults import RowFault
from boekbrug_files.rows import Row

BOM = b"\xef\xbb\xbf"
UTF16 = (b"\xff\xfe", b"\xfe\xff")
"""What a file in UTF-16 begins with: refused once instead of for every line."""

Record = tuple[int | None, Row | RowFault]
"""The line of the file that a row begins at (None: the file as a whole), and the row or what is wrong with it."""


class Records(Protocol):
    """The rows of one file as it was listed."""

    #: reading began at the first line
    is_whole: bool
    #: the end is still being written: what is missing comes with the next fetch
    is_unfinished: bool

    def __iter__(self) -> Iterator[Record]:
        """Yield the rows in the order of the file."""
        ...
