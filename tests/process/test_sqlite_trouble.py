"""A SQLite database whose disk is full, or that may not be written: said in a sentence, and nothing lost or doubled."""

import os
import resource
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.office import Office, order
from tests.process.daemon import Daemon, running, settle_in
from tests.servers import Tool, absent

ORDERS = 1500
SMALL, LARGE = "size=3m", "size=60m"
ROOM = 200_000
"""Bytes that are left when a daemon is to meet a full disk: enough to be told, not enough for what it is told to do."""
SHORT = "[engine]\nlease = 3\ncall_deadline = 2\nquiet_period = 6"


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """Put a disk of 3 MB into a folder, which only root may."""
    folder.mkdir(parents=True)
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", SMALL, "tmpfs", folder], capture_output=True, check=False)
    if made.returncode:
        absent(f"a small disk cannot be made here: {made.stderr.decode().strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def make_room(folder: Path) -> None:
    subprocess.run(["mount", "-o", f"remount,{LARGE}", folder], check=True)


def assert_complete(office: Office, orders: int) -> None:
    assert len(set(office.marks())) == len(office.marks()) == orders
    office.run("db", "check")
    [licence] = office.json("licence", "list")
    assert licence["states"]["booked"] == sum(licence["states"].values()) == orders


def fill(folder: Path, left: int) -> Path:
    """Fill a disk up to so many bytes."""
    disk = os.statvfs(folder)
    ballast = folder / "ballast"
    ballast.write_bytes(b"0" * max(disk.f_bavail * disk.f_frsize - left, 0))
    return ballast


def run_at_once(office: Office) -> None:
    office.run("licence", "pause", "webshop")
    office.run("licence", "resume", "webshop")


def test_full_disk_is_said_and_when_there_is_room_all_is_booked_once(tmp_path: Path) -> None:
    office = Office(tmp_path / "office")
    state = office.folder / "state"
    with small_disk(state):
        office.furnish(automatic=True)
        settle_in(office)
        office.put("first.jsonl", [order(n) for n in range(ORDERS)])
        stopped = office.spawn("sync", "webshop")
        assert (stopped.exit, "Make room on its disk" in stopped.stderr) == (3, True), stopped.stderr
        refused = office.spawn("run")
        assert (refused.exit, "The disk is full" in refused.stderr) == (3, True), refused.stderr
        assert "Traceback" not in stopped.stderr + refused.stderr
        make_room(state)
        with running(office) as daemon:
            daemon.ready()
            while daemon.logs("licence.ran")["delivered"] == 0:
                pass
            ballast = fill(state, ROOM)
            office.put("second.jsonl", [order(n) for n in range(ORDERS, 2 * ORDERS)])
            run_at_once(office)
            daemon.logs("worker.failed")
            ballast.unlink()
            daemon.ask_to_stop()
            assert daemon.ends_with() == 0
        office.run("sync", "webshop")
        assert_complete(office, 2 * ORDERS)


def most(state: Path) -> int:
    """Return the bytes that a file of the database may have when little more is to be written."""
    return max(file.stat().st_size for file in state.glob("boekbrug.db*")) + ROOM


def limit(tool: Tool, daemon: Daemon, size: int = resource.RLIM_INFINITY) -> None:
    """Let no file of a daemon grow beyond so many bytes from now on."""
    most_of_all = resource.RLIM_INFINITY
    subprocess.run([tool("prlimit"), f"--pid={daemon.pid}", f"--fsize={size}:{most_of_all}"], check=True)


def test_disk_that_takes_no_more_is_said_and_when_it_does_all_is_booked_once(tmp_path: Path, tool: Tool) -> None:
    """Without the right to make a small disk, files may be kept from growing."""
    office = Office(tmp_path / "office")
    state = office.folder / "state"
    office.furnish(automatic=True)
    settle_in(office)
    office.put("first.jsonl", [order(n) for n in range(ORDERS)])
    limited: list[str | Path] = [tool("prlimit"), f"--fsize={most(state)}"]
    stopped = office.spawn("sync", "webshop", before=limited)
    assert (stopped.exit, "Has its disk room" in stopped.stderr) == (3, True), stopped.stderr
    assert "Traceback" not in stopped.stderr
    with running(office) as daemon:
        daemon.ready()
        while daemon.logs("licence.ran")["delivered"] == 0:
            pass
        limit(tool, daemon, most(state))
        office.put("second.jsonl", [order(n) for n in range(ORDERS, 2 * ORDERS)])
        run_at_once(office)
        daemon.logs("worker.failed")
        limit(tool, daemon)
        daemon.ask_to_stop()
        assert daemon.ends_with() == 0
    office.run("sync", "webshop")
    assert_complete(office, 2 * ORDERS)


@contextmanager
def unwritable(tool: Tool, daemon: Daemon, state: Path) -> Iterator[None]:
    """Let every write of a running daemon to its database fail: by the file system, or without that right by a limit.

    What it shares with other processes in memory stays as it is: a process whose page may not be written is killed.
    """
    files = [state / "boekbrug.db", state / "boekbrug.db-wal"]
    made = subprocess.run(["chattr", "+i", *files], capture_output=True, check=False)
    if made.returncode:
        limit(tool, daemon, 0)
    try:
        yield
    finally:
        subprocess.run(["chattr", "-i", *files], capture_output=True, check=False)
        limit(tool, daemon)


@pytest.fixture
def disk() -> Iterator[Path]:
    """Make a folder on a disk: in memory, files that are open already go on being written whatever they forbid."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        yield Path(folder)


def test_database_that_may_not_be_written_any_more_is_waited_for_by_a_running_daemon(disk: Path, tool: Tool) -> None:
    office = Office(disk / "office")
    office.furnish(automatic=True)
    settle_in(office, extra=SHORT)
    office.put("first.jsonl", [order(0)])
    with running(office) as daemon:
        daemon.ready()
        while daemon.logs("licence.ran")["delivered"] == 0:
            pass
        office.put("second.jsonl", [order(n) for n in range(1, ORDERS)])
        run_at_once(office)
        daemon.freeze()
        assert len(office.marks()) < ORDERS
        with unwritable(tool, daemon, office.folder / "state"):
            daemon.thaw()
            told = set[str]()
            # it can still be read, which makes nothing well
            while not told >= {"worker.failed", "database.away"}:
                told.add(daemon.logs("worker.failed", "database.away", "database.back")["event"])
            assert "database.back" not in told
            written = office.marks()
            daemon.logs("worker.failed")
            assert office.marks() == written
        while sum(licence["states"]["booked"] for licence in office.json("licence", "list")) < ORDERS:
            daemon.logs("licence.ran")
        daemon.ask_to_stop()
        assert daemon.ends_with() == 0
    assert_complete(office, ORDERS)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Take away the right to write a folder and what is in it."""
    places = [folder, *folder.iterdir()]
    before = {place: place.stat().st_mode for place in places}
    for place, mode in before.items():
        place.chmod(mode & ~0o222)
    yield
    for place, mode in before.items():
        place.chmod(mode)


def test_database_that_may_not_be_written_is_said_and_left_as_it_is(tmp_path: Path, tool: Tool) -> None:
    office = Office(tmp_path / "office")
    office.furnish(automatic=True)
    office.put("orders.jsonl", [order(n) for n in range(5)])
    # root may write everywhere, until this right is taken from it
    mortal: list[str | Path] = (
        [tool("setpriv"), "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    )
    with read_only(office.folder / "state"):
        for command in (["sync", "webshop"], ["run"]):
            refused = office.spawn(*command, before=mortal)
            assert refused.exit == 3, refused.stderr
            assert "Traceback" not in refused.stderr
            assert "may not be written" in refused.stderr or "Let this user write it" in refused.stderr
    assert office.marks() == []
    office.run("sync", "webshop")
    assert_complete(office, 5)
