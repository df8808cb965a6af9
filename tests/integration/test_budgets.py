import datetime as dt
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from boekbrug.contract import BudgetSpent, Limit, PluginBug
from boekbrug.runtime.budgets import DAILY_RESERVE, SLOTS, StoredBudget
from boekbrug.runtime.caches import StoredCache
from boekbrug.runtime.clock import microseconds
from boekbrug.runtime.secrets import Vault, new_keys
from boekbrug.store import caches
from boekbrug.store.database import Database
from boekbrug.testing.clock import SettableClock

MINUTE, DAY = dt.timedelta(minutes=1), dt.timedelta(days=1)
SECOND = dt.timedelta(seconds=1)
LIMITS = (Limit(name="minute", calls=60, per=MINUTE), Limit(name="day", calls=100, per=DAY))


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def database(ready_url: str, clock: SettableClock) -> Iterator[Database]:
    def now() -> int:
        return microseconds(clock)

    made = Database(ready_url, now, clock=now)
    yield made
    made.close()


@pytest.fixture
def budget(database: Database) -> StoredBudget:
    return StoredBudget(database, "exact", LIMITS)


def spent(budget: StoredBudget, *keys: str, cost: int = 1) -> dt.timedelta:
    with pytest.raises(BudgetSpent) as refusal:
        budget.take(*keys, cost=cost)
    assert refusal.value.retry_after is not None
    return refusal.value.retry_after


def test_calls_are_allowed_up_to_the_limit_and_again_when_the_stretch_has_passed(
    budget: StoredBudget, clock: SettableClock
) -> None:
    budget.take("minute:7", cost=60)
    clock.advance(spent(budget, "minute:7"))
    budget.take("minute:7", cost=60)


def test_no_stretch_has_more_calls_than_allowed(budget: StoredBudget, clock: SettableClock) -> None:
    taken: list[dt.datetime] = []
    for step in range(400):
        try:
            budget.take("minute:7", cost=3)
        except BudgetSpent:
            pass
        else:
            taken.append(clock.now())
        clock.advance(dt.timedelta(seconds=(step * 7) % 5, milliseconds=step * 37 % 1000))
    assert len(taken) > 100
    for first in taken:
        assert sum(3 for moment in taken if first <= moment < first + MINUTE) <= 60


def test_forecast_counts_minutes_within_days_and_takes_nothing(budget: StoredBudget, clock: SettableClock) -> None:
    now, keys = clock.now(), ("minute:7", "day:7")
    assert budget.through(*keys, cost=60) == now
    assert budget.through(*keys, cost=61) == now + MINUTE
    assert budget.through(*keys, cost=160) == now + DAY
    assert budget.through(*keys, cost=161) == now + DAY + MINUTE
    assert budget.through(*keys, cost=261) == now + 2 * DAY + MINUTE
    budget.take(*keys, cost=50)
    assert budget.through(*keys, cost=10) == now
    assert MINUTE <= budget.through(*keys, cost=11) - now <= MINUTE * (1 + 1 / SLOTS)


def test_forecast_goes_by_what_the_vendor_said_and_leaves_the_reserve(
    database: Database, budget: StoredBudget, clock: SettableClock
) -> None:
    now = clock.now()
    budget.learn("minute:7", remaining=5, resets_at=now + 20 * SECOND)
    assert budget.through("minute:7", cost=5) == now
    assert budget.through("minute:7", cost=66) == now + 20 * SECOND + MINUTE
    backfill = StoredBudget(database, "exact", LIMITS, reserve=DAILY_RESERVE)
    assert backfill.through("minute:8", cost=45) == now
    assert backfill.through("minute:8", cost=46) == now + MINUTE


def test_wait_is_no_longer_than_the_stretch_and_a_slot(budget: StoredBudget) -> None:
    budget.take("minute:7", cost=60)
    assert MINUTE <= spent(budget, "minute:7") <= MINUTE + MINUTE / SLOTS


def test_wait_is_until_enough_of_the_oldest_calls_are_past(budget: StoredBudget, clock: SettableClock) -> None:
    budget.take("minute:7", cost=10)
    clock.advance(30 * SECOND)
    budget.take("minute:7", cost=50)
    assert spent(budget, "minute:7", cost=10) < 32 * SECOND
    assert spent(budget, "minute:7", cost=11) > 59 * SECOND


def test_all_keys_are_taken_from_or_none(budget: StoredBudget) -> None:
    budget.take("day:7", cost=99)
    spent(budget, "minute:7", "day:7", cost=2)
    budget.take("minute:7", cost=60)


