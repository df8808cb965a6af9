"""How far a folder was read, as the opaque text that the host keeps.

Eleven characters per file that was read to its end, a few dozen for each of the JSON-lines files that grew last, and
nothing else: a folder of 10,000 files has a cursor of 110 kB.
"""

import base64
import binascii
from hashlib import blake2b

import msgspec

from boekbrug.contract import FileStat

DIGEST = 8
"""Bytes of a digest: by chance two of 10,000 files collide once in 10^11 folders."""

TAILS = 64
"""JSON-lines files that are continued where they were left; one that grows after more others is read whole again."""

_VERSION = "1."


class Tail(msgspec.Struct, array_like=True, frozen=True):
    """How far a JSON-lines file was read: bytes, lines, and the digest of what was read."""

    offset: int
    rows: int
    digest: bytes


class Part(msgspec.Struct, array_like=True, frozen=True):
    """How many documents were handed over of a file that is read as a whole, while it is under way."""

    stamp: bytes
    count: int


class _Kept(msgspec.Struct, array_like=True, frozen=True):
    settled: bytes
    tails: dict[bytes, Tail]
    part: Part | None
    troubled: list[str]


class Progress:
    """What was read so far; `troubled` names the files in which something could not be read."""

    def __init__(self) -> None:
        self.settled: dict[bytes, None] = {}
        self.tails: dict[bytes, Tail] = {}
        self.part: Part | None = None
        self.troubled: dict[str, None] = {}

    @classmethod
    def from_cursor(cls, cursor: str) -> "Progress":
        """Read a cursor; one of another version begins anew, which costs time and nothing else."""
        progress = cls()
        kept = _decoded(cursor)
        if kept is not None:
            settled = kept.settled
            progress.settled = {settled[at : at + DIGEST]: None for at in range(0, len(settled), DIGEST)}
            progress.tails = kept.tails
            progress.part = kept.part
            progress.troubled = dict.fromkeys(kept.troubled)
        return progress

    def cursor(self) -> str:
        """Write the cursor."""
        kept = _Kept(b"".join(self.settled), self.tails, self.part, list(self.troubled))
        return _VERSION + base64.urlsafe_b64encode(msgspec.msgpack.encode(kept)).decode("ascii")

    def keep_only(self, stamps: set[bytes]) -> None:
        """Forget files that are no longer there as they were."""
        self.settled = {stamp: None for stamp in self.settled if stamp in stamps}

    def remember_tail(self, key: bytes, tail: Tail) -> None:
        """Keep where to go on in a JSON-lines file, and forget the one that grew longest ago."""
        self.tails.pop(key, None)
        self.tails[key] = tail
        if len(self.tails) > TAILS:
            del self.tails[next(iter(self.tails))]


def stamp_of(file: FileStat) -> bytes:
    """Identify a file in one state."""
    return _digest(f"{file.name}\0{file.size}\0{file.changed_ns}\0{file.inode}")


def key_of(file: FileStat) -> bytes:
    """Identify a file whatever its state."""
    return _digest(file.name)


def _digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=DIGEST).digest()


def _decoded(cursor: str) -> _Kept | None:
    if not cursor.startswith(_VERSION):
        return None
    try:
        return msgspec.msgpack.decode(base64.urlsafe_b64decode(cursor[len(_VERSION) :]), type=_Kept)
    except (binascii.Error, msgspec.DecodeError, ValueError):
        return None
