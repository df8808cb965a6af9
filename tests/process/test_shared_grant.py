"""Two daemons on one PostgreSQL share a grant at Exact, whose refresh tokens work once: no old one is presented."""

import datetime as dt
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests
from bench.exact import control
from tests.process.nodes import Town, town

from boekbrug.acts.problems import list_open

SHOPS = 8
EXPIRY = dt.timedelta(minutes=10)
PATIENCE = 90.0
TOKEN = "/api/oauth2/token"


def let_expire(found: Town) -> None:
    """Give a pair that both sides take for ten minutes old, and forget the calls of giving it."""
    found.authorise("books", ago=EXPIRY)
    control(found.exact, "clock", {"advance": EXPIRY.total_seconds()})
    requests.delete(f"{found.exact['control']}calls", timeout=30).raise_for_status()


def exchanges(found: Town) -> int:
    """Count the calls for tokens."""
    calls: Counter[str] = Counter(requests.get(found.exact["control"], timeout=30).json()["calls"])
    return calls[f"POST {TOKEN}"]


def old_ones(found: Town) -> int:
    """Count how often a refresh token was presented that had been used."""
    tokens: dict[str, Any] = requests.get(f"{found.exact['control']}books", timeout=30).json()["tokens"]
    return int(tokens["old_refreshes"])


@pytest.mark.prove
def test_two_daemons_refresh_a_shared_grant_once_and_together(tmp_path: Path, tool: Callable[[str], Path]) -> None:
    with town(tmp_path / "town", tool, SHOPS) as (found, _), ExitStack() as stack:
        nodes = [stack.enter_context(found.node(n)) for n in range(2)]
        for node in nodes:
            node.ready()
        found.set_latency(0.3)
        lost_on_the_way = {"kind": "close", "method": "POST", "path": TOKEN}
        for n, (faults, calls) in enumerate([([], 1), ([lost_on_the_way], 2)]):
            let_expire(found)
            control(found.exact, "faults", faults)
            found.sell(1, first=100 * n)
            found.due()
            found.wait_until_booked(SHOPS * (n + 1), PATIENCE)
            assert (exchanges(found), old_ones(found)) == (calls, 0)
        for node in nodes:
            # each had sales to send, and the eight hands of both needed the token at the same moment
            assert node.logs("licence.ran")

        let_expire(found)
        control(found.exact, "faults", [{"kind": "drop-reply", "method": "POST", "path": TOKEN}])
        found.sell(1, first=1000)
        found.due()
        found.wait_until(
            lambda: any(one.code == "authorisation-lost" for one in list_open(found.house, "nl")), PATIENCE
        )
        # the pair is spent and the answer is gone: one daemon tries once, the other never, then a person is asked
        assert (exchanges(found), old_ones(found)) == (2, 1)
        found.authorise("books")
        found.wait_until_booked(SHOPS * 3, PATIENCE)
        assert old_ones(found) == 1
        stack.close()
        found.assert_complete(SHOPS * 3)
