"""From rows to documents: what is stated is kept, what is not certain becomes a problem."""

import datetime as dt
import json
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from boekbrug.contract import Document, DocumentKind, LineKind, Readiness, Treatment

from .support import LINE, Shop, order

AMSTERDAM_SUMMER = dt.timezone(dt.timedelta(hours=2))


def mapped(tmp_path: Path, row: dict[str, Any], name: str = "orders.json", **settings: Any) -> Document:
    shop = Shop(tmp_path, **settings)
    shop.write(name, json.dumps(row))
    [document], broken = shop.fetch()
    assert broken == []
    return document


def refused(tmp_path: Path, row: dict[str, Any], name: str = "orders.json") -> tuple[str, str]:
    shop = Shop(tmp_path)
    shop.write(name, json.dumps(row))
    problem = shop.fault().problem
    return problem.code, problem.facts["field"]


def bench_order(seed: int) -> dict[str, Any]:
    """Return an order in the shape that the project is measured on."""
    dice = random.Random(seed)
    lines = [LINE | {"sku": f"SKU-{dice.randint(1, 4000)}", "vat_rate": dice.choice((21, 9, 0))} for _ in range(4)]
    return {
        "id": seed,
        "number": f"W{100000 + seed}",
        "date": "2025-01-01T08:10:30.720000+00:00",
        "status": "paid",
        "payment_method": "pin",
        "customer": {"email": "klant7@example.org", "name": "Klant", "country": "NL", "city": "Utrecht"},
        "lines": [*lines, LINE | {"sku": "SHIPPING"}],
        "total_incl": "60.50",
        "total_vat": "10.50",
        "currency": "EUR",
    }


def test_order_of_the_bench_is_mapped_in_full(tmp_path: Path) -> None:
    document = mapped(tmp_path, bench_order(5))
    assert (document.kind, document.source_id, document.number) == (DocumentKind.ORDER, "5", "W100005")
    assert (document.total, document.total_vat, document.currency) == (Decimal("60.50"), Decimal("10.50"), "EUR")
    assert document.dates.ordered == dt.datetime(2025, 1, 1, 8, 10, 30, 720000, tzinfo=dt.UTC)
    assert [line.kind for line in document.lines] == [LineKind.GOODS] * 4 + [LineKind.SHIPPING]
    assert [(tender.method, tender.amount) for tender in document.tenders] == [("pin", Decimal("60.50"))]
    assert document.buyer is not None
    assert (document.buyer.email, document.buyer.city) == ("klant7@example.org", "Utrecht")
    assert (document.readiness, document.sale_ref, document.problems) == (Readiness.READY, "W100005", ())


@pytest.mark.parametrize(
    ("status", "readiness", "tenders"),
    [
        ("paid", Readiness.READY, 1),
        ("Completed", Readiness.READY, 1),
        ("new", Readiness.OPEN, 0),
        ("cancelled", Readiness.VOID, 0),
    ],
)
def test_status_decides_readiness_of_an_order(tmp_path: Path, status: str, readiness: Readiness, tenders: int) -> None:
    document = mapped(tmp_path, order(1, status=status))
    assert (document.readiness, document.status, len(document.tenders)) == (readiness, status, tenders)


@pytest.mark.parametrize("name", ["invoices/2026.json", "invoice-7.json", "credit_notes.json"])
def test_invoices_and_credit_notes_are_always_ready(tmp_path: Path, name: str) -> None:
    document = mapped(tmp_path, order(1, status="cancelled", total_incl="-12.10"), name)
    assert document.readiness is Readiness.READY
    assert document.dates.invoiced == dt.date(2026, 7, 1)
    assert document.tenders == ()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("2026.json", DocumentKind.ORDER),
        ("Receipts/2026.json", DocumentKind.RECEIPT),
        ("payments-juli.json", DocumentKind.PAYMENT),
        ("invoices/till movements.json", DocumentKind.TILL_MOVEMENT),
        ("payouts/x/2026.json", DocumentKind.PAYOUT),
        ("ledger_movements.json", DocumentKind.LEDGER_MOVEMENT),
    ],
)
def test_name_of_file_or_folder_states_the_kind(tmp_path: Path, name: str, kind: DocumentKind) -> None:
    extra = {
        "payout": {"method": "psp", "gross": "13.00", "fees": "0.90", "paid": "12.10"},
        "movements": [{"account": "8000", "amount": "12.10"}],
    }
    assert mapped(tmp_path, order(1) | extra, name).kind is kind


