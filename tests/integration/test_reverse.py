"""What is booked is never edited: it is corrected, or reversed and booked anew."""

import datetime as dt
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.integration.journey import Business, order
from tests.integration.test_terms import balance, credit, numbers, rows, sound

from boekbrug.acts.approve import approve
from boekbrug.acts.correct import correct
from boekbrug.acts.desk import ActRefused
from boekbrug.acts.reverse import reverse
from boekbrug.acts.synchronise import run_named
from boekbrug.booking.rules import Mode


@pytest.fixture
def business(tmp_path: Path, ready_url: str) -> Iterator[Business]:
    business = Business(tmp_path, ready_url)
    yield business
    sound(business.house.database)
    business.house.close()


@contextmanager
def refused(sentence: str) -> Iterator[None]:
    """Expect an act to be refused with a sentence like this."""
    with pytest.raises(ActRefused) as raised:
        yield
    assert re.search(sentence, " ".join(raised.value.reasons))


def reasons(business: Business) -> list[str]:
    return [reason for (reason,) in rows(business, "select reason from document_state order by document")]


def test_a_changed_sale_is_corrected_by_a_person(business: Business) -> None:
    business.write("a.jsonl", order(1), order(2))
    business.sync()
    business.write("a.jsonl", order(1, amount="242.00"), order(2))
    assert business.sync() == {"booked": 2}
    assert business.codes() == ["changed-after-booking"]
    assert len(correct(business.desk, business.licence, "W1", only_look=True)) == 1
    assert balance(business, "8000") == -20000
    [net] = correct(business.desk, business.licence, "W1")
    assert net.number == "W1"
    assert business.sync() == {"booked": 2}
    assert (balance(business, "8000"), balance(business, "1060"), business.codes()) == (-30000, 36300, [])
    assert numbers(business) == ["W1", "W1/2", "W2"]
    with refused("did not change"):
        correct(business.desk, business.licence, "W1")


def test_where_the_rules_say_so_a_change_is_corrected_at_once(business: Business) -> None:
    business.choose(corrections="automatic")
    business.write("a.jsonl", order(1))
    business.sync()
    business.write("a.jsonl", order(1, amount="242.00", date="2026-09-15T10:00:00+02:00"))
    assert business.sync() == {"booked": 1}
    assert numbers(business) == ["W1", "W1/2", "W1/3"]
    assert (balance(business, "8000"), reasons(business)) == (-20000, ["plain"])
    business.write("a.jsonl", order(1, amount="121.00", date="2026-09-15T10:00:00+02:00"))
    assert business.sync() == {"booked": 1}
    assert (balance(business, "8000"), reasons(business)) == (-10000, ["plain"])


def test_a_change_that_the_books_do_not_see_needs_no_entry(business: Business) -> None:
    business.choose(corrections="automatic")
    business.write("a.jsonl", order(1))
    business.sync()
    business.write("a.jsonl", order(1, customer={"email": "klant1@example.org", "name": "Ander", "country": "NL"}))
    assert business.sync() == {"booked": 1}
    assert (numbers(business), reasons(business), business.codes()) == (["W1"], ["plain"], [])


def test_a_correction_that_waits_for_approval_follows_the_next_change(business: Business) -> None:
    business.choose(automatic=False, corrections="automatic")
    business.write("a.jsonl", order(1))
    business.sync()
    approve(business.desk, business.licence)
    business.sync()
    business.write("a.jsonl", order(1, amount="242.00", date="2026-09-15T10:00:00+02:00"))
    assert business.sync() == {"waiting": 1}
    business.write("a.jsonl", order(1, amount="363.00", date="2026-09-15T10:00:00+02:00"))
    assert business.sync() == {"waiting": 1}
    assert approve(business.desk, business.licence) == 1
    assert business.sync() == {"booked": 1}
    assert (balance(business, "8000"), numbers(business)) == (-30000, ["W1", "W1/2", "W1/3"])


