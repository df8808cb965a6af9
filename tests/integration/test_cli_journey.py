"""The main path at the command line, on both databases."""

import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.office import Office, edit, order


@pytest.fixture
def office(database_url: str, tmp_path: Path) -> Office:
    found = Office(tmp_path / "office", database_url)
    found.furnish(automatic=False)
    return found


def test_main_path_in_processes_of_their_own(database_url: str, tmp_path: Path) -> None:
    office = Office(tmp_path / "office", database_url, spawns=True)
    # setting up writes alike on both databases, and a process takes a second to start
    setting_up = office if database_url.startswith("sqlite") else Office(office.folder, database_url)
    setting_up.furnish(automatic=True)
    office.put("orders.jsonl", [order(1), order(2)])
    office.run("sync", "webshop")
    [sale] = office.json("find", "P00002")
    assert sale["entry"]["mark"] in office.marks()


def test_from_a_folder_of_orders_to_the_books_with_approval(office: Office) -> None:
    office.put("orders.jsonl", [order(1), order(2), order(3, payment_method="unheard-of"), order(4, status="new")])
    [run] = office.json("sync", "webshop", exits=1)
    assert run["states"]["waiting"] == 2
    assert (run["problems"], run["unapproved"], office.marks()) == (1, 2, [])

    shown = office.json("preview", "webshop", "--explain")
    assert [one["number"] for one in shown] == ["P00001", "P00002"]
    assert shown[0]["entry"]["lines"][1]["why"] == "vat domestic 21"

    office.run("approve", "webshop", "P00002")
    office.json("sync", "webshop", exits=1)
    assert [mark[:6] for mark in office.marks()] == ["P00002"]

    [problem] = office.json("problems", "webshop", exits=1)
    assert problem["about"] == "P00003"
    assert problem["code"] == "payment-method-unmapped"
    rules = office.folder / "licences" / "webshop.toml"
    edit(rules, "[rules.lines]", 'unheard-of = { account = "1062" }\n\n[rules.lines]')
    office.run("licence", "apply", str(rules))
    office.run("sync", "webshop")
    office.run("approve", "webshop")
    [run] = office.json("sync")
    assert run["states"] == {
        "before-start": 0, "open": 1, "waiting": 0, "in-doubt": 0, "problem": 0, "held": 0, "skipped": 0, "booked": 3,
    }  # fmt: skip
    assert sorted(mark[:6] for mark in office.marks()) == ["P00001", "P00002", "P00003"]
    office.run("db", "check")

    [sale] = office.json("find", "P00003")
    assert sale["state"] == "booked"
    assert sale["entry"]["mark"] in office.marks()
    assert [one["number"] for one in office.json("find", "k2@example.org")] == ["P00002"]
    assert [one["number"] for one in office.json("find", "10,04")] == ["P00004"]
    office.json("find", "nothing", exits=1)


def test_check_finds_nothing_wrong_and_then_says_what_is(office: Office) -> None:
    office.run("check")
    office.shop.rmdir()
    edit(office.books / "chart.toml", 'code = "1062"', 'code = "1099"')
    found = {one["subject"]: one for one in office.json("check", exits=1)}
    assert not found["connection shop"]["ok"]
    assert any("1062" in sentence for sentence in found["licence webshop"]["says"])
    assert found["database"]["ok"]


def test_a_paused_licence_does_nothing_until_it_is_resumed(office: Office) -> None:
    office.put("orders.jsonl", [order(1)])
    office.run("licence", "pause", "webshop")
    assert "resume webshop" in office.attempt("sync", "webshop").stderr
    assert office.json("sync") == []
    office.run("licence", "resume", "webshop")
    [run] = office.json("sync")
    assert run["fetched"] == 1
    [licence] = office.json("licence", "list")
    assert (licence["state"], licence["states"]["waiting"]) == ("active", 1)


def test_a_backup_is_a_whole_database_and_never_overwrites(office: Office, database_url: str) -> None:
    copy = office.folder / "copy.db"
    if not database_url.startswith("sqlite"):
        assert "pg_dump" in office.attempt("db", "backup", str(copy)).stderr
        return
    office.put("orders.jsonl", [order(n) for n in range(40)])
    office.json("sync", "webshop")
    office.run("db", "backup", str(copy))
    assert sqlite3.connect(copy).execute("select count(*) from document").fetchone() == (40,)
    office.run("db", "backup", str(copy), exits=2)


def test_books_of_the_journey_are_accepted(tmp_path: Path, tool: Callable[[str], Path]) -> None:
    office = Office(tmp_path / "office")
    office.furnish(automatic=True)
    office.put("orders.jsonl", [order(n) for n in range(60)])
    office.run("sync", "webshop")
    assert len(set(office.marks())) == len(office.marks()) == 60
    subprocess.run([tool("hledger"), "check", "--strict", "-f", office.books / "books.journal"], check=True)
