"""Write back: tell a source under which mark its sales stand in the books, and carry its files to their entries.

It comes after everything else and never holds up booking: what goes wrong is a warning beside a sale that stays booked.
"""

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection

from boekbrug.contract import (
    BoekbrugError,
    Booked,
    DocumentKind,
    DocumentRef,
    Note,
    NotSent,
    Outcome,
    OutcomeUnknown,
    Problem,
    Refused,
    Retriable,
    Severity,
    Source,
    Unknown,
    WritesBack,
)
from boekbrug.store import licences, problems, write_backs
from boekbrug.store.licences import Licence
from boekbrug.store.problems import Opened
from boekbrug.store.write_backs import DONE, DUE, FILE, NOTE, REFUSED, WriteBack
from boekbrug.sync.attach import FilesNotOffered, attach
from boekbrug.sync.steps import Step
from boekbrug.sync.workplace import Workplace

MOST = 500
"""Calls per run, so that fetching has its turn again."""
WARNED_AFTER = 3
"""Tries that a source may put off before that is told: reaching a limit is daily business."""
GIVEN_UP_AFTER = 8
"""Tries after which a refusal stands: four to six days, in which a key gets its right or an invoice is found again."""
_LONGEST = dt.timedelta(days=1)


class _Fate(NamedTuple):
    """What an outcome means: the row's next state, whether others are tried now, and what to warn of."""

    state: str
    reason: str = ""
    after: dt.timedelta | None = None
    goes_on: bool = True
    of_sale: Problem | None = None
    of_source: Problem | None = None


def want(work: Workplace, connection: Connection, booked: Sequence[tuple[int, int]], now: int) -> None:
    """Note which errands are to be run for sales, of (licence, entry) that are booked now."""
    for errand in (NOTE, FILE):
        entries = [entry for licence, entry in booked if errand in _wanted(work, connection, licence)]
        write_backs.want(connection, errand, entries, now)


def _wanted(work: Workplace, connection: Connection, licence: int) -> Collection[str]:
    if licence not in work.errands:
        work.errands[licence] = errands_of(connection, licences.get(connection, licence))
    return work.errands[licence]


class _Choice(msgspec.Struct):
    attachments: bool = False


_choice_of = msgspec.json.Decoder(_Choice).decode


def errands_of(connection: Connection, licence: Licence) -> frozenset[str]:
    """Return what a licence wants to be done once a sale is booked."""
    files = _choice_of(licences.rules_body(connection, licence.id, licence.rules)).attachments
    return frozenset(errand for errand, wanted in ((NOTE, licence.write_back), (FILE, files)) if wanted)


def write_back(work: Workplace, licence: Licence, errands: Collection[str]) -> Iterator[Step]:
    """Run the errands that are due, one sale after the other: 1. intent; 2. call; 3. outcome.

    At-least-once: what was called without a valid answer is done again, a file after the quiet period.
    """
    for _ in range(MOST):
        told = _claim(work, licence, errands)
        if told is None:
            return
        yield Step("write-back-intended")
        fate = _patient(work, _fate(_call(work, licence, told), told), told)
        _conclude(work, licence, told, fate)
        yield Step("written-back", int(fate.state == DONE), after=_pause(licence, fate))
        if not fate.goes_on:
            return


def _patient(work: Workplace, fate: _Fate, told: WriteBack) -> _Fate:
    """Look for a file whose fate is unknown only when it cannot be on its way any more."""
    is_unknown = fate.state == DUE and fate.goes_on
    return fate._replace(after=work.limits.quiet_period) if is_unknown and told.errand == FILE else fate


def _claim(work: Workplace, licence: Licence, errands: Collection[str]) -> WriteBack | None:
    with work.database.read() as connection:
        due = write_backs.next_due(connection, licence.id, errands, work.database.now(connection))
    if due is None:
        return None
    with work.database.write() as connection:
        now = work.database.now(connection)
        return write_backs.claim(connection, licence.id, due, work.until(now), now)


def _call(work: Workplace, licence: Licence, told: WriteBack) -> Outcome | Exception:
    ref = DocumentRef(kind=DocumentKind(told.kind), source_id=told.source_id)
    note = Note(subject=told.mark, text=told.remote_number or "")
    try:
        if told.errand == FILE:
            return attach(work, licence, told)
        source = work.instances.source(licence.source)
        with work.metrics.timed(source.name, "write-back"):
            return _writer(source).write_back(licence.unit, ref, note)
    except Exception as error:  # noqa: BLE001 - whatever a plugin raises, the sale is booked and others go on
        return error


