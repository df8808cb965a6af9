"""Bad input ends in a clear problem and nothing else: the rest is booked, nothing is lost, nothing is doubled."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.journey import Business, order

from boekbrug.contract import Problem
from boekbrug.problems import Catalogue

GOOD = order(1)


@pytest.fixture
def business(tmp_path: Path, ready_url: str) -> Iterator[Business]:
    business = Business(tmp_path, ready_url)
    yield business
    business.house.close()


@pytest.fixture
def small(tmp_path: Path, sqlite_template: Path) -> Iterator[Business]:
    path = tmp_path / "boekbrug.db"
    path.write_bytes(sqlite_template.read_bytes())
    business = Business(tmp_path, f"sqlite:///{path}")
    yield business
    business.house.close()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"currency": "XYZ"}, "currency-unknown"),
        ({"rate": 13}, "rate-unmapped"),
        ({"total_incl": "150.00"}, "lines-differ-from-total"),
        ({"date": "2027-01-01T10:00:00+01:00"}, "date-in-future"),
    ],
)
def test_a_sale_that_cannot_be_booked_is_a_problem_and_the_rest_goes_through(
    business: Business, changes: dict[str, object], code: str
) -> None:
    business.write("a.jsonl", GOOD, order(2, **changes))
    assert business.sync() == {"booked": 1, "problem": 1}
    assert code in business.codes()
    assert "(W2)" not in business.ledger()


def test_every_problem_has_cause_and_fix_in_three_languages(small: Business) -> None:
    small.write("a.jsonl", GOOD, order(2, rate=13), order(3, currency="XYZ"), order(4, number="W1", amount="50.00"))
    small.sync()
    codes = Catalogue()
    for problem in small.problems():
        for language in ("nl", "en", "de"):
            text = codes.explain(Problem(code=problem.code, facts=problem.facts), language)
            assert text.message, problem.code
            assert text.cause, problem.code
            assert text.fix, problem.code
            assert "–" not in text.message + text.cause + text.fix, text


def test_what_is_wrong_with_a_sale_is_said_once_however_many_lines_it_has(small: Business) -> None:
    line = {"sku": "A", "name": "Tent", "quantity": 1, "amount_incl": "10.00", "vat_rate": 0, "vat": "0.00"}
    buyer = {"email": "klant@example.org", "company": "Camping", "is_business": True, "country": "BE"}
    lines = [line | {"name": f"Tent {n}"} for n in range(3)]
    small.write("a.jsonl", order(1, lines=lines, total_incl="30.00", total_vat="0.00", customer=buyer))
    assert small.sync() == {"problem": 1}
    assert small.codes() == ["eu-business-without-vat-id"]


def test_a_second_sale_with_the_same_number_is_a_problem(business: Business) -> None:
    business.write("a.jsonl", GOOD, order(2, number="W1", amount="50.00"))
    assert business.sync() == {"booked": 1, "problem": 1}
    assert business.codes() == ["duplicate-number"]


def test_an_order_changed_after_it_was_booked_is_marked_and_never_rebooked(business: Business) -> None:
    business.write("a.jsonl", GOOD)
    business.sync()
    before = business.ledger()
    business.write("a.jsonl", order(1, amount="200.00"))
    assert business.sync() == {"booked": 1}
    assert business.codes() == ["changed-after-booking"]
    assert business.ledger() == before


def test_an_order_changed_before_it_was_approved_is_composed_anew(small: Business) -> None:
    small.write("a.jsonl", order(1, total_incl="150.00"))
    assert small.sync() == {"problem": 1}
    small.write("a.jsonl", order(1, amount="150.00"))
    assert small.sync() == {"booked": 1}
    assert small.problems() == []


def test_broken_rows_name_file_and_row_and_end_when_mended(business: Business) -> None:
    business.write("a.jsonl", GOOD, "{not json", order(2))
    assert business.sync() == {"booked": 2}
    (problem,) = business.problems()
    assert problem.place.endswith("a.jsonl")
    assert problem.facts["row"] == "2"
    business.write("a.jsonl", GOOD, order(3), order(2))
    assert business.sync() == {"booked": 3}
    assert business.problems() == []


def test_an_empty_file_and_one_that_is_not_utf8_are_problems_and_stop_nothing(small: Business) -> None:
    (small.shop / "empty.jsonl").write_bytes(b"")
    (small.shop / "latin.jsonl").write_bytes(b'{"id": 1, "number": "\xe9"}\n')
    small.write("z.jsonl", GOOD)
    assert small.sync() == {"booked": 1}
    assert [problem.place.rpartition("/")[2] for problem in small.problems()] == ["empty.jsonl", "latin.jsonl"]


def test_a_file_of_two_hundred_megabytes_is_refused_in_words(small: Business) -> None:
    with (small.shop / "huge.json").open("wb") as file:
        file.truncate(200 * 1024 * 1024)
    small.write("z.jsonl", GOOD)
    assert small.sync() == {"booked": 1}
    (problem,) = small.problems()
    assert problem.place.endswith("huge.json")
