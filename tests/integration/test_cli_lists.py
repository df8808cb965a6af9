"""Every command of the bookkeeper's page, and the forms in which a list comes."""

import csv
import io
import re
import shlex
from pathlib import Path

import pytest
from tests.office import Office, order

GUIDE = Path(__file__).parents[2] / "docs" / "bookkeeper.md"
QUARTER = ("--from", "2026-07-01", "--to", "2026-09-30")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    found = Office(tmp_path_factory.mktemp("lists") / "office")
    found.furnish(automatic=True)
    found.put("orders.jsonl", [order(n) for n in (1, 2, 4)])
    found.run("sync", "webshop")
    return found


def test_a_list_is_a_table_json_or_csv(office: Office) -> None:
    shown = office.run("list", "vat", "webshop", *QUARTER)
    assert re.search(r"1a +domestic +21 +24\.85 +5\.22 +5\.22 +0\.00", shown)
    found = office.json("list", "vat", "webshop", *QUARTER)
    assert (found["clean"], found["boxes"][0]["base"], found["boxes"][0]["vat"]) == (True, "24.85", "5.22")
    text = office.run("list", "vat", "webshop", *QUARTER, "--csv")
    [row] = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";")
    assert (row["box"], row["base"]) == ("1a", "24.85")
    assert "boxes" in office.attempt("list", "vat", "webshop", *QUARTER, "--csv", "--part", "x").stderr
    assert office.attempt("list", "vat", "webshop", "--from", "2026-09-01", "--to", "2026-01-01").exit == 2
    assert office.attempt("list", "gaps", "webshop", *QUARTER).exit == 1


def test_every_command_of_the_page_works(office: Office) -> None:
    commands = re.findall(r"^ +boekbrug (.+)$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(commands) == 18
    for command in commands:
        done = office.attempt(*shlex.split(command))
        assert done.exit == (1 if command.startswith("list gaps") else 0), (command, done)
    assert office.json("filed", "webshop") == []
    named = [row["note"] for row in office.json("list", "gaps", "webshop", *QUARTER, exits=1)["gaps"]]
    assert "cancelled before it was placed" in named


def test_filed_periods_are_listed_with_their_figures(office: Office) -> None:
    office.run("filed", "webshop", "vat", "--through", "2026-07-31")
    [row] = office.json("filed", "webshop")
    assert (row["return"], row["from"], row["through"]) == ("vat", "2026-07-03", "2026-07-31")
    assert row["figures"] == {"1a 21": [2485, 522]}
    office.put("late.jsonl", [order(3)])
    office.run("sync", "webshop", exits=1)
    [held] = office.json("list", "vat", "webshop", *QUARTER, "--supplementary", exits=1)["held"]
    assert (held["number"], held["box"]) == ("P00003", "1a")
    assert "P00003" in office.run("list", "vat", "webshop", *QUARTER, "--supplementary", exits=1)
