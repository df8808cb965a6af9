"""The form of a licence's rules, without a browser."""

import tomllib
from pathlib import Path

import pytest

from boekbrug.acts.licence_file import LicenceFile
from boekbrug.acts.licence_file import read as read_file
from boekbrug.contract import SettingsError
from boekbrug.web.clients import filing_deadline
from boekbrug.web.ruleform import layout, read, values_of

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("file", ["bench/licence.toml", "daemon/boekbrug/demo/licence.toml"])
def test_form_says_what_the_file_says(file: str) -> None:
    licence = read_file(ROOT / file)
    values = values_of(licence)
    assert read(values, licence) == licence
    shown = layout(values)
    names = {one.name for part in (shown.schedule, shown.answers, shown.accounts) for one in part}
    names |= {one.name for grid in shown.grids for row in grid.rows for one in row}
    assert set(values) <= names


def demo_licence() -> LicenceFile:
    return read_file(ROOT / "daemon" / "boekbrug" / "demo" / "licence.toml")


def test_form_tells_no_tax_code_from_none() -> None:
    licence = demo_licence()
    values = values_of(licence) | {"lines.0.vat_code": "-"}
    changed = read(values, licence)
    assert [line.vat_code for line in changed.rules.lines.values()] == [""]
    assert read(values_of(changed), licence) == changed


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("interval", "soon", "interval"),
        ("start", "2026-13-01", "start"),
        ("vat.0.rate", "21%", r"vat\[0\].rate"),
        ("vat_scheme", "", "vat_scheme"),
        ("oss", "maybe", "oss"),
        ("journals.7.name", "elsewhere", "journals"),
        ("text", "{nonsense}", "text"),
    ],
)
def test_form_says_what_is_wrong_and_where(name: str, value: str, fault: str) -> None:
    licence = demo_licence()
    with pytest.raises(SettingsError, match=fault):
        read(values_of(licence) | {name: value, "journals.7.value": "1"}, licence)


def test_row_that_is_written_twice_is_lost_to_nobody() -> None:
    licence = demo_licence()
    twice = {"payments.90.name": "ideal", "payments.90.account": "1061"}
    with pytest.raises(SettingsError, match=r"payments.ideal: is written twice"):
        read(values_of(licence) | twice, licence)


def test_parts_that_hold_a_setting_are_found_by_its_path() -> None:
    shown = layout(values_of(demo_licence()))
    assert shown.parts_of(["interval"]) == {"schedule"}
    assert shown.parts_of(["rules.vat[1].rate", "rules.payments.ideal.account"]) == {"vat", "payments"}
    assert shown.parts_of(["rules.oss", "rounding.account", "rules.debtor"]) == {"answers", "accounts"}
    assert shown.parts_of([]) == set()


@pytest.mark.parametrize(
    ("last", "length", "due"),
    [
        ("2026-09-30", "quarter", "2026-10-31"),
        ("2026-12-31", "quarter", "2027-01-31"),
        ("2027-01-31", "month", "2027-02-28"),
        ("2026-12-31", "year", "2027-03-31"),
    ],
)
def test_return_is_due_at_the_end_of_the_next_month_and_that_of_a_year_in_march(
    last: str, length: str, due: str
) -> None:
    day = tomllib.loads(f"day = {last}")["day"]
    assert filing_deadline(day, length).isoformat() == due