def test_kind_of_the_row_wins_over_the_name(tmp_path: Path) -> None:
    assert mapped(tmp_path, order(1, kind="receipt"), "orders.json").kind is DocumentKind.RECEIPT


def test_number_stands_in_for_an_absent_id(tmp_path: Path) -> None:
    row = order(1)
    del row["id"]
    assert mapped(tmp_path, row).source_id == "W1"


def test_moment_without_zone_is_shop_local(tmp_path: Path) -> None:
    document = mapped(tmp_path, order(1, date="2026-07-01 00:30"))
    assert document.dates.ordered == dt.datetime(2026, 7, 1, 0, 30, tzinfo=AMSTERDAM_SUMMER)


def test_day_without_time_is_kept_as_the_business_day(tmp_path: Path) -> None:
    document = mapped(tmp_path, order(1, date="2026-07-01"))
    assert document.dates.business == dt.date(2026, 7, 1)
    assert document.dates.ordered == dt.datetime(2026, 7, 1, tzinfo=AMSTERDAM_SUMMER)


@pytest.mark.parametrize("date", ["2026-10-25T02:30:00", "2026-03-29T02:30:00"])
def test_moment_that_was_twice_or_never_is_a_problem_of_the_document(tmp_path: Path, date: str) -> None:
    document = mapped(tmp_path, order(1, date=date))
    assert document.dates.ordered is None
    assert [problem.code for problem in document.problems] == ["files-uncertain-moment"]
    assert document.problems[0].facts["zone"] == "Europe/Amsterdam"


def test_same_moment_with_zone_is_certain(tmp_path: Path) -> None:
    assert mapped(tmp_path, order(1, date="2026-10-25T02:30:00+01:00")).problems == ()


@pytest.mark.parametrize(
    "date",
    ["", "gisteren", "2026-02-30", "20260701", "2026-W27-1", "01-07-2026", "0001-01-01T00:00:00+14:00", "9999-12-31"],
)  # fmt: skip
def test_date_that_is_none_is_refused(tmp_path: Path, date: str) -> None:
    assert refused(tmp_path, order(1, date=date)) == ("files-moment", "date")


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"total_incl": 12.1}, "files-number", "total_incl"),
        ({"total_incl": "12.105"}, "files-amount", "total_incl"),
        ({"total_incl": "1e3"}, "files-amount", "total_incl"),
        ({"total_incl": "NaN"}, "files-amount", "total_incl"),
        ({"total_incl": "1_000"}, "files-amount", "total_incl"),
        ({"total_incl": "٣"}, "files-amount", "total_incl"),
        ({"total_incl": None}, "files-missing-field", "total_incl"),
        ({"lines": [LINE, LINE | {"vat": 2.1}]}, "files-number", "lines[1].vat"),
        ({"lines": [LINE, LINE | {"vat": "2.101"}]}, "files-amount", "lines[1].vat"),
        ({"lines": [LINE | {"amount_excl": "10.00"}]}, "files-one-amount", "lines[0].amount_incl"),
        ({"lines": [{"amount_excl": "10.00"}]}, "files-missing-field", "lines[0].vat"),
        ({"lines": [LINE | {"treatment": "magic"}]}, "files-wrong-value", "lines[0].treatment"),
        ({"lines": [LINE | {"colour": "red"}]}, "files-unknown-field", "lines[0].colour"),
        ({"colour": "red"}, "files-unknown-field", "colour"),
        ({"currency": "euro"}, "files-wrong-value", "currency"),
        ({"kind": "balance"}, "files-wrong-value", "kind"),
        ({"currency": "JPY"}, "files-amount", "total_incl"),
        ({"customer": {"country": "Nederland"}}, "files-wrong-value", "customer.country"),
        ({"tenders": [{"method": "ideal", "amount": "1.234"}]}, "files-amount", "tenders[0].amount"),
        ({"id": None, "number": None}, "files-missing-field", "id"),
        ({"id": ""}, "files-wrong-value", "id"),
        ({"status": ""}, "files-missing-field", "status"),
        ({"invoice_date": "0001-01-01"}, "files-moment", "invoice_date"),
        ({"kind": "payout"}, "files-missing-field", "payout"),
        ({"kind": "ledger-movement"}, "files-missing-field", "movements"),
        ({"kind": "payment", "payment_method": ""}, "files-missing-field", "payment_method"),
        ({"exchange_rate": {"rate": 0, "source": "ECB", "date": "2026-07-01"}}, "files-amount", "exchange_rate.rate"),
    ],
)
def test_field_that_cannot_be_is_refused_by_name(tmp_path: Path, fields: dict[str, Any], code: str, field: str) -> None:
    assert refused(tmp_path, order(1) | fields) == (code, field)


