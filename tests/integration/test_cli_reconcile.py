"""What a person sees who asks whether the books are as they were booked."""

from pathlib import Path

import pytest
from tests.office import Office, edit, order

from boekbrug.cli.exits import Exit

JULY = ("reconcile", "webshop", "--from", "2026-07-01", "--to", "2026-07-31")


@pytest.fixture
def office(tmp_path: Path) -> Office:
    office = Office(tmp_path / "office")
    office.furnish(automatic=True)
    # the last is of the last day of the month, which is asked for as well
    office.put("a.jsonl", [order(1), order(2), order(3, date="2026-07-31T12:00:00+02:00")])
    office.run("sync", "webshop")
    return office


def journal(office: Office) -> Path:
    (file,) = office.books.glob("20*.journal")
    return file


def test_books_that_agree_are_said_to_at_once(office: Office) -> None:
    told = office.run(*JULY)
    assert "3 entries were asked for, 3 are as they were sent." in told
    assert "Booked here 30.06, in the books 30.06." in told
    assert "accept" not in office.attempt(*JULY).stderr
    found = office.json(*JULY)
    assert (found["asked"], found["agreeing"], found["unlisted"], found["differences"]) == (3, 3, 0, [])
    assert found["documents"]["booked"] == found["fetched"] == 3


def test_what_is_missing_and_changed_is_named_with_what_to_do(office: Office) -> None:
    parts = journal(office).read_text(encoding="utf-8").split("\n; boekbrug\n")
    (gone,) = [part for part in parts if "mark:P00001-" in part]
    journal(office).write_text("\n; boekbrug\n".join(part for part in parts if part != gone), encoding="utf-8")
    edit(journal(office), "2026-07-31", "2026-07-30")
    done = office.attempt(*JULY)
    assert done.exit == Exit.ATTENTION
    deleted, changed = (line.split() for line in done.stdout.splitlines() if "P0000" in line)
    assert (deleted[0], deleted[1][:7]) == ("deleted", "P00001-")
    assert (changed[0], changed[1][:7]) == ("changed", "P00003-")
    assert "date: 2026-07-31 was sent, 2026-07-30 is booked" in done.stdout
    assert "boekbrug accept webshop MARK" in done.stderr
    found = office.json(*JULY, exits=Exit.ATTENTION)
    assert found["kinds"] == {"deleted": 1, "changed": 1, "untold": 0, "extra": 0}
    early = office.json("reconcile", "webshop", "--from", "2026-07-05", "--to", "2026-07-30")
    assert early["asked"] == 1


def test_a_range_that_ends_before_it_begins_is_refused(office: Office) -> None:
    refused = office.attempt("reconcile", "webshop", "--from", "2026-07-31", "--to", "2026-07-01")
    assert refused.exit == Exit.USAGE
    assert "--to is before --from" in refused.stderr
