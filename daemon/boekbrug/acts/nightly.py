"""What is done once a night for every licence: closed periods are noted, and books compared with what was booked."""

import datetime as dt

import msgspec
from sqlalchemy.exc import OperationalError

from boekbrug.acts.licences import note_closed
from boekbrug.acts.reconcile import reconcile
from boekbrug.contract import BoekbrugError, PluginBug
from boekbrug.runtime.clock import EPOCH
from boekbrug.store import licences, nights
from boekbrug.store.licences import Licence
from boekbrug.sync.house import House
from boekbrug.sync.workplace import MICROSECOND

LOOK_BACK = dt.timedelta(days=35)
"""Entries dated earlier are compared when somebody asks for them: most packages have closed their period."""
_FIRST_HOUR, _SPREAD = 1, 240
#: a comparison that did not come to an end is begun anew after this
_AGAIN = dt.timedelta(hours=1) // MICROSECOND


def reconcile_next(house: House) -> str | None:
    """Compare one licence whose night has come; return its name, None when there is none. Of several nodes one does.

    A node that dies meanwhile, or whose database goes away, leaves the licence for an hour; then its night goes on.
    """
    with house.database.read() as connection:
        now = house.database.now(connection)
        unplanned, found = nights.without(connection), nights.due(connection, now)
    if unplanned:
        with house.database.write() as connection:
            nights.plan(connection, lambda id: _next_night(now, id))
    if found is None:
        return None
    id, due_at = found
    again_at = now + _AGAIN
    with house.database.write() as connection:
        is_mine = nights.move(connection, id, due_at, again_at)
        licence = licences.get(connection, id)
    if is_mine and _compare(house, licence, now):
        with house.database.write() as connection:
            nights.move(connection, id, again_at, _next_night(house.database.now(connection), id))
    return licence.name


def _next_night(after: int, licence: int) -> int:
    """Return the licence's own minute of the night that follows a moment."""
    moment = EPOCH + after * MICROSECOND
    night = moment.replace(hour=_FIRST_HOUR, minute=0, second=0, microsecond=0)
    night += dt.timedelta(minutes=licence % _SPREAD)
    return ((night if night > moment else night + dt.timedelta(days=1)) - EPOCH) // MICROSECOND


def _compare(house: House, licence: Licence, now: int) -> bool:
    """Compare, and tell whether that came to an end."""
    today = (EPOCH + now * MICROSECOND).date()
    try:
        note_closed(house, licence)
        found = reconcile(house, licence, today - LOOK_BACK, today + dt.timedelta(days=1))
    except OperationalError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a plugin raises, the other licences have their night
        own = error if isinstance(error, BoekbrugError) else PluginBug(error=repr(error))
        house.log.warning("reconcile.failed", licence=licence.name, code=own.code, **own.facts)
        return False
    told = msgspec.to_builtins(found.kinds)
    house.log.info("reconcile.done", licence=licence.name, asked=found.asked, agreeing=found.agreeing, **told)
    return True
