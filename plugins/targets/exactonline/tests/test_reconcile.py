"""The nightly comparison with Exact's books: what agrees, what was deleted there, and that nothing is sent again."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from boekbrug.acts import connections, licences
from boekbrug.acts.nightly import reconcile_next
from boekbrug.acts.reconcile import Reconciled, reconcile
from boekbrug.contract import BudgetSpent
from boekbrug.runtime.metrics import read_stock

from .journey import LICENCE, OFF, Journey, journey, orders

SEPTEMBER = dt.date(2026, 9, 1), dt.date(2026, 10, 1)
POSTS = "/api/v1/1234567/"
DAY = LICENCE.replace("[rules]\n", '[rules]\nmode = "day"\n')


def compare(made: Journey) -> Reconciled:
    """Compare September."""
    licence = licences.get(made.house, "spaak")
    return reconcile(made.house, licence, *SEPTEMBER)


@pytest.mark.parametrize("licence", [LICENCE, DAY], ids=["individual", "day"])
def test_entry_that_was_deleted_at_exact_is_named_and_not_sent_again(tmp_path: Path, licence: str) -> None:
    with journey(tmp_path, licence=licence) as made:
        made.sell(orders(20))
        made.run()
        made.advance(days=2)
        assert made.run() == {"booked": 20}
        entries = made.exact.books()["entries"]
        before = made.exact.calls()
        found = compare(made)
        assert (found.asked, found.agreeing, found.is_clean) == (len(entries), len(entries), True)
        assert found.booked == found.found
        # by the ledger's lines, forty entries to a call, and a list of what carries a mark of ours
        assert made.exact.calls() - before <= 10
        posted = made.exact.calls("POST", POSTS)
        made.exact.change(process=[entries[0]["EntryID"]], delete=[entries[1]["EntryID"]])
        found = compare(made)
        assert [one.remote_id for one in found.differences] == [entries[1]["EntryID"]]
        assert made.problems() == {"deleted-at-target"}
        assert made.run_for(30) == {"booked": 20}
        assert made.exact.calls("POST", POSTS) == posted


def order(n: int) -> dict[str, Any]:
    """Make an order of 100 euro at 21 %, paid by iDEAL."""
    (made,) = orders(1, first=n)
    line = {"sku": "A", "name": "Artikel", "quantity": 1, "amount_incl": "121.00", "vat_rate": 21, "vat": "21.00"}
    return made | {"lines": [line], "total_incl": "121.00", "total_vat": "21.00", "payment_method": "ideal"}


CHANGES = (
    ("", {"FinancialPeriod": 12}, "period: 2026 - 9 was sent, 2026 - 12 is booked"),
    ("", {"JournalCode": "90"}, "journal: 70 was sent, 90 is booked"),
    ("8000", {"VATCode": "4  "}, "account 8000: 2 -100.00 was sent, 4 -100.00 is booked"),
    ("8000", {"VATCode": None}, "account 8000: 2 -100.00 was sent, no code is booked"),
    ("8000", {"GLAccountCode": "8010"}, "account 8000: -100.00 was sent, 0.00 is booked"),
)


def test_whatever_the_bookkeeper_changes_at_exact_is_named(tmp_path: Path) -> None:
    with journey(tmp_path) as made:
        made.exact.change(limits=OFF)
        made.sell([order(1)])
        made.run()
        # what was booked just now is asked for as well
        assert (compare(made).agreeing, compare(made).is_clean) == (1, True)
        ledger = made.exact.books()["ledger"]
        (id,) = {line["EntryID"] for line in ledger if line["GLAccountCode"].strip() == "8000"}
        for account, change, told in CHANGES:
            touched = [line for line in ledger if line["EntryID"] == id and line["GLAccountCode"].startswith(account)]
            made.exact.change(alter={line["ID"]: change for line in touched})
            (difference,) = compare(made).differences
            assert (difference.kind, difference.what.split("; ")[0]) == ("changed", told)
            made.exact.change(alter={line["ID"]: {name: line[name] for name in change} for line in touched})
            assert compare(made).is_clean


def test_comparing_leaves_a_quarter_of_the_day_to_daily_work(tmp_path: Path) -> None:
    with journey(tmp_path) as made:
        made.sell([order(1)])
        assert made.run() == {"booked": 1}
        made.exact.change(limits={"minutely": 0, "daily": 5000, "errors": 0})
        row = connections.get(made.house, "exact")
        made.house.instances().target(row.id).chart("1234567")
        made.house.context(row).budget.take(f"day:{made.exact.credentials['client_id']}:1234567", cost=3760)
        with pytest.raises(BudgetSpent):
            compare(made)
        made.sell([order(2)])
        assert made.run_for(20) == {"booked": 2}


def test_comparing_waits_for_the_minutes_that_it_takes(tmp_path: Path) -> None:
    with journey(tmp_path) as made:
        made.exact.change(limits=OFF)
        made.sell(orders(250))
        made.run()
        assert reconcile_next(made.house) is None
        # of 26 calls a minute 15 are kept for daily work: 7 read the chart, 7 the entries, and then comes the list
        made.exact.change(limits={"minutely": 26, "daily": 0, "errors": 0})
        made.advance(days=1)
        assert reconcile_next(made.house) == "spaak"
        made.advance(hours=1)
        assert reconcile_next(made.house) == "spaak"
        assert not read_stock(made.house.database).reconciled_timestamp
        waited: list[dt.timedelta] = []

        def wait(span: dt.timedelta) -> bool:
            waited.append(span)
            made.advance(seconds=span.total_seconds())
            return True

        found = reconcile(made.house, licences.get(made.house, "spaak"), *SEPTEMBER, wait=wait)
        assert (found.asked, found.agreeing, found.is_clean) == (250, 250, True)
        assert max(waited) <= dt.timedelta(minutes=1)
        made.advance(hours=1)
        assert reconcile_next(made.house, wait) == "spaak"
        assert read_stock(made.house.database).reconciled_timestamp == made.clock.now().timestamp()
