"""What is deleted or changed in the books is seen, marked as such, and never sent again by itself."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.integration.journey import Business, order

from boekbrug.acts import licences
from boekbrug.acts.accept import accept
from boekbrug.acts.desk import ActRefused
from boekbrug.acts.nightly import reconcile_next
from boekbrug.acts.reconcile import Reconciled, reconcile
from boekbrug.runtime.clock import microseconds
from boekbrug.runtime.metrics import read_stock
from boekbrug.service.pool import Pool
from boekbrug.service.rhythm import Rhythm
from boekbrug.store.tables import licence, rules

FIRST, END = dt.date(2026, 9, 1), dt.date(2026, 10, 1)


@pytest.fixture
def business(tmp_path: Path, ready_url: str) -> Iterator[Business]:
    found = Business(tmp_path, ready_url)
    found.write("a.jsonl", order(1), order(2, amount="242.00"), order(3))
    found.sync()
    found.clock.advance(dt.timedelta(hours=1))
    yield found
    found.house.close()


def compare(business: Business) -> Reconciled:
    return reconcile(business.house, business.licence, FIRST, END)


def journal(business: Business) -> Path:
    (file,) = business.books.glob("20*.journal")
    return file


def records(business: Business) -> list[str]:
    """Split the books into what comes before the first entry, and the entries."""
    return journal(business).read_text().split("\n; boekbrug\n")


def delete(business: Business, number: str) -> None:
    kept = [record for record in records(business) if f"mark:{number}-" not in record]
    journal(business).write_text("\n; boekbrug\n".join(kept))


def test_books_that_agree_are_said_to(business: Business) -> None:
    found = compare(business)
    assert (found.asked, found.agreeing, found.is_clean) == (3, 3, True)
    assert str(found.booked) == str(found.found) == "484.00"
    assert (found.fetched, found.documents["booked"]) == (3, 3)
    assert found.statuses == {"final": 3}


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
    accept(business.desk, business.licence, "W2")
    compare(business)
    assert business.codes() == []


def test_another_vat_code_or_date_is_named(business: Business) -> None:
    before = journal(business).read_text()
    journal(business).write_text(before.replace("role:base, vat:VH", "role:base, vat:VL", 1))
    (difference,) = compare(business).differences
    assert "VL is booked" in difference.what
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
