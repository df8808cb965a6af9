"""No page reads more of the database where a licence has more sales."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from bench.pages import Town, addresses, ask, furnish, open_town

from boekbrug.store.database import Database

FEW, MANY = 8000, 24_000
OWN_BOUNDS = {"home"}
"""Pages that look at the latest five hundred stuck sales, which a small licence has not."""
GRAIN = 10
"""Steps of SQLite's machine between two counts."""


@pytest.fixture(scope="module")
def towns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Town]]:
    with ExitStack() as stack:
        found = []
        for size in (FEW, MANY):
            house = furnish(tmp_path_factory.mktemp("growth") / str(size), "", size)
            stack.callback(house.close)
            found.append(stack.enter_context(open_town(house)))
        yield found


@contextmanager
def asked(database: Database) -> Iterator[list[tuple[str, Any]]]:
    """Gather what is read of a database."""
    found: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, values: Any, *_rest: object) -> None:
        if statement.lstrip().lower().startswith(("select", "with")):
            found.append((statement, values))

    sa.event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        sa.event.remove(database.engine, "before_cursor_execute", note)


def steps(database: Database, statement: str, values: Any) -> int:
    """Return how many steps SQLite's machine makes for a statement."""
    counted = 0

    def count() -> int:
        nonlocal counted
        counted += GRAIN
        return 0

    with database.read() as connection:
        driver = connection.connection.dbapi_connection
        assert driver is not None
        driver.set_progress_handler(count, GRAIN)
        connection.exec_driver_sql(statement, values).fetchall()
        driver.set_progress_handler(None, 0)
    return counted


def effort(town: Town, path: str) -> int:
    """Return the steps of all that a page reads."""
    database = town.house.database
    with asked(database) as statements:
        ask(town, path)
    return sum(steps(database, statement, values) for statement, values in statements)


def test_pages_read_no_more_where_there_are_three_times_as_many_sales(towns: list[Town]) -> None:
    few, many = (addresses(town.house) for town in towns)
    grown = {}
    for page in few:
        before, after = (effort(town, paths[page]) for town, paths in zip(towns, (few, many), strict=True))
        if after > before * 1.3 + 200 and page not in OWN_BOUNDS:
            grown[page] = (before, after)
    assert grown == {}
