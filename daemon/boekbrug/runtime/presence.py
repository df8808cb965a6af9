"""Who works on a SQLite database: a lock that all of them share, and that whoever replaces the database has alone."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import make_url

from boekbrug.contract import BoekbrugError, StorageFull

_NOT_ALLOWED = (errno.EACCES, errno.EPERM, errno.EROFS)


class InUse(BoekbrugError):
    """Somebody works on this database, a command or a daemon; wait until it ends, or end it, and try again."""

    code = "in-use"
    retry_helps = True


class BeingReplaced(BoekbrugError):
    """The database is just being upgraded or put back; try again when that is done."""

    code = "being-replaced"
    retry_helps = True


class Presence:
    """A process's share of the lock beside a SQLite database, from before it opens it until after it has closed it.

    Nodes on PostgreSQL stand in its table of workers instead. A process ends its share whatever way it ends.
    """

    def __init__(self, database_url: str) -> None:
        """Take a share; raise BeingReplaced, or StorageFull when there is no room for the file."""
        url = make_url(database_url)
        self._database = url.database or ""
        self._path = Path(f"{self._database}.use")
        self._handle = _opened(self._path) if url.get_backend_name() == "sqlite" and self._database else None
        if self._handle is not None and not self._take(fcntl.LOCK_SH):
            self.close()
            raise BeingReplaced(database=self._database)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Be the only one; raise InUse while somebody else is there."""
        if self._handle is None:
            yield
            return
        if not self._take(fcntl.LOCK_EX):
            self._take(fcntl.LOCK_SH)
            raise InUse(database=self._database, process=", ".join(_others(self._handle)) or "unknown")
        try:
            yield
        finally:
            self._take(fcntl.LOCK_SH)

    def close(self) -> None:
        """Give the share back."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _take(self, kind: int) -> bool:
        assert self._handle is not None
        try:
            fcntl.flock(self._handle, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def _opened(path: Path) -> int | None:
    # to read suffices for a lock: root and the service's user may both have made it
    try:
        return os.open(path, os.O_RDONLY | os.O_CREAT, 0o644)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno in _NOT_ALLOWED:
            # whoever may not write beside the database can neither write into it
            return None
        raise StorageFull(file=str(path), reason=error.strerror or str(error)) from error


def _others(handle: int) -> list[str]:
    """Name the other processes that hold a share, as far as the kernel tells."""
    found = os.fstat(handle)
    file = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}:{found.st_ino}"
    lines: list[list[str]] = []
    with suppress(OSError):
        lines = [line.split() for line in Path("/proc/locks").read_text(encoding="ascii").splitlines()]
    return sorted({line[4] for line in lines if line[1] == "FLOCK" and line[5] == file} - {str(os.getpid())})
