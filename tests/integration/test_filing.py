"""Periods that were filed: frozen figures, what comes later, and gaps and lists that somebody signs."""

import datetime as dt
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
from tests.integration import returns
from tests.integration.journey import Business, order
from tests.integration.test_lists import listed, rows

from boekbrug.acts.approve import approve
from boekbrug.acts.correct import correct
from boekbrug.acts.desk import ActRefused
from boekbrug.acts.lists.every import agree, agreement_of, make
from boekbrug.acts.lists.filing import file_return, filed, withdraw
from boekbrug.acts.lists.gaps import sign_gap
from boekbrug.acts.lists.scope import Days, Scope, scope_of
from boekbrug.acts.lists.supplementary import supplementary_list
from boekbrug.booking.rules import Mode
from boekbrug.store import audit

AUGUST = Days(dt.date(2026, 8, 1), dt.date(2026, 8, 31))


@pytest.fixture
def business(tmp_path: Path, sqlite_template: Path) -> Iterator[Business]:
    business = Business(tmp_path, f"sqlite:///{shutil.copy(sqlite_template, tmp_path)}")
    yield business
    business.house.close()


@pytest.fixture
def either(tmp_path: Path, ready_url: str) -> Iterator[Business]:
    """A business on one database and then on the other."""
    business = Business(tmp_path, ready_url)
    yield business
    business.house.close()


def august(n: int, day: int = 10, **changes: object) -> dict[str, object]:
    return order(n, date=f"2026-08-{day:02}T10:00:00+02:00", **changes)


def scope(business: Business, days: Days = AUGUST) -> Scope:
    return scope_of(business.house, business.licence, days, whole=True)


@contextmanager
def refused(reason: str) -> Iterator[None]:
    with pytest.raises(ActRefused) as told:
        yield
    assert reason in " ".join(told.value.reasons)


def test_what_lies_in_a_filed_period_is_held_and_listed_with_its_effect(either: Business) -> None:
    either.write("a.jsonl", august(1), order(2))
    either.sync()
    done = file_return(either.desk, either.licence, "vat", AUGUST.last)
    assert done.figures == {"1a 21": (10000, 2100)}
    assert done.days == Days(dt.date(2025, 1, 1), AUGUST.last)
    either.write("b.jsonl", august(3, amount="60.50"), order(4))
    assert either.sync() == {"booked": 3, "held": 1}
    found = supplementary_list(scope(either), "vat")
    assert not found.is_clean
    assert rows(found, "changes") == rows(found, "documents") == []
    [held] = rows(found, "held")
    assert (held["number"], held["box"], held["base"], held["vat"]) == ("W3", "1a", Decimal("50.00"), Decimal("10.50"))


def test_a_total_of_a_filed_period_is_held_too(business: Business) -> None:
    business.choose(mode=Mode.DAY)
    business.write("a.jsonl", august(1))
    business.wait(1)
    file_return(business.desk, business.licence, "vat", AUGUST.last)
    business.write("b.jsonl", august(2, amount="60.50"))
    assert business.wait(1) == {"booked": 1, "held": 1}
    [held] = rows(supplementary_list(scope(business), "vat"), "held")
    assert (held["number"], held["base"], held["vat"]) == ("W2", Decimal("50.00"), Decimal("10.50"))


def test_a_filing_taken_back_lets_documents_in_and_figures_tell_the_change(business: Business) -> None:
    business.write("a.jsonl", august(1))
    business.sync()
    file_return(business.desk, business.licence, "icp", AUGUST.last)
    business.write("b.jsonl", august(2))
    assert business.sync() == {"booked": 2}, "the VAT of the period was not filed"
    file_return(business.desk, business.licence, "vat", dt.date(2026, 7, 31))
    file_return(business.desk, business.licence, "vat", AUGUST.last)
    assert [one.row.last_day for one in filed(business.house, business.licence)] == [
        "2026-07-31", "2026-08-31", "2026-08-31",
    ]  # fmt: skip
    assert withdraw(business.desk, business.licence, "vat").last_day == "2026-08-31"
    business.write("c.jsonl", august(3))
    assert business.sync() == {"booked": 3}
    with business.house.database.read() as connection:
        acts = [done.act for done in audit.list_latest(connection, licence=business.licence.id)]
    assert acts[:4] == ["filed-withdraw", "filed", "filed", "filed"]


