"""Licences: create and change them by their file, preflight them, and switch them on and off."""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection

from boekbrug.acts import codes, compose_again
from boekbrug.acts.connections import get as get_connection
from boekbrug.acts.desk import Act, ActRefused, Desk, NotKnown
from boekbrug.acts.invoiced import invoiced_there
from boekbrug.acts.licence_file import FIXED, LicenceFile, differences, unwritten, written
from boekbrug.booking import Rules, chart_use
from boekbrug.booking.checks import check_chart
from boekbrug.booking.dates import period_end
from boekbrug.booking.periods import locked_through
from boekbrug.booking.rules import Mode
from boekbrug.contract import (
    Administration,
    Attaches,
    Because,
    KeepsFiles,
    Period,
    Problem,
    Source,
    Target,
    Unit,
    WritesBack,
)
from boekbrug.store import caution, changes, connections, corrected, effects, facts, licences, periods
from boekbrug.store.changes import NewLicence
from boekbrug.store.licences import ACTIVE, ENDED, NEW, PAUSED, Licence
from boekbrug.store.terms import PERIOD, Term
from boekbrug.store.words import TermState
from boekbrug.sync.house import House


class Applied(NamedTuple):
    """A licence after its file was applied, with what was changed and what its target would refuse."""

    licence: Licence
    created: bool
    changed: tuple[str, ...]
    problems: tuple[Problem, ...]
    composed_again: int


def apply(desk: Desk, file: LicenceFile, *, force: bool = False, code: str = "") -> Applied:
    """Create the licence that a file describes, with a `code` where it had one before, or change it.

    Raise ActRefused when somebody changed it otherwise since the last apply, unless `force`d.
    """
    house = desk.house
    with house.database.read() as connection:
        known = licences.by_name(connection, file.name)
        before = None if known is None else file_of(connection, known)
        applied = None if known is None else unwritten(changes.applied(connection, known.id))
    if known is None or before is None or applied is None:
        return create(desk, file, code=code)
    if code not in ("", known.code):
        raise ActRefused(
            Because(
                "Licence {licence} has the code {code}, which is never changed.", licence=file.name, code=known.code
            )
        )
    refuse_fixed(before, file)
    if file.start != before.start:
        _demand_whole_months(file)
    if (meanwhile := differences(applied, before)) and not force:
        raise ActRefused(
            *(
                Because(
                    "{name} of licence {licence} was changed since its file was applied; put that into the file, or "
                    "apply with --force to undo it.",
                    name=name,
                    licence=file.name,
                )
                for name in meanwhile
            )
        )
    return _change(desk, known, before, file)


def create(desk: Desk, file: LicenceFile, *, code: str = "") -> Applied:
    """Create a licence that is not active yet; raise ActRefused with all reasons why it cannot be.

    With the `code` that it had in a database that was lost, what it booked then is looked for in the books. Where the
    database was put back, a person has to say which code it had while the books hold codes that nobody here knows.
    """
    house = desk.house
    _demand_whole_months(file)
    source, target = get_connection(house, file.source), get_connection(house, file.target)
    reasons = [
        Because(
            "{name} is a {role}, so that it cannot be the {wanted} of a licence.",
            name=name,
            role=row.role,
            wanted=wanted,
        )
        for name, row, wanted in ((file.source, source, "source"), (file.target, target, "target"))
        if row.role != wanted
    ]
    if reasons:
        raise ActRefused(*reasons)
    instances = house.instances()
    _require_write_back(instances.source(source.id), file)
    _require_files(instances.source(source.id), instances.target(target.id), file)
    unit = _unit(instances.source(source.id).units(), file)
    books = _administration(instances.target(target.id).administrations(), file)
    problems = instances.target(target.id).preflight(
        chart_use(file.rules), instances.target(target.id).chart(books.code)
    )
    found = _codes_there(desk, instances.target(target.id), file, code)
    with house.database.read() as connection:
        waiting = changes.documents_of(connection, source.id, unit.code)
    with desk.act("licence-create", file.name, ids=2 + len(waiting)) as act:
        changes.keep_unit(act.connection, source.id, unit)
        administration = changes.keep_administration(act.connection, target.id, books, act.ids.take(), act.now)
        chosen = codes.take(act.connection, administration, code, found)
        row = _row(act, file, source.id, target.id, administration, chosen)
        if chosen == code or caution.since(act.connection, administration) is not None:
            # anew where it had begun: what is fetched for this licence was not looked for yet
            caution.begin_with(act.connection, administration, act.now)
        changes.add_licence(act.connection, row, act.now)
        changes.add_rules(act.connection, row.licence.id, 1, _body(file.rules), desk.actor, act.now)
        changes.add_states(act.connection, row.licence.id, waiting, act.ids.take(len(waiting)), act.now)
        changes.fetch_anew(act.connection, source.id, unit.code, act.now)
        act.licence = row.licence.id
        act.facts = {"file": written(file)}
    return Applied(row.licence, created=True, changed=(), problems=tuple(problems), composed_again=0)


