"""Watch that boekbrug's code holds one session of the database per thread, and never waits for a second one meanwhile.

Behind a pool that is smaller than the number of workers, those that hold one each would wait for each other.
"""

import sys
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import sqlalchemy as sa

OURS = str(Path(__file__).parents[1] / "daemon" / "boekbrug")
_OPENING = str(Path(OURS) / "store" / "database.py")
Places = list[str]


@contextmanager
def watched() -> Iterator[Places]:
    """Collect the places at which our code takes a session while it holds another."""
    held: dict[int, dict[int, str]] = defaultdict(dict)
    found: Places = []

    def out(_session: Any, record: Any, _proxy: Any) -> None:
        mine, place = held[threading.get_ident()], _opener(sys._getframe(1))
        if place is not None:
            found.extend(f"{place} while {other} is open" for other in mine.values())
            mine[id(record)] = place

    def back(_session: Any, record: Any) -> None:
        held[threading.get_ident()].pop(id(record), None)

    sa.event.listen(sa.pool.Pool, "checkout", out)
    sa.event.listen(sa.pool.Pool, "checkin", back)
    try:
        yield found
    finally:
        sa.event.remove(sa.pool.Pool, "checkout", out)
        sa.event.remove(sa.pool.Pool, "checkin", back)


def _opener(frame: FrameType | None) -> str | None:
    """Return where the transaction is opened; None where that is a test."""
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(OURS) and name != _OPENING:
            return f"{name[len(OURS) + 1 :]}:{frame.f_lineno}"
        if name == __file__ or "tests" in Path(name).parts:
            return None
        frame = frame.f_back
    return None
