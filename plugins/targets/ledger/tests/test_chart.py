"""chart.toml is the bookkeeper's: it is read as it stands, and a mistake in it is named."""

from pathlib import Path

import pytest

from boekbrug.contract import AccountType, EntryKind, NotSent, Refused, Role, SettingsError, Treatment, VatKind
from boekbrug_ledger.settings import DialectName

from .support import CHART, book, books, effects, entry, found, line, target

ACCOUNTS = 'account = [{code = "1", name = "Kas", type = "cash"}]\n'
JOURNALS = 'journal = [{code = "9", name = "M", kinds = ["memorial"]}]\n'

BROKEN = {
    'name = "x': "at end of document",
    "": "name",
    f'name = "x"\n{JOURNALS}': "account",
    f'name = "x"\n{ACCOUNTS}{JOURNALS}color = 1': "color",
    f'name = "x"\ncurrency = "USD"\n{ACCOUNTS}{JOURNALS}': "currency",
    f'name = "x"\n{ACCOUNTS.replace("cash", "kas")}{JOURNALS}': "account[0].type",
    f'name = "x"\n{ACCOUNTS.replace("name", "naam")}{JOURNALS}': "naam",
    f'name = "x"\n{ACCOUNTS}{JOURNALS.replace("memorial", "memoriaal")}': "journal[0].kinds",
    f'name = "x"\n{ACCOUNTS}{JOURNALS}[[vat_code]]\ncode = "V"\nname = "V"\nrate = "hoog"': "vat_code[0].rate",
    f'name = "x"\n{ACCOUNTS}{JOURNALS}[[vat_code]]\ncode = "V"\nname = "V"\nrate = 21\naccount = "15"': "'15'",
    f'name = "x"\n{ACCOUNTS}{JOURNALS}[[period]]\ncode = "P"\nstart = 2026-02-01\nend = 2026-01-01': "'P'",
    f'name = "x"\n{ACCOUNTS[:-2]}, {ACCOUNTS[11:]}{JOURNALS}': "'1' stands there 2 times",
    f'name = "x"\n{ACCOUNTS.replace("1", "--")}{JOURNALS}': "'--' has no letter or digit",
    'name = "x"\naccount = [{code = "1.0", name = "A", type = "cash"}, {code = "1-0", name = "A", type = "bank"}]\n'
    + JOURNALS: "Assets:1-0-A",
}


CASH = (line(Role.PAYMENT, "1000", 100), line(Role.BASE, "8000", -100, vat_code="V0"))


@pytest.mark.parametrize(("text", "named"), BROKEN.items())
def test_broken_chart_names_file_and_key(text: str, named: str, tmp_path: Path) -> None:
    (tmp_path / "chart.toml").write_text(text)
    ledger = target(tmp_path)
    (problem,) = ledger.check().problems
    assert problem.code == "ledger-chart-broken"
    assert problem.facts["file"] == "chart.toml"
    assert named in problem.facts["fault"]
    with pytest.raises(SettingsError):
        ledger.chart("main")
    assert ledger.prepare("main", effects(entry())) == [Refused(problems=(problem,))]


def test_chart_that_is_no_text_is_broken(tmp_path: Path) -> None:
    (tmp_path / "chart.toml").write_bytes(b"name = '\xff'")
    assert [problem.code for problem in target(tmp_path).check().problems] == ["ledger-chart-broken"]


def test_chart_offers_what_the_bookkeeper_wrote(tmp_path: Path) -> None:
    ledger = books(tmp_path)
    assert ledger.check().ok
    chart = ledger.chart("main")
    assert chart.accounts[0].type is AccountType.CASH
    assert [account.code for account in chart.accounts if account.blocked] == ["1999"]
    export = chart.vat_codes[2]
    assert (export.kind, export.treatment, export.country) == (VatKind.BASE_ONLY, Treatment.EXPORT, "NL")
    assert chart.journals[0].kinds == {EntryKind.SALES, EntryKind.COLLECTIVE}
    assert [period.open for period in chart.periods] == [False, True]


def test_each_sub_folder_with_a_chart_is_an_administration(tmp_path: Path) -> None:
    for name in ("noord", "zuid", "niets"):
        (tmp_path / name).mkdir()
    for name in ("noord", "zuid"):
        (tmp_path / name / "chart.toml").write_text(CHART)
    ledger = target(tmp_path)
    assert [one.code for one in ledger.administrations()] == ["noord", "zuid"]
    assert ledger.check().identity == "noord, zuid"
    book(ledger, entry(), administration="zuid")
    assert len(found(ledger, "20260001-K7QF-1", "zuid")) == 1
    assert found(ledger, "20260001-K7QF-1", "noord") == ()
    for stranger in ("niets", "main", "..", "", "zuid/../noord"):
        (refused,) = ledger.prepare(stranger, effects(entry()))
        assert isinstance(refused, Refused)
        assert refused.problems[0].code == "ledger-chart-missing"


def test_folder_with_a_chart_is_the_administration_main(tmp_path: Path) -> None:
    (main,) = books(tmp_path).administrations()
    assert (main.code, main.name, main.currency) == ("main", "Fietsenwinkel De Spaak", "EUR")


def test_missing_chart_and_missing_folder_are_told_apart(tmp_path: Path) -> None:
    assert [one.code for one in target(tmp_path).check().problems] == ["ledger-chart-missing"]
    assert [one.code for one in target(tmp_path / "gone").check().problems] == ["ledger-folder-unusable"]


def test_account_that_left_the_chart_after_preparing_is_refused_and_nothing_written(tmp_path: Path) -> None:
    ledger = books(tmp_path)
    items = ledger.prepare("main", effects(entry("1-K7QF-1"), entry("2-K7QF-1", lines=CASH)))
    (tmp_path / "chart.toml").write_text(CHART.replace('{code = "1300"', '{code = "1301"'))
    first, second = ledger.post("main", [item for item in items if not isinstance(item, Refused)])
    assert isinstance(first, Refused)
    assert isinstance(second, NotSent)
    assert found(ledger, "2-K7QF-1") == ()


def test_lines_that_a_person_put_into_the_main_file_stay(tmp_path: Path) -> None:
    book(books(tmp_path, DialectName.HLEDGER), entry())
    main = tmp_path / "books.journal"
    main.write_text(main.read_text() + "include own.journal")
    book(target(tmp_path), entry("2-K7QF-1", date=entry().date.replace(year=2027)))
    assert main.read_text().splitlines()[-2:] == ["include own.journal", "include 2027.journal"]
    book(target(tmp_path), entry("3-K7QF-1"))
    assert main.read_text().count("include") == 4
