import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

pytest_plugins = ["pytester"]


def _rows(url: str, statement: str) -> list[Any]:
    engine = create_engine(url)
    with engine.begin() as connection:
        result = connection.execute(text(statement))
        rows = [tuple(row) for row in result] if result.returns_rows else []
    engine.dispose()
    return rows


def test_settings_and_state_are_those_of_the_test(own_state: Path, tmp_path: Path) -> None:
    assert own_state.parent == Path(os.environ["BOEKBRUG_CONFIG"]).parent
    assert own_state.is_relative_to(tmp_path)


@pytest.mark.parametrize("_again", range(2))
def test_each_test_has_an_empty_database(database_url: str, _again: int) -> None:
    _rows(database_url, "CREATE TABLE only_here (n integer)")
    assert _rows(database_url, "SELECT count(*) FROM only_here") == [(0,)]


def test_database_is_copied_from_a_filled_one(postgres: Any) -> None:
    filled = postgres.create()
    _rows(postgres.url(filled), "CREATE TABLE kept AS SELECT 7 AS n")
    copy = postgres.create(filled)
    assert _rows(postgres.url(copy), "SELECT n FROM kept") == [(7,)]
    postgres.drop(copy)
    postgres.drop(filled)


def test_tool_is_found_and_runs(tool: Callable[[str], Path]) -> None:
    assert subprocess.run([tool("true")], check=False).returncode == 0


@pytest.mark.parametrize(("ci", "outcome"), [("", "skipped"), ("true", "failed")])
def test_missing_tool_is_a_skip_and_in_ci_a_failure(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, ci: str, outcome: str
) -> None:
    monkeypatch.setenv("CI", ci)
    pytester.makeconftest((Path(__file__).parent / "conftest.py").read_text())
    pytester.makepyfile("def test_it(tool):\n    tool('no-such-program')\n")
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider")
    assert result.parseoutcomes() == {outcome: 1}
