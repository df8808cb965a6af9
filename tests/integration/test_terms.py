"""Days and months composed as a whole: when, of what, and what happens to what comes late."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from tests.integration.journey import Business, order

from boekbrug.acts import licences, preview
from boekbrug.acts.approve import approve
from boekbrug.acts.desk import ActRefused
from boekbrug.acts.retry import retry
from boekbrug.booking.rules import HybridRule, Mode
from boekbrug.store.database import Database
from boekbrug.store.integrity import INVARIANTS, broken


@pytest.fixture
def business(tmp_path: Path, ready_url: str) -> Iterator[Business]:
    business = Business(tmp_path, ready_url)
    yield business
    sound(business.house.database)
    business.house.close()


def sound(database: Database) -> None:
    with database.read() as connection:
        assert {name: found for name, query in INVARIANTS.items() if (found := broken(connection, query))[0]} == {}


def rows(business: Business, query: str) -> list[tuple[Any, ...]]:
    with business.house.database.read() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def numbers(business: Business) -> list[str]:
    live = "select e.number from entry e join entry_state s on s.entry = e.id where s.state = 'booked'"
    return sorted(number for (number,) in rows(business, live))


def balance(business: Business, account: str) -> int:
    query = (
        "select coalesce(sum(l.minor), 0) from entry_line l join entry_state s on s.entry = l.entry "
        f"where s.state = 'booked' and l.account = '{account}'"
    )
    return int(rows(business, query)[0][0])


def credit(n: int, of: int, amount: str) -> dict[str, Any]:
    return order(n, amount=amount, kind="credit-note", number=f"C{n}", refers_to={"kind": "order", "id": of})


def test_a_day_is_booked_as_one_entry_once_it_is_over(business: Business) -> None:
    business.choose(mode=Mode.DAY)
    business.write("a.jsonl", order(1), order(2, amount="60.50"), order(3, amount="10.90", rate=9))
    assert business.sync() == {"waiting": 3}
    assert {reason for (reason,) in rows(business, "select reason from document_state")} == {"term of 2026-09-14"}
    assert business.sync() == {"waiting": 3}
    assert business.wait(1) == {"booked": 3}
    assert numbers(business) == ["shop-2026-09-14-EUR"]
    assert (balance(business, "8000"), balance(business, "1500"), balance(business, "1060")) == (-15000, -3150, 19240)


def test_the_delay_is_the_licences_choice(business: Business) -> None:
    business.choose(mode=Mode.DAY, delay_days=0)
    business.write("a.jsonl", order(1), order(2, date="2026-09-15T09:00:00+02:00"))
    assert business.sync() == {"booked": 1, "waiting": 1}
    business.choose(delay_days=3)
    assert business.wait(1) == {"booked": 2}, "a term keeps the moment that it was given"


def test_a_late_sale_goes_into_a_later_entry_of_its_day(business: Business) -> None:
    business.choose(mode=Mode.DAY)
    business.write("a.jsonl", order(1))
    business.wait(1)
    business.write("b.jsonl", order(2))
    assert business.sync() == {"booked": 2}
    business.write("c.jsonl", order(3))
    assert business.sync() == {"booked": 3}
    assert numbers(business) == ["shop-2026-09-14-EUR", "shop-2026-09-14-EUR/2", "shop-2026-09-14-EUR/3"]


def test_a_problem_holds_up_nothing_and_comes_later(business: Business) -> None:
    business.choose(mode=Mode.DAY)
    business.write("a.jsonl", order(1), order(2, payment_method="cheque"))
    assert business.wait(1) == {"booked": 1, "problem": 1}
    assert business.codes() == ["payment-method-unmapped"]
    business.write("b.jsonl", order(2))
    assert business.sync() == {"booked": 2}
    assert numbers(business) == ["shop-2026-09-14-EUR", "shop-2026-09-14-EUR/2"]


def test_what_was_noticed_of_a_sale_is_told_in_a_total_too(business: Business) -> None:
    business.choose(mode=Mode.DAY)
    [goods] = order(1, amount="109.00", rate=9)["lines"]
    shipping = {"sku": "SHIP", "name": "Verzending", "kind": "shipping", "amount_incl": "12.10", "vat_rate": 21}
    sale = order(1, lines=[goods, shipping | {"vat": "2.10"}], total_incl="121.10", total_vat="11.10")
    business.write("a.jsonl", sale, order(2))
    assert business.wait(1) == {"booked": 2}
    assert business.codes() == ["shipping-rate-differs"]


def test_a_day_that_comes_to_nothing_is_skipped(business: Business) -> None:
    business.choose(mode=Mode.DAY)
    business.write("a.jsonl", order(1), credit(2, 1, "-121.00"))
    assert business.wait(1) == {"skipped": 2}
    assert business.ledger() == ""


def test_a_credit_of_the_same_day_is_in_the_same_total(business: Business) -> None:
    business.choose(mode=Mode.DAY)
    business.write("a.jsonl", order(1), order(2), credit(3, 1, "-60.50"), credit(4, 1, "-60.50"))
    assert business.wait(1) == {"booked": 4}
    assert numbers(business) == ["shop-2026-09-14-EUR"]
    assert (balance(business, "8000"), balance(business, "1500")) == (-10000, -2100)


def test_a_credit_of_a_later_day_mirrors_its_sale_in_a_total(business: Business) -> None:
    business.choose(mode=Mode.DAY)
    business.write("a.jsonl", order(1), order(2))
    business.wait(1)
    business.write("b.jsonl", credit(3, 1, "-121.00") | {"date": "2026-09-15T10:00:00+02:00"})
    assert business.wait(1) == {"booked": 3}
    assert (balance(business, "8000"), balance(business, "1500")) == (-10000, -2100)


def test_hybrid_books_some_sales_alone_and_their_credits_too(business: Business) -> None:
    business.choose(mode=Mode.HYBRID, hybrid=HybridRule(above=50000))
    business.write("a.jsonl", order(1), order(2), order(3, amount="1210.00"))
    assert business.sync() == {"booked": 1, "waiting": 2}
    business.write("b.jsonl", credit(4, 3, "-121.00"), credit(5, 1, "-60.50"))
    assert business.wait(1) == {"booked": 5}
    assert numbers(business) == ["C4", "W3", "shop-2026-09-14-EUR"]
    assert balance(business, "8000") == -105000


def test_a_sale_that_changes_before_its_day_is_booked_is_booked_as_it_is(business: Business) -> None:
    business.choose(automatic=False, mode=Mode.DAY)
    business.write("a.jsonl", order(1), order(2))
    business.wait(1)
    business.write("a.jsonl", order(1, amount="242.00"), order(2))
    business.sync()
    business.sync()
    unsent = "select number from entry e join entry_state s on s.entry = e.id where s.state = 'composed'"
    assert rows(business, unsent) == [("shop-2026-09-14-EUR",)]
    assert approve(business.desk, business.licence, ["W2"]) == 1
    assert business.sync() == {"booked": 2}
    assert balance(business, "1060") == 36300


def test_a_till_that_closes_its_days_is_waited_for(business: Business, monkeypatch: pytest.MonkeyPatch) -> None:
    open_days = {dt.date(2026, 9, 14)}
    source = type(business.house.instances().source(business.licence.source))
    monkeypatch.setattr(source, "closed", lambda _, unit, day: day not in open_days, raising=False)
    business.choose(mode=Mode.DAY)
    business.write("a.jsonl", order(1))
    assert business.wait(1) == {"waiting": 1}
    assert rows(business, "select state, reason from term") == [("running", "not-closed")]
    open_days.clear()
    assert business.sync() == {"booked": 1}


def test_a_total_of_thousands_is_refused_once_and_goes_when_mended(business: Business) -> None:
    business.choose(mode=Mode.DAY, automatic=False)
    business.write("a.jsonl", *(order(n, amount=f"{n}.00") for n in range(1, 601)))
    assert business.wait(1) == {"waiting": 600}
    [shown] = preview.preview(business.house, business.licence, "en", 50)
    assert (shown.documents, shown.number, shown.kind) == (600, "shop-2026-09-14-EUR", "term")
    assert {one.documents for one in shown.why} == {600}
    assert approve(business.desk, business.licence) == 1
    books = business.books / "chart.toml"
    chart = books.read_text()
    books.write_text(chart.replace('code = "VRK"', 'code = "XXX"'))
    assert business.sync() == {"problem": 600}
    assert len(business.codes()) == 1
    books.write_text(chart)
    assert retry(business.desk, business.licence).documents == 600
    business.sync()
    approve(business.desk, business.licence)
    assert business.sync() == {"booked": 600}
    assert balance(business, "1060") == sum(range(1, 601)) * 100


def test_a_month_is_never_begun_in_its_middle(business: Business) -> None:
    file = licences.as_file(business.house, business.licence)
    rules = replace(file.rules, mode=Mode.MEMORIAL_MONTH)
    begun = replace(file, name="park", rules=rules, start=dt.date(2026, 9, 14))
    with pytest.raises(ActRefused) as refused:
        licences.apply(business.desk, begun)
    assert "first of one" in refused.value.reasons[0]
    assert licences.apply(business.desk, replace(begun, start=dt.date(2026, 9, 1))).created


def test_ledger_movements_of_a_month_are_booked_as_a_whole(business: Business) -> None:
    business.choose(mode=Mode.MEMORIAL_MONTH, accounts={"omzet": "8020", "kas": "1065"})
    moves = [
        {
            "id": f"m{n}", "kind": "ledger-movement", "number": f"m{n}", "date": f"2026-09-{n:02}T10:00:00+02:00",
            "status": "paid", "total_incl": "0.00", "currency": "EUR",
            "movements": [{"account": "kas", "amount": "10.00"}, {"account": "omzet", "amount": "-10.00"}],
        }
        for n in (1, 2, 3)
    ]  # fmt: skip
    business.write("ledger.jsonl", *moves)
    assert business.sync() == {"waiting": 3}
    assert business.wait(17) == {"booked": 3}
    assert numbers(business) == ["shop-2026-09-EUR"]
    assert (balance(business, "8020"), balance(business, "1065")) == (-3000, 3000)
