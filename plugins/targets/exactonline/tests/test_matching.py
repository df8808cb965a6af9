"""What was paid in Exact is not reversed; an app without the right to read receivables cannot tell."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from boekbrug.acts import licences
from boekbrug.acts.desk import ActRefused
from boekbrug.acts.reverse import reverse

from .journey import LICENCE, OFF, Journey, journey, orders

RECEIVABLES = "read/financial/ReceivablesList"


def on_account(first: int, count: int) -> list[dict[str, Any]]:
    """Sell invoices that are still to be paid."""
    rows = [row | {"kind": "invoice", "on_account": True} for row in orders(count, first=first)]
    return [{name: value for name, value in row.items() if name not in ("status", "payment_method")} for row in rows]


def entry_of(made: Journey, number: str) -> str:
    [id] = [entry["EntryID"] for entry in made.exact.books()["entries"] if entry["YourRef"].startswith(number)]
    return str(id)


def test_invoice_that_was_paid_in_exact_is_not_reversed(tmp_path: Path) -> None:
    licence = LICENCE.replace("[rules]", '[rules]\nbasis = "invoice"', 1)
    with journey(tmp_path, licence=licence) as made:
        made.exact.change(limits=OFF)
        sold = on_account(1, 3)
        made.sell(sold)
        assert made.run() == {"booked": 3}
        own = licences.get(made.house, "spaak")
        whole, part = Decimal(sold[0]["total_incl"]), Decimal("0.01")
        made.exact.change(match={entry_of(made, "W1001"): str(whole), entry_of(made, "W1002"): str(part)})
        for number in ("W1001", "W1002"):
            with pytest.raises(ActRefused) as raised:
                reverse(made.desk(), own, numbers=[number])
            assert [(one.code, one.facts["number"]) for one in raised.value.problems] == [("item-matched", number)]
        reverse(made.desk(), own, numbers=["W1003"])
        made.run()
        made.exact.change(match={entry_of(made, "W1001"): "0"})
        reverse(made.desk(), own, numbers=["W1001"])
        made.run()
        assert made.exact.ledger()["1300"] == Decimal(sold[1]["total_incl"])


def test_app_without_that_scope_cannot_tell_and_holds_up_nothing(tmp_path: Path) -> None:
    licence = LICENCE.replace("[rules]", '[rules]\nbasis = "invoice"', 1)
    with journey(tmp_path, licence=licence) as made:
        made.exact.change(limits=OFF, switches={"out_of_scope": [RECEIVABLES]})
        made.sell(on_account(1, 1))
        made.run()
        made.exact.change(match={entry_of(made, "W1001"): "0.01"})
        reverse(made.desk(), licences.get(made.house, "spaak"), numbers=["W1001"])
        made.run()
        assert made.exact.ledger() == {}
