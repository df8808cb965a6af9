"""One daemon per SQLite database: the lock that a second one meets."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from sqlalchemy import make_url

from boekbrug.contract import BoekbrugError, StorageFull


class DaemonRuns(BoekbrugError):
    """A daemon works on this database already; stop it first, or give this one a database of its own."""

    code = "daemon-runs"
    retry_helps = True


@contextmanager
def single(database_url: str) -> Iterator[None]:
    """Be the one daemon of a SQLite database, whose folder is made when absent; raise DaemonRuns, or StorageFull when
    the lock beside it cannot be written.

    Nodes on PostgreSQL share the work and need no lock. It ends with the process, whatever way that ends.
    """
    url = make_url(database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        yield
        return
    path = Path(f"{url.database}.lock")
    with ExitStack() as stack:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _lock(stack.enter_context(path.open("ab+", buffering=0)), url.database)
        except OSError as error:
            raise StorageFull(file=str(path), reason=error.strerror or str(error)) from error
        yield


def _lock(file: IO[bytes], database: str) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        raise DaemonRuns(database=database, process=file.read().decode().strip()) from None
    file.truncate(0)
    file.write(str(os.getpid()).encode())