def _codes_there(desk: Desk, target: Target, file: LicenceFile, code: str) -> codes.Found:
    with desk.house.database.read() as connection:
        if not code and not caution.was_put_back(connection):
            return {}
        known = {row.code for row in licences.list_all(connection)}
    found = codes.in_books(target, file.administration, file.start, desk.house.clock.now().date())
    codes.demand_chosen(code, found, known)
    return found


def _demand_whole_months(file: LicenceFile) -> None:
    if file.rules.mode is Mode.MEMORIAL_MONTH and file.start.day != 1:
        raise ActRefused(
            Because("A month is booked as a whole: let licence {licence} start on the first of one.", licence=file.name)
        )


def _unit(units: Sequence[Unit], file: LicenceFile) -> Unit:
    for unit in units:
        if unit.code == file.unit:
            return unit
    known = ", ".join(unit.code for unit in units) or "none"
    raise ActRefused(
        Because(
            "Connection {source} has no unit {unit}; it has {known}.", source=file.source, unit=file.unit, known=known
        )
    )


def _require_write_back(source: Source, file: LicenceFile) -> None:
    if file.write_back and not isinstance(source, WritesBack):
        raise ActRefused(Because("Nothing can be written back to {source}; leave write_back out.", source=file.source))


def _require_files(source: Source, target: Target, file: LicenceFile) -> None:
    if not file.rules.attachments:
        return
    reasons = []
    if not isinstance(source, KeepsFiles):
        reasons.append(Because("{source} keeps no files of its sales.", source=file.source))
    if not isinstance(target, Attaches):
        reasons.append(Because("Entries of {target} take no files.", target=file.target))
    if reasons:
        raise ActRefused(*reasons, Because("Leave rules.attachments out."))


def _administration(administrations: Sequence[Administration], file: LicenceFile) -> Administration:
    for found in administrations:
        if found.code == file.administration:
            if found.currency != "EUR":
                facts = {"administration": found.code, "currency": found.currency}
                raise ActRefused(problems=[Problem(code="administration-currency", facts=facts)])
            return found
    known = ", ".join(found.code for found in administrations) or "none"
    raise ActRefused(
        Because(
            "Connection {target} has no administration {administration}; it has {known}.",
            target=file.target,
            administration=file.administration,
            known=known,
        )
    )


def _row(act: Act, file: LicenceFile, source: int, target: int, administration: int, code: str) -> NewLicence:
    licence = Licence(
        id=act.ids.take(), name=file.name, code=code, source=source,
        unit=file.unit, target=target, administration=administration, start=file.start.isoformat(), state=NEW,
        automatic=file.automatic, interval_minutes=file.interval, rules=1, next_at=None, last_run_at=None,
        delay_days=file.delay_days, write_back=file.write_back,
    )  # fmt: skip
    return NewLicence(licence, written(file))


