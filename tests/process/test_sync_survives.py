"""`boekbrug sync` is killed, or cannot write, and afterwards the books are complete and nothing stands there twice."""

import os
import resource
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest
from tests.office import Office, order

KILLS = int(os.environ.get("BOEKBRUG_TEST_KILLS", "3"))
"""How often the run is killed; `make prove` asks for 20."""
ORDERS = 300
"""Orders that each run finds new."""
NEVER = 120.0


@pytest.fixture
def office(tmp_path: Path) -> Office:
    found = Office(tmp_path / "office")
    found.furnish(automatic=True)
    return found


def assert_complete(office: Office, orders: int, hledger: Path) -> None:
    counted = Counter(office.marks())
    assert [mark for mark, count in counted.items() if count > 1] == []
    assert len(counted) == orders
    office.run("db", "check")
    [licence] = office.json("licence", "list")
    assert licence["states"]["booked"] == sum(licence["states"].values()) == orders
    books = office.books / "books.journal"
    subprocess.run([hledger, "check", "--strict", "-f", books], check=True, capture_output=True)


def test_killed_at_random_moments_nothing_is_lost_or_doubled(
    office: Office, tool: Callable[[str], Path], record_property: Callable[[str, object], None]
) -> None:
    seed = int.from_bytes(os.urandom(4), "big")
    record_property("seed", seed)
    random = Random(seed)
    office.put("orders-0.jsonl", orders(0))
    longest = _worked(office, NEVER)
    killed = 0
    for n in range(1, KILLS + 1):
        office.put(f"orders-{n}.jsonl", orders(n))
        moment = random.uniform(0, longest)
        killed += _worked(office, moment) >= moment
    office.run("sync", "webshop")
    assert_complete(office, (KILLS + 1) * ORDERS, tool("hledger"))
    assert killed, f"every run ended before it was killed (seed {seed})"


def orders(n: int) -> list[dict[str, Any]]:
    return [order(n * ORDERS + i) for i in range(ORDERS)]


def _worked(office: Office, longest: float) -> float:
    """Run the licence, killed so long after it began to work; return how many seconds it worked."""
    command = office.command("sync", "webshop")
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=office.folder) as process:
        while not _is_at_work(office, process.pid) and process.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.005)
        began = time.monotonic()
        try:
            process.wait(longest)
        except subprocess.TimeoutExpired:
            process.kill()
    return time.monotonic() - began


def _is_at_work(office: Office, pid: int) -> bool:
    with closing(sqlite3.connect(office.folder / "state" / "boekbrug.db")) as database:
        return database.execute("select 1 from worker where pid = ?", (pid,)).fetchone() is not None


FILLER = 8 * 1024 * 1024
"""Bytes that the books already have, far more than the database, so that a limit on files hits the books alone."""


def _full_disk(office: Office, tool: Callable[[str], Path]) -> tuple[list[str | Path], Callable[[], None]]:
    journal = office.books / "2026.journal"
    with journal.open("a", encoding="utf-8") as file:
        file.write("; filler\n" * (FILLER // 9))
    limit = journal.stat().st_size + 2000
    return [tool("prlimit"), f"--fsize={limit}:{resource.RLIM_INFINITY}"], lambda: None


def _no_permission(office: Office, tool: Callable[[str], Path]) -> tuple[list[str | Path], Callable[[], None]]:
    places = [office.books, *office.books.iterdir()]
    before = {place: place.stat().st_mode for place in places}
    for place in places:
        place.chmod(0o555 if place.is_dir() else 0o444)

    def mend() -> None:
        for place, mode in before.items():
            place.chmod(mode)

    # root may write everywhere, until this right is taken from it
    without_right = "-dac_override,-dac_read_search"
    return [tool("setpriv"), f"--bounding-set={without_right}"] if os.geteuid() == 0 else [], mend


@pytest.mark.parametrize("obstacle", [_full_disk, _no_permission])
def test_what_could_not_be_written_is_written_later_and_once(
    obstacle: Callable[[Office, Callable[[str], Path]], tuple[list[str | Path], Callable[[], None]]],
    office: Office,
    tool: Callable[[str], Path],
) -> None:
    office.put("first.jsonl", [order(0)])
    office.run("sync", "webshop")
    office.put("more.jsonl", [order(n) for n in range(1, 40)])
    before, mend = obstacle(office, tool)
    stopped = office.spawn("sync", "webshop", before=before)
    mend()
    assert stopped.exit == 1, stopped.stderr
    assert len(office.marks()) == 1
    [problem] = office.json("problems", exits=1)
    assert problem["code"] == "storage-full"
    office.run("retry", "webshop")
    office.run("sync", "webshop")
    assert_complete(office, 40, tool("hledger"))
    assert office.json("problems") == []
