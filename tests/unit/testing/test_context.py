import datetime as dt
from pathlib import Path

import pytest

from boekbrug.contract import AuthorisationLost, BudgetSpent, NotReachable, OutcomeUnknown, SettingsError, StorageFull
from boekbrug.testing import GivenGrant, KitContext, PortFault, SettableClock, ShiftedClock, When
from boekbrug.testing.__main__ import page

HOUR = dt.timedelta(hours=1)


def test_context_without_grant_has_lost_its_authorisation() -> None:
    grant = KitContext().grant
    for call in (grant.token, grant.facts, lambda: grant.refused("t")):
        with pytest.raises(AuthorisationLost):
            call()


def test_given_grant_has_its_token_and_cannot_refresh() -> None:
    grant = KitContext(grant=GivenGrant("t", site="shop")).grant
    assert (grant.token(), grant.facts()) == ("t", {"site": "shop"})
    with pytest.raises(AuthorisationLost):
        grant.refused("t")


def test_cache_forgets_after_its_time_and_with_the_context() -> None:
    clock = SettableClock()
    context = KitContext(clock=clock)
    context.cache.put("rates", b"21", HOUR)
    assert (context.cache.get("rates"), KitContext(clock=clock).cache.get("rates")) == (b"21", None)
    clock.advance(HOUR)
    assert context.cache.get("rates") is None


def test_budget_takes_from_all_keys_or_from_none() -> None:
    clock = SettableClock()
    budget = KitContext(clock=clock).budget
    budget.learn("minute", remaining=1, resets_at=clock.now() + HOUR)
    budget.take("day", "minute")
    with pytest.raises(BudgetSpent) as spent:
        budget.take("day", "minute")
    assert (spent.value.retry_after, budget.taken) == (HOUR, {"day": 1, "minute": 1})
    clock.advance(HOUR)
    budget.take("day", "minute")


def test_nobody_is_reached_without_an_outside_world() -> None:
    with pytest.raises(NotReachable):
        KitContext().http.request("GET", "https://shop.example")


def test_absent_folder_is_a_settings_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        KitContext().folder(str(tmp_path / "absent"))


def test_fault_strikes_once_at_its_call_on_its_side(tmp_path: Path) -> None:
    for when, failure, left in (
        (When.BEFORE_CREATING, StorageFull, b"a"),
        (When.AFTER_CREATING, OutcomeUnknown, b"ab"),
    ):
        (tmp_path / "books").write_bytes(b"")
        fault = PortFault(when, at=1)
        folder = KitContext(fault=fault).folder(str(tmp_path))
        folder.append("books", b"a")
        assert not fault.struck
        with pytest.raises(failure):
            folder.append("books", b"b")
        assert (fault.struck, (tmp_path / "books").read_bytes()) == (True, left)
        folder.append("books", b"c")


def test_shifted_clock_runs_on_from_where_it_was_set() -> None:
    base = SettableClock()
    clock = ShiftedClock(base)
    new_year = dt.datetime(2027, 1, 1, tzinfo=dt.UTC)
    clock.set(new_year)
    base.advance(HOUR)
    clock.advance(HOUR)
    assert clock.now() == new_year + 2 * HOUR


def test_page_names_every_rule_with_its_sentence() -> None:
    assert "| `lost_reply_is_found` | After a lost answer `post` says that it does not know" in page()
    assert page().count("\n| `") > 60
