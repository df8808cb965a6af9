"""The nightly comparison with Exact's books: what agrees, what was deleted there, and that nothing is sent again."""

import datetime as dt
from pathlib import Path

import pytest

from boekbrug.acts import licences
from boekbrug.acts.reconcile import Reconciled, reconcile

from .journey import LICENCE, Journey, journey, orders

POSTS = "/api/v1/1234567/"
DAY = LICENCE.replace("[rules]\n", '[rules]\nmode = "day"\n')


def compare(made: Journey) -> Reconciled:
    """Compare September."""
    licence = licences.get(made.house, "spaak")
    return reconcile(made.house, licence, dt.date(2026, 9, 1), dt.date(2026, 10, 1))


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
