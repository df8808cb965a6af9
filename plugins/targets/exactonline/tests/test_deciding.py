"""What a person says of an entry that Exact cannot be asked about: by its number, or by its id as they copied it."""

import datetime as dt
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from boekbrug.acts import connections, licences
from boekbrug.acts.decide import decide
from boekbrug.acts.desk import ActRefused
from boekbrug.acts.reconcile import reconcile
from boekbrug.store import effects

from .journey import Journey, journey, orders

ROOT = "/api/v1/1234567/"
SALES = f"{ROOT}salesentry/SalesEntries"


@contextmanager
def doubtful(folder: Path) -> Iterator[Journey]:
    """Book a sale, and lose the answer about a second one, which Exact refuses to look up."""
    first, second = orders(2)
    with journey(folder) as made:
        made.sell([first])
        assert made.run() == {"booked": 1}
        made.exact.fault(kind="drop-reply", method="POST", path=SALES)
        made.exact.fault(kind="status", status=400, method="GET", path=SALES, times=1000)
        made.sell([second])
        made.run_for(30)
        assert (made.counts(), made.problems()) == ({"booked": 1, "in-doubt": 1}, {"cannot-ask"})
        yield made


def entries(made: Journey) -> list[dict[str, Any]]:
    """Return the sales in Exact's books, in the order in which they were booked."""
    return [one for one in made.exact.books()["entries"] if one.get("YourRef")]


def say(made: Journey, there: str) -> None:
    """Say of the second sale that it is there."""
    decide(made.desk(), licences.get(made.house, "spaak"), "W1002", there=there)


def refusal(made: Journey, there: str) -> str:
    """Return why it is refused to say so; the sale stays in doubt."""
    with pytest.raises(ActRefused) as refused:
        say(made, there)
    assert made.counts() == {"booked": 1, "in-doubt": 1}
    (reason,) = refused.value.reasons
    return reason


def answers_for(made: Journey, id: str) -> str:
    """Return the mark of the entry that a record answers for."""
    here = licences.get(made.house, "spaak").administration
    with made.house.database.read() as connection:
        return effects.answering(connection, [here], [id])[here, id][1]


def memorial(made: Journey, number: int) -> str:
    """Let somebody else book a memorial under a number of their own; return its id."""
    target = made.house.instances().target(connections.get(made.house, "exact").id)
    headers = {"Authorization": f"Bearer {target.context.grant.token()}", "Prefer": "return=representation"}
    asked = f"{made.exact.url}{ROOT}financial/GLAccounts?$select=ID&$filter=Code eq '1290'"
    account = requests.get(asked, headers=headers, timeout=10).json()["d"]["results"][0]["ID"]
    lines = [
        {"GLAccount": account, "AmountFC": amount, "Date": "2026-09-15", "Description": "kas"} for amount in (5, -5)
    ]
    entry = {"JournalCode": "90", "EntryNumber": number, "GeneralJournalEntryLines": lines}
    path = f"{made.exact.url}{ROOT}generaljournalentry/GeneralJournalEntries"
    answer = requests.post(path, data=json.dumps(entry), headers=headers, timeout=10)
    return str(answer.json()["d"]["EntryID"])


@pytest.mark.parametrize("typed", [" {EntryNumber} ", "{{{EntryID}}}"])
def test_entry_counts_as_booked_under_exacts_own_id_however_it_is_named(tmp_path: Path, typed: str) -> None:
    with doubtful(tmp_path) as made:
        entry = entries(made)[1]
        say(made, typed.format(EntryNumber=entry["EntryNumber"], EntryID=entry["EntryID"].upper()))
        assert (made.run(), made.problems()) == ({"booked": 2}, set())
        assert answers_for(made, entry["EntryID"]) == entry["YourRef"]
        made.advance(hours=1)
        licence = licences.get(made.house, "spaak")
        found = reconcile(made.house, licence, dt.date(2026, 9, 1), dt.date(2026, 10, 1))
        assert (found.agreeing, found.is_clean) == (2, True)
        assert len(entries(made)) == 2


def test_number_that_two_entries_bear_is_answered_with_both(tmp_path: Path) -> None:
    with doubtful(tmp_path) as made:
        entry = entries(made)[1]
        other = memorial(made, entry["EntryNumber"])
        reason = refusal(made, str(entry["EntryNumber"]))
        assert f"{entry['EntryID']} (70, 2026-09-03)" in reason
        assert f"{other} (90, 2026-09-15)" in reason
        say(made, entry["EntryID"])
        assert made.run() == {"booked": 2}
        assert answers_for(made, entry["EntryID"]) == entry["YourRef"]


@pytest.mark.parametrize("typed", ["{EntryNumber}", "{EntryID}"])
def test_entry_of_another_sale_is_refused_however_it_is_named(tmp_path: Path, typed: str) -> None:
    with doubtful(tmp_path) as made:
        first = entries(made)[0]
        reason = refusal(made, typed.format(EntryNumber=first["EntryNumber"], EntryID=first["EntryID"].upper()))
        assert reason.startswith(f"Record {first['EntryID']} is {first['YourRef']} already")


def test_what_exact_does_not_have_is_refused(tmp_path: Path) -> None:
    with doubtful(tmp_path) as made:
        assert refusal(made, "26709999").startswith("The target says that it has no record 26709999;")
