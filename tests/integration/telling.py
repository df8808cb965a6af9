"""A folder of orders that takes back what was booked, and answers as a test wants; a plugin like any other."""

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import EntryPoint
from typing import Any

import structlog

from boekbrug.contract import Booked, DocumentRef, Note, Outcome, Source, hookimpl
from boekbrug.runtime.plugins import PluginHost

files: Any = import_module("boekbrug_files.plugin").FilesSource


@dataclass
class Ears:
    """What was told, and what is answered: an outcome, or an error to be raised; `deaf` are those it is about."""

    told: list[tuple[str, str]] = field(default_factory=list)
    answer: Outcome | Exception | None = None
    deaf: frozenset[str] = frozenset()


ears = Ears()


def write_back(self: Any, unit: str, ref: DocumentRef, note: Note) -> Outcome:
    """Take a note, then answer."""
    ears.told.append((ref.source_id, note.subject))
    if ears.answer is None or (ears.deaf and ref.source_id not in ears.deaf):
        return Booked(id=ref.source_id)
    if isinstance(ears.answer, Exception):
        raise ears.answer
    return ears.answer


Telling: Any = type("Telling", (files,), {"name": "telling", "write_back": write_back})


@hookimpl
def register_source(register: Callable[[type[Source]], None]) -> None:
    """Register the folder."""
    register(Telling)


def plugins() -> PluginHost:
    """Load the folder beside the plugins that tests of the engine use."""
    points = {"telling": __name__, "files": "boekbrug_files.plugin", "ledger": "boekbrug_ledger.plugin"}
    found = [EntryPoint(name=name, value=value, group="boekbrug") for name, value in points.items()]
    return PluginHost.load(structlog.get_logger(), found, {})
