"""The program as a person uses it: a folder with settings, orders and books, and the commands given there."""

import contextlib
import functools
import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from typer.core import TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

from boekbrug.cli.app import app

PROGRAM = (sys.executable, "-m", "boekbrug.cli")
_MARK = re.compile(r"mark:([^,\s]+)|mark: \"([^\"]+)\"")
LONG_AGO = 1_790_000_000


@functools.cache
def _program() -> TyperGroup:
    """Put the commands together, which takes a fifth of what a short command does, and is the same each time."""
    found = get_command(app)
    assert isinstance(found, TyperGroup)
    return found


class Done(NamedTuple):
    """How a command ended and what it said."""

    exit: int
    stdout: str
    stderr: str


class Office:
    """A folder with settings, in which commands are given: here, which is quick, or in processes of their own."""

    def __init__(self, folder: Path, database_url: str = "", *, spawns: bool = False) -> None:
        self.folder = folder
        self.config = folder / "boekbrug.toml"
        self.books = folder / "books"
        self.shop = folder / "shop"
        self._spawns = spawns
        folder.mkdir(parents=True, exist_ok=True)
        if database_url:
            self.config.write_text(f'state = "state"\n[database]\nurl = "{database_url}"\n', encoding="utf-8")

    def command(self, *arguments: str, language: str = "en") -> list[str]:
        """Return the whole command line."""
        return [*PROGRAM, "--config", str(self.config), "--lang", language, *arguments]

    def run(self, *arguments: str, exits: int = 0, language: str = "en") -> str:
        """Give a command, expect its exit code, and return what it wrote to standard output."""
        done = self.attempt(*arguments, language=language)
        assert done.exit == exits, f"{arguments} ended with {done.exit}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done.stdout

    def attempt(self, *arguments: str, language: str = "en") -> Done:
        """Give a command, whatever becomes of it."""
        if self._spawns:
            return self.spawn(*arguments, language=language)
        with contextlib.chdir(self.folder), CliRunner().isolation() as (stdout, stderr, _):
            exit = 0
            try:
                _program().main(self.command(*arguments, language=language)[len(PROGRAM) :], "boekbrug")
            except SystemExit as ended:
                exit = int(ended.code) if isinstance(ended.code, int) else int(ended.code is not None)
            sys.stdout.flush()
            sys.stderr.flush()
            return Done(exit, stdout.getvalue().decode(), stderr.getvalue().decode())

    def spawn(self, *arguments: str, before: Sequence[str | Path] = (), language: str = "en") -> Done:
        """Give a command in a process of its own, `before` which another program may stand."""
        command = [*before, *self.command(*arguments, language=language)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=self.folder)
        return Done(done.returncode, done.stdout, done.stderr)

    def json(self, *arguments: str, exits: int = 0, language: str = "en") -> Any:
        """Give a command and read the JSON that it wrote, which is all of its standard output."""
        return json.loads(self.run(*arguments, "--json", exits=exits, language=language))

    def furnish(self, *, automatic: bool, target: str = "ledger") -> None:
        """Set up a licence from a folder of orders to books, active."""
        self.run("init", str(self.folder))
        self.run("connection", "add", "shop", "files", "--set", "folder=shop")
        self.run("connection", "add", "books", target, "--set", "folder=books")
        file = self.folder / "licences" / "webshop.toml"
        if automatic:
            edit(file, "automatic = false", "automatic = true")
        self.run("licence", "apply", str(file))
        self.run("licence", "activate", "webshop")

    def put(self, name: str, orders: Sequence[dict[str, Any]]) -> None:
        """Put a file of orders into the watched folder, as old as files are that nobody writes to any more."""
        path = self.shop / name
        path.write_text("".join(f"{json.dumps(order)}\n" for order in orders), encoding="utf-8")
        os.utime(path, (LONG_AGO, LONG_AGO))

    def marks(self) -> list[str]:
        """List the marks in the books, as often as each stands there."""
        return marks(self.books)


def marks(books: Path) -> list[str]:
    """List the marks in a folder of books, as often as each stands there."""
    text = "".join(file.read_text(encoding="utf-8") for file in sorted(books.glob("[0-9]*.*")))
    return [one or other for one, other in _MARK.findall(text)]


def edit(file: Path, old: str, new: str) -> None:
    """Replace text that must be there."""
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def order(n: int, **changes: Any) -> dict[str, Any]:
    """Make an order of one article at 21 %, paid by iDEAL."""
    gross = Decimal(1000 + n) / 100
    vat = (gross * 21 / 121).quantize(Decimal("0.01"))
    line = {"sku": "A", "name": "Artikel", "quantity": 1, "amount_incl": str(gross), "vat_rate": 21, "vat": str(vat)}
    return {
        "id": n, "number": f"P{n:05}", "date": f"2026-07-{n % 28 + 3:02}T12:00:00+02:00", "status": "paid",
        "payment_method": "ideal", "customer": {"email": f"k{n}@example.org", "name": "Klant", "country": "NL"},
        "lines": [line], "total_incl": str(gross), "total_vat": str(vat), "currency": "EUR", **changes,
    }  # fmt: skip