def test_one_of_a_total_is_corrected_by_its_own_share(business: Business) -> None:
    business.choose(mode=Mode.DAY, corrections="automatic")
    business.write("a.jsonl", order(1), order(2, amount="60.50"))
    business.wait(1)
    business.write("a.jsonl", order(1), order(2, amount="30.25"))
    assert business.sync() == {"booked": 2}
    assert numbers(business) == ["shop-2026-09-14-EUR", "shop-2026-09-14-EUR/2"]
    assert (balance(business, "8000"), balance(business, "1060")) == (-12500, 15125)
    business.write("b.jsonl", credit(3, 2, "-30.25") | {"date": "2026-09-16T10:00:00+02:00"})
    assert business.wait(3) == {"booked": 3}
    assert balance(business, "8000") == -10000


def test_a_reversal_nets_to_zero_and_shows_it_before(business: Business) -> None:
    business.write("a.jsonl", order(1), order(2))
    business.sync()
    shown = reverse(business.desk, business.licence, numbers=["W1"], only_look=True)
    net = [(one.box, one.vat_code, str(one.base), str(one.vat)) for one in shown.net]
    assert net == [("1a", "VH", "-100.00", "-21.00")]
    assert business.sync() == {"booked": 2}
    reverse(business.desk, business.licence, numbers=["W1"])
    assert business.counts() == {"booked": 1, "waiting": 1}
    assert business.sync() == {"booked": 2}
    assert reasons(business) == ["reversed", "plain"]
    assert balance(business, "8000") == -10000
    marks = sorted(mark[-2:] for (mark,) in rows(business, "select mark from entry where number = 'W1'"))
    assert marks == ["-1", "1R"]
    with refused("not booked"):
        reverse(business.desk, business.licence, numbers=["W1"])


def test_what_is_reversed_can_be_booked_anew_under_another_generation(business: Business) -> None:
    business.write("a.jsonl", order(1))
    business.sync()
    reverse(business.desk, business.licence, numbers=["W1"], rebook=True)
    business.sync()
    assert business.sync() == {"booked": 1}
    marks = [mark.rpartition("-")[2] for (mark,) in rows(business, "select mark from entry order by id")]
    assert (marks, balance(business, "8000")) == (["1", "1R", "2"], -10000)


def test_a_corrected_sale_is_reversed_with_its_corrections(business: Business) -> None:
    business.choose(automatic=False, corrections="automatic")
    business.write("a.jsonl", order(1))
    business.sync()
    approve(business.desk, business.licence)
    business.sync()
    business.write("a.jsonl", order(1, amount="242.00", date="2026-09-15T10:00:00+02:00"))
    business.sync()
    approve(business.desk, business.licence)
    business.sync()
    assert len(reverse(business.desk, business.licence, numbers=["W1"]).entries) == 3
    assert approve(business.desk, business.licence) == 1
    assert business.sync() == {"booked": 1}
    assert (balance(business, "8000"), reasons(business)) == (0, ["reversed"])


def test_a_sale_with_a_credit_upon_it_is_not_reversed_alone(business: Business) -> None:
    business.write("a.jsonl", order(1), credit(2, 1, "-60.50"))
    business.sync()
    with refused("C2 was booked upon it"):
        reverse(business.desk, business.licence, numbers=["W1"])
    reverse(business.desk, business.licence, numbers=["C2"])
    business.sync()
    reverse(business.desk, business.licence, numbers=["W1"])
    assert business.sync() == {"booked": 2}
    assert balance(business, "8000") == 0


def test_a_term_is_reversed_newest_first_and_booked_anew_as_one(business: Business) -> None:
    business.choose(mode=Mode.DAY)
    business.write("a.jsonl", order(1))
    business.wait(1)
    business.write("b.jsonl", order(2))
    business.sync()
    shown = reverse(business.desk, business.licence, term="2026-09-14", rebook=True)
    assert ([one.number[-2:] for one in shown.entries], shown.documents) == (["/2", "UR"], 2)
    business.sync()
    assert business.sync() == {"booked": 2}
    assert (numbers(business)[0], balance(business, "8000")) == ("shop-2026-09-14-EUR", -20000)
    assert rows(business, "select count(*) from membership where ended_at is null") == [(2,)]
    [(live,)] = rows(business, "select distinct e.mark from membership m join entry e on e.id = m.entry "
                               "where m.ended_at is null")  # fmt: skip
    assert live.endswith("-2")