def test_an_error_of_a_filed_period_that_is_mended_later_is_on_its_list(either: Business) -> None:
    either.write("a.jsonl", august(1), august(2))
    either.sync()
    file_return(either.desk, either.licence, "vat", AUGUST.last)
    back = august(5, 12, amount="-12.10", kind="credit-note", number="C5", refers_to={"kind": "order", "id": 2})
    either.write("b.jsonl", back | {"date": "2026-09-14T10:00:00+02:00", "refund_cause": "error"})
    plain = back | {"id": 6, "number": "C6", "date": "2026-09-14T10:00:00+02:00", "refund_cause": "return"}
    either.write("c.jsonl", plain)
    either.write("a.jsonl", august(1, amount="242.00"), august(2))
    either.sync()
    correct(either.desk, either.licence, "W1", date=dt.date(2026, 9, 14), only_look=False)
    assert either.sync() == {"booked": 4}
    found = supplementary_list(scope(either), "vat")
    assert rows(found, "changes") == []
    later = sorted((row["number"], row["date"], row["base"]) for row in rows(found, "documents"))
    assert later == [
        ("C5", "2026-09-14", Decimal("-10.00")), ("W1", "2026-09-14", Decimal("-100.00")),
        ("W1", "2026-09-14", Decimal("200.00")),
    ]  # fmt: skip


def test_figures_that_change_after_filing_are_told(business: Business) -> None:
    business.write("a.jsonl", august(1), august(2))
    business.sync()
    file_return(business.desk, business.licence, "vat", AUGUST.last)
    with business.house.database.write() as connection:
        connection.exec_driver_sql(
            "update entry_state set reason = 'deleted-at-target' "
            "where entry = (select id from entry where number = 'W2')"
        )
    [change] = rows(supplementary_list(scope(business), "vat"), "changes")
    assert (change["figure"], change["filed_base"], change["base"], change["vat"]) == (
        "1a 21", Decimal("200.00"), Decimal("-100.00"), Decimal("-21.00"),
    )  # fmt: skip


def test_a_period_is_not_filed_while_something_of_it_is_on_its_way(business: Business) -> None:
    business.choose(automatic=False)
    business.write("a.jsonl", august(1))
    business.sync()
    with refused("W1: dated in the period"):
        file_return(business.desk, business.licence, "vat", AUGUST.last)
    approve(business.desk, business.licence)
    business.sync()
    with refused("not over yet"):
        file_return(business.desk, business.licence, "vat", dt.date(2026, 12, 31))
    with refused("no return"):
        file_return(business.desk, business.licence, "wages", AUGUST.last)
    file_return(business.desk, business.licence, "vat", AUGUST.last)
    with refused("filed through 2026-08-31 already"):
        file_return(business.desk, business.licence, "vat", AUGUST.last)


def test_oss_and_icp_are_frozen_by_country_and_customer(business: Business) -> None:
    returns.furnish(business)
    documents = [returns.sale(Random(n), n, "2026-08-03", kind) for n, kind in enumerate(("be", "goods", "de"), 1)]
    business.write("a.jsonl", *returns.written(documents))
    assert business.sync() == {"booked": 3}
    oss = file_return(business.desk, business.licence, "oss", AUGUST.last).figures
    assert set(oss) == {"2026-Q3 NL-BE 21", "2026-Q3 NL-DE 19"}
    icp = file_return(business.desk, business.licence, "icp", AUGUST.last).figures
    assert list(icp) == [documents[1]["customer"]["vat_id"]]
    assert supplementary_list(scope(business), "oss").is_clean
    late = [returns.sale(Random(n), n, "2026-08-04", kind) for n, kind in enumerate(("be", "goods", "high"), 4)]
    business.write("b.jsonl", *returns.written(late))
    assert business.sync() == {"booked": 4, "held": 2}, "the VAT return is open, ICP and OSS are filed"
    held = rows(supplementary_list(scope(business), "oss"), "held")
    assert [(row["number"], row["box"]) for row in held] == [("W4", "oss"), ("W5", "3b")]
    withdraw(business.desk, business.licence, "oss")
    business.sync()
    file_return(business.desk, business.licence, "oss", AUGUST.last)
    more = returns.sale(Random(8), 8, "2026-08-04", "goods")
    withdraw(business.desk, business.licence, "icp")
    business.write("c.jsonl", *returns.written([more]))
    business.sync()
    assert rows(supplementary_list(scope(business), "oss"), "documents") == [], "what is in 3b is no matter of OSS"


