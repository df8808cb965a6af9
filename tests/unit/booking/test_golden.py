import re
from pathlib import Path

import pytest
from tests.unit.booking.cases import CASES, LEFT_OPEN, NO_ENTRY, SUPERSEDED
from tests.unit.booking.shop import amounts, net

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("case", CASES)
def test_worked_case_is_booked_to_the_cent(case: str) -> None:
    expected = (GOLDEN / f"{case}.txt").read_text().split("\n")[:-1]
    assert amounts(CASES[case]()) == net(expected)


def test_every_golden_file_has_its_case() -> None:
    assert {file.stem for file in GOLDEN.glob("*.txt")} == set(CASES)


def test_every_point_of_the_bookkeeper_is_covered_or_listed() -> None:
    listed = {case.split("-")[1] for case in [*CASES, *NO_ENTRY, *LEFT_OPEN] if case.startswith("bk-")}
    assert listed == {f"{point:02}" for point in range(1, 32)}


def test_every_worked_case_of_the_other_sheets_is_covered_or_superseded() -> None:
    named = {re.match(r"[a-z]+-\d+(\.\d+)?", case)[0] for case in [*CASES, *SUPERSEDED]}  # type: ignore[index]
    worked = {f"da-2.{n}" for n in range(1, 12)} | {f"wf-5.{n}" for n in range(1, 5)} | {"bex-8", "bex-9"}
    assert worked <= named
    assert set(SUPERSEDED.values()) <= set(CASES)


def test_day_turnover_keeps_debit_and_credit_of_vouchers_and_deposits_apart() -> None:
    lines = CASES["bk-09-day"]().lines
    assert sorted(line.minor for line in lines if line.account == "1610") == [-5000, 2500]
    assert sorted(line.minor for line in lines if line.account == "1620") == [-1250, 750]
    assert sum(line.minor for line in lines if line.minor > 0) == 181750


def test_month_of_movements_keeps_debit_and_credit_apart() -> None:
    draft = CASES["bex-9"]()
    assert draft.number == "park-2026-07-EUR"
    assert draft.date.isoformat() == "2026-07-31"
    receivable = sorted(line.minor for line in draft.lines if line.account == "1300")
    assert receivable == [-7661000, 7980000]
    assert sum(line.minor for line in draft.lines if line.minor > 0) == 21855500
