"""At the command line: what a hand in the books did is accepted, a doubt is decided, a copy is put back."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.integration.moody import calm, mood
from tests.office import Office, edit, order
from tests.servers import Tool

DATABASE = Path("state") / "boekbrug.db"
HOUR = 3_600_000_000
MONTHS = ("--from", "2026-07-01", "--to", "2026-09-30")


@pytest.fixture
def office(tmp_path: Path) -> Office:
    found = Office(tmp_path / "office")
    found.furnish(automatic=True)
    return found


def change(file: Path, statement: str) -> None:
    with closing(sqlite3.connect(file)) as database, database:
        database.execute(statement)


def delete(office: Office, mark: str) -> None:
    """Take an entry out of the books."""
    for file in office.books.glob("20*.journal"):
        kept = [record for record in file.read_text().split("\n; boekbrug\n") if f"mark:{mark}" not in record]
        file.write_text("\n; boekbrug\n".join(kept))


def compare(office: Office, exits: int = 1) -> list[tuple[str, str]]:
    """Compare the books, as long after booking as it takes; return what differs."""
    change(office.folder / DATABASE, "update entry_state set changed_at = 0")
    found = office.json("reconcile", "webshop", *MONTHS, exits=exits)
    return [(one["kind"], one["mark"]) for one in found["differences"]]


def mark_of(office: Office, number: str) -> str:
    [found] = office.json("find", number)
    return str(found["entry"]["mark"])


def state_of(office: Office, number: str) -> tuple[str, str]:
    [found] = office.json("find", number)
    return found["state"], found["reason"]


def deleted(office: Office) -> str:
    """Book two sales, and delete the first in the books; return its mark."""
    office.put("orders.jsonl", [order(1), order(2)])
    office.run("sync", "webshop")
    mark = mark_of(office, "P00001")
    delete(office, mark)
    assert compare(office) == [("deleted", mark)]
    return mark


def test_a_deletion_that_is_accepted_books_the_sale_no_more(office: Office) -> None:
    mark = deleted(office)
    done = office.attempt("accept", "webshop", "P00001")
    assert done == (0, "", "Accepted for 1 documents.\n")
    [run] = office.json("sync", "webshop")
    assert (run["states"]["booked"], run["states"]["skipped"]) == (1, 1)
    assert (mark in office.marks(), len(office.marks())) == (False, 1)
    assert compare(office, exits=0) == []
    refused = office.attempt("accept", "webshop", "P00002")
    assert refused.exit == 2
    assert refused.stderr == ("Nothing of P00002 was deleted or changed in the books; see: boekbrug find P00002\n")


def test_a_deletion_that_is_accepted_to_be_booked_anew_is_so_under_another_mark(office: Office) -> None:
    mark = deleted(office)
    done = office.attempt("accept", "webshop", "P00001", "--rebook")
    assert done == (0, "", "Accepted for 1 documents; booked anew at the next run: boekbrug sync webshop.\n")
    [run] = office.json("sync", "webshop")
    assert run["states"]["booked"] == 2
    assert sorted(office.marks()) == [f"{mark.removesuffix('1')}2", mark_of(office, "P00002")]
    office.run("db", "check")


def test_a_day_is_accepted_by_the_mark_that_the_comparison_names(office: Office) -> None:
    rules = office.folder / "licences" / "webshop.toml"
    edit(rules, 'basis = "order"', 'basis = "order"\nmode = "day"')
    office.run("licence", "apply", str(rules))
    office.put("orders.jsonl", [order(1), order(29)])
    office.run("sync", "webshop")
    [mark] = office.marks()
    delete(office, mark)
    assert compare(office) == [("deleted", mark)]
    assert "Accepted for 2 documents." in office.attempt("accept", "webshop", mark).stderr
    assert state_of(office, "P00029") == ("skipped", "deleted-at-target")
    assert "Accepted for 2 documents;" in office.attempt("accept", "webshop", mark, "--rebook").stderr
    office.run("sync", "webshop")
    assert office.marks() == [f"{mark.removesuffix('1')}2"]
    assert office.attempt("accept", "webshop", mark).exit == 2


@pytest.fixture
def doubtful(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Books that cannot look anything up, as a plugin that is installed, with a sale whose answer is lost."""
    about = tmp_path / "site" / "moody_books-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: moody-books\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[boekbrug]\nmoody = tests.integration.moody\n")
    monkeypatch.syspath_prepend(about.parent)
    calm()
    found = Office(tmp_path / "office")
    found.furnish(automatic=True, target="blind")
    found.put("orders.jsonl", [order(1)])
    return found


def lose(office: Office, *, arrives: bool) -> str:
    """Let the answer be lost, and time pass until a person is asked; return the mark."""
    mood.loses_replies, mood.drops_calls = arrives, not arrives
    office.attempt("sync", "webshop")
    calm()
    change(office.folder / DATABASE, "update effect set next_at = 0, leased_until = 0, intended_at = 0")
    [run] = office.json("sync", "webshop", exits=1)
    assert run["states"]["in-doubt"] == 1
    [problem] = office.json("problems", "webshop", exits=1)
    assert problem["code"] == "cannot-tell"
    return mark_of(office, "P00001")


