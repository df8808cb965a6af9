"""How many calls it takes: a thousand entries, and a day of ten thousand receipts."""

from pathlib import Path

import pytest

from .journey import LICENCE, OFF, expected_ledger, journey, orders


@pytest.mark.parametrize("count", [40, pytest.param(1000, marks=pytest.mark.prove)])
def test_first_run_with_known_customers_takes_hardly_more_calls_than_entries(tmp_path: Path, count: int) -> None:
    sold = orders(count, customers=count // 4)
    with journey(tmp_path, size=count // 4) as made:
        made.exact.change(limits=OFF)
        before = made.exact.calls()
        made.sell(sold)
        assert made.run() == {"booked": count}
        assert made.exact.calls("POST") == count
        # none is looked for before it is sent for the first time
        assert made.exact.calls("GET", "SalesEntries") == 0
        assert made.exact.calls() - before <= count + max(count // 20, 10)
        assert made.read_back() == expected_ledger(sold)


@pytest.mark.parametrize("count", [150, pytest.param(10_000, marks=pytest.mark.prove)])
def test_day_of_receipts_takes_a_few_calls_however_many_they_are(tmp_path: Path, count: int) -> None:
    sold = [
        {**one, "kind": "receipt", "date": "2026-09-14T09:00:00+02:00", "customer": None}
        for one in orders(count, customers=1)
    ]
    licence = LICENCE.replace("[rules]\n", '[rules]\nmode = "day"\nbasis = "receipt"\n')
    with journey(tmp_path, licence=licence) as made:
        made.exact.change(limits=OFF)
        before = made.exact.calls()
        made.sell(sold)
        made.run()
        made.advance(days=1)
        assert made.run() == {"booked": count}
        assert len(made.exact.books()["entries"]) == 1
        assert made.exact.calls() - before <= 30
        assert made.read_back() == expected_ledger(sold)
