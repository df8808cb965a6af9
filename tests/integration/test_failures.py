"""What fails does so by its class: who asks for time gets it, poison stays alone, a lost right waits for a person."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.integration.journey import Business, order
from tests.integration.moody import calm, mood, plugins

from boekbrug.acts import connections
from boekbrug.acts.nightly import reconcile_next
from boekbrug.acts.reconcile import reconcile
from boekbrug.acts.retry import retry
from boekbrug.contract import AuthorisationLost, Retriable
from boekbrug.runtime.clock import microseconds
from boekbrug.runtime.metrics import read_stock
from boekbrug.store.tables import effect


@pytest.fixture
def business(tmp_path: Path, ready_url: str) -> Iterator[Business]:
    calm()
    found = Business(tmp_path, ready_url, target="moody", plugins=plugins())
    yield found
    found.house.close()


def waits(business: Business) -> float:
    """Return after how many seconds the licence is due."""
    now = business.clock.now().timestamp()
    return float(business.licence.next_at) / 1_000_000 - now


@pytest.mark.parametrize("seconds", [40, 3 * 3600])
def test_a_vendor_who_asks_for_time_gets_it(business: Business, seconds: int) -> None:
    mood.raises = Retriable(retry_after=dt.timedelta(seconds=seconds))
    business.write("a.jsonl", order(1))
    business.sync()
    assert seconds <= waits(business) <= seconds * 1.2
    mood.raises = None
    business.clock.advance(dt.timedelta(seconds=seconds * 1.2))
    assert business.sync() == {"booked": 1}


def test_a_vendor_who_asks_for_a_year_is_asked_again_tomorrow(business: Business) -> None:
    mood.raises = Retriable(retry_after=dt.timedelta(days=365))
    business.write("a.jsonl", order(1))
    business.sync()
    assert 24 * 3600 <= waits(business) <= 24 * 3600 * 1.2


def test_tries_are_ever_further_apart_up_to_an_hour_and_never_all_at_once(business: Business) -> None:
    work = business.house.place("look")
    for tries in range(30):
        least = min(15 * 2**tries, 3600) * 1_000_000
        waits_of = {work.backoff(tries, None) for _ in range(20)}
        assert all(least <= wait <= least * 1.2 for wait in waits_of)
        assert len(waits_of) > 10


def test_every_try_of_an_entry_counts_once(business: Business) -> None:
    mood.raises = Retriable()
    business.write("a.jsonl", order(1))
    for tries in (1, 2, 3, 4):
        business.sync()
        assert 15 * 2**tries <= waits(business) <= 15 * 2**tries * 1.2


@pytest.mark.parametrize("verb", ["prepare", "post"])
def test_an_entry_that_a_plugin_trips_over_becomes_a_problem_and_the_others_go_out(
    business: Business, verb: str
) -> None:
    mood.poison, mood.poisons = "W2-", verb
    business.write("a.jsonl", *(order(n) for n in range(1, 6)))
    for _ in range(8):
        business.sync()
    assert business.counts() == {"booked": 4, "problem": 1}
    assert business.codes() == ["plugin-bug"]
    assert {line for line in mood.sent if mood.sent.count(line) > 1} == ({*mood.sent} if verb == "post" else set())
    mood.poison = ""
    retry(business.desk, business.licence, ["plugin-bug"])
    assert business.sync() == {"booked": 5}
    assert business.ledger().count("mark:W2-") == 1


def test_a_customer_that_a_plugin_trips_over_becomes_a_problem_and_the_others_go_out(
    tmp_path: Path, ready_url: str
) -> None:
    calm()
    business = Business(tmp_path, ready_url, target="cards", plugins=plugins())
    business.choose(debtors="customer")
    mood.poison, mood.poisons = "Klant 2", "resolve"
    names = {n: {"email": f"klant{n}@example.org", "name": f"Klant {n}", "country": "NL"} for n in range(1, 4)}
    business.write("a.jsonl", *(order(n, customer=customer) for n, customer in names.items()))
    mood.poison = "Klant"
    assert (business.sync(), business.codes()) == ({"waiting": 3}, ["plugin-bug"])
    assert business.problems()[0].connection == business.licence.target
    mood.poison = "Klant 2"
    business.wait(1)
    assert business.sync() == {"booked": 2, "problem": 1}
    (problem,) = business.problems()
    assert (problem.code, problem.facts["verb"]) == ("plugin-bug", "resolve")
    mood.poison = ""
    retry(business.desk, business.licence, ["plugin-bug"])
    assert business.sync() == {"booked": 3}
    assert business.codes() == []
    business.house.close()


def test_an_entry_that_is_never_answered_is_isolated_within_three_calls(business: Business) -> None:
    mood.poison, mood.poisons = "W50-", "silence"
    business.write("a.jsonl", *(order(n) for n in range(1, 101)))
    for _ in range(8):
        business.sync()
    assert business.counts() == {"booked": 99, "problem": 1}
    (problem,) = business.problems()
    assert (problem.code, problem.facts["times"]) == ("never-answered", "3")
    poisoned = [mark for mark in mood.sent if mark.startswith("W50-")]
    assert len(poisoned) == 3
    # the first call had all, the second few, the third the one
    assert len(mood.sent) == 100 + 100 + 32
    mood.poison = ""
    retry(business.desk, business.licence, ["never-answered"])
    assert business.sync() == {"booked": 100}
    assert business.ledger().count("mark:W50-") == 1


def test_an_entry_that_was_never_answered_and_is_there_at_last_is_booked(business: Business) -> None:
    mood.poison, mood.poisons = "W50-", "silence"
    business.write("a.jsonl", *(order(n) for n in range(1, 101)))

    def sync_until_sent(times: int) -> None:
        while sum(mark.startswith("W50-") for mark in mood.sent) < times:
            business.sync()

    sync_until_sent(2)
    mood.poison, mood.loses_replies = "", True
    sync_until_sent(3)
    mood.loses_replies = False
    assert (business.sync(), business.codes()) == ({"booked": 100}, [])
    assert business.ledger().count("mark:W50-") == 1


def others_book(business: Business, count: int) -> None:
    """Let entries of other administrations be booked."""
    ids = business.house.place("busy").ids
    ids.ensure(count)
    first, now = ids.take(count), microseconds(business.clock)
    row = {
        "licence": 0, "administration": 0, "kind": "entry", "mark": "", "payload": b"", "batch": "", "numbers": "{}",
        "state": "booked", "reason": "plain", "fence": 1, "worker": "", "leased_until": now, "intended_at": now,
        "settled_at": now,
    }  # fmt: skip
    with business.house.database.write() as connection:
        connection.execute(sa.insert(effect), [{**row, "id": first + n, "subject": first + n} for n in range(count)])


def test_an_entry_that_is_never_answered_is_seen_however_much_others_book(business: Business) -> None:
    mood.poison, mood.poisons = "W2-", "silence"
    business.write("a.jsonl", *(order(n) for n in range(1, 4)))
    for _ in range(10):
        business.sync()
        others_book(business, 1000)
    assert (business.counts(), business.codes()) == ({"booked": 2, "problem": 1}, ["never-answered"])


@pytest.mark.parametrize("target", ["moody", "asking"])
def test_poison_stays_isolated_when_the_target_asks_for_time_meanwhile(
    tmp_path: Path, ready_url: str, target: str
) -> None:
    calm()
    business = Business(tmp_path, ready_url, target=target, plugins=plugins())
    mood.poison, mood.poisons = "W50-", "silence"
    business.write("a.jsonl", *(order(n) for n in range(1, 101)))
    business.sync()
    business.sync()
    assert business.counts() == {"in-doubt": 100}
    mood.raises = Retriable()
    business.sync()
    assert business.counts() == {"waiting": 100}
    mood.raises = None
    mood.sent.clear()
    # what fails now is among few, and what is new is booked meanwhile
    business.write("b.jsonl", order(101))
    for _ in range(8):
        business.wait(1)
    assert business.counts() == {"booked": 100, "problem": 1}
    assert len(mood.sent) == 100 + 1 + 32
    business.house.close()


def test_a_target_that_answers_nobody_is_waited_for(business: Business) -> None:
    mood.drops_calls = True
    business.write("a.jsonl", order(1), order(2))
    for _ in range(10):
        business.sync()
    assert business.counts().keys() <= {"waiting", "in-doubt"}
    assert business.codes() == []
    mood.drops_calls = False
    for _ in range(3):
        business.sync()
    assert business.counts() == {"booked": 2}


@pytest.mark.parametrize("verb", ["raises", "prepare_raises"])
def test_a_lost_authorisation_pauses_the_connection_until_it_is_mended(business: Business, verb: str) -> None:
    setattr(mood, verb, AuthorisationLost())
    business.write("a.jsonl", order(1))
    business.sync()
    assert business.codes() == ["authorisation-lost"]
    setattr(mood, verb, None)
    business.sync()
    assert (business.counts(), mood.sent) == ({"waiting": 1}, [])
    connections.change(business.desk, "books", {"folder": str(business.books)})
    business.clock.advance(dt.timedelta(hours=1))
    assert business.sync() == {"booked": 1}
    assert business.codes() == []


def test_an_entry_that_a_plugin_trips_over_at_night_does_not_keep_the_others_from_being_compared(
    business: Business,
) -> None:
    business.write("a.jsonl", *(order(n) for n in range(1, 4)))
    business.sync()
    business.clock.advance(dt.timedelta(hours=1))
    mood.poison, mood.poisons = mood.sent[1], "read"
    found = reconcile(business.house, business.licence, dt.date(2026, 9, 1), dt.date(2026, 10, 1))
    assert (found.asked, found.agreeing) == (3, 2)
    assert [(one.kind, one.mark) for one in found.differences] == [("untold", mood.sent[1])]


def test_a_plugin_that_trips_at_night_over_one_licence_has_it_compared_an_hour_later(business: Business) -> None:
    business.write("a.jsonl", order(1))
    business.sync()
    assert reconcile_next(business.house) is None
    business.clock.advance(dt.timedelta(days=1))
    mood.reads_badly = True
    assert reconcile_next(business.house) == "bench"
    assert not read_stock(business.house.database).reconciled_timestamp
    mood.reads_badly = False
    assert reconcile_next(business.house) is None
    business.clock.advance(dt.timedelta(hours=1))
    assert reconcile_next(business.house) == "bench"
    assert read_stock(business.house.database).reconciled_timestamp == business.clock.now().timestamp()
