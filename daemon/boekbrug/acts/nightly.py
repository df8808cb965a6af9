"""What is done once a night for every licence: closed periods are noted, and books compared with what was booked."""

import datetime as dt

import msgspec

from boekbrug.acts.licences import note_closed
from boekbrug.acts.reconcile import reconcile
from boekbrug.contract import BoekbrugError
from boekbrug.runtime.clock import EPOCH
from boekbrug.store import facts, licences
from boekbrug.store.licences import ACTIVE, Licence
from boekbrug.sync.house import House
from boekbrug.sync.workplace import MICROSECOND

LOOK_BACK = dt.timedelta(days=35)
"""Entries dated earlier are compared when somebody asks for them: most packages have closed their period."""
_FIRST_HOUR, _SPREAD = 1, 240
_DUE = "reconcile-due "
_AGAIN = dt.timedelta(hours=1) // MICROSECOND


def reconcile_next(house: House) -> str | None:
    """Compare one licence whose night has come; return its name, None when there is none. Of several nodes one does."""
    with house.database.read() as connection:
        now = house.database.now(connection)
        due = facts.starting_with(connection, _DUE)
        active = [one for one in licences.list_all(connection) if one.state == ACTIVE]
    for licence in active:
        before = due.get(f"{_DUE}{licence.id}")
        if before is None:
            _claim(house, licence, None, _next_night(now, licence.id))
        elif int(before) <= now and _claim(house, licence, before, _next_night(now, licence.id)):
            _compare(house, licence, now)
            return licence.name
    return None


def _claim(house: House, licence: Licence, before: str | None, after: int) -> bool:
    with house.database.write() as connection:
        return facts.change(connection, f"{_DUE}{licence.id}", before, str(after))


def _next_night(after: int, licence: int) -> int:
    """Return the licence's own minute of the night that follows a moment."""
    moment = EPOCH + after * MICROSECOND
    night = moment.replace(hour=_FIRST_HOUR, minute=0, second=0, microsecond=0)
    night += dt.timedelta(minutes=licence % _SPREAD)
    return ((night if night > moment else night + dt.timedelta(days=1)) - EPOCH) // MICROSECOND


def _compare(house: House, licence: Licence, now: int) -> None:
    today = (EPOCH + now * MICROSECOND).date()
    try:
        note_closed(house, licence)
        found = reconcile(house, licence, today - LOOK_BACK, today + dt.timedelta(days=1))
    except BoekbrugError as error:
        house.log.warning("reconcile.failed", licence=licence.name, code=error.code, **error.facts)
        with house.database.write() as connection:
            facts.put(connection, f"{_DUE}{licence.id}", str(now + _AGAIN))
        return
    told = msgspec.to_builtins(found.kinds)
    house.log.info("reconcile.done", licence=licence.name, asked=found.asked, agreeing=found.agreeing, **told)
