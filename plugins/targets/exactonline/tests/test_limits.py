"""Limits: both buckets from the headers, errors counted per endpoint, and waits that Exact asked for."""

import datetime as dt

import pytest

from boekbrug.contract import BudgetSpent, Refused, Retriable
from boekbrug.testing.wire import Fault
from boekbrug_exactonline.settings import ExactOnlineSettings
from boekbrug_exactonline.target import ExactOnlineTarget

from .support import DIVISION, World, effects, sale

SALES = f"/api/v1/{DIVISION}/salesentry/SalesEntries"


@pytest.fixture
def world() -> World:
    return World()


def test_minutely_429_waits_for_the_next_minute(world: World) -> None:
    assert world.clock is not None
    world.clock.advance(dt.timedelta(seconds=20))
    world.change(limits={"minutely": 3})
    with pytest.raises(Retriable) as caught:
        world.target().chart(DIVISION)
    assert caught.value.retry_after == dt.timedelta(seconds=40)


def test_daily_429_waits_until_midnight_utc(world: World) -> None:
    world.change(limits={"daily": 3})
    with pytest.raises(Retriable) as caught:
        world.target().chart(DIVISION)
    assert caught.value.retry_after == dt.timedelta(hours=14)


def test_what_the_headers_say_stops_us_before_exact_does(world: World) -> None:
    world.change(limits={"minutely": 4})
    target = world.target()
    with pytest.raises(Retriable):
        target.chart(DIVISION)
    asked = len(world.mounted.calls)
    with pytest.raises(BudgetSpent):
        target.chart(DIVISION)
    assert len(world.mounted.calls) == asked


def test_answer_with_headers_of_one_bucket_leaves_the_other_alone(world: World) -> None:
    context = world.context()
    target = ExactOnlineTarget(context, ExactOnlineSettings())
    target.chart(DIVISION)
    reset = str(int(context.clock.now().timestamp() * 1000) + 30_000)
    headers = {"X-RateLimit-Minutely-Remaining": "0", "X-RateLimit-Minutely-Reset": reset}
    world.faults.add(Fault(kind="status", status=429, headers=headers))
    with pytest.raises(Retriable) as caught:
        target.chart(DIVISION)
    assert caught.value.retry_after == dt.timedelta(seconds=30)
    client = world.app.client_id
    context.budget.take(f"day:{client}:{DIVISION}", cost=100)
    with pytest.raises(BudgetSpent):
        context.budget.take(f"minute:{client}:{DIVISION}")


def test_endpoint_rests_before_exact_blocks_it_and_others_go_on(world: World) -> None:
    world.change(limits={"errors": 10})
    context = world.context()
    # the memory budget of the kit has no end of its own: tell it where the limit is
    key = f"errors:{world.app.client_id}:{DIVISION}:salesentry/SalesEntries"
    context.budget.learn(key, remaining=8, resets_at=context.clock.now() + dt.timedelta(hours=1))
    target = ExactOnlineTarget(context, ExactOnlineSettings())
    (made,) = target.prepare(DIVISION, effects(sale(world.customer())))
    assert not isinstance(made, Refused)
    world.change(close=[("70", 2026, 9)])
    for _ in range(9):
        assert isinstance(target.post(DIVISION, [made])[0], Refused)
    with pytest.raises(BudgetSpent):
        target.post(DIVISION, [made])
    assert world.mounted.paths("POST").count("salesentry/SalesEntries") == 9
    target.chart(DIVISION)
    later = ExactOnlineTarget(context, ExactOnlineSettings())
    with pytest.raises(BudgetSpent):
        later.post(DIVISION, [made])


def test_every_call_is_counted_for_app_and_division(world: World) -> None:
    context = world.context()
    ExactOnlineTarget(context, ExactOnlineSettings()).chart(DIVISION)
    client = world.app.client_id
    assert context.budget.taken[f"minute:{client}:{DIVISION}"] == context.budget.taken[f"day:{client}:{DIVISION}"] > 6


def test_token_that_ended_is_replaced_and_the_call_repeated(world: World) -> None:
    assert world.clock is not None
    target = world.target()
    target.chart(DIVISION)
    world.clock.advance(dt.timedelta(seconds=575))
    for chain in world.exact.tokens.chains:
        chain.access = "ended"
    assert target.chart(DIVISION).accounts
