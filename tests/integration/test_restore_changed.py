"""What a restored database meets when the shop or the books went on since the copy."""

import datetime as dt
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.integration.journey import Business, order
from tests.integration.moody import calm, mood, plugins

from boekbrug.acts.backup import backup
from boekbrug.acts.reconcile import reconcile
from boekbrug.acts.restore import restore
from boekbrug.acts.reverse import reverse
from boekbrug.acts.synchronise import run_named
from boekbrug.booking.rules import Mode
from boekbrug.runtime import heartbeat
from boekbrug.runtime.settings import load
from boekbrug.service.rhythm import BEATS_PER_LEASE
from boekbrug.sync.house import House


@pytest.fixture
def business(tmp_path: Path, sqlite_template: Path) -> Iterator[Business]:
    calm()
    database = shutil.copy(sqlite_template, tmp_path / "boekbrug.db")
    found = Business(tmp_path, f"sqlite:///{database}", target="moody", plugins=plugins())
    yield found
    found.house.close()


Forget = Callable[[], None]


@pytest.fixture
def forget(business: Business, tmp_path: Path) -> Forget:
    """Give what puts the database back as it was before anything was sold."""
    copy = tmp_path / "copy.db"
    backup(business.house, copy, lambda *_: None)

    def put_back() -> None:
        business.house.close()
        restore(business.house.settings, copy, business.clock)
        business.house = House(business.house.settings, clock=business.clock, plugins=plugins())
        business.desk.house = business.house
        mood.sent.clear()

    return put_back


def marks(business: Business) -> list[str]:
    return [line.split("mark:")[1].split(",")[0] for line in business.ledger().splitlines() if "mark:" in line]


def recognised(business: Business) -> list[tuple[str, str, str]]:
    """Run until all is caught up; return mark and amounts, ours and theirs, of what differs."""
    for _ in range(3):
        counts = business.sync()
    assert counts.keys() == {"booked"}
    assert mood.sent == []
    assert {*business.codes()} <= {"differs-at-target"}
    return [(found.facts["mark"], found.facts["sent"], found.facts["found"]) for found in business.problems()]


def extra(business: Business) -> list[str]:
    business.clock.advance(dt.timedelta(hours=1))
    found = reconcile(business.house, business.licence, dt.date(2026, 9, 1), dt.date(2026, 10, 1))
    return sorted(one.mark for one in found.differences if one.kind == "extra")


def test_after_a_restore_what_changed_at_the_shop_is_recognised_and_differs(business: Business, forget: Forget) -> None:
    business.write("a.jsonl", order(1))
    business.sync()
    forget()
    business.write("a.jsonl", order(1, amount="242.00"))
    assert recognised(business) == [(*marks(business), "242.00", "121.00")]
    assert extra(business) == []


def test_after_a_restore_what_was_booked_anew_is_recognised_by_its_first_mark(
    business: Business, forget: Forget
) -> None:
    business.write("a.jsonl", order(1))
    business.sync()
    reverse(business.desk, business.licence, numbers=["W1"], rebook=True)
    for _ in range(2):
        business.sync()
    others = marks(business)[1:]
    assert len(others) == 2
    forget()
    assert recognised(business) == []
    assert extra(business) == sorted(others)


def test_after_a_restore_a_day_in_parts_is_recognised_by_its_first_and_differs(
    business: Business, forget: Forget
) -> None:
    business.choose(mode=Mode.DAY)
    business.write("a.jsonl", order(1))
    business.wait(2)
    business.write("b.jsonl", order(2))
    business.wait(1)
    first, second = marks(business)
    forget()
    business.choose(mode=Mode.DAY)
    assert recognised(business) == [(first, "242.00", "121.00")]
    assert extra(business) == [second]


@pytest.mark.parametrize("beats", [True, False])
def test_by_hand_only_what_was_booked_after_the_last_heartbeat_is_not_noticed(
    business: Business, tmp_path: Path, *, beats: bool
) -> None:
    path, state = business.house.database.path, business.house.settings.state
    assert path is not None
    business.write("a.jsonl", order(1))
    with business.house.workplace("killed") as work:
        backup(business.house, tmp_path / "copy.db", lambda *_: None)
        for _ in run_named(work, business.licence):
            business.clock.advance(dt.timedelta(seconds=1))
        if beats:
            business.house.beat()
        last = heartbeat.read(state)
    # whoever is killed says nothing when it ends
    heartbeat.write(state, last)
    business.house.close()
    for side in ("-wal", "-shm"):
        Path(f"{path}{side}").unlink(missing_ok=True)
    shutil.copy(tmp_path / "copy.db", path)
    business.house = House(business.house.settings, clock=business.clock, plugins=plugins())
    business.desk.house = business.house
    for _ in range(3):
        business.sync()
    assert len(marks(business)) == (1 if beats else 2)


def test_the_heartbeat_is_thirty_seconds_old_at_most_unless_the_lease_is_set(tmp_path: Path) -> None:
    config = tmp_path / "boekbrug.toml"
    config.write_text('state = "state"\n')
    assert load(config, {}).engine.lease / BEATS_PER_LEASE == 30
