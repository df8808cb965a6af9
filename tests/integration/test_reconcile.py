"""What is deleted or changed in the books is seen, marked as such, and never sent again by itself."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from tests.integration.journey import Business, order
from tests.integration.moody import calm, mood, plugins
from tests.integration.touched import change, compare, delete, journal, records

from boekbrug.acts import connections, licences
from boekbrug.acts.accept import accept
from boekbrug.acts.desk import ActRefused
from boekbrug.acts.nightly import reconcile_next
from boekbrug.acts.reconcile import reconcile
from boekbrug.contract import AuthorisationLost, Retriable
from boekbrug.runtime.clock import microseconds
from boekbrug.runtime.metrics import read_stock
from boekbrug.service.pool import Pool
from boekbrug.service.rhythm import Rhythm
from boekbrug.store.tables import licence, rules


@pytest.fixture
def business(tmp_path: Path, ready_url: str) -> Iterator[Business]:
    found = Business(tmp_path, ready_url)
    found.write("a.jsonl", order(1), order(2, amount="242.00"), order(3))
    found.sync()
    found.clock.advance(dt.timedelta(hours=1))
    yield found
    found.house.close()


def test_books_that_agree_are_said_to(business: Business) -> None:
    found = compare(business)
    assert (found.asked, found.agreeing, found.is_clean) == (3, 3, True)
    assert str(found.booked) == str(found.found) == "484.00"
    assert (found.fetched, found.documents["booked"]) == (3, 3)
    assert found.statuses == {"final": 3}


def test_what_was_booked_just_now_is_asked_for_too(tmp_path: Path, ready_url: str) -> None:
    business = Business(tmp_path, ready_url)
    business.write("a.jsonl", order(1), order(2))
    business.sync()
    found = compare(business)
    assert (found.asked, found.agreeing, found.is_clean) == (2, 2, True)
    # these books hide nothing: what is not there was deleted
    delete(business, "W2")
    assert compare(business).kinds["deleted"] == 1
    business.house.close()


@pytest.fixture
def moody(tmp_path: Path, ready_url: str) -> Iterator[Business]:
    calm()
    found = Business(tmp_path, ready_url, target="moody", plugins=plugins())
    yield found
    calm()
    found.house.close()


def test_the_states_sum_up_with_sales_in_problem_in_doubt_and_waiting(moody: Business) -> None:
    business = moody
    mood.poison, mood.poisons = "W2-", "prepare"
    business.write("a.jsonl", order(1), order(2))
    business.sync()
    mood.loses_replies = mood.cannot_tell = True
    business.write("b.jsonl", order(3))
    business.sync()
    mood.raises = Retriable()
    business.write("c.jsonl", order(4), order(5, status="pending"))
    one_each = {"booked": 1, "problem": 1, "in-doubt": 1, "waiting": 1, "open": 1}
    assert business.sync() == one_each
    found = compare(business)
    assert (found.sums_up, found.fetched, sum(found.documents.values())) == (True, 5, 5)
    assert {state: count for state, count in found.documents.items() if count} == one_each


def test_what_is_not_listed_yet_is_not_taken_for_deleted_before_the_quiet_period_is_over(moody: Business) -> None:
    moody.write("a.jsonl", order(1), order(2))
    moody.sync()
    delete(moody, "W2")
    left = journal(moody).read_text()
    journal(moody).write_text(left.replace("2026-09-14", "2026-09-13"))
    found = compare(moody)
    assert (found.asked, found.agreeing, found.unlisted, found.kinds["changed"]) == (2, 0, 1, 1)
    assert moody.codes() == ["changed-at-target"]
    journal(moody).write_text(left)
    found = compare(moody)
    assert (found.agreeing, found.unlisted, found.differences, found.is_clean) == (1, 1, (), False)
    moody.clock.advance(dt.timedelta(minutes=15))
    assert [one.mark[:3] for one in compare(moody).differences] == ["W2-"]
    assert moody.codes() == ["deleted-at-target"]


def test_what_was_deleted_is_marked_and_never_sent_again(business: Business) -> None:
    delete(business, "W2")
    found = compare(business)
    assert [(one.kind, one.mark[:3]) for one in found.differences] == [("deleted", "W2-")]
    assert business.sync() == {"booked": 3}
    compare(business)
    assert business.codes() == ["deleted-at-target"]
    assert "W2-" not in business.ledger()


def test_an_accepted_deletion_is_skipped_and_can_be_booked_anew_under_another_mark(business: Business) -> None:
    delete(business, "W2")
    compare(business)
    accept(business.desk, business.licence, "W2")
    assert (business.sync(), business.codes()) == ({"booked": 2, "skipped": 1}, [])
    accept(business.desk, business.licence, "W2", rebook=True)
    assert business.sync() == {"booked": 3}
    code = business.licence.code
    assert business.ledger().count(f"mark:W2-{code}-2") == 1
    business.clock.advance(dt.timedelta(hours=1))
    assert compare(business).is_clean


def test_an_entry_that_came_back_is_not_booked_anew(business: Business) -> None:
    before = journal(business).read_text()
    delete(business, "W2")
    compare(business)
    journal(business).write_text(before)
    with pytest.raises(ActRefused):
        accept(business.desk, business.licence, "W2", rebook=True)
    assert compare(business).is_clean
    assert business.codes() == []


def test_a_changed_amount_is_named_by_account_until_it_is_accepted(business: Business) -> None:
    text = journal(business).read_text()
    journal(business).write_text(text.replace("242.00", "250.00").replace("-200.00", "-208.00"))
    (difference,) = compare(business).differences
    assert difference.kind == "changed"
    assert "account 8000: -200.00 was sent, -208.00 is booked" in difference.what
    assert business.codes() == ["changed-at-target"]
    touched = journal(business).read_text()
    assert (business.sync(), journal(business).read_text()) == ({"booked": 3}, touched)
    accept(business.desk, business.licence, "W2")
    compare(business)
    assert business.codes() == []
    assert (business.sync(), journal(business).read_text()) == ({"booked": 3}, touched)


def test_an_accepted_difference_is_counted_no_more_and_another_one_is_news(business: Business) -> None:
    change(business, "242", "250")
    assert compare(business).kinds["changed"] == 1
    accept(business.desk, business.licence, "W2")
    found = compare(business)
    assert (found.is_clean, found.accepted, found.agreeing, business.codes()) == (True, 1, 2, [])
    assert read_stock(business.house.database).differences_at_target == 0
    change(business, "250", "999")
    (difference,) = compare(business).differences
    compare(business)
    (problem,) = business.problems()
    assert (problem.code, problem.facts["what"]) == ("changed-at-target", difference.what)
    assert "-957.00 is booked" in difference.what
    accept(business.desk, business.licence, "W2")
    assert compare(business).is_clean
    with pytest.raises(ActRefused):
        accept(business.desk, business.licence, "W9")


def test_what_changes_again_before_it_is_accepted_is_told_as_it_is_now(business: Business) -> None:
    change(business, "242", "250")
    compare(business)
    change(business, "250", "999")
    compare(business)
    (problem,) = business.problems()
    assert "-957.00 is booked" in problem.facts["what"]
    change(business, "999", "242")
    assert compare(business).is_clean
    assert (business.codes(), business.counts()) == ([], {"booked": 3})


def test_another_vat_code_or_date_is_named(business: Business) -> None:
    before = journal(business).read_text()
    journal(business).write_text(before.replace("role:base, vat:VH", "role:base, vat:VL", 1))
    (difference,) = compare(business).differences
    assert difference.what == "account 8000: VH -100.00 was sent, VL -100.00 is booked"
    journal(business).write_text(before.replace("role:base, vat:VH", "role:base"))
    assert compare(business).kinds["changed"] == 3
    journal(business).write_text(before.replace("2026-09-14", "2026-09-15", 1))
    assert "2026-09-14 was sent, 2026-09-15 is booked" in compare(business).differences[0].what


def test_a_copy_of_an_entry_under_a_mark_of_ours_is_extra_until_it_is_gone(business: Business) -> None:
    before = journal(business).read_text()
    mark = f"W1-{business.licence.code}-1"
    copied = next(record for record in records(business) if f"mark:{mark}" in record)
    journal(business).write_text(before + "\n; boekbrug\n" + copied.replace(mark, f"W9-{business.licence.code}-1"))
    (difference,) = compare(business).differences
    assert (difference.kind, difference.mark) == ("extra", f"W9-{business.licence.code}-1")
    compare(business)
    assert business.codes() == ["extra-at-target"]
    journal(business).write_text(before)
    assert compare(business).is_clean
    assert business.codes() == []


def test_a_licence_is_compared_every_night_by_itself_and_once(business: Business) -> None:
    assert reconcile_next(business.house) is None
    delete(business, "W2")
    business.clock.advance(dt.timedelta(days=1))
    assert reconcile_next(business.house) == "bench"
    assert reconcile_next(business.house) is None
    stock = read_stock(business.house.database)
    assert stock.differences_at_target == 1
    assert stock.reconciled_timestamp == business.clock.now().timestamp()
    business.clock.advance(dt.timedelta(days=1))
    assert reconcile_next(business.house) == "bench"


def test_a_difference_counts_until_it_is_put_back_or_accepted_whatever_else_is_compared(business: Business) -> None:
    def counted() -> int:
        return read_stock(business.house.database).differences_at_target

    assert reconcile_next(business.house) is None
    delete(business, "W2")
    compare(business)
    reconcile(business.house, business.licence, dt.date(2026, 1, 1), dt.date(2026, 2, 1))
    assert (counted(), read_stock(business.house.database).reconciled_timestamp) == (1, 0)
    business.clock.advance(dt.timedelta(days=37))
    assert (reconcile_next(business.house), counted()) == ("bench", 1)
    accept(business.desk, business.licence, "W2")
    assert counted() == 0


def test_a_day_total_that_was_deleted_counts_once(tmp_path: Path, ready_url: str) -> None:
    business = Business(tmp_path, ready_url)
    business.choose(mode="day", delay_days=0)
    business.write("a.jsonl", order(1), order(2), order(3))
    business.wait(2)
    assert business.counts() == {"booked": 3}
    business.clock.advance(dt.timedelta(hours=1))
    journal(business).write_text(records(business)[0])
    compare(business)
    assert len(business.codes()) == 3
    assert read_stock(business.house.database).differences_at_target == 1
    business.house.close()


def test_what_the_books_tell_nothing_of_in_a_night_is_counted(moody: Business) -> None:
    assert reconcile_next(moody.house) is None
    moody.write("a.jsonl", order(1), order(2))
    moody.sync()
    moody.clock.advance(dt.timedelta(days=1))
    mood.poison, mood.poisons = "W2-", "read"
    assert reconcile_next(moody.house) == "bench"
    assert read_stock(moody.house.database).differences_at_target == 1
    mood.poison = ""
    moody.clock.advance(dt.timedelta(days=1))
    assert reconcile_next(moody.house) == "bench"
    assert read_stock(moody.house.database).differences_at_target == 0


def test_an_authorisation_lost_at_night_pauses_the_connection_and_is_told(moody: Business) -> None:
    assert reconcile_next(moody.house) is None
    moody.write("a.jsonl", order(1))
    moody.sync()
    moody.clock.advance(dt.timedelta(days=1))
    mood.ends = AuthorisationLost()
    assert reconcile_next(moody.house) == "bench"
    assert moody.codes() == ["authorisation-lost"]
    mood.ends = None
    connections.change(moody.desk, "books", {"folder": str(moody.books)})
    moody.clock.advance(dt.timedelta(hours=1))
    assert reconcile_next(moody.house) == "bench"
    assert moody.sync() == {"booked": 1}
    assert (moody.codes(), bool(read_stock(moody.house.database).reconciled_timestamp)) == ([], True)


def test_what_is_dated_long_ago_is_compared_when_somebody_asks(business: Business) -> None:
    assert reconcile_next(business.house) is None
    delete(business, "W2")
    business.clock.advance(dt.timedelta(days=37))
    assert reconcile_next(business.house) == "bench"
    assert business.codes() == []
    assert compare(business).kinds["deleted"] == 1
    assert business.codes() == ["deleted-at-target"]


@pytest.mark.parametrize("end", [KeyboardInterrupt(), OperationalError("select", None, Exception("gone"))])
def test_a_comparison_that_its_node_did_not_survive_is_begun_anew_in_the_same_night(
    moody: Business, end: BaseException
) -> None:
    assert reconcile_next(moody.house) is None
    moody.write("a.jsonl", order(1))
    moody.sync()
    moody.clock.advance(dt.timedelta(days=1))
    mood.ends = end
    with pytest.raises(type(end)):
        reconcile_next(moody.house)
    mood.ends = None
    moody.clock.advance(dt.timedelta(minutes=59))
    assert reconcile_next(moody.house) is None
    moody.clock.advance(dt.timedelta(minutes=1))
    assert reconcile_next(moody.house) == "bench"
    assert read_stock(moody.house.database).reconciled_timestamp == moody.clock.now().timestamp()
    moody.clock.advance(dt.timedelta(hours=1))
    assert reconcile_next(moody.house) is None
    moody.clock.advance(dt.timedelta(days=1))
    assert reconcile_next(moody.house) == "bench"


def test_all_licences_are_compared_in_one_night_each_at_its_own_minute(business: Business) -> None:
    copies(business, 20)
    assert reconcile_next(business.house) is None
    with business.house.database.read() as connection:
        nights = connection.scalars(sa.select(licence.c.compare_at)).all()
    assert len(set(nights)) == 21
    business.clock.advance(dt.timedelta(days=1))
    rhythm = Rhythm(business.house, Pool(business.house, 1))
    rhythm.reconcile()
    with business.house.database.read() as connection:
        compared = connection.scalars(sa.select(licence.c.compared_at)).all()
    assert compared == [microseconds(business.clock)] * 21


def copies(business: Business, count: int) -> None:
    """Add licences that have nothing to compare."""
    with business.house.database.write() as connection:
        row = dict(connection.execute(sa.select(licence)).one()._mapping)
        body = dict(connection.execute(sa.select(rules)).one()._mapping)
        for n in range(count):
            own = {"id": row["id"] + n + 1, "name": f"copy-{n}", "code": f"{n:04}"}
            connection.execute(sa.insert(licence).values({**row, **own}))
            connection.execute(sa.insert(rules).values({**body, "licence": own["id"]}))


def test_a_licence_that_has_ended_is_not_said_to_lag_behind(business: Business) -> None:
    delete(business, "W2")
    compare(business)
    assert read_stock(business.house.database).differences_at_target == 1
    licences.pause(business.desk, business.licence)
    stock = read_stock(business.house.database)
    assert (stock.differences_at_target, stock.reconciled_timestamp) == (0, 0)
