"""Where a person's acts are done: who acts, and one transaction per act with its audit row."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection

from boekbrug.contract import Because, BoekbrugError, Problem
from boekbrug.store import audit
from boekbrug.store.audit import Done
from boekbrug.store.ids import Ids
from boekbrug.sync.house import House


class NotKnown(BoekbrugError):
    """There is nothing of that name."""

    code = "not-known"


class ActRefused(BoekbrugError):
    """It cannot be done like this, and nothing was changed; `reasons` are sentences that say what to do."""

    code = "act-refused"

    def __init__(self, *reasons: Because, problems: Sequence[Problem] = ()) -> None:
        self.reasons, self.problems = reasons, tuple(problems)
        super().__init__()


class Act:
    """An act under way: its transaction, its moment, and the audit row that it ends with."""

    def __init__(self, connection: Connection, now: int, ids: Ids) -> None:
        self.connection, self.now, self.ids = connection, now, ids
        self.licence: int | None = None
        self.facts: dict[str, str] = {}


class Desk:
    """The house with the person who acts in it."""

    def __init__(self, house: House, actor: str) -> None:
        self.house, self.actor = house, actor
        self.ids = Ids(house.database)

    @contextmanager
    def act(self, name: str, subject: str, *, ids: int = 0) -> Iterator[Act]:
        """Do one act; `ids` says how many identifiers it takes, since none can be fetched while it writes."""
        self.ids.ensure(ids + 1)
        with self.house.database.write() as connection:
            act = Act(connection, self.house.database.now(connection), self.ids)
            yield act
            done = Done(self.ids.take(), act.now, self.actor, name, subject, act.licence, act.facts)
            audit.record(connection, done)
