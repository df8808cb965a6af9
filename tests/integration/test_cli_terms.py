"""Days, corrections, reversals and rule sets at the command line; and every command of the user guide."""

import datetime as dt
import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from tests.office import Office, edit, order

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
GUIDE = Path(__file__).parents[2] / "docs" / "user-guide.md"


@pytest.fixture
def office(tmp_path: Path) -> Office:
    found = Office(tmp_path / "office")
    found.furnish(automatic=True)
    return found


def rules(office: Office) -> Path:
    return office.folder / "licences" / "webshop.toml"


def by_day(office: Office, *, delay_days: int = 1) -> None:
    edit(rules(office), "interval = 15", f"interval = 15\ndelay_days = {delay_days}")
    edit(rules(office), 'basis = "order"', 'basis = "order"\nmode = "day"')
    office.run("licence", "apply", str(rules(office)))


def test_a_day_is_shown_with_its_documents_and_composed_at_once(office: Office) -> None:
    by_day(office, delay_days=60)
    day, before = (dt.datetime.now(AMSTERDAM).date() - dt.timedelta(n) for n in (1, 2))
    earlier, later = ({"date": f"{one}T12:00:00+02:00"} for one in (before, day))
    office.put("orders.jsonl", [order(5, **earlier), order(33, **earlier), order(6, **later)])
    [run] = office.json("sync", "webshop")
    assert run["states"]["waiting"] == 3
    first, second = office.json("preview", "webshop", "--explain")
    assert (first["kind"], first["documents"], second["documents"]) == ("term", 2, 1)
    assert [part["number"] for part in first["why"][0]["parts"]] == ["P00005", "P00033"]
    assert {setting for line in first["why"] for setting in line["settings"]} == {"payments.ideal", "vat[0]"}
    shown = office.run("preview", "webshop", "--explain")
    assert "rules.payments.ideal; of P00005, P00033" in re.sub(r"\s+", " ", shown)
    assert "Nothing waits for" in office.attempt("compose", "webshop", "--term", "2026-07-01").stderr
    assert "2 documents were composed" in office.attempt("compose", "webshop", "--term", before.isoformat()).stderr
    [run] = office.json("sync", "webshop")
    assert (run["states"]["booked"], run["states"]["waiting"]) == (2, 1)
    office.run("db", "check")


def test_a_change_is_corrected_and_a_document_reversed_after_it_was_shown(office: Office) -> None:
    office.put("orders.jsonl", [order(1), order(2)])
    office.run("sync", "webshop")
    office.put("later.jsonl", [order(2) | {"date": "2026-07-20T12:00:00+02:00"}])
    office.run("sync", "webshop")
    assert "Nothing was done" in office.attempt("correct", "webshop", "P00002").stderr
    office.run("correct", "webshop", "P00002", "--yes")
    [run] = office.json("sync", "webshop")
    assert (run["states"]["booked"], run["problems"]) == (2, 0)
    shown = office.json("reverse", "webshop", "P00001")
    assert shown["reversal"]["net"] == [{"box": "1a", "vat_code": "VH", "base": "-8.27", "vat": "-1.74"}]
    office.run("reverse", "webshop", "P00001", "--yes")
    office.run("sync", "webshop")
    [found] = office.json("find", "P00001")
    assert (found["state"], found["reason"]) == ("booked", "reversed")
    assert office.attempt("reverse", "webshop").exit == 2
    assert office.attempt("reverse", "webshop", "P00001", "--yes").exit == 2
    office.run("db", "check")


def test_rules_are_proposed_and_copied_with_their_difference(office: Office) -> None:
    edit(rules(office), "journals = ", "# journals = ")
    found = office.json("licence", "suggest", "webshop")
    assert isinstance(found["to_choose"], list)
    assert [one for one in found["changes"] if one["setting"] == "mode"] == [], "a folder may hold anything"
    office.put("orders.jsonl", [order(1)])
    office.run("sync", "webshop")
    [mode] = [one for one in office.json("licence", "suggest", "webshop")["changes"] if one["setting"] == "mode"]
    assert (mode["old"], mode["new"]) == ("", "hybrid")
    assert "mode" not in office.json("licence", "show", "webshop")["file"]["rules"], "nothing is set by it"
    edit(rules(office), "# journals = ", "journals = ")
    edit(rules(office), 'name = "webshop"', 'name = "second"')
    edit(rules(office), 'debtor = "1300"', 'debtor = "1301"')
    office.attempt("licence", "apply", str(rules(office)))
    [change] = office.json("licence", "copy", "webshop", "second")["changes"]
    assert (change["setting"], change["old"], change["new"]) == ("debtor", "1301", "1300")
    assert "1301 → 1300" in office.run("licence", "copy", "webshop", "second", "--yes")
    assert office.json("licence", "copy", "webshop", "second")["changes"] == []


def test_a_cost_account_for_turnover_keeps_a_licence_from_activation(office: Office) -> None:
    edit(rules(office), 'name = "webshop"', 'name = "second"')
    edit(rules(office), 'account = "8000"', 'account = "1300"')
    office.run("licence", "apply", str(rules(office)))
    refused = office.attempt("licence", "activate", "second")
    assert (refused.exit, "1300" in refused.stderr) == (2, True)


def test_the_commands_of_the_guide_do_what_it_says(office: Office) -> None:
    edit(rules(office), 'name = "webshop"', 'name = "second"')
    office.run("licence", "apply", str(rules(office)))
    edit(rules(office), 'name = "second"', 'name = "webshop"')
    office.put("orders.jsonl", [order(1), order(2)])
    office.run("sync", "webshop")
    office.put("later.jsonl", [order(2) | {"date": "2026-07-20T12:00:00+02:00"}])
    office.run("sync", "webshop")
    by_day(office, delay_days=60)
    day = dt.datetime.now(AMSTERDAM).date() - dt.timedelta(2)
    office.put("day.jsonl", [order(n, date=f"{day}T12:00:00+02:00") for n in (3, 4)])
    office.run("sync", "webshop")
    commands = re.findall(r"^ +boekbrug (.+)$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(commands) == 14
    booked_first = [command for command in commands if "--term" in command and command.startswith("reverse")]
    for command in commands:
        if command == booked_first[0]:
            office.run("sync", "webshop")
        office.run(*command.replace("DAY", day.isoformat()).split())
    office.run("sync", "webshop")
    [found] = [one for one in office.json("find", "P00003") if one["licence"] == "webshop"]
    assert (found["state"], found["entry"]["number"]) == ("booked", f"shop-{day}-EUR")
    assert found["entry"]["mark"].endswith("-2")
    office.run("db", "check")