def test_longest_wait_is_told(budget: StoredBudget) -> None:
    budget.take("minute:7", "day:7", cost=60)
    assert spent(budget, "day:7", "minute:7", cost=50) > dt.timedelta(hours=23)


def test_keys_count_apart_and_plugins_too(budget: StoredBudget, database: Database) -> None:
    budget.take("minute:7", cost=60)
    budget.take("minute:8", cost=60)
    StoredBudget(database, "twinfield", LIMITS).take("minute:7", cost=60)


def test_equal_keys_of_a_plugin_are_one_budget(budget: StoredBudget, database: Database) -> None:
    budget.take("minute:7", cost=60)
    spent(StoredBudget(database, "exact", LIMITS), "minute:7")


def test_workers_together_take_no_more_than_the_limit(database: Database) -> None:
    def work(_: int) -> int:
        mine, taken = StoredBudget(database, "exact", LIMITS), 0
        for _ in range(10):
            try:
                mine.take("minute:7", "day:7", cost=2)
            except BudgetSpent:
                continue
            taken += 2
        return taken

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(work, range(8))) == 60


def test_what_can_wait_leaves_a_reserve_for_daily_work(budget: StoredBudget, database: Database) -> None:
    backfill = StoredBudget(database, "exact", LIMITS, reserve=DAILY_RESERVE)
    backfill.take("minute:7", cost=45)
    spent(backfill, "minute:7")
    budget.take("minute:7", cost=15)


def test_reserve_holds_in_what_the_vendor_says_remains(
    budget: StoredBudget, database: Database, clock: SettableClock
) -> None:
    budget.learn("minute:7", remaining=16, resets_at=clock.now() + MINUTE)
    backfill = StoredBudget(database, "exact", LIMITS, reserve=DAILY_RESERVE)
    backfill.take("minute:7")
    assert spent(backfill, "minute:7") == MINUTE
    budget.take("minute:7", cost=15)


def test_vendor_is_believed_until_its_reset(budget: StoredBudget, clock: SettableClock) -> None:
    budget.take("minute:7", cost=60)
    budget.learn("minute:7", remaining=2, resets_at=clock.now() + 20 * SECOND)
    budget.take("minute:7", cost=2)
    assert spent(budget, "minute:7") == 20 * SECOND
    clock.advance(20 * SECOND)
    assert spent(budget, "minute:7") > 39 * SECOND


def test_answers_that_overtake_each_other_do_not_give_calls_back(budget: StoredBudget, clock: SettableClock) -> None:
    reset = clock.now() + MINUTE
    budget.learn("minute:7", remaining=3, resets_at=reset)
    budget.learn("minute:7", remaining=4, resets_at=reset)
    budget.take("minute:7", cost=3)
    spent(budget, "minute:7")


def test_late_answer_about_a_past_stretch_is_left_aside(budget: StoredBudget, clock: SettableClock) -> None:
    budget.learn("minute:7", remaining=0, resets_at=clock.now() - SECOND)
    budget.take("minute:7", cost=60)


def test_what_the_plugin_never_declared_or_can_never_have_is_its_bug(budget: StoredBudget) -> None:
    for keys, cost in ((("hour:7",), 1), (("minute:7",), 61), (("minute:7",), -1)):
        with pytest.raises(PluginBug):
            budget.take(*keys, cost=cost)


def test_cache_forgets_after_its_time(database: Database, clock: SettableClock) -> None:
    cache = StoredCache(database, Vault(new_keys()), clock, 1)
    assert cache.get("chart") is None
    cache.put("chart", b"old", MINUTE)
    cache.put("chart", b"new", MINUTE)
    assert cache.get("chart") == b"new"
    clock.advance(MINUTE)
    assert cache.get("chart") is None
    with database.write() as connection:
        assert caches.sweep(connection, microseconds(clock)) == 1


def test_cache_is_of_one_connection_and_readable_with_its_key_only(database: Database, clock: SettableClock) -> None:
    vault = Vault(new_keys())
    StoredCache(database, vault, clock, 1).put("session", b"s3cr3t", MINUTE)
    assert StoredCache(database, vault, clock, 2).get("session") is None
    assert StoredCache(database, Vault(new_keys()), clock, 1).get("session") is None
    with database.read() as connection:
        assert b"s3cr3t" not in bytes(connection.exec_driver_sql("select value from cache").scalar_one())


def test_cache_takes_keys_of_any_length(database: Database, clock: SettableClock) -> None:
    cache = StoredCache(database, Vault(new_keys()), clock, 1)
    for length in (254, 255, 256, 5000):
        cache.put("k" * length, b"%d" % length, MINUTE)
    assert [cache.get("k" * length) for length in (254, 255, 256, 5000)] == [b"254", b"255", b"256", b"5000"]
