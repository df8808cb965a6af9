"""One daemon per SQLite database: the lock that a second one meets."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import make_url

from boekbrug.contract import BoekbrugError


class DaemonRuns(BoekbrugError):
    """A daemon works on this database already; stop it first, or give this one a database of its own."""

    code = "daemon-runs"
    retry_helps = True


@contextmanager
def single(database_url: str) -> Iterator[None]:
    """Be the one daemon of a SQLite database, whose folder is made when absent; raise DaemonRuns.

    Nodes on PostgreSQL share the work and need no lock. It ends with the process, whatever way that ends.
    """
    url = make_url(database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        yield
        return
    path = Path(f"{url.database}.lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise DaemonRuns(database=url.database, process=file.read().strip()) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
