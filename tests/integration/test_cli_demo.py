"""`boekbrug demo`: what it books, that the outside tools accept it, and that a second run adds nothing."""

import json
import subprocess
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.office import PROGRAM, Office, marks

from boekbrug.acts.overview import overview
from boekbrug.demo.sample import FACTS
from boekbrug.runtime.settings import load
from boekbrug.sync.house import House

STATES = ("before_start", "open", "waiting", "in_doubt", "problems", "held", "skipped", "booked")


def demo(folder: Path, *arguments: str) -> dict[str, Any]:
    command = [*PROGRAM, "demo", "--once", "--json", "--dir", str(folder), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def check_counts(found: dict[str, Any]) -> None:
    assert found["fetched"] == FACTS.documents == sum(found[state] for state in STATES)
    assert found["open"] == FACTS.open
    assert found["skipped"] == FACTS.cancelled
    assert found["problems"] == 3
    assert found["before_start"] == 7
    assert (found["waiting"], found["in_doubt"], found["held"]) == (0, 0, 0)


def books_of(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (folder / "books").iterdir()}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """The demo's folder after a run; tests only look at it."""
    folder = tmp_path_factory.mktemp("demo")
    demo(folder)
    return Office(folder)


@pytest.mark.parametrize(
    ("dialect", "main", "judge"),
    [("hledger", "books.journal", ("hledger", "check", "--strict", "-f")),
     ("beancount", "books.beancount", ("bean-check",))],
)  # fmt: skip
def test_books_are_accepted_and_a_second_run_leaves_them_byte_for_byte(
    dialect: str, main: str, judge: tuple[str, ...], tmp_path: Path, tool: Callable[[str], Path]
) -> None:
    found = demo(tmp_path, "--dialect", dialect)
    check_counts(found)
    ledger = Path(found["ledger"])
    assert ledger == tmp_path / "books" / main
    subprocess.run([tool(judge[0]), *judge[1:], ledger], check=True, capture_output=True)
    counted = Counter(marks(ledger.parent))
    assert len(counted) == found["booked"]
    assert set(counted.values()) == {1}
    before = books_of(tmp_path)
    assert demo(tmp_path, "--dialect", dialect) == found
    assert books_of(tmp_path) == before


def test_demo_on_postgresql(postgres_url: str, tmp_path: Path) -> None:
    found = demo(tmp_path, "--database", postgres_url)
    check_counts(found)
    assert found["database"].startswith("postgresql")
    assert len(marks(tmp_path / "books")) == found["booked"]
    Office(tmp_path).run("db", "check")


def test_the_odd_ones_of_the_sample_are_problems_that_say_what_to_do(office: Office) -> None:
    errors = {one["about"]: one for one in office.json("problems", exits=1) if one["severity"] == "error"}
    assert set(errors) == {FACTS.eu_business_without_vat_id, FACTS.does_not_add_up, FACTS.shipping_without_vat}
    assert all(one["fix"] and one["cause"] for one in errors.values())


def test_a_sale_is_found_with_its_entry(office: Office) -> None:
    [sale] = office.json("find", FACTS.eu_business)
    assert sale["state"] == "booked"
    assert sale["entry"]["mark"] in office.marks()
    assert {line["vat_code"] for line in sale["entry"]["lines"] if line["role"] == "base"} == {"ICL"}


def test_vat_totals_are_those_of_the_books(office: Office, tool: Callable[[str], Path]) -> None:
    balance: list[str | Path] = [tool("hledger"), "-f", office.books / "books.journal", "balance", "Liabilities:150"]
    told = subprocess.run([*balance, "--format", "%(total)"], check=True, capture_output=True, text=True).stdout
    booked = told.split()[-2]
    house = House(load(office.config))
    assert sum(one.vat for one in overview(house).vat) == -Decimal(booked)
    house.close()


def test_problems_are_told_in_the_language_asked_for(office: Office) -> None:
    told = [office.json("problems", exits=1, language=language)[0]["fix"] for language in ("nl", "en", "de")]
    assert len(set(told)) == 3


def test_a_folder_goes_on_with_the_database_it_was_begun_with(office: Office) -> None:
    arguments = ("demo", "--once", "--dir", str(office.folder), "--database", "sqlite:///elsewhere.db")
    assert "begun with another" in office.attempt(*arguments).stderr


def test_a_folder_goes_on_in_the_dialect_it_was_begun_in(office: Office) -> None:
    done = office.attempt("demo", "--once", "--dir", str(office.folder), "--dialect", "beancount")
    assert (done.exit, "begun in hledger" in done.stderr) == (2, True)


def test_a_database_that_is_refused_leaves_no_folder(tmp_path: Path) -> None:
    place = tmp_path / "shop"
    done = Office(tmp_path).attempt("demo", "--once", "--dir", str(place), "--database", "mysql://elsewhere")
    assert (done.exit, "--database: must be sqlite:///FILE" in done.stderr) == (2, True)
    assert not place.exists()
