"""What is in doubt is asked for: nothing is guessed when nobody answers, and one look-up never holds up the others."""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.integration.journey import Business, order
from tests.integration.moody import calm, mood, plugins
from tests.integration.test_reverse import corrected_term
from tests.integration.test_terms import balance

from boekbrug.acts import connections as connecting
from boekbrug.acts.decide import decide
from boekbrug.acts.synchronise import run_named
from boekbrug.contract import AuthorisationLost, BoekbrugError, RefusedCall, Retriable
from boekbrug.store import connections, integrity
from boekbrug.store.connections import OK, PAUSED
from boekbrug.store.licences import ClaimLost
from boekbrug.store.tables import effect, entry_state
from boekbrug.sync.deliver import deliver
from boekbrug.sync.settle import settle
from boekbrug.sync.steps import Step


@pytest.fixture
def business(tmp_path: Path, ready_url: str) -> Iterator[Business]:
    calm()
    found = Business(tmp_path, ready_url, target="moody", plugins=plugins())
    yield found
    found.house.close()


def doubtful(business: Business, *numbers: int, arrives: bool = True) -> None:
    """Bring sales into doubt; nothing is in the books unless the calls have arrived."""
    mood.loses_replies, mood.drops_calls = arrives, not arrives
    business.write("doubtful.jsonl", *(order(n) for n in numbers))
    assert business.sync()["in-doubt"] == len(numbers)
    mood.loses_replies = mood.drops_calls = False
    mood.sent.clear()


def state(business: Business) -> str:
    with business.house.database.read() as connection:
        return connections.get(connection, business.licence.target).state


def waits(business: Business) -> float:
    """Return after how many seconds the licence is due."""
    return float(business.licence.next_at) / 1_000_000 - business.clock.now().timestamp()


def next_look(business: Business) -> float:
    """Return after how many seconds what is in doubt is asked for again."""
    with business.house.database.read() as connection:
        due = connection.scalars(sa.select(effect.c.next_at).where(effect.c.next_at.is_not(None))).one()
    return float(due) / 1_000_000 - business.clock.now().timestamp()


def test_a_look_up_that_the_plugin_trips_over_is_asked_of_a_person_and_the_others_settle(business: Business) -> None:
    doubtful(business, 1, 2, 3)
    mood.finds_poison = ("W2-",)
    assert business.sync() == {"booked": 2, "in-doubt": 1}
    assert business.codes() == []
    business.sync()
    assert business.codes() == []
    business.sync()
    (problem,) = business.problems()
    assert (problem.code, problem.facts["mark"][:3]) == ("cannot-ask", "W2-")
    assert "KeyError" in problem.facts["reason"]
    decide(business.desk, business.licence, "W2", there=problem.facts["mark"])
    assert (business.sync(), business.codes(), mood.sent) == ({"booked": 3}, [], [])


def test_what_the_plugin_tripped_over_is_asked_for_by_itself_from_then_on(business: Business) -> None:
    doubtful(business, 1, 2, arrives=False)
    mood.finds_poison = ("W2-",)
    mood.asked.clear()
    business.sync()
    business.sync()
    assert [len(marks) for marks in mood.asked] == [2, 1, 1, 1, 1]


def test_a_plugin_that_answers_too_little_is_asked_for_each_by_itself(business: Business) -> None:
    doubtful(business, 1, 2)
    mood.finds_short = True
    mood.asked.clear()
    assert (business.sync(), mood.sent) == ({"booked": 2}, [])
    assert [len(marks) for marks in mood.asked] == [2, 1, 1]


def test_a_look_up_that_is_refused_for_good_is_asked_of_a_person(business: Business) -> None:
    doubtful(business, 1)
    mood.finds_raises = RefusedCall()
    for _ in range(4):
        business.sync()
    assert (business.counts(), business.codes()) == ({"in-doubt": 1}, ["cannot-ask"])
    mood.finds_raises = None
    assert (business.sync(), business.codes(), mood.sent) == ({"booked": 1}, [], [])


def test_a_lost_authorisation_is_told_when_all_that_is_left_is_in_doubt(business: Business) -> None:
    doubtful(business, 1)
    mood.finds_raises = AuthorisationLost()
    business.sync()
    assert (state(business), business.codes()) == (PAUSED, ["authorisation-lost"])
    assert next_look(business) <= 0
    mood.finds_raises = None
    connecting.change(business.desk, "books", {"folder": str(business.books)})
    assert (business.sync(), business.codes(), mood.sent) == ({"booked": 1}, [], [])
    assert state(business) == OK


