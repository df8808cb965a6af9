"""What the host still waits for at a source that does not say what changed: open documents, and hints of webhooks."""

import datetime as dt
from collections.abc import Iterator, Sequence

from boekbrug.contract import DocumentKind, DocumentRef, Window
from boekbrug.store import waited
from boekbrug.store.licences import Licence
from boekbrug.sync.fetch import fetch
from boekbrug.sync.steps import Step
from boekbrug.sync.workplace import MICROSECOND, Workplace

MOST = 100
"""Documents looked at again per run: each costs a call or two."""
HORIZON = dt.timedelta(days=180)
"""An order that is open for longer is not asked for any more; a webhook or a change in the shop still brings it."""
_LONGEST = dt.timedelta(days=1) // MICROSECOND


def fetch_waited(work: Workplace, licence: Licence, since: dt.date, ends: dt.datetime | None) -> Iterator[Step]:
    """Fetch a licence's unit until its turn `ends`, and look again at what is waited for where the source would not
    hand it over itself.
    """
    if work.instances.source(licence.source).capabilities.modified_since:
        yield from fetch(work, licence.source, licence.unit, Window(since=since), ends=ends)
        return
    with work.database.write() as connection:
        now = work.database.now(connection)
        hinted = waited.hinted(connection, licence.source, licence.unit, now, MOST)
        oldest = (work.clock.now() - HORIZON).date().isoformat()
        due = waited.due(connection, licence.id, oldest, now, now - _interval(licence), MOST - len(hinted))
        waited.put_off(connection, licence.id, [(id, now + _delay(licence, changed, now)) for id, _, _, changed in due])
    recheck = tuple(dict.fromkeys([*_refs(hinted), *_refs([(kind, source_id) for _, kind, source_id, _ in due])]))
    yield from fetch(work, licence.source, licence.unit, Window(since=since, recheck=recheck), ends=ends)
    if hinted:
        with work.database.write() as connection:
            waited.looked(connection, licence.source, licence.unit, hinted)


def _delay(licence: Licence, since: int, now: int) -> int:
    """Return how long to leave an open document alone: an eighth of its age, at most a day."""
    return min(max((now - since) // 8, _interval(licence)), _LONGEST)


def _interval(licence: Licence) -> int:
    return licence.interval_minutes * 60_000_000


def _refs(named: Sequence[tuple[str, str]]) -> Iterator[DocumentRef]:
    return (DocumentRef(kind=DocumentKind(kind), source_id=source_id) for kind, source_id in named)
