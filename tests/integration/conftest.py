"""Databases with this release's tables, copied from one that was migrated once: a migration takes 100 to 400 ms."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.servers import Postgres

from boekbrug.store import schema
from boekbrug.store.database import Database


def _migrated(url: str) -> None:
    with closing(Database(url, lambda: 0)) as database:
        schema.upgrade(database)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the SQLite database that others are copied from."""
    path = tmp_path_factory.mktemp("template") / "boekbrug.db"
    _migrated(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres: Postgres) -> Iterator[str]:
    """Make the PostgreSQL database that others are copied from."""
    name = postgres.create()
    _migrated(postgres.url(name))
    yield name
    postgres.drop(name)


@pytest.fixture
def ready(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Make databases with their tables: sqlite, postgresql, or pgbouncer, which is a PostgreSQL behind a pooler."""
    made: list[str] = []

    def make(kind: str) -> str:
        if kind == "sqlite":
            return f"sqlite:///{shutil.copy(request.getfixturevalue('sqlite_template'), tmp_path)}"
        postgres: Postgres = request.getfixturevalue("postgres")
        made.append(postgres.create(request.getfixturevalue("postgres_template")))
        address: Callable[[str], str] = request.getfixturevalue("pooler") if kind == "pgbouncer" else postgres.url
        return address(made[-1])

    yield make
    for name in made:
        request.getfixturevalue("postgres").drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def ready_url(request: pytest.FixtureRequest, ready: Callable[[str], str]) -> str:
    """Run a test on both databases, each with its tables."""
    return ready(request.param)
