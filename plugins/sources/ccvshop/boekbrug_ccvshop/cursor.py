"""How far the shop's lists have been read: a position, and what was seen in the days that are listed again.

The API has no modified-since and no modified date. Lists are read by ascending id from a day on; a fingerprint per
sale tells what changed in the days that overlap. All of it stands in the cursor, which is committed with the page.
"""

import datetime as dt
from base64 import b64encode
from collections.abc import Iterator
from hashlib import blake2b

import msgspec

_encode = msgspec.msgpack.Encoder(enc_hook=int).encode
_DAY = dt.timedelta(1)


class Position(msgspec.Struct, frozen=True, omit_defaults=True):
    """A place in a list that begins at `day`: `at` items were read, `last` is the id of the last of them."""

    day: dt.date | None = None
    at: int = 0
    last: int = 0


class Cursor(msgspec.Struct, omit_defaults=True):
    """What `fetch` goes on from.

    `walk` is the list of sales while it is read, `seen` holds fingerprints by day and id, `bad` names the places that
    could not be read. Beside the invoices, `orders` is the list of orders, and `refunds` the invoices known to be
    reimbursed.
    """

    books: str = ""
    walk: Position = Position()
    seen: dict[str, dict[str, str]] = {}
    bad: list[str] = []
    orders: Position = Position()
    refunds: list[int] = []

    def knows(self, id: int, print: str) -> bool:
        """Tell whether a sale was seen as it is now."""
        name = str(id)
        return any(day.get(name) == print for day in self.seen.values())

    def note(self, day: dt.date, id: int, print: str, overlap: int) -> None:
        """Remember a sale, and forget those too old to be listed again.

        One day more is kept than is listed, since it is not said in which zone the list's days begin.
        """
        self.forget(id)
        self.seen.setdefault(day.isoformat(), {})[str(id)] = print
        oldest = (dt.date.fromisoformat(max(self.seen)) - overlap * _DAY - _DAY).isoformat()
        for old in [old for old in self.seen if old < oldest]:
            del self.seen[old]

    def forget(self, id: int) -> None:
        """Forget a sale."""
        for known in self.seen.values():
            known.pop(str(id), None)

    def next_walk(self, since: dt.date | None, overlap: int) -> Position:
        """Return where to go on: within the list that is being read, else so many days before the newest sale."""
        if self.walk.at:
            return self.walk
        days = [since - _DAY] if since and since > dt.date.min else []
        if any(self.seen.values()):
            days.append(dt.date.fromisoformat(max(day for day, seen in self.seen.items() if seen)) - overlap * _DAY)
        return Position(max(days, default=None))

    def seen_since(self, day: dt.date | None) -> Iterator[int]:
        """Yield the sales that a whole list from a day on must hold, without those of the day itself."""
        for known, ids in self.seen.items():
            if day is None or dt.date.fromisoformat(known) > day:
                yield from map(int, ids)

    def written(self) -> str:
        """Write the cursor as text."""
        return msgspec.json.encode(self).decode()


def read_cursor(text: str, books: str) -> Cursor:
    """Read a cursor; one of the other books, or of none, begins anew."""
    try:
        found = msgspec.json.decode(text, type=Cursor) if text else Cursor()
    except msgspec.DecodeError:
        found = Cursor()
    return found if found.books == books else Cursor(books=books)


def fingerprint(*kept: object) -> str:
    """Return 48 bits of a digest over what boekbrug keeps of a sale."""
    return b64encode(blake2b(_encode(kept), digest_size=6).digest()).decode()