def _body(rules: Rules) -> str:
    return msgspec.json.encode(rules, order="deterministic").decode()


def refuse_fixed(before: LicenceFile, file: LicenceFile) -> None:
    """Raise ActRefused for what a licence keeps for life."""
    fixed = [name for name in differences(before, file) if name in FIXED]
    if fixed:
        raise ActRefused(
            *(Because("{name} of a licence is never changed; create another licence.", name=name) for name in fixed)
        )


def change(desk: Desk, known: Licence, file: LicenceFile, within: Callable[[Act], None]) -> Applied:
    """Change a licence otherwise than by its file, which then refuses to undo that; `within` joins the act.

    Raise ActRefused for what is never changed.
    """
    before = as_file(desk.house, known)
    refuse_fixed(before, file)
    return _change(desk, known, before, file, within)


def _change(
    desk: Desk, known: Licence, before: LicenceFile, file: LicenceFile, within: Callable[[Act], None] | None = None
) -> Applied:
    house = desk.house
    instances = house.instances()
    target = instances.target(known.target)
    _require_write_back(instances.source(known.source), file)
    _require_files(instances.source(known.source), target, file)
    problems = tuple(target.preflight(chart_use(file.rules), target.chart(file.administration)))
    changed = tuple(differences(before, file))
    if not changed:
        return Applied(known, created=False, changed=(), problems=problems, composed_again=0)
    with house.database.read() as connection:
        again = compose_again.after_change(connection, known.id, moved_start=before.start != file.start)
        ids = compose_again.ids_for(connection, again)
    with desk.act("licence-apply", file.name, ids=ids + 1) as act:
        version = known.rules + any(name.startswith("rules.") for name in changed)
        if version != known.rules:
            changes.add_rules(act.connection, known.id, version, _body(file.rules), desk.actor, act.now)
            _look_at_periods(act, known, file)
        changed_row = known._replace(
            start=file.start.isoformat(),
            automatic=file.automatic,
            interval_minutes=file.interval,
            rules=version,
            delay_days=file.delay_days,
            write_back=file.write_back,
        )
        applied = written(file) if within is None else changes.applied(act.connection, known.id)
        changes.change_licence(act.connection, changed_row, applied, act.now)
        if within is not None:
            within(act)
        if file.start < before.start:
            changes.fetch_anew(act.connection, known.source, known.unit, act.now)
        count = compose_again.start_over(act, known.id, again)
        corrected.look_again(act.connection, known.id, act.now)
        act.licence = known.id
        act.facts = {**act.facts, **{name: _shown(file, name) for name in changed}}
    return Applied(changed_row, created=False, changed=changed, problems=problems, composed_again=count)


def _look_at_periods(act: Act, licence: Licence, file: LicenceFile) -> None:
    """Let the next run see at which days balances are drawn up under other rules."""
    periods.forget(act.connection, licence.id)
    if file.rules.advances:
        first, last = file.start.isoformat(), period_end(file.start, file.rules).isoformat()
        row = Term(act.ids.take(), licence.id, licence.unit, PERIOD, first, last, TermState.RUNNING, "", act.now)
        periods.add(act.connection, row, act.now)


def _shown(file: LicenceFile, path: str) -> str:
    value = getattr(file.rules, path.removeprefix("rules.")) if path.startswith("rules.") else getattr(file, path)
    return msgspec.json.encode(value).decode()


def get(house: House, name: str) -> Licence:
    """Read a licence by name or code; raise NotKnown."""
    with house.database.read() as connection:
        found = [row for row in licences.list_all(connection) if name in (row.name, row.code)]
    exact = [row for row in found if row.name == name] or found
    if len(exact) != 1:
        raise NotKnown(licence=name)
    return exact[0]


def as_file(house: House, licence: Licence) -> LicenceFile:
    """Return a licence as it is now, in the form of its file."""
    with house.database.read() as connection:
        return file_of(connection, licence)


