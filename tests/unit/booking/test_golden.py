from collections import Counter
from pathlib import Path

import pytest
from tests.unit.booking.cases import CASES
from tests.unit.booking.coverage import BOOKKEEPER, LEFT, OTHERS
from tests.unit.booking.shop import SHEET_LINE, amounts, net
from tests.unit.booking.till_and_park import TILL_AND_PARK

GOLDEN = Path(__file__).parent / "golden"
ROOT = Path(__file__).parents[3]
ALL = {**CASES, **TILL_AND_PARK}


@pytest.mark.parametrize("case", ALL)
def test_worked_case_is_booked_to_the_cent(case: str) -> None:
    expected = (GOLDEN / f"{case}.txt").read_text().split("\n")[:-1]
    assert amounts(ALL[case]()) == net(expected)


def test_every_golden_file_balances_and_has_its_case() -> None:
    assert {file.stem for file in GOLDEN.glob("*.txt")} == set(ALL)
    for file in GOLDEN.glob("*.txt"):
        found = [SHEET_LINE.fullmatch(line) for line in file.read_text().splitlines()]
        sides = {"D": 0, "C": 0}
        for match in found:
            assert match is not None, file.name
            sides[match["side"]] += int(match["amount"].replace(".", ""))
        assert sides["D"] == sides["C"], file.name


def test_every_point_of_the_bookkeeper_is_shown_or_left_to_a_named_issue() -> None:
    left = {int(point.removeprefix("bk-")) for point in LEFT if point.startswith("bk-")}
    assert BOOKKEEPER.keys() | left == {*range(1, 32), *range(40, 48)}
    assert all(BOOKKEEPER.values())


def test_every_worked_case_of_the_other_sheets_is_shown() -> None:
    worked = {f"da-2.{n}" for n in range(1, 12)} | {f"wf-5.{n}" for n in range(1, 5)} | {"wf-1.5"}
    assert OTHERS.keys() == worked | {"bex-6", "bex-7", "bex-8", "bex-9"}


def test_what_the_table_names_is_there() -> None:
    named = {one for shown in [*BOOKKEEPER.values(), *OTHERS.values()] for one in shown}
    tests = {one for one in named if "::" in one}
    assert named - tests <= set(ALL)
    for one in tests:
        file, _, function = one.partition("::")
        assert f"def {function}(" in (ROOT / file).read_text(encoding="utf-8"), one
    # what no point of the table names is of dutch-accounting.md §1, the issue on special VAT
    assert {case for case in set(ALL) - named if not case.startswith("da-1.")} == set()


def test_day_turnover_keeps_debit_and_credit_of_vouchers_and_deposits_apart() -> None:
    lines = CASES["bk-09-day"]().lines
    assert sorted(line.minor for line in lines if line.account == "1610") == [-5000, 2500]
    assert sorted(line.minor for line in lines if line.account == "1620") == [-1250, 750]
    assert sum(line.minor for line in lines if line.minor > 0) == 181750


@pytest.mark.parametrize(("case", "number", "total"), [("bex-8", "2026-07-14", 147660), ("bex-9", "2026-07", 21855500)])
def test_movements_keep_debit_and_credit_apart(case: str, number: str, total: int) -> None:
    draft = CASES[case]()
    assert draft.number == f"park-{number}-EUR"
    sides: Counter[tuple[str, str, bool]] = Counter()
    for line in draft.lines:
        sides[line.account, line.vat_code, line.minor > 0] += abs(line.minor)
    told = [SHEET_LINE.fullmatch(line) for line in (GOLDEN / f"{case}.txt").read_text().splitlines()]
    assert sides == {
        (one["account"], one["code"] or "", one["side"] == "D"): int(one["amount"].replace(".", ""))
        for one in told
        if one is not None
    }
    assert sum(line.minor for line in draft.lines if line.minor > 0) == total
