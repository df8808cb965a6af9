"""Distance sales are counted per administration over all its licences, and end at the threshold."""

import datetime as dt
import shutil
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from tests.integration.journey import SAMPLES, Business, order

from boekbrug.acts import connections, licences
from boekbrug.acts.distance import list_counters
from boekbrug.acts.licence_file import read
from boekbrug.acts.reverse import reverse
from boekbrug.acts.synchronise import run_named
from boekbrug.store import distance


def to_belgium(n: int, amount: str) -> dict[str, Any]:
    return order(n, amount=amount, ship_to="BE", customer={"name": "Luc", "country": "BE"})


def sold(business: Business) -> dict[int, int]:
    with business.house.database.read() as connection:
        return distance.sold(connection, business.licence.administration)


def test_two_licences_share_the_counter_and_are_warned_before_it_is_full(ready_url: str, tmp_path: Path) -> None:
    business = Business(tmp_path, ready_url)
    with closing(business.house):
        (tmp_path / "second" / "orders").mkdir(parents=True)
        connections.add(business.desk, "market", "files", {"folder": str(tmp_path / "second")})
        licences.apply(business.desk, replace(read(SAMPLES / "licence.toml"), name="second", source="market"))
        licences.activate(business.desk, licences.get(business.house, "second"))
        second = licences.get(business.house, "second")

        business.write("a.jsonl", to_belgium(1, "6050.00"))
        assert business.sync() == {"booked": 1}
        assert (sold(business), business.codes()) == ({2026: 500_000}, [])

        shutil.copy(business.write("x.jsonl", to_belgium(2, "4840.00")), tmp_path / "second" / "orders")
        (business.shop / "x.jsonl").unlink()
        business.clock.advance(dt.timedelta(minutes=20))
        with business.house.workplace("second") as work:
            for _ in run_named(work, second):
                pass
        assert (sold(business), business.codes()) == ({2026: 900_000}, ["oss-threshold-near"])

        business.write("b.jsonl", to_belgium(3, "1210.00"), to_belgium(4, "1.21"), order(5))
        assert business.sync() == {"booked": 4, "problem": 1}
        assert business.codes() == ["oss-threshold-near", "oss-threshold-crossed"]
        assert business.problems()[1].facts["sold"] == "10000.00"
        [counter] = list_counters(business.house)
        assert (counter.year, counter.sold, counter.licences) == (2026, Decimal("10000.00"), ("bench", "second"))


def test_reversal_and_day_totals_count_too(sqlite_template: Path, tmp_path: Path) -> None:
    business = Business(tmp_path, f"sqlite:///{shutil.copy(sqlite_template, tmp_path)}")
    with closing(business.house):
        business.choose(mode="day")
        business.write("a.jsonl", to_belgium(1, "1210.00"), to_belgium(2, "121.00"), order(3))
        assert business.wait(2) == {"booked": 3}
        assert sold(business) == {2026: 110_000}
        business.choose(mode="individual")
        business.write("b.jsonl", to_belgium(4, "242.00"))
        business.sync()
        assert sold(business) == {2026: 130_000}
        reverse(business.desk, business.licence, numbers=["W4"])
        business.sync()
        assert sold(business) == {2026: 110_000}
