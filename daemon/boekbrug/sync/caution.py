"""Look before sending: with an old database, what the books hold already is booked here instead of there."""

import datetime as dt
from collections.abc import Mapping, Sequence

from boekbrug.contract import Booked, MarkQuery, Match, Prepared
from boekbrug.store import caution, entries
from boekbrug.store.licences import Licence
from boekbrug.sync.outcome import BookedTwice
from boekbrug.sync.workplace import MICROSECOND, Workplace

_EPOCH = dt.datetime.fromtimestamp(0, dt.UTC)
Found = Mapping[int, Booked | BookedTwice]


def is_cautious(work: Workplace, licence: Licence) -> bool:
    """Tell whether the database may have forgotten what it sent."""
    with work.database.read() as connection:
        return caution.since(connection, licence.administration) is not None


def must_wait(work: Workplace, licence: Licence) -> bool:
    """Tell whether calls that the database has forgotten may still arrive, so that looking proves nothing yet."""
    with work.database.read() as connection:
        begun = caution.since(connection, licence.administration)
        now = work.database.now(connection)
    # also where an absence is final: who wrote for the database as it was need not be of this host, nor be dead
    return begun is not None and now < begun + work.limits.quiet_period // MICROSECOND


def already_booked(work: Workplace, licence: Licence, administration: str, prepared: Sequence[Prepared]) -> Found:
    """Look for entries that this database may have booked before it was put back; only in cautious mode.

    By the dates at stake, and by mark what is not found there: the rules for dates may have changed since.
    """
    with work.database.read() as connection:
        begun = caution.since(connection, licence.administration)
        if begun is None or not prepared:
            return {}
        dates = entries.dates(connection, [item.id for item in prepared])
    old = [item for item in prepared if dates[item.id] <= _last_day(begun)]
    if not old:
        return {}
    target = work.instances.target(licence.target)
    days = [dates[item.id] for item in old]
    with work.metrics.timed(target.name, "list_marked"):
        listed = target.list_marked(administration, min(days), max(days) + dt.timedelta(days=1))
    found = {item.id: listed[item.mark] for item in old if item.mark in listed}
    missing = [item for item in old if item.id not in found]
    if missing and target.capabilities.finds:
        with work.metrics.timed(target.name, "find"):
            answers = target.find(administration, [MarkQuery(mark=i.mark, kind=i.kind, prepared=i) for i in missing])
        found |= {item.id: a for item, a in zip(missing, answers, strict=True) if isinstance(a, tuple) and a}
    return {id: _outcome(matches) for id, matches in found.items()}


def _outcome(matches: Sequence[Match]) -> Booked | BookedTwice:
    first = Booked(id=matches[0].id, number=matches[0].number, total=matches[0].total)
    return first if len(matches) == 1 else BookedTwice(first, len(matches))


def leave_when_caught_up(work: Workplace, licence: Licence) -> None:
    """Trust the database again once everything of before it was put back is booked or settled otherwise."""
    with work.database.read() as connection:
        begun = caution.since(connection, licence.administration)
        if begun is None:
            return
        over = caution.has_caught_up(connection, licence.administration, begun, _last_day(begun).isoformat())
    if over:
        with work.database.write() as connection:
            caution.end(connection, licence.administration)
        work.log.warning("caution.ended", licence=licence.name)


def _last_day(begun: int) -> dt.date:
    # a day more than the shop's own could be by then
    return (_EPOCH + begun * MICROSECOND).date() + dt.timedelta(days=1)
