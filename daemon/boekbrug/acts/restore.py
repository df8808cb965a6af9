"""Put a copy of a SQLite database back, after which boekbrug looks before it sends."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import make_url

from boekbrug.acts.desk import ActRefused
from boekbrug.contract import Because, Clock
from boekbrug.runtime.clock import EPOCH
from boekbrug.runtime.presence import Presence
from boekbrug.runtime.settings import Settings
from boekbrug.runtime.single import single
from boekbrug.store import caution, schema
from boekbrug.store.database import Database
from boekbrug.sync.workplace import MICROSECOND

_SIDES = ("", "-wal", "-shm")


def restore(settings: Settings, file: Path, clock: Clock) -> Path | None:
    """Replace the database by a copy of `file`; return where the one before it is kept, None when there was none.

    All administrations are treated cautiously from then on. Raise DaemonRuns while a daemon works on the database,
    InUse while a command does, and ActRefused when the file is no database of boekbrug, or one of a newer release;
    nothing is changed then, nor where copying fails.
    """
    url = make_url(settings.database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        raise ActRefused(
            Because(
                "A PostgreSQL database is put back by its own tool: stop every node, give pg_restore --clean "
                "--dbname=NAME FILE and then boekbrug db cautious, and start the nodes after that"
            )
        )
    path = Path(url.database)
    with single(settings.database_url), closing(Presence(settings.database_url)) as presence, presence.alone():
        _demand_sound(file)
        with _making(path.with_name(f".{path.name}.restoring")) as fresh:
            _copy(file, fresh, (clock.now() - EPOCH) // MICROSECOND)
            kept = _put_aside(path, f"{clock.now():%Y%m%dT%H%M%S}") if path.exists() else None
            fresh.rename(path)
        _flush(path.parent)
    return kept


@contextmanager
def _making(fresh: Path) -> Iterator[Path]:
    """Leave nothing of a new database behind, whatever becomes of it."""
    _remove(fresh)
    try:
        yield fresh
    finally:
        _remove(fresh)


def _remove(path: Path) -> None:
    for side in (*_SIDES, "-journal"):
        Path(f"{path}{side}").unlink(missing_ok=True)


def _demand_sound(file: Path) -> None:
    if not file.is_file():
        raise ActRefused(Because("There is no file {file}.", file=file))
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as opened:
            (answer,) = opened.execute("pragma quick_check").fetchone()
            opened.execute("select 1 from entry_state limit 1").fetchone()
            revisions = [revision for (revision,) in opened.execute("select version_num from alembic_version")]
    except sqlite3.Error as error:
        raise ActRefused(Because("{file} is no database of boekbrug: {error}.", file=file, error=error)) from error
    if answer != "ok":
        raise ActRefused(Because("{file} is damaged: {answer}. Take another copy.", file=file, answer=answer))
    unknown = [one for one in revisions if not schema.knows(one)]
    if unknown:
        raise ActRefused(
            Because(
                "{file} comes from a newer release of boekbrug (schema {schema}), which this one cannot read. Install "
                "that release and put it back there, or take an older copy.",
                file=file,
                schema=unknown[0],
            )
        )


def _copy(file: Path, fresh: Path, now: int) -> None:
    with closing(sqlite3.connect(file)) as origin, closing(sqlite3.connect(fresh)) as copy:
        origin.backup(copy)
    with closing(Database(f"sqlite:///{fresh}", lambda: now)) as database:
        schema.upgrade(database)
        with database.write() as connection:
            caution.begin(connection, now)
    with closing(sqlite3.connect(fresh)) as copy:
        copy.execute("pragma journal_mode=delete")
    _flush(fresh)


def _put_aside(path: Path, stamp: str) -> Path:
    """Move the database away while nobody can write to it."""
    kept = path.with_name(f"{path.name}.before-restore-{stamp}")
    try:
        with closing(sqlite3.connect(path, timeout=1, isolation_level=None)) as opened:
            opened.execute("pragma wal_checkpoint(truncate)")
            opened.execute("begin exclusive")
            for side in _SIDES:
                if Path(f"{path}{side}").exists():
                    Path(f"{path}{side}").rename(f"{kept}{side}")
            opened.execute("rollback")
    except sqlite3.OperationalError as error:
        raise ActRefused(
            Because("Somebody works on {path} ({error}); wait until they are done.", path=path, error=error)
        ) from error
    return kept


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
