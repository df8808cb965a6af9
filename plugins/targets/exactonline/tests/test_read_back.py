"""Whole shops into Exact, in each way of booking; the ledger is read back and summed, to the cent."""

import base64
import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
import structlog
from tests.ccv_licence import EXACT, ccv_licence

from boekbrug.acts import connections
from boekbrug.acts.desk import ActRefused
from boekbrug.runtime.clock import SystemClock
from boekbrug.runtime.plugins import PluginHost
from boekbrug.testing.clock import ShiftedClock
from boekbrug.testing.standin import running

from .journey import LICENCE, OFF, Journey, StandIn, expected_ledger, journey, orders

CENT = Decimal("0.01")
PROVE = pytest.mark.prove


class ShopJourney(Journey):
    """A house between a CCV Shop and Exact, on the clock of the machine: the shop's sales lie in its last months."""

    shop: dict[str, Any]
    books = "invoices"

    def add_source(self) -> None:
        keys = self.shop["credentials"]
        given = {"root": self.shop["url"], "public": keys["public"], "secret": keys["secret"], "books": self.books}
        connections.add(self.desk(), "shop", "ccvshop", given)

    def put_off(self, **by: float) -> None:
        """Let time pass for the shop too."""
        self.advance(**by)
        told = {"set": self.clock.now().isoformat()}
        requests.post(f"{self.shop['control']}clock", json=told, timeout=10).raise_for_status()

    def sold(self) -> dict[str, tuple[int, int]]:
        """Return the shop's own report: gross and VAT per rate, in cents."""
        report = requests.get(f"{self.shop['control']}shop", timeout=10).json()["totals"][self.books]
        return {rate: (gross, vat) for rate, (gross, vat) in report["rates"].items()}


@contextmanager
def shop_journey(
    folder: Path, mode: str, kind: str, *, size: int = 92, rules: str = ""
) -> Iterator[ShopJourney]:  # fmt: skip
    """Run a shop, with two orders of every variant where no size is given, and Exact, linked."""
    makers = PluginHost.load(structlog.get_logger()).standins
    clock = ShiftedClock(SystemClock())
    start = (clock.now() - dt.timedelta(days=70)).date()
    rules += f'mode = "{mode}"\nbasis = "{kind.removesuffix("s")}"\ncollective_debtor = "Webwinkel"'
    licence = ccv_licence(EXACT, start, name="spaak", rules=rules)
    with running(makers["ccvshop"], size=size) as shop, running(makers["exactonline"], size=0) as exact:
        made = ShopJourney(folder, StandIn(exact), clock, licence)
        made.shop, made.books = shop, kind
        made.exact.change(limits=OFF)
        try:
            made.link()
            yield made
        finally:
            made.house.close()


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("day", "invoices"), *(pytest.param("individual", kind, marks=PROVE) for kind in ("invoices", "orders"))],
)
def test_shop_of_every_variant_has_its_own_totals_in_the_ledger(tmp_path: Path, mode: str, kind: str) -> None:
    with shop_journey(tmp_path, mode, kind, rules="attachments = true\n" if mode == "day" else "") as made:
        for _ in range(5):
            made.run()
            made.put_off(minutes=16)
        made.put_off(days=3)
        counts = made.run()
        assert set(counts) <= {"booked", "open", "problem", "skipped"}
        assert counts["booked"] > 60
        ledger = made.read_back()
        sold = made.sold()
        for rate, revenue, tax in (("21", "8000", "1500"), ("9", "8010", "1501")):
            gross, vat = sold[rate]
            assert (ledger[revenue], ledger[tax]) == ((vat - gross) * CENT, -vat * CENT)
        assert ledger["8030"] + ledger["8040"] == -sold["0"][0] * CENT
        assert sum(ledger.values()) == 0
        named = [row for row in made.transaction_lines() if row["VATCode"] and row["VATCode"].strip() == "7"]
        assert named
        assert not {code for code in made.problems() if code.startswith("exact-")}
        books = made.exact.books()
        entries = books["entries"]
        # a total of several sales gets no files of them
        alone = made.entries_of_one() if mode == "day" else set()
        assert {one["FinancialTransactionEntryID"] for one in books["documents"]} == alone
        assert len(entries) == counts["booked"] if mode == "individual" else len(entries) < counts["booked"]


def test_invoices_of_the_shop_hang_on_their_entries_by_choice(tmp_path: Path) -> None:
    with shop_journey(tmp_path, "individual", "invoices", size=8, rules="attachments = true\n") as made:
        made.exact.fault(kind="drop-reply", method="POST", path="/api/v1/1234567/documents/Documents")
        made.exact.fault(kind="drop-reply", method="POST", path="/api/v1/1234567/documents/DocumentAttachments")
        counts = made.run()
        for _ in range(6):
            made.put_off(minutes=16)
            counts = made.run()
        books = made.exact.books()
        assert {one["FinancialTransactionEntryID"] for one in books["documents"]} == {
            entry["EntryID"] for entry in books["entries"]
        }
        assert len(books["documents"]) == len(books["attachments"]) == len(books["entries"]) == counts["booked"] > 4
        assert base64.b64decode(books["attachments"][0]["Attachment"]).startswith(b"%PDF")
        assert {one["Subject"] for one in books["documents"]} == {entry["YourRef"] for entry in books["entries"]}


