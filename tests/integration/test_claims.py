"""What a worker holds is held for no longer than its run."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.integration.journey import Business, order
from tests.integration.moody import calm, plugins

from boekbrug.store import changes, cursors
from boekbrug.store.cursors import CursorClaim
from boekbrug.store.database import Database
from boekbrug.store.tables import entry_state, fetch_cursor, licence
from boekbrug.sync.worker import Worker


@pytest.fixture
def business(tmp_path: Path, ready_url: str) -> Iterator[Business]:
    calm()
    found = Business(tmp_path, ready_url, target="singly", plugins=plugins())
    yield found
    found.house.close()


def held(business: Business) -> list[str | None]:
    with business.house.database.read() as connection:
        return [name for table in (licence, fetch_cursor) for name in connection.scalars(sa.select(table.c.claimed_by))]


def test_a_living_worker_whose_run_was_lost_lets_go_of_all_it_held(business: Business) -> None:
    business.write("a.jsonl", *(order(n) for n in range(1, 6)))
    with business.house.workplace("tests") as work:
        worker = Worker(work)
        while (step := worker.step()) is not None and step.phase != "fetched":
            pass
        assert held(business) == [work.worker] * 2
        while (step := worker.step()) is not None and step.phase != "claimed":
            pass
        with business.house.database.write() as connection:
            # another worker came first
            connection.execute(sa.update(entry_state).values(fence=entry_state.c.fence + 1))
        while (step := worker.step()) is not None and step.phase != "claim-lost":
            pass
        assert held(business) == [None] * 2
        while worker.step() is not None:
            pass
    assert business.counts() == {"booked": 5}
    assert business.ledger().count("mark:") == 5


def test_what_is_made_due_during_a_run_is_done_right_after_it(business: Business) -> None:
    business.write("a.jsonl", order(1))
    with business.house.workplace("tests") as work:
        worker = Worker(work)
        while (step := worker.step()) is not None and step.phase != "fetch-done":
            pass
        business.write("b.jsonl", order(2))
        with business.house.database.write() as connection:
            changes.make_due(connection, business.licence.id, business.house.database.now(connection))
        while worker.step() is not None:
            pass
    assert business.counts() == {"booked": 2}


def test_of_two_who_come_to_a_unit_for_the_first_time_at_once_one_has_its_cursor(business: Business) -> None:
    database, source = business.house.database, business.licence.source

    def come(name: str) -> CursorClaim | None:
        with database.write() as connection:
            return cursors.claim(connection, source, "new", "daily", name, 2, 1)

    with ThreadPoolExecutor(1) as pool:
        with database.write() as connection:
            first = cursors.claim(connection, source, "new", "daily", "first", 2, 1)
            second = pool.submit(come, "second")
            wait_for_one_in_the_way(database)
        assert first == CursorClaim(source, "new", "daily", 1, "")
        assert second.result() is None


def wait_for_one_in_the_way(database: Database) -> None:
    """Wait until a transaction waits for another's row; on SQLite it does so before its first statement."""
    waiting = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    while not database.is_sqlite:
        with database.read() as connection:
            if connection.scalar(sa.text(waiting)):
                return
