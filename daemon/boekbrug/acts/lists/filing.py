"""Mark a period of a return as filed: its figures are frozen, and what changes later is told apart."""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection

from boekbrug.acts.desk import ActRefused, Desk
from boekbrug.acts.lists.oss import oss_figures
from boekbrug.acts.lists.scope import Days, Scope, scope_of
from boekbrug.acts.lists.vat import box_name, figures, icp_figures
from boekbrug.booking.boxes import Box
from boekbrug.booking.composed import AMSTERDAM
from boekbrug.booking.rules import Rules
from boekbrug.contract import Because
from boekbrug.store import agreed, periods
from boekbrug.store.agreed import RETURNS, Filing
from boekbrug.store.licences import Licence
from boekbrug.sync.books import day_at
from boekbrug.sync.house import House

Frozen = dict[str, tuple[int, int]]
"""Figures of a return by what they stand under: base and VAT, or goods and services, in cents of euro."""
_decode = msgspec.json.Decoder(Frozen).decode
_APART = " "
_BY_RULES: dict[str, Callable[[Rules], dt.date | None]] = {
    "vat": lambda rules: rules.filed_through,
    "icp": lambda rules: rules.filed_icp_through or rules.filed_through,
    "oss": lambda rules: rules.filed_oss_through or rules.filed_through,
}


class FiledPeriod(NamedTuple):
    """A filed period with its figures as they were."""

    row: Filing
    days: Days
    figures: Frozen


def file_return(desk: Desk, licence: Licence, kind: str, through: dt.date) -> FiledPeriod:
    """Mark a return of the licence's administration as filed up to a day, from where the last one ended.

    Raise ActRefused while something dated in the period is not in the books, or a run is under way.
    """
    if kind not in RETURNS:
        raise ActRefused(Because("{kind} is no return; there are {returns}.", kind=kind, returns=", ".join(RETURNS)))
    scope = scope_of(desk.house, licence, Days(through, through), whole=True)
    with desk.act("filed", licence.name, ids=1) as act:
        running = agreed.hold_licences(act.connection, licence.administration, act.now)
        days = _period(act.connection, scope, kind, through, day_at(act.now, AMSTERDAM))
        _demand_booked(act.connection, licence, days, running)
        frozen = figures_of(scope.over(days), act.connection, kind)
        row = Filing(
            act.ids.take(), licence.administration, kind, *days.iso, msgspec.json.encode(frozen).decode(), desk.actor,
            act.now,
        )  # fmt: skip
        agreed.add_filing(act.connection, row)
        act.licence = licence.id
        act.facts = {"return": kind, "from": days.iso[0], "through": days.iso[1]}
    return FiledPeriod(row, days, frozen)


def withdraw(desk: Desk, licence: Licence, kind: str) -> Filing:
    """Take the last filing of a return back, where it was marked by mistake; raise ActRefused when there is none."""
    with desk.act("filed-withdraw", licence.name) as act:
        found = [row for row in agreed.filings(act.connection, licence.administration) if row.kind == kind]
        if not found:
            raise ActRefused(Because("No period was marked as filed for {kind}.", kind=kind))
        agreed.remove_filing(act.connection, found[-1].id)
        act.licence = licence.id
        act.facts = {"return": kind, "from": found[-1].first_day, "through": found[-1].last_day}
    return found[-1]


def filed(house: House, licence: Licence) -> list[FiledPeriod]:
    """List what was filed for the licence's administration, the oldest first."""
    with house.database.read() as connection:
        rows = agreed.filings(connection, licence.administration)
    return [FiledPeriod(row, _days(row), _decode(row.figures)) for row in rows]


def _days(row: Filing) -> Days:
    return Days(dt.date.fromisoformat(row.first_day), dt.date.fromisoformat(row.last_day))


def _period(connection: Connection, scope: Scope, kind: str, through: dt.date, today: dt.date) -> Days:
    last = agreed.filed_through(connection, scope.licence.administration).get(kind)
    said = _BY_RULES[kind](scope.rules(connection))
    known = [day for day in (None if last is None else dt.date.fromisoformat(last), said) if day is not None]
    before = max(known, default=None)
    start = min(dt.date.fromisoformat(one.start) for one in scope.licences)
    first = start if before is None else max(start, before + dt.timedelta(days=1))
    if through < first:
        raise ActRefused(Because("{kind} is filed through {day} already.", kind=kind, day=before or start))
    if through >= today:
        raise ActRefused(Because("{day} is not over yet; a return is filed when its period is.", day=through))
    return Days(first, through)


def _demand_booked(connection: Connection, licence: Licence, days: Days, running: Sequence[str]) -> None:
    if running:
        raise ActRefused(
            Because("A run is under way for {licences}; try again when it has ended.", licences=", ".join(running))
        )
    left = agreed.unbooked(connection, licence.administration, days.iso)
    left += periods.undrawn(connection, licence.administration, days.iso)
    if left:
        named = ", ".join([*left[:5], *([f"+{len(left) - 5}"] if len(left) > 5 else [])])
        raise ActRefused(
            Because(
                "{named}: dated in the period and not in the books yet. Approve, let deliver or set aside what "
                "is on its way; then file.",
                named=named,
            )
        )


def figures_of(scope: Scope, connection: Connection, kind: str) -> Frozen:
    """Return the figures of a return over a period, by what they stand under."""
    if kind == "icp":
        return dict(icp_figures(scope, connection))
    if kind == "oss":
        found = oss_figures(scope, connection)
        return {
            _APART.join((one.corrects or one.quarter, f"{one.departure}-{one.country}", str(one.rate))): sums
            for one, sums in found.items()
        }
    frozen: Frozen = {}
    for words, sums in figures(scope, connection).items():
        if words.box not in (None, Box.OSS, Box.FOREIGN):
            key = _APART.join((box_name(words), str(words.rate), words.country)).strip()
            before = frozen.get(key, (0, 0))
            frozen[key] = before[0] + sums[0], before[1] + sums[1]
    return frozen
