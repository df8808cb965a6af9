"""A mark that stands in the books twice is told, until a comparison finds it there once."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.journey import Business, order
from tests.integration.moody import calm, mood, plugins
from tests.integration.touched import change, compare, journal, records

from boekbrug.acts.accept import accept
from boekbrug.acts.find import find
from boekbrug.contract import Retriable
from boekbrug.store.words import Reason


@pytest.fixture
def business(tmp_path: Path, ready_url: str) -> Iterator[Business]:
    calm()
    found = Business(tmp_path, ready_url, target="moody", plugins=plugins())
    found.write("a.jsonl", order(1))
    mood.loses_replies = True
    yield found
    calm()
    found.house.close()


def settle(business: Business) -> str:
    """Let the entry be looked up, and time pass; return its mark."""
    mood.loses_replies = False
    assert business.sync() == {"booked": 1}
    assert business.codes() == ["double-at-target"]
    business.clock.advance(dt.timedelta(hours=1))
    return mood.sent[0]


def has_two(business: Business) -> str:
    """Let the look-up find a second record, as a package with numbers of its own tells it; return the mark."""
    business.sync()
    mood.finds_ids = (mood.sent[0], "copy")
    return settle(business)


def test_a_copy_in_the_books_is_told_until_it_is_deleted_there(business: Business) -> None:
    business.sync()
    once = journal(business).read_text()
    head, record = records(business)
    journal(business).write_text("\n; boekbrug\n".join([head, record, record]))
    settle(business)
    [problem] = business.problems()
    assert (problem.facts["count"], problem.facts["id"]) == ("2", "W1")
    compare(business)
    assert business.codes() == ["double-at-target"]
    journal(business).write_text(once)
    assert compare(business).is_clean
    assert (business.codes(), reason(business)) == ([], Reason.PLAIN)


def reason(business: Business) -> str:
    [found] = find(business.house, "W1", "en")
    return found.reason


def test_it_is_over_when_the_package_finds_the_one_record_that_is_ours(business: Business) -> None:
    mark = has_two(business)
    for answer in ((mark, "copy"), ("copy",)):
        mood.finds_ids = answer
        compare(business)
        assert business.codes() == ["double-at-target"]
    mood.finds_ids, mood.cannot_tell = (), True
    compare(business)
    assert business.codes() == ["double-at-target"]
    mood.cannot_tell, mood.finds_poison = False, (mark,)
    compare(business)
    assert business.codes() == ["double-at-target"]
    mood.finds_poison, mood.finds_raises = ("nothing",), Retriable()
    compare(business)
    assert business.codes() == ["double-at-target"]
    mood.finds_raises = None
    compare(business)
    assert (business.codes(), reason(business)) == ([], Reason.PLAIN)
    asked = len(mood.asked)
    compare(business)
    assert len(mood.asked) == asked


def test_what_was_changed_beside_the_copy_is_told_when_that_is_gone(business: Business) -> None:
    has_two(business)
    change(business, "121", "150")
    compare(business)
    assert business.codes() == ["double-at-target"]
    mood.finds_ids = ()
    compare(business)
    assert business.codes() == ["changed-at-target"]


def test_a_person_ends_it_where_the_package_cannot_tell(business: Business) -> None:
    has_two(business)
    mood.finds_ids, mood.cannot_tell = (), True
    assert accept(business.desk, business.licence, "W1") == 1
    compare(business)
    assert business.codes() == []
