"""What has to hold at any size; the sizes of a proof are asked for by the environment."""

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from boekbrug.testing.standin import Surroundings, running
from boekbrug_ccvshop_standin.application import ShopApplication
from boekbrug_ccvshop_standin.generate import make

from .books import books
from .test_end_to_end import PROBLEMS, compare

ORDERS = int(os.environ.get("BOEKBRUG_TEST_CCV_ORDERS", "160"))
"""Orders of the larger shop; a proof asks for 5,000 in the books and 200,000 in memory."""
SMALLER = min(ORDERS // 4, 5000)
PER_DAY = 100


def sizes_of_a_day(surroundings: Surroundings, count: int) -> ShopApplication:
    """Make a shop that sells so many orders a day, for as long as it takes."""
    size, surroundings.size = count, 0
    shop = ShopApplication(surroundings)
    shop._turnstile.enforced = False
    random, first = Random(3), surroundings.clock.now() - dt.timedelta(days=size / PER_DAY)
    for n in range(size):
        make(shop.world, random, "plain", (first + dt.timedelta(days=n / PER_DAY)).replace(microsecond=0))
    return shop


def memory(count: int, mode: str) -> int:
    with running(lambda surroundings: sizes_of_a_day(surroundings, count)) as ready:
        credentials = ready["credentials"]
        assert isinstance(credentials, dict)
        keys = {"root": ready["url"], "public": credentials["public"], "secret": credentials["secret"]}
        command = [sys.executable, str(Path(__file__).with_name("drain.py")), json.dumps({**keys, "books": mode})]
        done = subprocess.run(command, capture_output=True, check=True)
    found = json.loads(done.stdout)
    assert found["documents"] == count
    return int(found["memory"])


@pytest.mark.prove
@pytest.mark.parametrize("mode", ["orders", "invoices"])
def test_memory_does_not_grow_with_the_shop(mode: str) -> None:
    small, large = memory(SMALLER, mode), memory(ORDERS, mode)
    assert large <= small + 8 * 1024


@pytest.mark.prove
@pytest.mark.parametrize("mode", ["orders", "invoices"])
def test_whole_shop_is_in_the_books_with_its_own_totals(tmp_path: Path, mode: str) -> None:
    with books(tmp_path / "bridge", size=5000) as bridge:
        bridge.connect(mode)
        bridge.run_until_quiet()
        compare(bridge, mode)
        assert set(bridge.problems().values()) == PROBLEMS[mode]
        assert bridge.counts().keys() <= {"booked", "open", "problem", "skipped"}
