"""Calls that are quick share the transactions before and after; slow ones, and what goes wrong, stay apart."""

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.integration.journey import Business, order
from tests.integration.moody import calm, mood, plugins

from boekbrug.acts.synchronise import run_named
from boekbrug.contract import Retriable
from boekbrug.store.failures import failures_of
from boekbrug.store.tables import effect


@pytest.fixture
def business(tmp_path: Path, sqlite_template: Path) -> Iterator[Business]:
    calm()
    found = Business(
        tmp_path, f"sqlite:///{shutil.copy(sqlite_template, tmp_path)}", target="singly", plugins=plugins()
    )
    yield found
    found.house.close()


def run(business: Business) -> list[int]:
    """Run the licence and return how many calls went into each round."""
    with business.house.workplace("tests") as work:
        return [step.done for step in run_named(work, business.licence) if step.phase == "intended"]


def test_quick_calls_share_more_and_more_of_their_transactions(business: Business) -> None:
    mood.lasts = dt.timedelta(milliseconds=300)
    business.write("a.jsonl", *(order(n) for n in range(60)))
    made = run(business)
    assert (made[:2], max(made), sum(made)) == ([1, 6], 12, 60)
    assert business.counts() == {"booked": 60}


def test_calls_that_take_next_to_no_time_share_theirs_at_once(business: Business) -> None:
    business.write("a.jsonl", *(order(n) for n in range(60)))
    made = run(business)
    assert (made[0], sum(made)) == (1, 60)
    assert len(made) < 8
    assert business.counts() == {"booked": 60}


def test_attempts_are_numbered_as_they_are_sent(business: Business) -> None:
    business.write("a.jsonl", *(order(n) for n in range(60)))
    run(business)
    with business.house.database.read() as connection:
        marks = connection.scalars(sa.select(effect.c.mark).order_by(effect.c.id)).all()
    assert marks == mood.sent


def test_the_first_sales_of_a_page_are_sent_before_the_rest_is_composed(business: Business) -> None:
    business.write("a.jsonl", *(order(n) for n in range(100)))
    with business.house.workplace("tests") as work:
        steps = [step for step in run_named(work, business.licence) if step.phase in ("composed", "delivered")]
    sums = {phase: sum(step.done for step in steps if step.phase == phase) for phase in ("composed", "delivered")}
    assert sums == {"composed": 100, "delivered": 100}
    assert (steps[0].phase, steps[1].phase) == ("composed", "delivered")
    assert steps[0].done <= 25


def test_a_slow_target_is_called_one_by_one(business: Business) -> None:
    mood.lasts = dt.timedelta(seconds=5)
    business.write("a.jsonl", *(order(n) for n in range(4)))
    assert run(business) == [1, 1, 1, 1]


def test_a_target_that_becomes_slow_leaves_nothing_unsaid_when_the_lease_ends(business: Business) -> None:
    business.write("a.jsonl", *(order(n) for n in range(30)))
    run(business)
    mood.lasts = dt.timedelta(seconds=20)
    business.write("b.jsonl", *(order(n) for n in range(30, 60)))
    for _ in range(8):
        run(business)
    assert business.counts() == {"booked": 60}
    assert sorted(mood.sent) == sorted({*mood.sent}), "an entry was sent twice"


def test_what_was_not_called_for_want_of_time_counts_as_no_failure(business: Business) -> None:
    business.write("a.jsonl", *(order(n) for n in range(30)))
    with business.house.workplace("tests") as work:
        for step in run_named(work, business.licence):
            if step.phase == "delivered":
                mood.lasts = dt.timedelta(seconds=20)
    assert (business.counts(), len(mood.sent)) == ({"booked": 30}, 30)
    with business.house.database.read() as connection:
        states = connection.scalars(sa.select(effect.c.state)).all()
        assert failures_of(connection, connection.scalars(sa.select(effect.c.subject)).all()) == {}
    assert "not-sent" in states


def test_what_follows_a_refused_call_is_not_called(business: Business) -> None:
    business.write("a.jsonl", *(order(n) for n in range(1, 16)))
    mood.raises, mood.raises_after = Retriable(retry_after=dt.timedelta(minutes=2)), 9
    run(business)
    assert (len(mood.sent), business.counts()) == (9, {"booked": 9, "waiting": 6})
    mood.raises = None
    assert business.sync() == {"booked": 15}
    assert len(mood.sent) == 15