def test_a_selection_is_reversed_at_once(business: Business) -> None:
    business.write("a.jsonl", order(1), credit(2, 1, "-60.50"), order(3, amount="10.90", rate=9), order(4))
    business.sync()
    shown = reverse(business.desk, business.licence, numbers=["W1", "C2", "W3"], only_look=True)
    assert shown.documents == 3
    assert [(one.box, str(one.base), str(one.vat)) for one in shown.net] == [
        ("1a", "-50.00", "-10.50"),
        ("1b", "-10.00", "-0.90"),
    ]
    reverse(business.desk, business.licence, numbers=["W1", "C2", "W3"])
    assert business.sync() == {"booked": 4}
    assert reasons(business) == ["reversed", "reversed", "reversed", "plain"]
    assert (balance(business, "8000"), balance(business, "8010")) == (-10000, 0)


def test_one_entry_of_a_term_is_reversed_by_its_mark(business: Business) -> None:
    business.choose(mode=Mode.DAY)
    business.write("a.jsonl", order(1))
    business.wait(1)
    business.write("b.jsonl", order(2), order(3))
    business.sync()
    [(mark,)] = rows(business, "select mark from entry where substr(number, length(number) - 1) = '/2'")
    assert reverse(business.desk, business.licence, numbers=[mark]).documents == 2
    assert business.sync() == {"booked": 3}
    assert (balance(business, "8000"), reasons(business)) == (-10000, ["plain", "reversed", "reversed"])
    [(back, counter)] = rows(business, "select reverses, id from entry where reverses is not null")
    linked = f"select reason from entry_state where entry in ({back}, {counter})"
    assert rows(business, linked) == [("reversed",), ("reversed",)]


def test_a_term_is_reversed_without_what_was_reversed_before(business: Business) -> None:
    business.choose(mode=Mode.DAY)
    business.write("a.jsonl", order(1))
    business.wait(1)
    business.write("b.jsonl", order(2))
    business.sync()
    [(mark,)] = rows(business, "select mark from entry where substr(number, length(number) - 1) = '/2'")
    reverse(business.desk, business.licence, numbers=[mark])
    business.sync()
    assert reverse(business.desk, business.licence, term="2026-09-14").documents == 1
    business.sync()
    assert (balance(business, "8000"), reasons(business)) == (0, ["reversed", "reversed"])
    with refused("Nothing of 2026-09-14"):
        reverse(business.desk, business.licence, term="2026-09-14")


@pytest.mark.parametrize("mode", [Mode.INDIVIDUAL, Mode.DAY])
def test_what_a_person_reversed_stays_so_when_the_source_changes_it(business: Business, mode: Mode) -> None:
    business.choose(mode=mode, corrections="automatic")
    business.write("a.jsonl", order(1), order(2))
    business.wait(1)
    reverse(business.desk, business.licence, numbers=["W1"])
    business.sync()
    business.write("a.jsonl", order(1, amount="242.00"), order(2))
    assert business.sync() == {"booked": 2}
    assert (balance(business, "8000"), reasons(business)) == (-10000, ["reversed", "plain"])


def test_changes_left_to_a_person_are_looked_at_again_under_other_rules(business: Business) -> None:
    business.write("a.jsonl", order(1))
    business.sync()
    business.write("a.jsonl", order(1, amount="242.00"))
    business.sync()
    assert reasons(business) == ["changed-at-source"]
    business.choose(corrections="automatic")
    business.sync()
    assert (balance(business, "8000"), reasons(business)) == (-20000, ["plain"])


