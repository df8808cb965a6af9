"""A source is told of its sales where the licence wants that, after booking and never in its way."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from tests.integration.journey import Business, order
from tests.integration.telling import Ears, ears, plugins
from tests.integration.test_terms import rows, sound

from boekbrug.acts.desk import ActRefused
from boekbrug.acts.reverse import reverse
from boekbrug.acts.synchronise import run_named
from boekbrug.booking.rules import Mode
from boekbrug.contract import (
    MissingRight,
    NotSent,
    Outcome,
    OutcomeUnknown,
    Problem,
    Refused,
    Retriable,
    Severity,
    Unknown,
    WrongKey,
)

HOUR = dt.timedelta(hours=1)

#: where nothing depends on the database
on_sqlite = pytest.mark.parametrize("ready_url", ["sqlite"], indirect=True)


@pytest.fixture
def business(tmp_path: Path, ready_url: str) -> Iterator[Business]:
    for one in fields(Ears):
        setattr(ears, one.name, getattr(Ears(), one.name))
    found = Business(tmp_path, ready_url, source="telling", plugins=plugins())
    found.choose(write_back=True)
    yield found
    sound(found.house.database)
    found.house.close()


def marks(business: Business) -> list[tuple[str, str]]:
    query = """
        select d.source_id, s.mark from document d join document_state f on f.document = d.id
        join entry_state s on s.entry = f.entry order by d.id
    """
    return [(id, mark) for id, mark in rows(business, query)]


def states(business: Business) -> list[str]:
    return [state for (state,) in rows(business, "select state from write_back order by document")]


def test_each_sale_is_told_once_with_its_mark(business: Business) -> None:
    business.write("a.jsonl", order(1), order(2))
    assert business.sync() == {"booked": 2}
    business.sync()
    assert ears.told == marks(business)
    assert states(business) == ["done", "done"]


@on_sqlite
def test_licence_that_does_not_want_it_costs_no_row(business: Business) -> None:
    business.choose(write_back=False)
    business.write("a.jsonl", order(1))
    business.sync()
    assert (ears.told, states(business)) == ([], [])
    business.choose(write_back=True)
    business.write("b.jsonl", order(2))
    business.sync()
    assert [id for id, _ in ears.told] == ["2"]


@on_sqlite
def test_sales_of_a_day_are_told_the_mark_of_their_total(business: Business) -> None:
    business.choose(mode=Mode.DAY, delay_days=0, write_back=True)
    business.write("a.jsonl", order(1), order(2))
    business.wait(2)
    business.sync()
    assert ears.told == marks(business)
    assert len({mark for _, mark in ears.told}) == 1


def test_sale_that_is_booked_anew_is_told_anew(business: Business) -> None:
    business.choose(mode=Mode.DAY, delay_days=0, write_back=True)
    business.write("a.jsonl", order(1))
    business.wait(2)
    reverse(business.desk, business.licence, term="2026-09-14", rebook=True)
    for _ in range(3):
        business.sync()
    assert len(ears.told) == 2
    assert ears.told[0] != ears.told[1]
    assert ears.told[1:] == marks(business)


@on_sqlite
@pytest.mark.parametrize("answer", [Unknown(reason="timeout"), OutcomeUnknown()])
def test_lost_answer_is_told_again_and_is_no_doubt_about_the_booking(
    business: Business, answer: Outcome | Exception
) -> None:
    ears.answer = answer
    business.write("a.jsonl", order(1))
    assert business.sync() == {"booked": 1}
    ears.answer = None
    business.sync()
    assert ears.told == marks(business) * 2
    assert (states(business), business.codes()) == (["done"], [])


@on_sqlite
def test_worker_that_dies_in_the_call_leaves_it_to_the_next(business: Business) -> None:
    business.write("a.jsonl", order(1))
    with business.house.workplace("dying") as work:
        run = run_named(work, business.licence)
        assert next(step for step in run if step.phase == "write-back-intended")
        ears.told.append(("1", "told by the one that died"))
        del run
    assert states(business) == ["sending"]
    business.sync()
    assert (len(ears.told), states(business)) == (2, ["done"])


def test_refused_one_is_a_warning_beside_the_sale_and_ends_with_a_later_try(business: Business) -> None:
    ears.answer = Refused(problems=(Problem(code="refused", facts={"status": "404"}),))
    ears.deaf = frozenset({"1"})
    business.write("a.jsonl", order(1), order(2))
    assert business.sync() == {"booked": 2}
    [shown] = business.problems()
    assert (shown.code, shown.severity) == ("refused", Severity.WARNING)
    assert states(business) == ["refused", "done"]
    business.clock.advance(3 * HOUR)
    business.sync()
    assert business.codes() == ["refused"]
    ears.answer = None
    business.clock.advance(5 * HOUR)
    assert business.sync() == {"booked": 2}
    assert (states(business), business.codes()) == (["done", "done"], [])


@on_sqlite
def test_refusal_is_given_up_after_eight_tries_in_four_to_six_days(business: Business) -> None:
    ears.answer = Refused(problems=(Problem(code="refused"),))
    business.write("a.jsonl", order(1))
    began, tries = business.clock.now(), list[dt.timedelta]()
    for _ in range(8 * 6):
        business.sync()
        tries += [business.clock.now() - began] * (len(ears.told) - len(tries))
        business.clock.advance(3 * HOUR)
    assert len(tries) == 8
    assert dt.timedelta(days=4) < tries[-1] < dt.timedelta(days=6)
    assert business.codes() == ["refused"]


@on_sqlite
def test_plugin_that_trips_over_one_goes_on_with_the_others(business: Business) -> None:
    ears.answer, ears.deaf = KeyError("x"), frozenset({"1"})
    business.write("a.jsonl", order(1), order(2))
    assert business.sync() == {"booked": 2}
    assert (states(business), business.codes()) == (["refused", "done"], ["plugin-bug"])


@on_sqlite
@pytest.mark.parametrize("error", [MissingRight(), WrongKey()])
def test_key_that_may_not_write_pauses_nothing(business: Business, error: Exception) -> None:
    ears.answer = error
    business.write("a.jsonl", order(1))
    assert business.sync() == {"booked": 1}
    business.write("b.jsonl", order(2))
    assert business.sync() == {"booked": 2}
    assert business.codes() == ["write-back-waits"]
    ears.answer = None
    business.clock.advance(3 * HOUR)
    business.sync()
    assert (states(business), business.codes()) == (["done", "done"], [])


@on_sqlite
def test_limit_that_is_reached_puts_it_off_and_holds_up_no_sale(business: Business) -> None:
    ears.answer = NotSent(reason="budget-spent", retry_after=dt.timedelta(minutes=1))
    business.write("a.jsonl", order(1), order(2))
    assert business.sync() == {"booked": 2}
    assert len(ears.told) == 1
    soon = business.licence.next_at / 1_000_000 - business.clock.now().timestamp()
    assert 60 <= soon <= 72
    ears.answer = Retriable(retry_after=10 * HOUR)
    business.sync()
    later = business.licence.next_at / 1_000_000 - business.clock.now().timestamp()
    assert later <= business.licence.interval_minutes * 60
    assert business.codes() == []


@on_sqlite
def test_source_that_takes_nothing_back_is_refused_at_once(tmp_path: Path, ready_url: str) -> None:
    plain = Business(tmp_path, ready_url)
    with pytest.raises(ActRefused):
        plain.choose(write_back=True)
    plain.house.close()