def test_gaps_are_found_explained_and_signed(either: Business) -> None:
    numbers = [n for n in range(1, 13) if n not in (4, 5, 9)]
    either.write(
        "a.jsonl",
        *(august(n, n, number=f"F{n:04}") for n in numbers),
        august(99, 3, number="F0009", kind="credit-note", amount="-1.21"),
    )
    either.sync()
    days = Days(dt.date(2026, 8, 1), dt.date(2026, 8, 12))
    found = listed(either, "gaps", days)
    gaps = {row["gap"]: (row["what"], row["count"], row["explained"]) for row in rows(found, "gaps")}
    assert gaps == {
        "F0004..F0005": ("number", 2, ""), "F0009": ("number", 1, "credit-note"),
        "2026-08-04..2026-08-05": ("day", 2, ""), "2026-08-09": ("day", 1, ""),
    }  # fmt: skip
    assert found.parts[0].differs == 3
    with refused("Say why"):
        sign_gap(either.desk, scope(either, days), "F0004..F0005", " ")
    with refused("no gap"):
        sign_gap(either.desk, scope(either, days), "F0001", "x")
    sign_gap(either.desk, scope(either, days), "F0004..F0005", "cancelled at the till")
    row = rows(listed(either, "gaps", days), "gaps")[0]
    assert (row["by"], row["on"], row["note"]) == ("tests", "2026-09-15", "cancelled at the till")


def test_numbers_missing_between_two_periods_are_a_gap_of_the_later(either: Business) -> None:
    july = [order(n, date=f"2026-07-{n:02}T10:00:00+02:00", number=f"F{n:04}") for n in (29, 30)]
    either.write("a.jsonl", *july, *(august(n, n - 32, number=f"F{n:04}") for n in (33, 34)))
    either.sync()
    days = Days(dt.date(2026, 8, 1), dt.date(2026, 8, 2))
    [gap] = rows(listed(either, "gaps", days), "gaps")
    assert (gap["gap"], gap["count"]) == ("F0031..F0032", 2)
    sign_gap(either.desk, scope(either, days), "F0031..F0032", "test prints")
    assert listed(either, "gaps", days).is_clean
    first = Days(dt.date(2026, 7, 29), dt.date(2026, 7, 30))
    assert listed(either, "gaps", first).is_clean, "a series begins where it begins"


def test_period_filed_elsewhere_counts_for_its_own_return(business: Business) -> None:
    business.choose(filed_through=dt.date(2026, 7, 31), filed_oss_through=dt.date(2026, 6, 30))
    assert file_return(business.desk, business.licence, "vat", AUGUST.last).days.first == AUGUST.first
    assert file_return(business.desk, business.licence, "oss", AUGUST.last).days.first == dt.date(2026, 7, 1)
    assert file_return(business.desk, business.licence, "icp", AUGUST.last).days.first == AUGUST.first


def test_numbers_that_are_no_series_are_not_called_gaps(business: Business) -> None:
    business.write("a.jsonl", august(1, number="A17"), august(2, number="A930481"), august(3, number="no digits"))
    business.sync()
    found = listed(business, "gaps", Days(dt.date(2026, 8, 10), dt.date(2026, 8, 10)))
    assert rows(found, "gaps") == []
    assert found.remarks == ("numbers-do-not-follow",)


def test_who_agreed_to_which_figures_is_kept(either: Business) -> None:
    either.write("a.jsonl", august(1))
    either.sync()
    shown = make("vat", scope(either), ask=False)
    agree(either.desk, scope(either), "vat", "checked", digest=shown.digest)
    found = agreement_of(either.house, either.licence, "vat", AUGUST)
    assert found is not None
    assert (found.actor, found.note, found.digest) == ("tests", "checked", shown.digest)
    either.write("b.jsonl", august(2))
    either.sync()
    assert make("vat", scope(either), ask=False).digest != found.digest
    with refused("changed since"):
        agree(either.desk, scope(either), "vat", digest=shown.digest)


def test_two_who_file_at_once_file_once(either: Business) -> None:
    either.write("a.jsonl", august(1))
    either.sync()
    results: list[str] = []

    def go() -> None:
        from boekbrug.acts.desk import Desk

        try:
            file_return(Desk(either.house, "other"), either.licence, "vat", AUGUST.last)
            results.append("filed")
        except ActRefused:
            results.append("refused")

    both = [threading.Thread(target=go) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(results) == ["filed", "refused"]