def test_what_a_person_found_in_the_books_counts_as_booked(doubtful: Office) -> None:
    mark = lose(doubtful, arrives=True)
    refused = doubtful.attempt("decide", "webshop", "P00001", "--there", "nothing")
    assert (refused.exit, "it has no record nothing" in refused.stderr) == (2, True)
    for wrong in ([], ["--there", mark, "--not-there"]):
        assert doubtful.attempt("decide", "webshop", "P00001", *wrong).exit == 2
    assert doubtful.attempt("decide", "webshop", mark, "--there", mark) == (0, "", f"{mark} counts as booked.\n")
    assert state_of(doubtful, "P00001") == ("booked", "plain")
    doubtful.json("sync", "webshop")
    assert (doubtful.marks(), mood.sent) == ([mark], [])


def test_what_a_person_did_not_find_there_goes_out_again(doubtful: Office) -> None:
    mark = lose(doubtful, arrives=False)
    assert doubtful.marks() == []
    done = doubtful.attempt("decide", "webshop", "P00001", "--not-there")
    assert done == (0, "", f"{mark} goes out again at the next run: boekbrug sync webshop\n")
    doubtful.json("sync", "webshop")
    assert (doubtful.marks(), mood.sent) == ([mark], [mark])
    refused = doubtful.attempt("decide", "webshop", "P00001", "--not-there")
    assert (refused.exit, refused.stderr) == (2, "P00001 is not in doubt; see: boekbrug find P00001\n")


def copied(office: Office) -> Path:
    """Book two sales, of which the copy of the database knows one."""
    copy = office.folder / "copy.db"
    office.put("a.jsonl", [order(1)])
    office.run("sync", "webshop")
    office.run("db", "backup", str(copy))
    office.put("b.jsonl", [order(2)])
    office.run("sync", "webshop")
    return copy


def test_a_copy_is_put_back_and_says_what_becomes_of_what_it_does_not_know(office: Office) -> None:
    copy = copied(office)
    done = office.attempt("db", "restore", str(copy))
    [kept] = office.folder.glob(f"{DATABASE}.before-restore-*[0-9]")
    assert done == (
        0,
        "",
        f"The database as it was is kept as {kept}.\n"
        f"{copy} is in its place. What it does not know is fetched again, and looked for in the books before it goes.\n"
        "Connections whose authorisation was renewed since have to be authorised again.\n",
    )
    office.json("find", "P00002", exits=1)
    assert copy.exists()
    [run] = office.json("sync", "webshop")
    assert (run["states"]["booked"], run["states"]["waiting"]) == (1, 1)
    change(office.folder / DATABASE, f"update fact set value = value - {HOUR} where name like 'cautious %'")
    change(office.folder / DATABASE, "update entry_state set next_at = 0 where next_at is not null")
    [run] = office.json("sync", "webshop")
    assert run["states"]["booked"] == len(office.marks()) == len(set(office.marks())) == 2


def test_nothing_was_there_before_and_nothing_is_said_to_be_kept(office: Office) -> None:
    copy = copied(office)
    (office.folder / DATABASE).unlink()
    assert "is kept as" not in office.attempt("db", "restore", str(copy)).stderr
    assert state_of(office, "P00001")[0] == "booked"


def assert_untouched(office: Office) -> None:
    """See that the database knows both sales, and that nothing of another lies beside it."""
    assert [state_of(office, number)[0] for number in ("P00001", "P00002")] == ["booked", "booked"]
    assert [file.name for file in (office.folder / "state").glob("*restor*")] == []
    assert [file.name for file in (office.folder / "state").glob(".*restor*")] == []


def test_a_copy_of_a_newer_release_is_refused_with_what_to_do(office: Office) -> None:
    copy = copied(office)
    change(copy, "update alembic_version set version_num = '9999'")
    refused = office.attempt("db", "restore", str(copy))
    assert (refused.exit, refused.stdout) == (2, "")
    assert refused.stderr == (
        f"{copy} comes from a newer release of boekbrug (schema 9999), which this one cannot read. Install that "
        "release and put it back there, or take an older copy.\n"
    )
    assert_untouched(office)


def test_a_database_of_a_newer_release_is_not_brought_to_this_one(office: Office) -> None:
    change(office.folder / DATABASE, "update alembic_version set version_num = '9999'")
    refused = office.attempt("db", "upgrade")
    assert (refused.exit, "schema of another release" in refused.stderr) == (2, True)


def test_a_copy_for_which_there_is_no_room_leaves_nothing_behind(office: Office, tool: Tool) -> None:
    copy = copied(office)
    little: list[str | Path] = [tool("prlimit"), f"--fsize={copy.stat().st_size // 2}"]
    refused = office.spawn("db", "restore", str(copy), before=little)
    assert (refused.exit, "Traceback" in refused.stderr) == (3, False), refused.stderr
    assert "Has its disk room" in refused.stderr
    assert_untouched(office)
