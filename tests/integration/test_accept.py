"""What was deleted in the books is accepted, or not, while something else of the same documents is under way."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.integration.journey import Business, order
from tests.integration.moody import calm, mood, plugins
from tests.integration.touched import booked_of, change, compare, delete

from boekbrug.acts.accept import accept
from boekbrug.acts.approve import approve_chosen, waiting_of
from boekbrug.acts.correct import correct
from boekbrug.acts.desk import ActRefused
from boekbrug.acts.retry import retry
from boekbrug.acts.reverse import reverse
from boekbrug.store import approvals
from boekbrug.store.tables import entry_state
from boekbrug.sync.worker import Worker


@pytest.fixture
def business(tmp_path: Path, ready_url: str) -> Iterator[Business]:
    calm()
    found = Business(tmp_path, ready_url, target="moody", plugins=plugins())
    found.write("a.jsonl", order(1), order(2, amount="242.00"), order(3))
    found.sync()
    found.clock.advance(dt.timedelta(hours=1))
    yield found
    calm()
    found.house.close()


def corrected(business: Business, *, automatic: bool = True) -> None:
    """Let W1 be 242 instead of 121 and its correction wait, while what it corrects is deleted in the books."""
    business.choose(automatic=automatic)
    business.write("a2.jsonl", order(1, amount="242.00"))
    business.sync()
    correct(business.desk, business.licence, "W1")
    delete(business, "W1")


@pytest.mark.parametrize("rebook", [True, False])
def test_a_correction_under_way_of_what_was_deleted_is_taken_back_when_that_is_accepted(
    business: Business, rebook: bool
) -> None:
    corrected(business)
    compare(business)
    assert (business.counts(), business.codes()) == ({"booked": 2, "waiting": 1}, ["deleted-at-target"])
    accept(business.desk, business.licence, "W1", rebook=rebook)
    business.sync()
    assert business.counts() == ({"booked": 3} if rebook else {"booked": 2, "skipped": 1})
    assert booked_of(business, "W1") == (242 if rebook else 0)
    assert business.codes() == []
    business.clock.advance(dt.timedelta(hours=1))
    assert compare(business).is_clean


def test_a_correction_that_waits_for_approval_can_be_approved_no_more(business: Business) -> None:
    corrected(business, automatic=False)
    compare(business)
    assert len(waiting_of(business.house, business.licence)) == 1
    accept(business.desk, business.licence, "W1", rebook=True)
    business.sync()
    (waiting,) = waiting_of(business.house, business.licence)
    approve_chosen(business.desk, business.licence, [waiting.entry])
    assert business.sync() == {"booked": 3}
    assert booked_of(business, "W1") == 242
    assert approvals_left(business) == 0


def approvals_left(business: Business) -> int:
    with business.house.database.read() as connection:
        return len(approvals.page(connection, business.licence.id, 0, 10))


def test_a_refused_correction_of_what_was_deleted_stays_a_problem_until_that_is_accepted(business: Business) -> None:
    corrected(business)
    mood.poison, mood.poisons = "W1", "prepare"
    assert business.sync()["problem"] == 1
    compare(business)
    assert business.counts() == {"booked": 2, "problem": 1}
    assert sorted(business.codes()) == ["deleted-at-target", "plugin-bug"]
    mood.poison = ""
    assert retry(business.desk, business.licence, numbers=["W1"]).documents == 1
    compare(business)
    accept(business.desk, business.licence, "W1", rebook=True)
    assert business.sync() == {"booked": 3}
    assert booked_of(business, "W1") == 242
    assert business.codes() == []


@pytest.mark.parametrize("rebook", [True, False])
def test_nothing_is_accepted_while_a_correction_is_on_its_way(business: Business, rebook: bool) -> None:
    corrected(business)
    business.clock.advance(dt.timedelta(minutes=20))
    with business.house.workplace("tests") as work:
        worker = work_until(Worker(work), "intended")
        compare(business)
        with pytest.raises(ActRefused) as refused:
            accept(business.desk, business.licence, "W1", rebook=rebook)
        assert "on its way to the books" in str(refused.value.reasons[0])
        work_until(worker, "")
    assert business.counts() == {"booked": 3}


@pytest.mark.parametrize("state", ["claimed", "in-doubt"])
def test_nothing_is_accepted_while_nobody_may_take_the_correction_back(business: Business, state: str) -> None:
    corrected(business)
    compare(business)
    with business.house.database.write() as connection:
        upon = entry_state.c.after.is_not(None)
        connection.execute(sa.update(entry_state).where(upon).values(state=state))
    with pytest.raises(ActRefused):
        accept(business.desk, business.licence, "W1", rebook=True)
    assert business.codes() == ["deleted-at-target"]


def test_a_worker_that_has_the_correction_at_hand_loses_it_to_the_person_who_accepts(business: Business) -> None:
    corrected(business)
    business.clock.advance(dt.timedelta(minutes=20))
    with business.house.workplace("tests") as work:
        worker = work_until(Worker(work), "claimed")
        compare(business)
        accept(business.desk, business.licence, "W1", rebook=True)
        work_until(worker, "")
    assert business.sync() == {"booked": 3}
    assert booked_of(business, "W1") == 242
    assert not any(mark.startswith("W1/2") for mark in mood.sent)


def work_until(worker: Worker, phase: str) -> Worker:
    while (step := worker.step()) is not None and step.phase != phase:
        pass
    return worker


def test_nothing_is_sent_upon_what_was_deleted(business: Business) -> None:
    corrected(business)
    compare(business)
    business.clock.advance(dt.timedelta(minutes=20))
    for _ in range(3):
        assert business.sync() == {"booked": 2, "waiting": 1}
    assert booked_of(business, "W1") == 0


@pytest.mark.parametrize("rebook", [True, False])
def test_a_deletion_is_not_accepted_while_a_correction_of_it_stands_in_the_books(
    business: Business, rebook: bool
) -> None:
    corrected(business)
    assert business.sync() == {"booked": 3}
    business.clock.advance(dt.timedelta(hours=1))
    compare(business)
    assert business.codes() == ["deleted-at-target"]
    with pytest.raises(ActRefused) as refused:
        accept(business.desk, business.licence, "W1", rebook=rebook)
    assert "in the books for the same documents" in str(refused.value.reasons[0])
    assert booked_of(business, "W1") == 121
    delete(business, "W1/2")
    compare(business)
    accept(business.desk, business.licence, "W1", rebook=rebook)
    business.sync()
    assert booked_of(business, "W1") == (242 if rebook else 0)
    assert business.codes() == []


def test_what_was_deleted_is_neither_reversed_nor_corrected(business: Business) -> None:
    delete(business, "W1")
    compare(business)
    with pytest.raises(ActRefused) as refused:
        reverse(business.desk, business.licence, numbers=["W1"])
    assert "accept that first" in str(refused.value.reasons[0])
    business.write("a2.jsonl", order(1, amount="242.00"))
    business.choose(corrections="automatic")
    assert business.sync() == {"booked": 3}
    with pytest.raises(ActRefused):
        correct(business.desk, business.licence, "W1")
    assert booked_of(business, "W1") == 0
    accept(business.desk, business.licence, "W1", rebook=True)
    business.sync()
    assert booked_of(business, "W1") == 242


@pytest.mark.parametrize("rebook", [True, False])
def test_a_reversal_under_way_of_what_was_deleted_is_taken_back(business: Business, rebook: bool) -> None:
    reverse(business.desk, business.licence, numbers=["W1"])
    delete(business, "W1")
    compare(business)
    assert business.counts() == {"booked": 2, "waiting": 1}
    accept(business.desk, business.licence, "W1", rebook=rebook)
    business.sync()
    assert booked_of(business, "W1") == (121 if rebook else 0)


def test_by_its_mark_one_entry_is_accepted_and_what_else_books_the_sale_is_not(business: Business) -> None:
    business.write("a2.jsonl", order(1, amount="242.00"))
    business.sync()
    correct(business.desk, business.licence, "W1")
    business.sync()
    business.clock.advance(dt.timedelta(hours=1))
    change(business, "121", "150")
    mark, other = (one for one in mood.sent if one.startswith(("W1-", "W1/2-")))
    assert {one.mark for one in compare(business).differences} > {mark, other}
    assert accept(business.desk, business.licence, mark) == 1
    told = {one.facts["mark"] for one in business.problems()}
    assert (mark in told, other in told) == (False, True)
    found = compare(business)
    assert (found.accepted, mark in {one.mark for one in found.differences}) == (1, False)
    assert other in {one.mark for one in found.differences}
    accept(business.desk, business.licence, "W1")
    assert compare(business).accepted == 2


def test_a_mark_that_nothing_carries_has_nothing_to_accept(business: Business) -> None:
    with pytest.raises(ActRefused):
        accept(business.desk, business.licence, f"W1-{business.licence.code}-9")


def test_a_deletion_named_by_its_mark_is_accepted_for_all_that_books_the_sale(business: Business) -> None:
    corrected(business)
    compare(business)
    (mark,) = (one for one in mood.sent if one.startswith("W1-"))
    accept(business.desk, business.licence, mark)
    assert business.sync() == {"booked": 2, "skipped": 1}
    accept(business.desk, business.licence, mark, rebook=True)
    assert business.sync() == {"booked": 3}
    assert booked_of(business, "W1") == 242
