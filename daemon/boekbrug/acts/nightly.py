"""What is done once a night for every licence: its books are compared with what was booked."""

import datetime as dt
from collections.abc import Callable

import msgspec
from sqlalchemy.exc import OperationalError

from boekbrug.acts.patient import Wait, give_up
from boekbrug.acts.reconcile import reconcile
from boekbrug.contract import AuthorisationLost, BoekbrugError, PluginBug, WrongKey
from boekbrug.runtime.clock import EPOCH
from boekbrug.store import licences, nights
from boekbrug.store.licences import Licence
from boekbrug.sync import trouble
from boekbrug.sync.house import House
from boekbrug.sync.workplace import MICROSECOND

LOOK_BACK = dt.timedelta(days=35)
"""Entries dated earlier are compared when somebody asks for them: most packages have closed their period."""
_FIRST_HOUR, _SPREAD = 1, 240
#: a comparison that did not come to an end is begun anew after this
_AGAIN = dt.timedelta(hours=1) // MICROSECOND


def reconcile_next(house: House, pause: Wait = give_up) -> str | None:
    """Compare one licence whose night has come; return its name, None when there is none. Of several nodes one does.

    A node that dies meanwhile, or whose database goes away, leaves the licence for an hour; then its night goes on.
    `pause` waits for the target's limits.
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
    night = _Night(house, id, due_at)
    is_mine = night.hold()
    with house.database.read() as connection:
        licence = licences.get(connection, id)
    if is_mine and _compare(house, licence, now, lambda span: pause(span) and night.hold()):
        night.end()
    return licence.name


class _Night:
    """The night of one licence, held by one node for an hour at a time."""

    def __init__(self, house: House, licence: int, due_at: int) -> None:
        self._house, self._licence, self._until = house, licence, due_at

    def hold(self) -> bool:
        """Hold it for another hour; False when another node has it."""
        return self._move(lambda now: now + _AGAIN)

    def end(self) -> None:
        """Be through with it."""
        self._move(lambda now: _next_night(now, self._licence))

    def _move(self, to: Callable[[int], int]) -> bool:
        with self._house.database.write() as connection:
            until = to(self._house.database.now(connection))
            is_mine = nights.move(connection, self._licence, self._until, until)
        self._until = until
        return is_mine


def _next_night(after: int, licence: int) -> int:
    """Return the licence's own minute of the night that follows a moment."""
    moment = EPOCH + after * MICROSECOND
    night = moment.replace(hour=_FIRST_HOUR, minute=0, second=0, microsecond=0)
    night += dt.timedelta(minutes=licence % _SPREAD)
    return ((night if night > moment else night + dt.timedelta(days=1)) - EPOCH) // MICROSECOND


def _compare(house: House, licence: Licence, now: int, wait: Wait) -> bool:
    """Compare, and tell whether that came to an end."""
    today = (EPOCH + now * MICROSECOND).date()
    try:
        found = reconcile(house, licence, today - LOOK_BACK, today + dt.timedelta(days=1), wait=wait)
    except OperationalError:
        raise
    except (AuthorisationLost, WrongKey) as error:
        trouble.note(house.place("reconcile"), licence.target, error, "reconcile")
        return False
    except Exception as error:  # noqa: BLE001 - whatever a plugin raises, the other licences have their night
        own = error if isinstance(error, BoekbrugError) else PluginBug(error=repr(error))
        house.log.warning("reconcile.failed", licence=licence.name, code=own.code, **own.facts)
        return False
    with house.database.write() as connection:
        nights.keep(connection, licence.id, found.kinds["untold"], house.database.now(connection))
    told = msgspec.to_builtins(found.kinds)
    house.log.info("reconcile.done", licence=licence.name, asked=found.asked, agreeing=found.agreeing, **told)
    return True