def test_source_without_files_is_named_when_the_licence_is_made(tmp_path: Path) -> None:
    licence = LICENCE.replace("[rules]\n", "[rules]\nattachments = true\n")
    with pytest.raises(ActRefused) as refused, journey(tmp_path, licence=licence):
        pass
    assert "shop keeps no files of its sales." in refused.value.reasons


def test_document_that_exact_refuses_is_a_warning_beside_a_booked_sale(tmp_path: Path) -> None:
    with shop_journey(tmp_path, "individual", "invoices", size=4, rules="attachments = true\n") as made:
        made.exact.change(switches={"portal_user": True})
        assert set(made.run()) <= {"booked", "problem"}
        assert "exact-document-type" in made.problems()
        made.exact.change(switches={"portal_user": False})
        made.put_off(hours=25)
        made.run()
        assert "exact-document-type" not in made.problems()
        assert made.exact.books()["attachments"]


@pytest.mark.parametrize("mode", ["hybrid", *(pytest.param(mode, marks=PROVE) for mode in ("individual", "day"))])
def test_folder_of_orders_is_in_the_ledger_to_the_cent(tmp_path: Path, mode: str) -> None:
    sold = orders(60)
    with journey(tmp_path, licence=LICENCE.replace("[rules]\n", f'[rules]\nmode = "{mode}"\n')) as made:
        made.exact.change(limits=OFF)
        made.sell(sold)
        made.run()
        made.advance(days=3)
        assert made.run() == {"booked": 60}
        assert made.read_back() == expected_ledger(sold)


LEDGER = """
name = "spaak"
source = "shop"
unit = "shop"
target = "exact"
administration = "1234567"
start = 2026-07-01
automatic = true

[rules]
mode = "{mode}"
vat_scheme = "invoice"
oss = false
seller = "normal"
filing_period = "quarter"
filed_through = 2026-06-30
invoices_by = "shop"
gift_cards = "none"
provider_booked_by = "bookkeeper"
journals = {{ memorial = "90" }}
vat_ledgers = ["btw hoog", "btw laag"]
vat = [
    {{ treatment = "domestic", rate = "21", account = "8000", vat_code = "2", vat_account = "1500" }},
    {{ treatment = "domestic", rate = "9", account = "8010", vat_code = "4", vat_account = "1501" }},
]
[rules.accounts]
{accounts}
[rules.vat_codes]
H = "2"
L = "4"
"""
ACCOUNTS = {
    "kas": "1290", "pin": "1050", "hoog": "8000", "laag": "8010", "btw hoog": "1500", "btw laag": "1501",
}  # fmt: skip


def movements(day: int) -> dict[str, Any]:
    """Return what a till says of one day: money in, turnover and its VAT."""
    high, low = Decimal(100 + day), Decimal(50 + day) + CENT * day
    tax_high, tax_low = (high * Decimal("0.21")).quantize(CENT), (low * Decimal("0.09")).quantize(CENT)
    rows = [
        {"account": "kas", "amount": str(high + tax_high)}, {"account": "pin", "amount": str(low + tax_low)},
        {"account": "hoog", "amount": str(-high), "vat_code": "H", "vat": str(-tax_high)},
        {"account": "laag", "amount": str(-low), "vat_code": "L", "vat": str(-tax_low)},
        {"account": "btw hoog", "amount": str(-tax_high)}, {"account": "btw laag", "amount": str(-tax_low)},
    ]  # fmt: skip
    return {
        "id": f"m{day}", "kind": "ledger-movement", "number": f"m{day}", "date": f"2026-08-{day:02}T10:00:00+02:00",
        "total_incl": "0.00", "movements": rows,
    }  # fmt: skip


@pytest.mark.parametrize(("mode", "entries"), [pytest.param("memorial-day", 9, marks=PROVE), ("memorial-month", 1)])
def test_ledger_of_the_source_is_in_exacts_to_the_cent(tmp_path: Path, mode: str, entries: int) -> None:
    days = [movements(day) for day in range(1, 10)]
    accounts = "\n".join(f'"{name}" = "{account}"' for name, account in ACCOUNTS.items())
    with journey(tmp_path, licence=LEDGER.format(mode=mode, accounts=accounts)) as made:
        made.sell(days)
        made.run()
        made.advance(days=1)
        assert made.run() == {"booked": 9}
        assert len(made.exact.books()["entries"]) == entries
        sums: dict[str, Decimal] = {}
        for row in (row for day in days for row in day["movements"]):
            account = ACCOUNTS[row["account"]]
            sums[account] = sums.get(account, Decimal(0)) + Decimal(row["amount"])
        assert made.read_back() == sums
