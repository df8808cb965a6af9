"""Money that comes before the sale or after it: prepayments, part payments, payouts, as the engine books them."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.integration.journey import Business, order
from tests.integration.test_reverse import refused
from tests.integration.test_terms import balance, rows, sound

from boekbrug.acts.answer import answer
from boekbrug.acts.approve import approve
from boekbrug.acts.correct import correct
from boekbrug.acts.reconcile import reconcile
from boekbrug.acts.reverse import reverse
from boekbrug.booking.rules import Mode
from boekbrug.contract import DocumentKind

ACCOUNTS = {"1600": "general", "2060": "general", "1460": "general", "4330": "cost", "1510": "vat"}


@pytest.fixture
def business(tmp_path: Path, sqlite_template: Path) -> Iterator[Business]:
    path = tmp_path / "boekbrug.db"
    path.write_bytes(sqlite_template.read_bytes())
    business = Business(tmp_path, f"sqlite:///{path}")
    chart = business.books / "chart.toml"
    more = "".join(
        f'\n[[account]]\ncode = "{code}"\nname = "{code}"\ntype = "{type}"\n' for code, type in ACCOUNTS.items()
    )
    chart.write_text(chart.read_text() + more)
    yield business
    sound(business.house.database)
    business.house.close()


def paid(n: int, of: int, amount: str, kind: str = "order", **more: Any) -> dict[str, Any]:
    row = {
        "id": n,
        "number": f"P{n}",
        "kind": "payment",
        "date": "2026-09-13T10:00:00+02:00",
        "payment_method": "ideal",
    }
    return {**row, "total_incl": amount, "refers_to": {"kind": kind, "id": of}, **more}


def invoice(n: int, of: int, amount: str = "121.00", **more: Any) -> dict[str, Any]:
    row = order(n, amount=amount, kind="invoice", number=f"F{n}", order_number=f"W{of}", on_account=True, **more)
    return {name: value for name, value in row.items() if name not in ("status", "payment_method")}


def balances(business: Business, *accounts: str) -> tuple[int, ...]:
    return tuple(balance(business, account) for account in accounts)


BOOKED = ("1060", "1300", "1500", "1600", "8000")


def test_a_prepayment_holds_vat_until_its_invoice_releases_it(business: Business) -> None:
    business.choose(basis=DocumentKind.INVOICE, received_in_advance="1600")
    business.write("a.jsonl", order(1, amount="726.00"), paid(2, 1, "242.00"))
    assert business.sync() == {"booked": 1, "skipped": 1}
    assert balances(business, *BOOKED) == (24200, 0, -4200, -20000, 0)
    business.write("b.jsonl", invoice(3, 1, "726.00"))
    business.sync()
    assert balances(business, *BOOKED) == (24200, 48400, -12600, 0, -60000)
    business.write("c.jsonl", paid(4, 1, "400.00"), paid(5, 3, "84.00", "invoice"))
    business.sync()
    assert business.wait(1) == {"booked": 4, "skipped": 1}, business.problems()
    assert balances(business, *BOOKED) == (72600, 0, -12600, 0, -60000)
    with refused("booked upon it"):
        reverse(business.desk, business.licence, numbers=["P2"])
    business.write("a.jsonl", order(1, amount="726.00"), paid(2, 1, "200.00"))
    business.sync()
    with refused("released this prepayment"):
        correct(business.desk, business.licence, "P2")


def test_an_open_order_is_paid_in_advance_and_refunded_before_any_invoice(business: Business) -> None:
    business.choose(received_in_advance="1600")
    business.write("a.jsonl", order(1, status="reserved"), paid(2, 1, "60.50"), paid(3, 1, "24.20"))
    business.sync()
    assert business.wait(1) == {"booked": 2, "open": 1}
    business.write("b.jsonl", paid(4, 1, "-90.00"), order(1, status="cancelled"))
    assert business.sync() == {"booked": 2, "problem": 1, "skipped": 1}
    business.write("b.jsonl", paid(4, 1, "-84.70"))
    assert business.sync() == {"booked": 3, "skipped": 1}
    assert balances(business, *BOOKED) == (0, 0, 0, 0, 0)


def test_two_invoices_of_one_order_share_what_was_paid_in_advance(business: Business) -> None:
    business.choose(basis=DocumentKind.INVOICE, received_in_advance="1600")
    business.write("a.jsonl", order(1, amount="300.00"), paid(2, 1, "150.00"))
    business.sync()
    business.write("b.jsonl", invoice(3, 1, "100.00"), invoice(4, 1, "200.00"))
    business.sync()
    assert business.wait(1) == {"booked": 3, "skipped": 1}, business.problems()
    # 100 and 50 of 150 released: the first is paid, the second owes 150
    assert balances(business, "1060", "1300", "1600") == (15000, 15000, 0)
    assert balances(business, "1500")[0] + balances(business, "8000")[0] == -30000
    business.write("c.jsonl", paid(5, 1, "150.00"))
    assert business.sync() == {"booked": 4, "skipped": 1}
    assert rows(business, "select reference from entry_line where account = '1300' and minor < 0") == [("F4",)]


def test_an_invoice_waits_until_its_prepayment_is_booked(business: Business) -> None:
    business.choose(automatic=False, basis=DocumentKind.INVOICE, received_in_advance="1600")
    business.write("a.jsonl", order(1, amount="726.00"), paid(2, 1, "242.00"))
    business.sync()
    business.write("b.jsonl", invoice(3, 1, "726.00"))
    business.sync()
    assert ("advance",) in rows(business, "select reason from document_state")
    approve(business.desk, business.licence)
    business.wait(1)
    business.sync()
    approve(business.desk, business.licence)
    assert business.sync() == {"booked": 2, "skipped": 1}
    assert balances(business, *BOOKED) == (24200, 48400, -12600, 0, -60000)


def test_days_hold_prepayments_as_single_sales_do(business: Business) -> None:
    business.choose(mode=Mode.DAY, basis=DocumentKind.INVOICE, received_in_advance="1600")
    business.write("a.jsonl", order(1, amount="726.00"), paid(2, 1, "242.00"))
    assert business.wait(1) == {"booked": 1, "skipped": 1}
    assert balances(business, *BOOKED) == (24200, 0, -4200, -20000, 0)
    business.write("b.jsonl", invoice(3, 1, "726.00", date="2026-09-15"), order(4, date="2026-09-15T10:00:00+02:00"))
    assert business.wait(2) == {"booked": 2, "skipped": 2}
    assert balances(business, *BOOKED) == (24200, 48400, -12600, 0, -60000)


def test_a_partly_paid_sale_stays_a_named_open_item_until_the_last_payment(business: Business) -> None:
    business.choose(basis=DocumentKind.INVOICE)
    row = invoice(1, 1, tenders=[{"method": "ideal", "amount": "50.00"}])
    later = [paid(n, 1, amount, "invoice") for n, amount in ((2, "30.00"), (3, "50.00"), (4, "41.00"))]
    business.write("a.jsonl", row, *later)
    for _ in range(3):
        business.wait(1)
    assert (business.counts(), business.codes()) == ({"booked": 3, "problem": 1}, ["payment-exceeds-open"])
    open_items = rows(business, "select distinct reference from entry_line where account = '1300'")
    assert (open_items, balances(business, "1300", "1060")) == ([("F1",)], (0, 12100))


PROVIDER: dict[str, Any] = {
    "provider_booked_by": "boekbrug", "transit": "2060", "fees_withheld": "1460", "exchange_differences": "4330",
}  # fmt: skip


def settled(n: int, gross: str, fees: str, net: str, *payments: str) -> dict[str, Any]:
    payout = {"method": "paypal", "gross": gross, "fees": fees, "paid": net, "payments": payments}
    row = {"id": n, "number": f"U{n}", "kind": "payout", "date": "2026-09-14T23:00:00+02:00", "payout": payout}
    return {**row, "total_incl": net}


def with_id(row: dict[str, Any], id: str) -> dict[str, Any]:
    tender = {"method": "paypal", "amount": row["total_incl"], "id": id}
    return {**{name: value for name, value in row.items() if name != "payment_method"}, "tenders": [tender]}


def dollars(n: int, amount: str, rate: str) -> dict[str, Any]:
    row = order(n, amount=amount, rate=0, currency="USD", ship_to="US", lines=[])
    row["lines"] = [{"sku": "A", "name": "A", "amount_incl": amount, "vat_rate": 0, "vat": "0.00", "treatment": "zero"}]
    return {**row, "exchange_rate": {"rate": rate, "source": "ECB", "date": "2026-09-14"}}


@pytest.mark.parametrize("mode", [Mode.INDIVIDUAL, Mode.DAY])
def test_a_payout_clears_its_payments_at_what_they_stand_at(business: Business, mode: Mode) -> None:
    business.choose(mode=mode, **PROVIDER)
    sold = [with_id(dollars(1, "110.00", "1.10"), "tr1"), with_id(dollars(2, "60.00", "1.20"), "tr2")]
    business.write("a.jsonl", settled(3, "148.00", "1.00", "147.00", "tr1", "tr2"), *sold)
    business.wait(1)
    assert business.wait(1) == {"booked": 3}, business.problems()
    euro = dict(rows(business, "select account, sum(coalesce(euro_minor, minor)) from entry_line group by account"))
    assert euro == {"1062": 0, "8020": -15000, "2060": 14700, "1460": 100, "4330": 200}


def test_a_payout_of_another_sum_than_its_payments_leaves_the_difference_and_says_so(business: Business) -> None:
    business.choose(**PROVIDER)
    business.write("a.jsonl", settled(3, "120.00", "1.00", "119.00", "tr1"), with_id(order(1), "tr1"))
    assert business.sync() == {"booked": 2}
    assert (business.codes(), balances(business, "1062", "2060")) == (["payout-unlike-payments"], (100, 11900))


def test_a_refund_to_several_tenders_is_divided_by_a_person(business: Business) -> None:
    sale = order(1, tenders=[{"method": "ideal", "amount": "100.00"}, {"method": "pin", "amount": "21.00"}])
    back = order(
        2, amount="-60.50", kind="credit-note", number="C2", refers_to={"kind": "order", "id": 1}, on_account=True
    )
    refund = paid(3, 1, "-60.50")
    for row in (sale, back, refund):
        del row["payment_method"]
    business.write("a.jsonl", sale, back, refund)
    business.sync()
    assert business.wait(1) == {"booked": 2, "held": 1}
    split = [("ideal", Decimal("-39.50")), ("pin", Decimal("-21.00"))]
    with refused("add up to -39.50, P3 is -60.50"):
        answer(business.desk, business.licence, "P3", tenders=split[:1])
    with refused("no payment method"):
        answer(business.desk, business.licence, "P3", tenders=[("goud", Decimal("-60.50"))])
    answer(business.desk, business.licence, "P3", tenders=split)
    assert business.sync() == {"booked": 3}
    assert balances(business, "1060", "1064", "1300") == (6050, 0, 0)
    with refused("waits for no answer"):
        answer(business.desk, business.licence, "P3", tenders=split)


def test_a_person_says_when_it_was_paid_and_what_an_amount_is_for(business: Business) -> None:
    business.choose(payment_date_unknown="ask")
    lines = [*order(1)["lines"], *order(1, amount="10.90", rate=9)["lines"]]
    sale = order(1, lines=lines, total_incl="131.90", total_vat="21.90", date="2026-06-30T23:30:00+02:00")
    back = {"id": 2, "number": "C2", "kind": "credit-note", "date": "2026-09-14", "total_incl": "-17.55"}
    refund = {**back, "payment_method": "ideal", "refers_to": {"kind": "order", "id": 1}}
    business.write("a.jsonl", sale, refund)
    assert business.sync() == {"held": 1, "waiting": 1}
    answer(business.desk, business.licence, "W1", paid=dt.date(2026, 7, 2))
    assert business.wait(1) == {"booked": 1, "held": 1}
    assert rows(business, "select date from entry") == [("2026-07-02",)]
    answer(
        business.desk, business.licence, "C2", lines=[(Decimal(21), Decimal("-12.10")), (Decimal(9), Decimal("-5.45"))]
    )
    assert business.sync() == {"booked": 2}
    assert balances(business, "8000", "1500", "8010", "1501") == (-9000, -1890, -500, -45)


def test_nothing_is_composed_into_a_period_that_the_package_has_closed(business: Business) -> None:
    closed = '\n[[period]]\ncode = "8"\nstart = 2026-01-01\nend = 2026-08-31\nopen = false\n'
    chart = business.books / "chart.toml"
    chart.write_text(chart.read_text() + closed)
    reconcile(business.house, business.licence, dt.date(2026, 9, 1), dt.date(2026, 10, 1))
    business.write("a.jsonl", order(1, date="2026-08-31T10:00:00+02:00"), order(2, date="2026-09-01T10:00:00+02:00"))
    assert business.sync() == {"booked": 1, "held": 1}
    assert ("books locked through: 2026-08-31",) in rows(business, "select reason from document_state")
    assert business.codes() == ["period-closed"]
    answer(business.desk, business.licence, "W1", book_on=dt.date(2026, 9, 2))
    assert business.sync() == {"booked": 2}
    assert business.codes() == []
    assert rows(business, "select date from entry order by date") == [("2026-09-01",), ("2026-09-02",)]
