"""What the target cannot tell goes to a person, and what the person says is final."""

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.journey import Business, order
from tests.integration.moody import calm, mood, plugins
from tests.web.people import add_user, logged_in, served

from boekbrug.acts import licences
from boekbrug.acts.decide import decide
from boekbrug.acts.desk import ActRefused
from boekbrug.contract import Match, NotReachable
from boekbrug.store import audit, effects


@pytest.fixture
def business(tmp_path: Path, ready_url: str) -> Iterator[Business]:
    calm()
    found = Business(tmp_path, ready_url, target="moody", plugins=plugins())
    yield found
    found.house.close()


def doubtful(business: Business, *, arrives: bool) -> None:
    mood.loses_replies, mood.drops_calls, mood.cannot_tell = arrives, not arrives, True
    business.write("a.jsonl", order(1))
    business.sync()
    business.sync()
    mood.loses_replies = mood.drops_calls = False


def answers_for(business: Business, id: str) -> str:
    """Return the mark of the entry that a record answers for."""
    here = business.licence.administration
    with business.house.database.read() as connection:
        return effects.answering(connection, [here], [id]).get((here, id), (0, ""))[1]


def test_what_the_target_cannot_tell_is_shown_once_however_often_it_is_asked(business: Business) -> None:
    doubtful(business, arrives=True)
    business.sync()
    assert business.counts() == {"in-doubt": 1}
    assert business.codes() == ["cannot-tell"]
    assert business.problems()[0].facts["mark"].startswith("W1-")


def test_there_books_the_entry_under_the_id_named_and_sends_nothing(business: Business) -> None:
    doubtful(business, arrives=True)
    decide(business.desk, business.licence, "W1", there=mood.sent[0])
    assert business.sync() == {"booked": 1}
    assert (len(mood.sent), business.codes()) == (1, [])
    with business.house.database.read() as connection:
        act = audit.list_latest(connection)[0]
    assert (act.act, act.actor, act.facts["answer"]) == ("decide", "tests", f"there: {mood.sent[0]}")


def test_what_a_person_names_is_booked_under_the_packages_own_id(business: Business) -> None:
    doubtful(business, arrives=True)
    mark = mood.sent[0]
    mood.known_as = {"26700012": mark}
    decide(business.desk, business.licence, "W1", there=" 26700012 ")
    assert (business.sync(), business.codes()) == ({"booked": 1}, [])
    assert (answers_for(business, mark), answers_for(business, "26700012")) == (mark, "")
    with business.house.database.read() as connection:
        assert audit.list_latest(connection)[0].facts["answer"] == f"there: {mark}"


def test_a_number_that_several_records_bear_is_not_guessed_at(business: Business) -> None:
    doubtful(business, arrives=True)
    mark = mood.sent[0]
    mood.borne_by = Match(id=mark, journal="70", date=dt.date(2026, 9, 14)), Match(id="another")
    with pytest.raises(ActRefused) as refused:
        decide(business.desk, business.licence, "W1", there="26700012")
    sentence = f"Several records bear 26700012; name one of them by its id: {mark} (70, 2026-09-14), another"
    assert list(map(str, refused.value.reasons)) == [sentence]
    assert business.counts() == {"in-doubt": 1}
    mood.borne_by = ()
    decide(business.desk, business.licence, "W1", there=mark)
    assert business.sync() == {"booked": 1}


@pytest.mark.parametrize("bug", [True, False])
def test_where_the_record_cannot_be_read_what_was_typed_counts_without_its_blanks(
    business: Business, *, bug: bool
) -> None:
    doubtful(business, arrives=True)
    mark = mood.sent[0]
    mood.reads_badly, mood.ends = bug, None if bug else NotReachable(host="books")
    with pytest.raises(ActRefused) as refused:
        decide(business.desk, business.licence, "W1", there="  ")
    assert "Fill in the number" in refused.value.reasons[0]
    decide(business.desk, business.licence, "W1", there=f"\t{mark} ")
    assert answers_for(business, mark) == mark


def test_not_there_sends_the_same_entry_again(business: Business) -> None:
    doubtful(business, arrives=False)
    payments = licences.as_file(business.house, business.licence).rules.payments
    # composed anew it would be another entry
    business.choose(payments={**payments, "ideal": payments["creditcard"]})
    decide(business.desk, business.licence, "W1", there=None)
    assert business.sync() == {"booked": 1}
    assert mood.sent == [mood.sent[0]] * 2
    assert mood.payloads == [mood.payloads[0]] * 2
    # nor prepared anew: the chart may have changed, and the plugin
    assert mood.prepared == [mood.sent[0]]
    assert business.codes() == []
    assert business.ledger().count(f"mark:{mood.sent[0]}") == 1


