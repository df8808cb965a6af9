"""A file that says how far the database had come: when it is ahead of the database, the database is an old one."""

import os
import threading
from contextlib import suppress
from pathlib import Path

from boekbrug.contract import StorageFull

NAME = "heartbeat"


def read(folder: Path) -> int:
    """Return the moment that the file holds; 0 when there is none or it cannot be read."""
    with suppress(OSError, ValueError):
        return int((folder / NAME).read_text(encoding="ascii"))
    return 0


def write(folder: Path, moment: int) -> None:
    """Put a moment into the file, whole or not at all; raise StorageFull, and the one before it stands."""
    partial = folder / f".{NAME}.{os.getpid()}.{threading.get_ident()}"
    try:
        partial.write_text(str(moment), encoding="ascii")
        partial.replace(folder / NAME)
    except OSError as error:
        raise StorageFull(file=str(folder / NAME), reason=error.strerror or str(error)) from error
