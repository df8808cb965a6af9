"""Open the database, run transactions, and read its clock."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

Microseconds = int
HostClock = Callable[[], Microseconds]

_PRAGMAS = (
    "journal_mode=wal",
    "synchronous=full",
    "foreign_keys=on",
    "busy_timeout=30000",
    "cache_size=-16000",
    "temp_store=memory",
)


_STATEMENTS_KEPT = 32
"""Prepared statements kept per connection: those for many rows take up to 100 kB each, and more are no faster."""


class Database:
    """One database and its clock; safe to share between threads.

    Lease times come from `now`: PostgreSQL's own clock, so that nodes with different clocks agree, or the host's
    clock for SQLite, which lives on one host. A simulator hands in `clock` and overrules both;
    where nothing has to survive the machine it leaves SQLite's flushes out (`durable`).
    """

    def __init__(
        self,
        url: str,
        host_clock: HostClock,
        *,
        clock: HostClock | None = None,
        pool_size: int = 10,
        durable: bool = True,
    ) -> None:
        self.url = sa.engine.make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _sqlite(self.url, durable=durable) if self.is_sqlite else _postgresql(self.url, pool_size)
        self._reading = self.engine.execution_options(boekbrug_reads=True)
        self._clock = clock or (host_clock if self.is_sqlite else None)

    @property
    def path(self) -> Path | None:
        """Return the SQLite file, or None on PostgreSQL."""
        return Path(self.url.database) if self.is_sqlite and self.url.database else None

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Run one transaction that may write; it is durable when the block ends, undone when the block raises."""
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Run one transaction that only reads; it never waits for a writer."""
        with self._reading.begin() as connection:
            yield connection

    def now(self, connection: Connection) -> Microseconds:
        """Return the moment by the one clock that leases are measured on."""
        if self._clock is not None:
            return self._clock()
        return int(connection.scalar(sa.text("select (extract(epoch from clock_timestamp()) * 1000000)::bigint")))

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def _sqlite(url: sa.URL, *, durable: bool) -> Engine:
    arguments = {"timeout": 30, "check_same_thread": False, "cached_statements": _STATEMENTS_KEPT}
    engine = sa.create_engine(url, connect_args=arguments)
    pragmas = _PRAGMAS if durable else (*_PRAGMAS, "synchronous=off")
    sa.event.listen(engine, "connect", lambda connection, _: _prepare_sqlite(connection, pragmas))
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _postgresql(url: sa.URL, pool_size: int) -> Engine:
    # no server-side prepared statements: pgbouncer in transaction mode hands every transaction another session
    arguments = {"prepare_threshold": None}
    engine = sa.create_engine(url, pool_size=pool_size, max_overflow=10, pool_pre_ping=True, connect_args=arguments)
    sa.event.listen(engine, "handle_error", _leave_read_only, retval=True)
    return engine


_READ_ONLY = "25006"


def _leave_read_only(context: sa.ExceptionContext) -> OperationalError | None:
    """Take a server that may only be read, as after a failover, for one that is away: the next session is a new one."""
    cause = context.original_exception
    if getattr(cause, "sqlstate", None) != _READ_ONLY:
        return None
    context.is_disconnect = True
    return OperationalError(context.statement, None, cause)


def _prepare_sqlite(connection: Any, pragmas: tuple[str, ...]) -> None:
    connection.isolation_level = None
    for pragma in pragmas:
        connection.execute(f"pragma {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    # "immediate" takes the write lock at once: a transaction that reads first and writes later could not be granted it
    reads = connection.get_execution_options().get("boekbrug_reads")
    connection.exec_driver_sql("begin deferred" if reads else "begin immediate")
