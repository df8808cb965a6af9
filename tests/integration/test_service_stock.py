"""What the metrics say of the store, on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.office import Office, order

from boekbrug.contract import Problem
from boekbrug.runtime.metrics import read_stock
from boekbrug.runtime.settings import load
from boekbrug.store import problems, workers
from boekbrug.store.connections import TROUBLE
from boekbrug.store.database import Database
from boekbrug.store.problems import Opened
from boekbrug.store.tables import document_state, effect, entry_state, licence

MINUTE = 60_000_000
START = 1_800_000_000_000_000


class Hours:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def hours() -> Hours:
    return Hours()


@pytest.fixture
def database(database_url: str, tmp_path: Path, hours: Hours) -> Iterator[Database]:
    """Open the store of a licence with four orders: two booked, one with a problem, one open."""
    office = Office(tmp_path / "office", database_url)
    office.furnish(automatic=True)
    office.put("orders.jsonl", [order(1), order(2), order(3, payment_method="unheard-of"), order(4, status="new")])
    office.run("sync", "webshop", exits=1)
    found = Database(load(office.config, {}).database_url, hours, clock=hours)
    yield found
    found.close()


def change(database: Database, *statements: sa.Update) -> None:
    with database.write() as connection:
        for statement in statements:
            assert connection.execute(statement).rowcount


def test_documents_and_problems_are_counted(database: Database) -> None:
    stock = read_stock(database)
    assert {state: number for state, number in stock.documents.items() if number} == {
        "booked": 2,
        "problem": 1,
        "open": 1,
    }
    assert stock.problems == {"payment-method-unmapped": 1}
    assert stock.in_doubt == 0


def test_effects_whose_outcome_is_unknown_are_in_doubt(database: Database) -> None:
    one = sa.select(sa.func.min(effect.c.id)).scalar_subquery()
    change(database, sa.update(effect).where(effect.c.id == one).values(state="unknown"))
    assert read_stock(database).in_doubt == 1


@pytest.mark.parametrize(
    ("reason", "turn", "seconds"),
    [("compose", START, 600), ("original", START, 600), ("term of 2026-07-03", None, 0)],
)
def test_what_has_a_turn_of_its_own_waits(database: Database, reason: str, turn: int | None, seconds: float) -> None:
    waits = {"state": "waiting", "reason": reason, "next_at": turn, "changed_at": START - 10 * MINUTE}
    change(database, sa.update(document_state).where(document_state.c.state == "problem").values(waits))
    assert read_stock(database).oldest_waiting_seconds == seconds


@pytest.mark.parametrize(
    ("reason", "turn", "seconds"), [("deliver", START, 600), ("retry", START, 600), ("approval", None, 0)]
)
def test_what_waits_for_its_entry_waits_unless_a_person_has_to_approve(
    database: Database, reason: str, turn: int | None, seconds: float
) -> None:
    state = "composed" if turn is None else "due"
    waits = {"state": "waiting", "reason": reason, "changed_at": START - 10 * MINUTE}
    one = sa.select(sa.func.min(document_state.c.entry)).scalar_subquery()
    change(database, sa.update(entry_state).where(entry_state.c.entry == one).values(state=state, next_at=turn))
    change(database, sa.update(document_state).where(document_state.c.entry == one).values(waits))
    assert read_stock(database).oldest_waiting_seconds == seconds
    change(database, sa.update(licence).values(state="paused"))
    assert read_stock(database).oldest_waiting_seconds == 0


def test_due_work_is_overdue_until_it_is_taken(database: Database, hours: Hours) -> None:
    change(database, sa.update(licence).values(next_at=START - 3 * MINUTE))
    assert read_stock(database).overdue_seconds == 180
    change(database, sa.update(licence).values(claimed_by="w", claimed_until=START + MINUTE))
    assert read_stock(database).overdue_seconds == 0
    hours.now = START + 2 * MINUTE
    assert read_stock(database).overdue_seconds == 60
    change(database, sa.update(licence).values(state="paused"))
    assert read_stock(database).overdue_seconds == 0


def test_last_run_counts_only_without_trouble(database: Database) -> None:
    change(database, sa.update(licence).values(last_run_at=START - MINUTE))
    assert read_stock(database).last_run_timestamp == (START - MINUTE) / 1_000_000
    with database.write() as connection:
        target = connection.scalar(sa.select(licence.c.target))
        trouble = Opened(Problem(code="storage-full"), connection=target, unit="", place=TROUBLE)
        problems.open_problems(connection, [trouble], 999_999_999, START)
    assert read_stock(database).last_run_timestamp == 0


def test_leases_are_kept_only_while_they_last_and_dead_workers_lose_theirs(database: Database, hours: Hours) -> None:
    with database.write() as connection:
        for name, pid in (("lives", 1), ("dead", 2)):
            workers.enter(connection, name, "here", pid, "start", START)
    change(database, sa.update(licence).values(claimed_by="lives", claimed_until=START + MINUTE))
    with database.write() as connection:
        workers.beat(connection, ["lives"], START + 5 * MINUTE, START)
        assert connection.scalar(sa.select(licence.c.claimed_until)) == START + 5 * MINUTE
        workers.beat(connection, ["lives"], START + 9 * MINUTE, START + 6 * MINUTE)
        assert connection.scalar(sa.select(licence.c.claimed_until)) == START + 5 * MINUTE
        connection.execute(sa.update(licence).values(claimed_by="dead"))
        assert workers.bury(connection, "here", lambda pid, _: pid == 1, START) == ["dead"]
        assert connection.scalar(sa.select(licence.c.claimed_until)) is None
        workers.forget(connection, START + 7 * MINUTE)
        assert workers.bury(connection, "here", lambda *_: False, START) == []