def test_an_entry_that_is_one_of_several_of_a_sale_is_not_reversed_alone(business: Business) -> None:
    business.choose(corrections="automatic")
    business.write("a.jsonl", order(1))
    business.sync()
    business.write("a.jsonl", order(1, amount="242.00"))
    business.sync()
    [(mark,)] = rows(business, "select mark from entry where number = 'W1/2'")
    with refused("more than .* books it"):
        reverse(business.desk, business.licence, numbers=[mark])


@pytest.mark.parametrize("mode", [Mode.INDIVIDUAL, Mode.DAY])
def test_reversal_and_rebooking_share_one_date_where_the_own_is_filed(business: Business, mode: Mode) -> None:
    business.choose(mode=mode)
    business.write("a.jsonl", order(1, date="2026-09-10T10:00:00+02:00"))
    business.wait(1)
    business.choose(mode=mode, filed_through=dt.date(2026, 9, 12))
    what: dict[str, Any] = {"term": "2026-09-10"} if mode is Mode.DAY else {"numbers": ["W1"]}
    reverse(business.desk, business.licence, **what, rebook=True, date=dt.date(2026, 9, 14))
    business.sync()
    assert business.sync() == {"booked": 1}
    dates = rows(business, "select date from entry order by id")
    assert dates == [("2026-09-10",), ("2026-09-14",), ("2026-09-14",)]
    assert balance(business, "8000") == -10000


def test_one_of_a_total_is_taken_out_of_it(business: Business) -> None:
    business.choose(mode=Mode.DAY)
    business.write("a.jsonl", order(1), order(2, amount="60.50"))
    business.wait(1)
    with refused("reverse its term"):
        reverse(business.desk, business.licence, numbers=["W2"], rebook=True)
    reverse(business.desk, business.licence, numbers=["W2"])
    assert business.sync() == {"booked": 2}
    assert (balance(business, "8000"), reasons(business)) == (-10000, ["plain", "reversed"])


def test_a_filed_period_needs_a_date_from_a_person(business: Business) -> None:
    business.write("a.jsonl", order(1))
    business.sync()
    business.choose(filed_through=dt.date(2026, 9, 14))
    with refused(r"filed through: 2026-09-14.*--date"):
        reverse(business.desk, business.licence, numbers=["W1"])
    [entry] = reverse(business.desk, business.licence, numbers=["W1"], date=dt.date(2026, 9, 15)).entries
    assert entry.date == "2026-09-15"
    assert business.sync() == {"booked": 1}
    assert balance(business, "8000") == 0


def corrected_term(business: Business) -> None:
    """Reverse a day of three entries: a total of W1 and W2, W3 that came late, and a correction of W1 to 50.00."""
    business.choose(mode=Mode.DAY, corrections="automatic")
    business.write("a.jsonl", order(1), order(2))
    business.wait(1)
    business.write("b.jsonl", order(3))
    business.sync()
    business.write("a.jsonl", order(1, amount="60.50"), order(2))
    business.sync()
    assert balance(business, "8000") == -25000
    assert len(reverse(business.desk, business.licence, term="2026-09-14").entries) == 3


def test_a_reversal_that_is_taken_back_is_taken_back_whole(business: Business) -> None:
    corrected_term(business)
    business.write("b.jsonl", order(3, amount="242.00"))
    assert business.sync() == {"booked": 3}
    assert (balance(business, "8000"), reasons(business)) == (-35000, ["plain", "plain", "plain"])


def test_a_sale_of_which_one_reversal_of_two_was_sent_is_corrected_to_what_it_is(business: Business) -> None:
    corrected_term(business)
    with business.house.workplace("tests") as work:
        steps = run_named(work, business.licence)
        next(step for step in steps if step.phase == "delivered")
        del steps
    assert rows(business, "select state from document_state order by document") == [("waiting",)] * 3
    business.write("a.jsonl", order(1, amount="60.50"), order(2, amount="12.10"))
    assert business.sync() == {"booked": 3}
    assert (balance(business, "8000"), reasons(business)) == (-6000, ["plain", "plain", "reversed"])
