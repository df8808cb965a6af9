"""The port behind `Context.budget`: calls that the outside system still allows, counted for all workers together.

A limit counts in any stretch of its length, which is stricter than the clock minutes that some vendors count in and
therefore right for all. The stretch is cut into slots, so that what is kept of a key stays small; a slot counts until
its last moment has passed, so that the count errs by a slot at most, and on the careful side.
"""

import datetime as dt
from collections.abc import Sequence

from boekbrug.contract import BudgetSpent, Limit, PluginBug
from boekbrug.runtime.clock import EPOCH, to_microseconds
from boekbrug.store import budgets
from boekbrug.store.budgets import BudgetRow, Taken
from boekbrug.store.database import Database

SLOTS = 60
DAILY_RESERVE = 25
"""Percent of every limit that is left for daily work by what can wait: a comparison of the books, a backfill."""

_MICROSECOND = dt.timedelta(microseconds=1)


class StoredBudget:
    """The limits of one plugin, for daily work or, leaving `reserve` percent of each to it, for what can wait."""

    def __init__(self, database: Database, plugin: str, limits: Sequence[Limit], *, reserve: int = 0) -> None:
        self._database, self._plugin, self._reserve = database, plugin, reserve
        self._limits = {limit.name: limit for limit in limits}

    def take(self, *keys: str, cost: int = 1) -> None:
        """Take the cost from every key at once or from none; raise BudgetSpent with the time to wait."""
        limits = {key: self._limit(key, cost) for key in keys}
        with self._database.write() as connection:
            rows = budgets.lock(connection, self._plugin, list(limits))
            now = self._database.now(connection)
            waits = {row.key: self._wait(row, limits[row.key], cost, now) for row in rows}
            longest = max(waits, key=lambda key: waits[key])
            if waits[longest]:
                raise BudgetSpent(waits[longest] * _MICROSECOND, plugin=self._plugin, limit=longest)
            taken = [_take(row, limits[row.key], cost, now) for row in rows]
            budgets.write(connection, self._plugin, taken)

    def learn(self, key: str, *, remaining: int, resets_at: dt.datetime) -> None:
        """Correct a key by what the outside system said.

        Answers of calls that ran at the same time may arrive in any order: until the same reset only less counts.
        """
        self._limit(key, 0)
        until = to_microseconds(resets_at)
        with self._database.write() as connection:
            (row,) = budgets.lock(connection, self._plugin, [key])
            if until <= self._database.now(connection):
                return
            if row.remaining is not None and row.resets_at is not None and until <= row.resets_at:
                remaining, until = min(row.remaining, remaining), row.resets_at
            learned = row._replace(remaining=max(remaining, 0), resets_at=until)
            budgets.write(connection, self._plugin, [learned])

    def through(self, *keys: str, cost: int) -> dt.datetime:
        """Return when so many calls will have been allowed by every key if nobody else takes any; takes none."""
        limits = {key: self._limit(key, 0) for key in keys}
        with self._database.read() as connection:
            now = self._database.now(connection)
            known = {row.key: row for row in budgets.peek(connection, self._plugin, keys)}
        rooms = [self._room(known.get(key, BudgetRow(key)), limit, now) for key, limit in limits.items()]
        return EPOCH + _through(rooms, cost, now) * _MICROSECOND

    def _room(self, row: BudgetRow, limit: Limit, now: int) -> "_Room":
        most, per = limit.calls - self._held_back(limit), limit.per // _MICROSECOND
        if row.remaining is not None and row.resets_at is not None and now < row.resets_at:
            return _Room(most, per, max(row.remaining - self._held_back(limit), 0), row.resets_at)
        live = _live(row.taken, limit, now)
        ends = live[-1].at + _slot(limit) * (SLOTS + 1) if live else now + per
        return _Room(most, per, max(most - sum(slot.calls for slot in live), 0), ends)

    def _limit(self, key: str, cost: int) -> Limit:
        name = key.partition(":")[0]
        limit = self._limits.get(name)
        if limit is None or not 0 <= cost <= limit.calls - self._held_back(limit):
            raise PluginBug(plugin=self._plugin, limit=name, cost=str(cost))
        return limit

    def _held_back(self, limit: Limit) -> int:
        return limit.calls * self._reserve // 100

    def _wait(self, row: BudgetRow, limit: Limit, cost: int, now: int) -> int:
        """Return the microseconds until the cost can be taken; 0 is now."""
        if row.remaining is not None and row.resets_at is not None and now < row.resets_at:
            enough = row.remaining - cost >= self._held_back(limit)
            return 0 if enough else row.resets_at - now
        live = _live(row.taken, limit, now)
        over = sum(slot.calls for slot in live) + cost + self._held_back(limit) - limit.calls
        wait = 0
        for slot in live:
            if over <= 0:
                break
            over -= slot.calls
            wait = slot.at + _slot(limit) * (SLOTS + 1) - now
        return wait


class _Room:
    """What is left of a limit until it is whole again, and how much that is."""

    def __init__(self, most: int, per: int, left: int, ends: int) -> None:
        self.most, self.per, self.left, self.ends = most, per, left, ends

    def renew(self, now: int) -> None:
        if self.ends <= now:
            self.left = self.most
            self.ends += self.per * ((now - self.ends) // self.per + 1)


def _through(rooms: Sequence[_Room], cost: int, now: int) -> int:
    while True:
        for room in rooms:
            room.renew(now)
        taken = min(cost, *(room.left for room in rooms))
        cost -= taken
        if not cost:
            return now
        for room in rooms:
            room.left -= taken
        now = min(room.ends for room in rooms if not room.left)


def _take(row: BudgetRow, limit: Limit, cost: int, now: int) -> BudgetRow:
    at = now - now % _slot(limit)
    live = _live(row.taken, limit, now)
    if live and live[-1].at >= at:
        live[-1] = live[-1]._replace(calls=live[-1].calls + cost)
    else:
        live.append(Taken(at, cost))
    left = None if row.remaining is None else max(row.remaining - cost, 0)
    return row._replace(taken=tuple(live), remaining=left)


def _live(taken: Sequence[Taken], limit: Limit, now: int) -> list[Taken]:
    gone = now - _slot(limit) * (SLOTS + 1)
    return [slot for slot in taken if slot.at > gone]


def _slot(limit: Limit) -> int:
    return -(limit.per // -(SLOTS * _MICROSECOND))