@pytest.mark.parametrize("seconds", [40, 3 * 3600])
def test_a_vendor_who_asks_for_time_when_asked_gets_it(business: Business, seconds: int) -> None:
    doubtful(business, 1)
    business.write("more.jsonl", order(2))
    mood.finds_raises = Retriable(retry_after=dt.timedelta(seconds=seconds))
    mood.asked.clear()
    business.sync()
    assert (len(mood.asked), mood.sent) == (1, [])
    assert seconds <= waits(business) <= seconds * 1.2
    assert seconds <= next_look(business) <= seconds * 1.2
    assert business.codes() == ["retriable"]
    mood.finds_raises = None
    business.clock.advance(dt.timedelta(seconds=seconds * 1.2))
    assert (business.sync(), business.codes()) == ({"booked": 2}, [])
    assert [mark[:3] for mark in mood.sent] == ["W2-"]


@pytest.mark.parametrize("nobody", [Retriable(), None])
def test_a_look_that_nobody_answered_is_no_second_look(business: Business, nobody: BoekbrugError | None) -> None:
    doubtful(business, 1)
    mood.finds_raises, mood.cannot_tell = nobody, nobody is None
    business.sync()
    mood.finds_raises, mood.cannot_tell, mood.lists_late = None, False, True
    business.sync()
    assert (business.counts(), mood.sent) == ({"in-doubt": 1}, [])
    mood.lists_late = False
    assert (business.sync(), mood.sent) == ({"booked": 1}, [])


def look(business: Business, seconds: float) -> None:
    """Run the licence so many seconds later."""
    business.clock.advance(dt.timedelta(seconds=seconds))
    with business.house.workplace("tests") as work:
        for _ in run_named(work, business.licence):
            pass


def test_what_is_not_there_goes_out_again_when_the_quiet_period_is_over_and_not_before(business: Business) -> None:
    business.write("booked.jsonl", order(2))
    business.sync()
    doubtful(business, 1, arrives=False)
    look(business, 6)
    assert next_look(business) == 900 - 6
    with business.house.database.write() as connection:
        # somebody asks once more
        connection.execute(sa.update(effect).values(next_at=effect.c.next_at - 800_000_000))
    look(business, 100)
    assert (mood.sent, next_look(business)) == ([], 900 - 106)
    look(business, 900 - 106)
    assert [mark[:3] for mark in mood.sent] == ["W1-"]
    assert business.counts() == {"booked": 2}


def test_what_has_its_turn_while_a_run_is_at_work_is_asked_for_right_after_it(business: Business) -> None:
    doubtful(business, 1, 2)
    with business.house.database.write() as connection:
        last = connection.scalar(sa.select(sa.func.max(effect.c.id)))
        connection.execute(sa.update(effect).where(effect.c.id == last).values(next_at=effect.c.next_at + 60_000_000))
    business.clock.advance(dt.timedelta(seconds=10))
    with business.house.workplace("tests") as work:
        for step in run_named(work, business.licence):
            if step.phase == "fetch-done":
                business.clock.advance(dt.timedelta(seconds=60))
    assert business.counts() == {"booked": 1, "in-doubt": 1}
    assert waits(business) <= 0
    look(business, 0)
    assert business.counts() == {"booked": 2}


def test_what_a_dead_worker_held_into_a_run_is_taken_right_after_it(business: Business) -> None:
    mood.raises = Retriable()
    business.write("a.jsonl", order(1))
    business.sync()
    mood.raises = None
    now = int(business.clock.now().timestamp() * 1_000_000)
    with business.house.database.write() as connection:
        held = {"state": "claimed", "claimed_by": "dead", "next_at": now + 30_000_000}
        connection.execute(sa.update(entry_state).values(**held))
    business.clock.advance(dt.timedelta(seconds=10))
    with business.house.workplace("tests") as work:
        for step in run_named(work, business.licence):
            if step.phase == "fetch-done":
                business.clock.advance(dt.timedelta(seconds=60))
    assert (business.counts(), waits(business) <= 0) == ({"waiting": 1}, True)
    look(business, 0)
    assert business.counts() == {"booked": 1}