def file_of(connection: Connection, row: Licence) -> LicenceFile:
    """Return a licence in the form of its file, as a transaction sees it."""
    return LicenceFile(
        name=row.name,
        source=connections.get(connection, row.source).name,
        unit=row.unit,
        target=connections.get(connection, row.target).name,
        administration=licences.administration_code(connection, row.administration),
        start=dt.date.fromisoformat(row.start),
        rules=msgspec.json.decode(licences.rules_body(connection, row.id, row.rules), type=Rules),
        automatic=bool(row.automatic),
        interval=row.interval_minutes,
        delay_days=row.delay_days,
        write_back=bool(row.write_back),
    )


def preflight(house: House, licence: Licence) -> tuple[Problem, ...]:
    """Say what the target would refuse of a licence's rules, and what a bookkeeper would, by the chart as it is now."""
    file = as_file(house, licence)
    target = house.instances().target(licence.target)
    use, chart = chart_use(file.rules), target.chart(file.administration)
    found = tuple(target.preflight(use, chart))
    # an account that is unknown is told once, by whom it is unknown to
    told = {problem.facts.get("setting") for problem in found}
    return found + tuple(problem for problem in check_chart(use, chart) if problem.facts.get("setting") not in told)


def activate(desk: Desk, licence: Licence) -> None:
    """Switch a licence on; raise ActRefused while a question is open or its target would refuse its entries."""
    file = as_file(desk.house, licence)
    questions = [
        Because(
            "rules.{name} is not answered; answer it in the licence's file and apply that, then activate.", name=name
        )
        for name in file.rules.open_questions()
    ]
    problems = preflight(desk.house, licence)
    target = desk.house.instances().target(licence.target)
    if not questions and not problems:
        problems = tuple(invoiced_there(desk.house, licence, target, file.administration, file.rules))
    if questions or problems:
        raise ActRefused(*questions, problems=problems)
    note_closed(desk.house, licence, target.chart(file.administration).periods)
    _switch(desk, licence, "licence-activate", (NEW, PAUSED), ACTIVE)


def note_closed(house: House, licence: Licence, periods: Sequence[Period]) -> None:
    """Keep through which day the package has closed a licence's books, so that nothing is composed into them."""
    last = locked_through(periods, as_file(house, licence).rules.journals.values())
    with house.database.write() as connection:
        facts.put(connection, f"{facts.LOCKED}{licence.id}", "" if last is None else last.isoformat())


def pause(desk: Desk, licence: Licence) -> None:
    """Switch a licence off until it is resumed; a call under way is finished."""
    _switch(desk, licence, "licence-pause", (ACTIVE,), PAUSED)


def resume(desk: Desk, licence: Licence) -> None:
    """Switch a paused licence on again; what came in meanwhile is caught up."""
    _switch(desk, licence, "licence-resume", (PAUSED,), ACTIVE)


def end(desk: Desk, licence: Licence) -> None:
    """End a licence for good: what is booked stays booked, and nothing more is fetched or sent for it.

    Raise ActRefused for one that is not paused, or of which a call is in doubt: nobody would look for it any more.
    """
    with desk.house.database.read() as connection:
        in_doubt = effects.any_open(connection, licence.id)
    if in_doubt:
        raise ActRefused(
            Because("A call of licence {licence} is in doubt; resume it until that is settled.", licence=licence.name)
        )
    _switch(desk, licence, "licence-end", (NEW, PAUSED), ENDED)


def _switch(desk: Desk, licence: Licence, name: str, before: Sequence[str], after: str) -> None:
    with desk.act(name, licence.name) as act:
        act.licence = licence.id
        due = act.now if after == ACTIVE else None
        if not changes.switch(act.connection, licence.id, before, after, due, act.now):
            wanted = " or ".join(before)
            raise ActRefused(
                Because(
                    "Licence {licence} is {state}; this can be done to one that is {wanted}.",
                    licence=licence.name,
                    state=licence.state,
                    wanted=wanted,
                )
            )