def _writer(source: Source) -> WritesBack:
    if not isinstance(source, WritesBack):
        # refused when the licence was made; the plugin may be another by now
        raise NotOffered(plugin=source.name)
    return source


class NotOffered(BoekbrugError):
    """The source takes nothing back; leave `write_back` out of the licence."""

    code = "write-back-not-offered"


def _fate(outcome: Outcome | Exception, told: WriteBack) -> _Fate:
    match outcome:
        case Booked():
            return _Fate(DONE)
        case Refused(problems=found):
            return _refused(found[0], told)
        case Unknown(reason=reason):
            return _Fate(DUE, reason)
        case NotSent(reason=reason, retry_after=after):
            return _put_off(reason, after, told)
    return _fate_of_error(outcome, told)


def _fate_of_error(error: Exception, told: WriteBack) -> _Fate:
    if isinstance(error, OutcomeUnknown):
        return _Fate(DUE, error.code)
    if isinstance(error, Retriable):
        return _put_off(error.code, error.retry_after, told)
    if isinstance(error, NotOffered | FilesNotOffered) or not isinstance(error, BoekbrugError):
        return _refused(_problem(error), told)
    # a lost right or key is about the source as a whole: no sale of it fares better now
    return _Fate(DUE, error.code, _hours(told.tries), goes_on=False, of_source=_waits(told, error.code))


def _waits(told: WriteBack, reason: str) -> Problem:
    return Problem(code="attachment-waits" if told.errand == FILE else "write-back-waits", facts={"reason": reason})


def _problem(error: Exception) -> Problem:
    if isinstance(error, BoekbrugError):
        return Problem(code=error.code, facts=dict(error.facts))
    return Problem(code="plugin-bug", facts={"verb": "write_back", "error": repr(error)})


def _refused(problem: Problem, told: WriteBack) -> _Fate:
    return _Fate(REFUSED, problem.code, _hours(told.tries), of_sale=problem)


def _put_off(reason: str, after: dt.timedelta | None, told: WriteBack) -> _Fate:
    waits = _waits(told, reason) if told.tries >= WARNED_AFTER else None
    return _Fate(DUE, reason, after, goes_on=False, of_source=waits)


def _hours(tries: int) -> dt.timedelta:
    return min(dt.timedelta(hours=2**tries), _LONGEST)


def _pause(licence: Licence, fate: _Fate) -> dt.timedelta | None:
    """Return when to come back earlier than the licence would; never later, since sales would wait for a note."""
    soon = fate.after is not None and fate.after < dt.timedelta(minutes=licence.interval_minutes)
    return fate.after if soon and fate.state == DUE else None


def _conclude(work: Workplace, licence: Licence, told: WriteBack, fate: _Fate) -> None:
    work.ids.ensure(2)
    with work.database.write() as connection:
        now = work.database.now(connection)
        next_at = None if fate.state == DONE else now + work.backoff(told.tries, fate.after)
        if fate.state == REFUSED and told.tries >= GIVEN_UP_AFTER:
            next_at = None
        if write_backs.conclude(connection, licence.id, told, fate.state, fate.reason, next_at, now):
            _warn_of_sale(connection, work, licence, told, fate, now)
            _warn_of_source(connection, work, licence, told, fate, now)


def _warn_of_sale(
    connection: Connection, work: Workplace, licence: Licence, told: WriteBack, fate: _Fate, now: int
) -> None:
    found = fate.of_sale
    if told.reason and (found is None or found.code != told.reason):
        problems.close_code(connection, licence.id, told.document, told.reason, now)
    if found is not None and found.code != told.reason:
        opened = Opened(found, licence=licence.id, document=told.document, entry=told.entry, severity=Severity.WARNING)
        problems.open_problems(connection, [opened], work.ids.take(), now)


def _warn_of_source(
    connection: Connection, work: Workplace, licence: Licence, told: WriteBack, fate: _Fate, now: int
) -> None:
    name = "attachments" if told.errand == FILE else "write-back"
    place, unit = f"{name} {licence.name}"[:255], licence.unit
    if fate.state == DONE or fate.of_source is not None:
        problems.close_at_places(connection, licence.source, unit, [place], now)
    if fate.of_source is not None:
        opened = Opened(fate.of_source, connection=licence.source, unit=unit, place=place, severity=Severity.WARNING)
        problems.open_problems(connection, [opened], work.ids.take(), now)
