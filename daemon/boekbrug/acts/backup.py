"""Copy a SQLite database while it is in use."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from boekbrug.acts.desk import ActRefused
from boekbrug.contract import Because
from boekbrug.sync.house import House

_PAGES = 2000


def backup(house: House, to: Path, progress: Callable[[int, int, int], None]) -> None:
    """Copy the database to a new file, whole or not at all; `progress` gets status, pages left and pages in all."""
    source = house.database.path
    if source is None:
        raise ActRefused(
            Because("A PostgreSQL database is copied by its own tool: pg_dump --format=custom --file=FILE NAME")
        )
    if to.exists():
        raise ActRefused(Because("{to} exists already; choose another name, so that no older copy is lost.", to=to))
    partial = to.with_name(f".{to.name}.partial")
    partial.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(source)) as origin, closing(sqlite3.connect(partial)) as copy:
            origin.backup(copy, pages=_PAGES, progress=progress)
            copy.execute("pragma journal_mode=delete")
        _flush(partial)
        partial.rename(to)
    finally:
        partial.unlink(missing_ok=True)


def _flush(file: Path) -> None:
    with file.open("rb") as opened:
        os.fsync(opened.fileno())
