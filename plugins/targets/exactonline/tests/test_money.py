"""Where money goes: on the sale, as lines of a cash or bank journal, or later against what is owed."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from .journey import LICENCE, OFF, Journey, expected_ledger, journey, orders

CASH = LICENCE.replace("[rules]\n", '[rules]\npaid_sales = "cash"\n').replace(
    'contant = { account = "1290" }', 'contant = { account = "1290", journal = "20" }'
)
INVOICES = LICENCE.replace("[rules]\n", '[rules]\nbasis = "invoice"\n').replace(
    'contant = { account = "1290" }', 'contant = { account = "1000", journal = "20" }'
)


def kinds(made: Journey) -> dict[str, int]:
    """Count the entries per journal."""
    counted: dict[str, int] = {}
    for entry in made.exact.books()["entries"]:
        journal = entry.get("Journal") or entry.get("JournalCode")
        counted[journal] = counted.get(journal, 0) + 1
    return counted


def test_paid_sales_may_be_lines_of_the_journal_of_their_payment(tmp_path: Path) -> None:
    sold = orders(30)
    with journey(tmp_path, licence=CASH) as made:
        made.exact.change(limits=OFF)
        made.sell(sold)
        assert made.run() == {"booked": 30}
        assert made.exact.ledger() == expected_ledger(sold)
        by_cash = sum(order["payment_method"] == "contant" for order in sold)
        assert kinds(made) == {"20": by_cash, "30": 30 - by_cash}
        lines = [line for line in made.exact.books()["ledger"] if line["VATCode"] and line["VATType"] == "V"]
        assert lines
        assert all(line["Account"] for line in lines)


def test_refused_total_is_explained_and_booked_as_cash_lines_by_the_bookkeepers_choice(tmp_path: Path) -> None:
    sold = orders(6)
    with journey(tmp_path) as made:
        made.exact.change(switches={"zero_total": "refuse"})
        made.sell(sold)
        assert made.run() == {"problem": 6}
        assert made.problems() == {"exact-zero-total"}
        assert made.words("exact-zero-total", "nl").startswith("Exact weigert een verkoop waarvan niets open blijft")
        made.choose(CASH)
        made.advance(minutes=5)
        made.retry()
        assert made.run() == {"booked": 6}
        assert made.exact.ledger() == expected_ledger(sold)


def invoice(n: int, amount: str, vat: str) -> dict[str, Any]:
    line = {"sku": "A", "name": "Artikel", "quantity": 1, "amount_incl": amount, "vat_rate": 21, "vat": vat}
    return {
        "id": n, "number": f"F{n}", "kind": "invoice", "date": "2026-09-10T09:00:00+02:00", "on_account": True,
        "customer": {"email": "klant0@example.org", "name": "Klant", "country": "NL"}, "lines": [line],
        "total_incl": amount, "total_vat": vat, "currency": "EUR",
    }  # fmt: skip


def paid(n: int, of: int, amount: str, method: str) -> dict[str, Any]:
    return {
        "id": n, "number": f"P{n}", "kind": "payment", "date": "2026-09-13T10:00:00+02:00", "payment_method": method,
        "total_incl": amount, "refers_to": {"kind": "invoice", "id": of},
    }  # fmt: skip


def test_later_payments_go_into_the_cash_or_bank_journal_that_the_rules_choose(tmp_path: Path) -> None:
    with journey(tmp_path, licence=INVOICES) as made:
        made.sell([invoice(1, "121.00", "21.00"), invoice(2, "242.00", "42.00")])
        assert made.run() == {"booked": 2}
        assert made.exact.ledger()["1300"] == Decimal("363.00")
        made.sell([paid(11, 1, "121.00", "ideal"), paid(12, 2, "100.00", "contant")])
        made.advance(minutes=16)
        assert made.run() == {"booked": 4}
        assert kinds(made) == {"70": 2, "30": 1, "20": 1}
        assert made.exact.ledger() == {
            "1060": Decimal("121.00"), "1000": Decimal("100.00"), "1300": Decimal("142.00"),
            "8000": Decimal("-300.00"), "1500": Decimal("-63.00"),
        }  # fmt: skip
        debtors = [line for line in made.exact.books()["ledger"] if line["GLAccountCode"].strip() == "1300"]
        assert len({line["Account"] for line in debtors}) == 1
