"""What every command gets: the options before it, its actor, and the house that it opens when it needs one."""

import getpass
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from boekbrug.acts.desk import Desk
    from boekbrug.runtime.settings import Settings
    from boekbrug.sync.house import House

LANGUAGES = ("nl", "en", "de")

Json = Annotated[bool, typer.Option("--json", help="Write JSON to standard output, and nothing else.")]
Key = Annotated[str, typer.Argument(metavar="KEY", help="Name or code of the licence.")]


@dataclass(frozen=True)
class Shared:
    """The options that stand before the command."""

    config: Path | None
    language: str
    verbose: bool

    @property
    def spoken(self) -> str:
        """Return the language of problems, English where it has no texts."""
        short = self.language[:2].lower()
        return short if short in LANGUAGES else "en"

    def settings(self) -> "Settings":
        """Read the settings; raise SettingsError with all faults."""
        from boekbrug.runtime.settings import load

        return load(self.config)


def shared(context: typer.Context) -> Shared:
    """Return what the options say."""
    found = context.find_root().obj
    assert isinstance(found, Shared)
    return found


@contextmanager
def opened(context: typer.Context) -> "Iterator[House]":
    """Open the house that the settings describe; raise NoDatabase or SchemaDiffers before anything is made."""
    given = shared(context)
    settings = given.settings()
    with open_house(settings, verbose=given.verbose) as house:
        yield house


@contextmanager
def open_house(settings: "Settings", *, verbose: bool = False) -> "Iterator[House]":
    """Open a house whose database is there and of this release."""
    from boekbrug.cli.errors import NoDatabase
    from boekbrug.sync.house import House

    log_to_stderr(settings, verbose=verbose)
    if settings.database_url.startswith("sqlite:///"):
        file = Path(settings.database_url.removeprefix("sqlite:///"))
        if not file.exists():
            raise NoDatabase(file=str(file))
    house = House(settings)
    try:
        house.check_schema()
        yield house
    finally:
        house.close()


def log_to_stderr(settings: "Settings | None" = None, *, verbose: bool = False) -> None:
    """Log errors alone, since a person reads the output; with `verbose` as the settings say."""
    from boekbrug.runtime import log
    from boekbrug.runtime.settings import Level, LogFormat

    level = settings.log.level if settings and verbose else Level.ERROR
    log.configure(level, settings.log.format if settings else LogFormat.CONSOLE)


@contextmanager
def at_desk(context: typer.Context) -> "Iterator[Desk]":
    """Open the house for a person who acts in it."""
    from boekbrug.acts.desk import Desk

    with opened(context) as house:
        yield Desk(house, actor())


def actor() -> str:
    """Name who sits at this terminal, also behind sudo."""
    return f"cli:{os.environ.get('SUDO_USER') or getpass.getuser()}"


def say(text: str = "") -> None:
    """Write a line for a person."""
    sys.stdout.write(f"{text}\n")


def note(text: str) -> None:
    """Write a line beside the output, to standard error."""
    sys.stderr.write(f"{text}\n")


def write_json(value: Any) -> None:
    """Write one JSON value, amounts as text."""
    import msgspec

    json.dump(msgspec.to_builtins(value, str_keys=True), sys.stdout, ensure_ascii=False, indent=2, default=str)
    sys.stdout.write("\n")
