"""How earlier attempts at an entry or party failed, by which poison is known, and how looks for them ended."""

from collections import defaultdict
from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection

from boekbrug.store.bulk import select_rows


class Failures(NamedTuple):
    """How earlier attempts at an entry or party failed: those that met a plugin's bug, and those that came to nothing
    though nobody said why, the first of them at `since`.
    """

    bugs: int = 0
    unanswered: int = 0
    since: int = 0


def failures_of(connection: Connection, subjects: Collection[int]) -> dict[int, Failures]:
    """Count the failed attempts at entries or parties; those without are left out."""
    if not subjects:
        return {}
    bugs = dict(select_rows(connection, _BUGS, [list(subjects)]))
    absent = {id: counted for id, *counted in select_rows(connection, _UNANSWERED, [list(subjects)])}
    return {id: Failures(bugs.get(id, 0), *absent.get(id, ())) for id in bugs.keys() | absent.keys()}


_BUGS = """
    select f.subject, count(distinct f.id) from effect f
    join event v on v.subject = f.id and v.kind = 'effect' and v.reason = 'plugin-bug'
    where f.subject in ?* group by f.subject
"""
_UNANSWERED = """
    select subject, count(*), min(intended_at) from effect
    where subject in ?* and state = 'absent' group by subject
"""


NOT_LISTED, TRIPPED = "not-listed-yet", "find-failed"


class Looks(NamedTuple):
    """How looks for what an effect was to create ended: nothing was there, or the plugin tripped over it."""

    absent: int = 0
    tripped: int = 0


def looks_of(connection: Connection, ids: Collection[int]) -> dict[int, Looks]:
    """Count the looks for effects that were answered, and those that met a bug; effects without either are left out."""
    if not ids:
        return {}
    counts: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0])
    for id, reason, times in select_rows(connection, _LOOKS, [list(ids)]):
        counts[id][reason != NOT_LISTED] += times
    return {id: Looks(*counted) for id, counted in counts.items()}


_LOOKS = """
    select subject, reason, count(*) from event where subject in ?* and kind = 'effect'
    and reason in ('not-listed-yet', 'find-failed', 'cannot-ask') group by subject, reason
"""


def takes_others(connection: Connection, administration: int, since: int) -> bool:
    """Tell whether a target has booked an entry of an administration since a moment."""
    return bool(select_rows(connection, _BOOKED_SINCE, [administration, since]))


_BOOKED_SINCE = """
    select 1 from effect where administration = ? and kind = 'entry' and state = 'booked' and settled_at > ? limit 1
"""
