"""Surroundings of every test: a state folder of its own, a real PostgreSQL, and the outside tools that judge us."""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.servers import Cluster, Postgres, absent, pooling
from tests.sessions import watched

SYSTEMD_VARIABLES = ("CREDENTIALS_DIRECTORY", "STATE_DIRECTORY", "NOTIFY_SOCKET", "WATCHDOG_USEC")
SYSTEM_PROGRAMS = ":/usr/sbin:/sbin"
MEMORY, ROOM = Path("/dev/shm"), 4 << 30
"""Where files are kept in memory, and the bytes that have to be free there: all tests write some hundred megabytes."""


def pytest_configure() -> None:
    """Keep what tests write in memory where there is room: making and removing files is a third of their time."""
    if "TMPDIR" not in os.environ and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point settings and state to a folder of this test, whatever the environment of the developer says."""
    for name in [name for name in os.environ if name.startswith("BOEKBRUG_")]:
        monkeypatch.delenv(name)
    for name in SYSTEMD_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    config = tmp_path / "surroundings" / "boekbrug.toml"
    config.parent.mkdir()
    config.write_text('state = "state"\n')
    monkeypatch.setenv("BOEKBRUG_CONFIG", str(config))
    return config.parent / "state"


@pytest.fixture(autouse=True)
def one_session_per_thread() -> Iterator[None]:
    """Fail a test in which our code waits for a session of the database while it holds one."""
    with watched() as found:
        yield
    assert not found, found


@pytest.fixture(scope="session")
def tool() -> Callable[[str], Path]:
    """Find an outside program by name, or skip with the reason."""

    def find(name: str) -> Path:
        found = shutil.which(name, path=f"{os.environ['PATH']}{SYSTEM_PROGRAMS}:{Path(sys.executable).parent}")
        if found is None:
            absent(f"{name} is not installed")
        return Path(found)

    return find


@pytest.fixture(scope="session")
def postgres(tool: Callable[[str], Path]) -> Iterator[Postgres]:
    """Run a PostgreSQL server of this test process alone (initdb 0.7 s, start 0.1 s); it dies with the process."""
    # below /tmp itself: a socket's path may have 107 characters, and pytest's folders are closed to other users
    with tempfile.TemporaryDirectory(prefix="boekbrug-pg-") as name, Cluster(Path(name), tool).serving() as running:
        yield running


@pytest.fixture(scope="session")
def pooler(postgres: Postgres, tool: Callable[[str], Path]) -> Iterator[Callable[[str], str]]:
    """Run a pgbouncer in transaction mode before that PostgreSQL; give the address of a database behind it."""
    with (
        tempfile.TemporaryDirectory(prefix="boekbrug-pool-") as name,
        pooling(postgres.sockets, Path(name), tool) as address,
    ):
        yield address


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """Give this test an empty PostgreSQL database (30 ms) and remove it afterwards."""
    name = postgres.create()
    yield postgres.url(name)
    postgres.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Run a test on both databases, each empty."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'boekbrug.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url
