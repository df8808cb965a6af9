"""What a person does at the command line, and how it is refused."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.office import Office, edit, order

from boekbrug.runtime.settings import load
from boekbrug.store import licences
from boekbrug.store.integrity import INVARIANTS
from boekbrug.sync.house import House


@pytest.fixture
def office(tmp_path: Path) -> Office:
    found = Office(tmp_path / "office")
    found.furnish(automatic=True)
    return found


def rules(office: Office) -> Path:
    return office.folder / "licences" / "webshop.toml"


def change(office: Office, statement: str) -> None:
    with closing(sqlite3.connect(office.folder / "state" / "boekbrug.db")) as database, database:
        database.execute(statement)


def test_all_faults_of_a_connection_are_told_at_once(office: Office) -> None:
    wrong = ("--set", "time_zone=Mars", "--set", "colour=red", "--set", "whole_file_limit=0")
    done = office.attempt("connection", "add", "Bad Name", "files", *wrong)
    assert done.exit == 2
    for fault in ("name:", "folder: is missing", "time_zone:", "colour: is not a setting", "whole_file_limit:"):
        assert fault in done.stderr
    assert [row["name"] for row in office.json("connection", "list")] == ["books", "shop"]


def test_a_connection_that_does_not_work_is_added_and_says_what_to_do(office: Office) -> None:
    done = office.attempt("connection", "add", "other", "ledger", "--set", "folder=nowhere")
    assert done.exit == 1
    assert "nowhere" in done.stderr
    assert "other" in {row["name"] for row in office.json("connection", "list")}
    assert office.attempt("connection", "add", "other", "ledger", "--set", "folder=nowhere").exit == 2


def test_all_faults_of_a_licence_file_are_told_at_once(office: Office) -> None:
    edit(rules(office), "start = 2026-07-03", 'start = "soon"')
    edit(rules(office), "interval = 15", "interval = 0\ncolour = 1")
    edit(rules(office), 'basis = "order"', 'basis = "guess"')
    done = office.attempt("licence", "apply", str(rules(office)))
    assert done.exit == 2
    for fault in ("start:", "interval:", "colour: unknown", "rules.basis:"):
        assert fault in done.stderr


def test_an_unknown_administration_or_unit_is_refused_with_what_there_is(office: Office) -> None:
    edit(rules(office), 'name = "webshop"', 'name = "second"')
    edit(rules(office), 'administration = "main"', 'administration = "other"')
    assert "it has main" in office.attempt("licence", "create", str(rules(office))).stderr
    edit(rules(office), 'unit = "shop"', 'unit = "till"')
    assert "it has shop" in office.attempt("licence", "create", str(rules(office))).stderr
    assert office.attempt("licence", "show", "second").exit == 2


def test_what_the_target_would_refuse_is_told_and_keeps_a_licence_from_activation(office: Office) -> None:
    edit(rules(office), 'name = "webshop"', 'name = "second"')
    edit(rules(office), 'debtor = "1300"', 'debtor = "9999"')
    edit(rules(office), 'seller = "normal"\n', "")
    done = office.attempt("licence", "apply", str(rules(office)))
    assert (done.exit, "9999" in done.stderr) == (1, True)
    refused = office.attempt("licence", "activate", "second")
    assert refused.exit == 2
    assert "9999" in refused.stderr
    assert "rules.seller is not answered" in refused.stderr
    assert office.json("licence", "show", "second")["state"] == "new"


def test_a_file_does_not_undo_what_was_changed_otherwise(office: Office) -> None:
    change(office, "update licence set interval_minutes = 5")
    done = office.attempt("licence", "apply", str(rules(office)))
    assert (done.exit, "interval of licence webshop" in done.stderr) == (2, True)
    office.run("licence", "apply", str(rules(office)), "--force")
    assert office.json("licence", "show", "webshop")["interval_minutes"] == 15
    assert "as the file says" in office.attempt("licence", "apply", str(rules(office))).stderr


def test_a_licence_keeps_its_ends_for_life(office: Office) -> None:
    edit(rules(office), 'unit = "shop"', 'unit = "other"')
    assert "never changed" in office.attempt("licence", "apply", str(rules(office))).stderr


def test_a_paused_licence_ends_for_good_and_what_it_booked_stays(office: Office) -> None:
    office.put("orders.jsonl", [order(1)])
    office.run("sync", "webshop")
    assert office.attempt("licence", "end", "webshop", "--yes").exit == 2
    office.run("licence", "pause", "webshop")
    assert "--yes" in office.attempt("licence", "end", "webshop").stderr
    office.run("licence", "end", "webshop", "--yes")
    office.put("later.jsonl", [order(2)])
    for act in ("activate", "resume"):
        assert office.attempt("licence", act, "webshop").exit == 2
    office.run("sync", exits=0)
    assert len(office.marks()) == 1
    office.run("db", "check")


def test_an_earlier_start_brings_in_what_was_left_out(office: Office) -> None:
    old = order(1, date="2026-04-01T12:00:00+02:00")
    office.put("orders.jsonl", [old, order(2, date="2026-07-01T12:00:00+02:00"), order(5)])
    [run] = office.json("sync", "webshop")
    assert (run["states"]["before-start"], run["states"]["booked"]) == (1, 1)
    edit(rules(office), "start = 2026-07-03", "start = 2026-03-01")
    edit(rules(office), "filed_through = 2026-06-30", "filed_through = 2025-12-31")
    office.run("licence", "apply", str(rules(office)))
    [run] = office.json("sync", "webshop")
    assert run["states"]["booked"] == 3
    assert len(set(office.marks())) == len(office.marks()) == 3
    office.run("db", "check")


def test_a_second_licence_gets_what_was_fetched_for_the_first(office: Office) -> None:
    office.put("orders.jsonl", [order(1), order(2)])
    office.run("sync", "webshop")
    edit(rules(office), 'name = "webshop"', 'name = "second"')
    office.run("licence", "apply", str(rules(office)))
    office.run("licence", "activate", "second")
    [run] = office.json("sync", "second")
    assert run["states"]["booked"] == 2
    assert len(set(office.marks())) == 4
    codes = {licence["code"] for licence in office.json("licence", "list")}
    assert len(codes) == 2
    office.run("db", "check")


def test_only_the_problems_named_are_retried(office: Office) -> None:
    office.put("orders.jsonl", [order(1, payment_method="a"), order(2, payment_method="b"), order(3)])
    office.json("sync", "webshop", exits=1)
    assert "P00003 has no problem" in office.attempt("retry", "webshop", "P00003", "P00001").stderr
    assert "1 documents" in office.attempt("retry", "webshop", "P00001").stderr
    assert "0 documents" in office.attempt("retry", "webshop", "--code", "lines-missing").stderr
    [found] = office.json("find", "P00001")
    assert (found["state"], found["reason"], found["problems"]) == ("waiting", "compose", [])
    [run] = office.json("sync", "webshop", exits=1)
    assert run["problems"] == 2


def test_approving_what_has_nothing_to_approve_approves_nothing(office: Office) -> None:
    office.put("orders.jsonl", [order(1)])
    office.run("sync", "webshop")
    assert "P00001 has no entry that waits" in office.attempt("approve", "webshop", "P00001").stderr


def test_a_licence_that_another_worker_holds_is_left_to_it(office: Office) -> None:
    house = House(load(office.config))
    with house.workplace("other") as work, house.database.write() as connection:
        now = house.database.now(connection)
        licence = licences.by_name(connection, "webshop")
        assert licence is not None
        assert licences.claim_one(connection, licence.id, work.worker, work.until(now), now)
    with house.workplace("other") as work:
        with house.database.write() as connection:
            assert licences.claim_one(connection, licence.id, work.worker, work.until(now), now)
        assert office.attempt("sync", "webshop").exit == 3
    house.close()


def test_every_act_is_in_the_audit(office: Office) -> None:
    with closing(sqlite3.connect(office.folder / "state" / "boekbrug.db")) as database:
        rows = database.execute("select act, subject, actor from audit order by id").fetchall()
    assert [row[:2] for row in rows] == [
        ("connection-add", "shop"), ("connection-add", "books"), ("licence-create", "webshop"),
        ("licence-activate", "webshop"),
    ]  # fmt: skip
    assert all(actor.startswith("cli:") for _, _, actor in rows)


BREAKS: dict[str, str] = {
    "every entry balances": "update entry_line set minor = minor + 1 where n = 0",
    "every entry has lines": "delete from entry_line",
    "an entry's total is its debit side": "update entry set total = total + 1",
    "every document has a state for every licence of its unit": "delete from document_state",
    "there are no other states": "update document_state set state = 'lost'",
    "what is booked has a record at the target": "update entry_state set remote_id = null",
    "a booked document has a booked entry": "update entry_state set state = 'refused'",
    "a replaced entry books nothing": "update entry_state set state = 'replaced'",
    "a living entry books something": "update membership set ended_at = 1",
    "an entry in doubt has an effect that is not settled": "update entry_state set state = 'in-doubt'",
    "a document's state is that of its last event": "update document_state set state = 'held'",
    "the counts are those of the documents": "update tally set number = number + 1",
    "the counts of problems are those that are open": "insert into troubles select id, 'a', 'error', 1 from licence",
    "the turnover of a day is that of its sales": "update daily set minor = minor + 1",
    "an entry's state is that of its last event": "update entry_state set state = 'composed'",
}


def test_there_is_a_way_to_break_every_invariant() -> None:
    assert BREAKS.keys() == INVARIANTS.keys()


@pytest.fixture(scope="module")
def booked(tmp_path_factory: pytest.TempPathFactory) -> Office:
    found = Office(tmp_path_factory.mktemp("booked"))
    found.furnish(automatic=True)
    found.put("orders.jsonl", [order(1), order(2)])
    found.run("sync", "webshop")
    return found


@pytest.mark.parametrize(("invariant", "statement"), BREAKS.items(), ids=BREAKS)
def test_check_names_the_invariant_that_is_broken(invariant: str, statement: str, booked: Office) -> None:
    file = booked.folder / "state" / "boekbrug.db"
    whole = file.read_bytes()
    try:
        change(booked, statement)
        found = booked.json("db", "check", exits=4)
    finally:
        file.write_bytes(whole)
    assert invariant in {one["invariant"] for one in found}
    booked.run("db", "check")


def test_plugins_are_listed_with_version_and_a_schema_is_exported(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOEKBRUG_PLUGINS", "files,ledger")
    found = office.json("plugins")
    assert [one["name"] for one in found["installed"]] == ["files", "ledger"]
    assert all(one["version"] and one["distribution"] for one in found["installed"])
    assert json.loads(office.run("plugins", "schema", "files"))["$ref"].endswith("Row")
    assert "dialect" in json.loads(office.run("plugins", "schema", "ledger"))["properties"]


def test_plugins_are_listed_in_columns_that_line_up(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOEKBRUG_PLUGINS", "files,exactonline-standin")
    lines = office.run("plugins").splitlines()
    assert len(lines) == 2
    assert len({line.index("boekbrug-") for line in lines}) == 1


def test_a_plugin_that_is_refused_is_told_in_a_sentence(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOEKBRUG_PLUGINS", "files,absent")
    done = office.attempt("plugins")
    assert (done.exit, "Plugin absent is named" in done.stderr) == (1, True)
    found = {one["subject"]: one for one in office.json("check", exits=1)}
    assert not found["plugins"]["ok"]
    assert not found["connection books"]["ok"]


def test_without_a_database_nothing_is_made_and_the_way_on_is_told(tmp_path: Path) -> None:
    empty = Office(tmp_path / "empty")
    (empty.folder / "boekbrug.toml").write_text('state = "state"\n')
    done = empty.attempt("licence", "list")
    assert done.exit == 2
    assert "boekbrug init" in done.stderr
    assert [file.name for file in empty.folder.iterdir()] == ["boekbrug.toml"]


def test_a_wrong_settings_file_is_told_with_all_its_faults(tmp_path: Path) -> None:
    wrong = Office(tmp_path / "wrong")
    wrong.config.write_text('state = 1\n[service]\nport = 99999\ncolour = "red"\n')
    done = wrong.attempt("check")
    assert done.exit == 2
    assert all(fault in done.stderr for fault in ("state:", "service.port:", "service.colour:"))


def test_an_answer_is_read_as_it_is_written(office: Office) -> None:
    for option in (("--tender", "ideal"), ("--line", "21=veel"), ("--paid-on", "gisteren")):
        assert office.attempt("answer", "webshop", "W1", *option).exit == 2
    done = office.attempt("answer", "webshop", "W1", "--tender", "ideal=-12.50", "--line", "21=-12.50")
    assert (done.exit != 0, "W1 waits for no answer" in done.stderr) == (True, True)
