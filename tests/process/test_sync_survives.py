"""`boekbrug sync` is killed, or cannot write, and afterwards the books are complete and nothing stands there twice."""

import os
import resource
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.office import Office, order
from tests.process.chance import drawn, tell
from tests.process.killing import work

KILLS = int(os.environ.get("BOEKBRUG_TEST_KILLS", "3"))
"""How often the run is killed; `make prove` asks for 20."""
ORDERS = 300
"""Orders that each run finds new."""


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


def test_killed_at_random_moments_nothing_is_lost_or_doubled(office: Office, tool: Callable[[str], Path]) -> None:
    random = drawn()
    office.put("orders-0.jsonl", orders(0))
    longest = work(office, "webshop").seconds
    killed = runs = 0
    while killed < KILLS:
        assert runs < 4 * KILLS, f"only {killed} of {runs} runs were at work when they were killed"
        runs += 1
        office.put(f"orders-{runs}.jsonl", orders(runs))
        done = work(office, "webshop", random.uniform(0, longest))
        killed += done.killed
        if not done.killed:
            longest = max(done.seconds, longest / 2)
    office.run("sync", "webshop")
    assert_complete(office, (runs + 1) * ORDERS, tool("hledger"))
    tell(f"{killed} of {runs} killed at work")


def orders(n: int) -> list[dict[str, Any]]:
    return [order(n * ORDERS + i) for i in range(ORDERS)]


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
