"""Webhooks by themselves: units of active licences are subscribed, those that no licence uses any more withdrawn."""

import datetime as dt
from collections.abc import Iterator
from hashlib import blake2b
from typing import NamedTuple

from sqlalchemy import Connection

from boekbrug.acts.desk import ActRefused, Desk
from boekbrug.acts.hooks import subscribe, unsubscribe
from boekbrug.contract import AuthorisationLost, BoekbrugError, SendsHooks, WrongKey
from boekbrug.store import connections, facts, hooks, licences
from boekbrug.store.connections import OK, ConnectionRow
from boekbrug.store.licences import ACTIVE, ENDED
from boekbrug.sync.house import House
from boekbrug.sync.workplace import MICROSECOND

ACTOR = "boekbrug"
AGAIN = dt.timedelta(hours=1) // MICROSECOND
"""How long to leave a vendor alone that refused; polling goes on meanwhile."""
RENEWED = dt.timedelta(days=7) // MICROSECOND
"""How long a subscription is taken to stand: somebody may have removed it in the shop."""
_DUE = "hooks "


class _Task(NamedTuple):
    """A unit to subscribe or to withdraw, under the fact that says when it was looked at."""

    connection: ConnectionRow
    unit: str
    fact: str
    before: str | None
    wanted: bool


def subscribe_next(house: House) -> str | None:
    """Subscribe or withdraw one unit that is due; return its connection's name, None when there is none.

    Of several nodes one does. A vendor that refuses is asked again in an hour.
    """
    with house.database.read() as connection:
        now = house.database.now(connection)
        tasks = list(_tasks(house, connection, now))
    for task in tasks:
        if _claim(house, task, now + AGAIN):
            _do(house, task, now)
            return task.connection.name
    return None


def _tasks(house: House, connection: Connection, now: int) -> Iterator[_Task]:
    known = {row.id: row for row in connections.list_all(connection)}
    every = licences.list_all(connection)
    looked = facts.starting_with(connection, _DUE)
    active = {(one.source, one.unit) for one in every if one.state == ACTIVE}
    used = {(one.source, one.unit) for one in every if one.state != ENDED}
    public = house.settings.service.public_url
    for id, unit in sorted(active if public else ()):
        fact = _fact(id, unit)
        if known[id].state == OK and _offers(house, known[id]) and _is_due(looked.get(fact), public, now):
            yield _Task(known[id], unit, fact, looked.get(fact), wanted=True)
    for id, unit in sorted(hooks.subscribed(connection) - used):
        fact = _fact(id, unit)
        if _is_due(looked.get(fact), "", now):
            yield _Task(known[id], unit, fact, looked.get(fact), wanted=False)


def _offers(house: House, row: ConnectionRow) -> bool:
    kind = house.plugins.sources.get(row.plugin)
    return kind is not None and issubclass(kind, SendsHooks) and bool(kind.capabilities.topics)


def _fact(id: int, unit: str) -> str:
    # the name of a fact has 64 characters, that of a unit may have as many
    return f"{_DUE}{id} {blake2b(unit.encode(), digest_size=8).hexdigest()}"


def _is_due(looked: str | None, public: str, now: int) -> bool:
    if looked is None:
        return True
    next_at, _, address = looked.partition(" ")
    return address != public or int(next_at) <= now


def _claim(house: House, task: _Task, next_at: int) -> bool:
    public = house.settings.service.public_url if task.wanted else ""
    with house.database.write() as connection:
        return facts.change(connection, task.fact, task.before, f"{next_at} {public}")


def _do(house: House, task: _Task, now: int) -> None:
    desk, name = Desk(house, ACTOR), task.connection.name
    try:
        if task.wanted:
            topics = subscribe(desk, name, task.unit)
            house.log.info("hooks.subscribed", connection=name, unit=task.unit, topics=topics)
        else:
            _withdraw(desk, task)
            house.log.info("hooks.withdrawn", connection=name, unit=task.unit)
    except BoekbrugError as error:
        house.log.warning("hooks.failed", connection=name, unit=task.unit, code=error.code, **error.facts)
        return
    with house.database.write() as connection:
        if task.wanted:
            facts.put(connection, task.fact, f"{now + RENEWED} {house.settings.service.public_url}")
        else:
            facts.remove(connection, task.fact)


def _withdraw(desk: Desk, task: _Task) -> None:
    try:
        unsubscribe(desk, task.connection.name, task.unit)
    except (AuthorisationLost, WrongKey, ActRefused):
        # whoever takes our key back calls us no more, and what still comes is refused
        with desk.act("hook-unsubscribe", task.connection.name) as act:
            hooks.remove(act.connection, task.connection.id, task.unit)
            act.facts = {"unit": task.unit}