def test_price_excluding_vat_is_taken_with_its_vat(tmp_path: Path) -> None:
    document = mapped(tmp_path, order(1, lines=[{"amount_excl": "10.00", "vat": "2.10", "vat_rate": "21.0"}]))
    assert (document.lines[0].amount, document.lines[0].vat_rate) == (Decimal("12.10"), Decimal(21))


def test_whole_numbers_pass_as_amounts(tmp_path: Path) -> None:
    assert mapped(tmp_path, order(1, total_incl=12)).total == Decimal(12)


def test_unknown_currency_is_kept_for_the_books_to_refuse(tmp_path: Path) -> None:
    assert mapped(tmp_path, order(1, currency="XXX")).currency == "XXX"


def test_positive_credit_note_is_a_problem(tmp_path: Path) -> None:
    document = mapped(tmp_path, order(1), "credit-notes.json")
    assert [problem.code for problem in document.problems] == ["files-credit-sign"]


def test_paid_order_that_does_not_say_how_is_a_problem(tmp_path: Path) -> None:
    document = mapped(tmp_path, order(1, payment_method=""))
    assert [problem.code for problem in document.problems] == ["files-no-payment"]


def test_order_on_account_has_no_tender(tmp_path: Path) -> None:
    document = mapped(tmp_path, order(1, payment_method="banktransfer", on_account=True))
    assert (document.on_account, document.tenders, document.problems) == (True, (), ())


def test_stated_tenders_are_kept_as_they_are(tmp_path: Path) -> None:
    tenders = [{"method": "giftcard", "amount": "10.00"}, {"method": "ideal", "amount": "2.10", "id": 7}]
    document = mapped(tmp_path, order(1, tenders=tenders))
    assert [(t.method, str(t.amount), t.id) for t in document.tenders] == [
        ("giftcard", "10.00", ""),
        ("ideal", "2.10", "7"),
    ]


def test_payment_is_dated_when_it_was_made_and_joins_its_sale(tmp_path: Path) -> None:
    document = mapped(tmp_path, order(9, order_number="W1"), "payments.json")
    assert document.dates.paid == dt.datetime(2026, 7, 1, 10, tzinfo=AMSTERDAM_SUMMER)
    assert document.sale_ref == "W1"


def test_everything_else_of_a_document_can_be_stated(tmp_path: Path) -> None:
    row = order(
        1,
        kind="credit-note",
        total_incl="-12.10",
        lines=[LINE | {"treatment": "export", "kind": "service", "cost": "3", "supply_from": "2026-06-30"}],
        refers_to={"kind": "invoice", "id": 3},
        refund_cause="error",
        currency="USD",
        exchange_rate={"rate": "1.0843", "source": "ECB", "date": "2026-07-01"},
        ship_from="NL",
        ship_to="US",
        refunded_at="2026-07-03T08:00",
        text="terug",
        link="https://shop.example/1",
    )
    document = mapped(tmp_path, row)
    assert document.lines[0].treatment is Treatment.EXPORT
    assert (document.lines[0].kind, document.lines[0].cost) == (LineKind.SERVICE, Decimal(3))
    assert document.lines[0].supply_from == dt.date(2026, 6, 30)
    assert document.refers_to is not None
    assert (document.refers_to.kind, document.refers_to.source_id) == (DocumentKind.INVOICE, "3")
    assert document.rate is not None
    assert (document.rate.rate, document.rate.date) == (Decimal("1.0843"), "2026-07-01")
    assert (document.ship_from, document.ship_to, document.text) == ("NL", "US", "terug")
    assert document.dates.refunded == dt.datetime(2026, 7, 3, 8, tzinfo=AMSTERDAM_SUMMER)
