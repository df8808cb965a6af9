"""Databases with this release's tables, copied from one that was migrated once: a migration takes 100 to 400 ms."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.conftest import Postgres

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


@pytest.fixture(params=["sqlite", "postgresql"])
def ready_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Run a test on both databases, each with its tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{shutil.copy(request.getfixturevalue('sqlite_template'), tmp_path)}"
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    name = postgres.create(request.getfixturevalue("postgres_template"))
    yield postgres.url(name)
    postgres.drop(name)
