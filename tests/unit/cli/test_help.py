"""The command line as it presents itself, before it does anything."""

import subprocess
import sys

import pytest

HEAVY = ("sqlalchemy", "alembic", "pydantic", "msgspec", "fastapi", "uvicorn", "cryptography", "boekbrug.contract")

REPORT = f"""
import sys
from boekbrug.cli import main
try:
    main()
finally:
    sys.stderr.write(" ".join(name for name in {HEAVY} if name in sys.modules))
"""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", REPORT, *arguments], capture_output=True, text=True, check=False)


def test_help_imports_nothing_heavy() -> None:
    done = run("--help")
    assert done.returncode == 0
    assert done.stderr == ""


@pytest.mark.parametrize(
    "path",
    [
        (), ("demo",), ("init",), ("run",), ("check",), ("connection", "add"), ("connection", "list"),
        ("connection", "authorise"), ("licence", "create"), ("licence", "list"), ("licence", "show"),
        ("licence", "apply"), ("licence", "activate"), ("licence", "pause"), ("licence", "resume"), ("sync",),
        ("preview",), ("approve",), ("problems",), ("retry",), ("find",), ("plugins", "schema"), ("standin",),
        ("decide",), ("reconcile",), ("accept",), ("db", "restore"), ("db", "upgrade"), ("db", "check"),
        ("db", "backup"), ("db", "cautious"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_every_command_explains_itself(path: tuple[str, ...]) -> None:
    from typer.testing import CliRunner

    from boekbrug.cli.app import app

    result = CliRunner().invoke(app, [*path, "--help"])
    assert result.exit_code == 0
    assert "Usage" in result.output


def test_wrong_usage_ends_with_two() -> None:
    assert run("find").returncode == 2
    assert run("fnid", "W1").returncode == 2