def test_not_there_is_refused_while_a_lost_call_may_still_arrive(business: Business) -> None:
    mood.drops_calls = mood.cannot_tell = True
    business.write("a.jsonl", order(1))
    business.sync()
    business.clock.advance(business.house.place("look").limits.call_deadline)
    with business.house.workplace("asks") as work:
        from boekbrug.sync.settle import settle

        list(settle(work, business.licence, "main"))
    with pytest.raises(ActRefused) as refused:
        decide(business.desk, business.licence, "W1", there=None)
    assert "may still arrive" in refused.value.reasons[0]


@pytest.mark.parametrize("arrives", [True, False])
def test_a_target_without_look_up_is_never_asked_and_every_lost_answer_goes_to_a_person(
    tmp_path: Path, ready_url: str, *, arrives: bool
) -> None:
    calm()
    business = Business(tmp_path, ready_url, target="blind", plugins=plugins())
    mood.loses_replies, mood.drops_calls = arrives, not arrives
    business.write("a.jsonl", order(1))
    for _ in range(3):
        business.sync()
    assert (business.counts(), business.codes(), len(mood.sent)) == ({"in-doubt": 1}, ["cannot-tell"], 1)
    mood.loses_replies = mood.drops_calls = False
    decide(business.desk, business.licence, "W1", there=mood.sent[0] if arrives else None)
    assert business.sync() == {"booked": 1}
    assert (len(mood.sent), business.ledger().count("mark:")) == (1 if arrives else 2, 1)
    business.house.close()


def test_a_record_that_the_target_does_not_have_or_that_is_another_sale_is_refused(business: Business) -> None:
    business.write("0.jsonl", order(7))
    business.sync()
    taken = mood.sent.pop()
    doubtful(business, arrives=True)
    for id, why in (("nothing", "has no record"), (taken, "cannot stand for two sales")):
        with pytest.raises(ActRefused) as refused:
            decide(business.desk, business.licence, "W1", there=id)
        assert why in refused.value.reasons[0]
    assert business.counts() == {"booked": 1, "in-doubt": 1}


@pytest.mark.parametrize("typed", ["26700007", " {} "])
def test_a_record_of_another_sale_is_refused_however_it_is_named(business: Business, typed: str) -> None:
    business.write("0.jsonl", order(7))
    business.sync()
    taken = mood.sent.pop()
    doubtful(business, arrives=True)
    mood.known_as = {"26700007": taken}
    with pytest.raises(ActRefused) as refused:
        decide(business.desk, business.licence, "W1", there=typed.format(taken))
    sentence = f"Record {taken} is {taken} already; one record cannot stand for two sales."
    assert list(map(str, refused.value.reasons)) == [sentence]
    assert business.counts() == {"booked": 1, "in-doubt": 1}


def test_one_record_answered_for_two_sales_leaves_the_second_in_doubt(business: Business) -> None:
    mood.same_id = "X1"
    business.write("a.jsonl", order(1), order(2))
    assert business.sync() == {"booked": 1, "in-doubt": 1}
    (problem,) = business.problems()
    assert (problem.code, problem.facts["id"]) == ("taken-at-target", "X1")
    mood.same_id = ""
    mood.cannot_tell = True
    business.sync()
    assert business.counts() == {"booked": 1, "in-doubt": 1}
    mark = problem.facts["mark"]
    decide(business.desk, business.licence, mark, there=mark)
    assert (business.sync(), business.codes()) == ({"booked": 2}, [])


def test_nothing_is_decided_of_what_is_not_in_doubt(business: Business) -> None:
    business.write("a.jsonl", order(1))
    business.sync()
    with pytest.raises(ActRefused):
        decide(business.desk, business.licence, "W1", there=None)


@pytest.mark.parametrize("arrives", [True, False])
def test_both_answers_are_buttons_on_the_page(business: Business, *, arrives: bool) -> None:
    doubtful(business, arrives=arrives)
    base = f"/licences/{business.licence.name}"
    add_user(business.house, "owner@x.nl", "owner", business.licence.name)
    with served(business.house) as address, logged_in(address, "owner@x.nl") as browser:
        page = browser.get(f"{base}/open?state=in-doubt").text
        sale = re.findall(rf"{base}/sales/(\d+)", page)[0]
        assert page.count(f'action="{base}/decide"') == 1
        assert browser.get(f"{base}/sales/{sale}").text.count(f'action="{base}/decide"') == 1
        fields = {"csrf": browser.csrf("/account"), "only": sale, "page": "open"}
        assert browser.send(f"{base}/decide", fields).status_code == 409
        answer = {"there": mood.sent[0]} if arrives else {"absent": "1"}
        assert "vastgelegd" in browser.send(f"{base}/decide", {**fields, **answer}).text
    assert business.sync() == {"booked": 1}
    assert len(mood.sent) == (1 if arrives else 2)
