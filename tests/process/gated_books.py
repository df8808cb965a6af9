"""A target that stops in the middle of a call until a test lets it go on; a plugin like any other."""

import os
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from boekbrug.contract import Prepared, Target, hookimpl

BEGUN, GO_ON = "begun", "go-on"
"""Named pipes in the current folder: the first is written when a call has begun, the second read before it ends."""


ledger: Any = import_module("boekbrug_ledger.target").LedgerTarget


def post(self: Any, administration: str, prepared: Sequence[Prepared]) -> Any:
    """Say that the call has begun, wait for leave, and book."""
    Path(BEGUN).write_text("begun")
    Path(GO_ON).read_text()
    return ledger.post(self, administration, prepared)


@hookimpl
def register_target(register: Callable[[type[Target]], None]) -> None:
    """Register plain-text books behind a gate."""
    register(type("GatedBooks", (ledger,), {"name": "gated", "post": post}))


def install(folder: Path) -> Path:
    """Make the plugin installed for whoever has this folder on its path, and the pipes beside it."""
    site = folder / "site"
    about = site / "gated_books-1.0.dist-info"
    about.mkdir(parents=True)
    (site / "gated_books.py").write_text(Path(__file__).read_text(encoding="utf-8"), encoding="utf-8")
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: gated-books\nVersion: 1.0\n", encoding="utf-8")
    (about / "entry_points.txt").write_text("[boekbrug]\ngated = gated_books\n", encoding="utf-8")
    for pipe in (BEGUN, GO_ON):
        os.mkfifo(folder / pipe)
    return site
