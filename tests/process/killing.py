"""A run of a licence that is killed so long after it began to work."""

import signal
import sqlite3
import subprocess
import time
from contextlib import closing, suppress
from typing import NamedTuple

from tests.office import Office

NEVER = 120.0


class Worked(NamedTuple):
    """How long a run worked, and whether it was at work when it was killed."""

    seconds: float
    killed: bool


def work(office: Office, licence: str, longest: float = NEVER) -> Worked:
    """Run a licence, and kill it so long after it began to work, if it still does."""
    command = office.command("sync", licence)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=office.folder) as process:
        while not _is_at_work(office, process.pid) and process.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.005)
        began = time.monotonic()
        try:
            process.wait(longest)
        except subprocess.TimeoutExpired:
            process.kill()
        return Worked(time.monotonic() - began, process.wait() == -signal.SIGKILL)


def _is_at_work(office: Office, pid: int) -> bool:
    with closing(sqlite3.connect(office.folder / "state" / "boekbrug.db")) as database:
        return database.execute("select 1 from worker where pid = ?", (pid,)).fetchone() is not None