def test_looks_that_tell_nothing_are_ever_further_apart(business: Business) -> None:
    doubtful(business, 1)
    mood.cannot_tell = True
    for after, least in ((6, 15), (20, 30), (40, 60)):
        look(business, after)
        assert least <= next_look(business) <= least * 1.2


def test_what_a_plugin_trips_over_while_sending_is_sent_twice_at_most(business: Business) -> None:
    mood.poison = "W1-"
    business.write("a.jsonl", order(1))
    for _ in range(8):
        business.sync()
    assert business.codes() == ["plugin-bug"]
    assert len(mood.sent) == 2


def test_what_is_absent_twice_goes_out_again(business: Business) -> None:
    doubtful(business, 1, arrives=False)
    assert business.sync() == {"in-doubt": 1}
    assert (business.sync(), len(mood.sent)) == ({"booked": 1}, 1)


class Slow:
    """A worker whose call has booked a sale and whose answer comes when others have looked for it twice in vain."""

    def __init__(self, business: Business) -> None:
        self.business = business
        self._place = business.house.workplace("slow")
        self._steps = run_named(self._place.__enter__(), business.licence)

    def call(self) -> None:
        self.business.write("a.jsonl", order(1))
        assert any(step.phase == "called" for step in self._steps)

    def is_given_up(self) -> None:
        mood.lists_late = True
        with self.business.house.workplace("other") as work:
            for _ in range(2):
                self.business.clock.advance(dt.timedelta(minutes=20))
                list(settle(work, self.business.licence, "main"))
        assert self.business.counts() == {"waiting": 1}

    def answer(self) -> None:
        self.business.clock.advance(dt.timedelta(seconds=1))
        with suppress(ClaimLost):
            for _ in self._steps:
                pass
        self._place.__exit__(None, None, None)


@pytest.fixture(params=["moody", "asking"])
def slow(request: pytest.FixtureRequest, tmp_path: Path, ready_url: str) -> Iterator[Slow]:
    calm()
    business = Business(tmp_path, ready_url, target=request.param, plugins=plugins())
    found = Slow(business)
    found.call()
    found.is_given_up()
    yield found
    business.house.close()


def broken(business: Business) -> set[str]:
    with business.house.database.read() as connection:
        return {name for name, query in integrity.INVARIANTS.items() if integrity.broken(connection, query)[0]}


def sending_again(business: Business, phase: str, then: Callable[[], None]) -> Iterator[Step]:
    """Let another worker send what is due again, and something happen to it in a phase."""
    with business.house.workplace("other") as work:
        for step in deliver(work, business.licence, "main"):
            yield step
            if step.phase == phase:
                then()


def test_an_answer_that_comes_late_stops_what_is_to_be_sent_again(slow: Slow) -> None:
    slow.answer()
    assert (slow.business.counts(), slow.business.codes()) == ({"booked": 1}, [])
    assert (slow.business.sync(), len(mood.sent), broken(slow.business)) == ({"booked": 1}, 1, set())


def test_an_answer_that_comes_late_stops_the_worker_that_was_about_to_send_it_again(slow: Slow) -> None:
    with pytest.raises(ClaimLost):
        list(sending_again(slow.business, "claimed", slow.answer))
    assert (slow.business.counts(), slow.business.codes()) == ({"booked": 1}, [])
    assert (slow.business.sync(), len(mood.sent), broken(slow.business)) == ({"booked": 1}, 1, set())


@pytest.mark.parametrize("phase", ["intended", "called", "delivered"])
def test_an_answer_that_comes_when_it_is_sent_again_already_is_told(slow: Slow, phase: str) -> None:
    list(sending_again(slow.business, phase, slow.answer))
    assert slow.business.sync() == {"booked": 1}
    assert (len(mood.sent), broken(slow.business)) == (2, set())
    assert "late-answer" in slow.business.codes()


def test_a_sale_whose_reversal_is_in_doubt_stays_so_when_the_rest_of_it_is_taken_back(business: Business) -> None:
    corrected_term(business)
    mood.loses_replies, mood.finds_raises = True, Retriable()
    assert business.sync() == {"in-doubt": 1, "waiting": 2}
    business.write("b.jsonl", order(3, amount="242.00"))
    # its own correction waits for the books to answer
    assert business.sync() == {"in-doubt": 1, "waiting": 1, "booked": 1}
    calm()
    business.sync()
    assert (business.sync(), balance(business, "8000")) == ({"booked": 3}, -35000)
