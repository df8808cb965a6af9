"""The file of a licence: what is linked with what, from when, and by which rules."""

import datetime as dt
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec.structs import replace

from boekbrug.booking import Rules
from boekbrug.booking.reading import shape_faults
from boekbrug.booking.rule_faults import rule_faults
from boekbrug.booking.rules import Mode
from boekbrug.contract import Fault, SettingsError

Key = Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9-]{0,62}$")]
Minutes = Annotated[int, msgspec.Meta(ge=1, le=7 * 24 * 60)]


class LicenceFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A licence as its file states it; documents dated before `start` are fetched, shown and not booked."""

    name: Key
    source: str
    unit: str
    target: str
    administration: str
    start: dt.date
    rules: Rules
    #: off: entries are composed, shown, and wait for a person's approval
    automatic: bool = False
    #: minutes between two runs
    interval: Minutes = 15
    #: days after the end of a day or month before it is composed as a whole; read from a file without it, 3 for months
    delay_days: Annotated[int, msgspec.Meta(ge=0, le=60)] = 1
    #: on: the source is told under which mark each sale stands in the books
    write_back: bool = False


MONTH_DELAY = 3
"""Days that a month waits where the file does not say: what is dated back comes then (bookkeeper.md §4.45)."""

FIXED = ("name", "source", "unit", "target", "administration")
"""What a licence keeps for life; another link is another licence."""


def read(path: Path) -> LicenceFile:
    """Read a licence file; raise SettingsError that lists every fault with its path."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except OSError as error:
        raise SettingsError(
            [Fault("", "the file cannot be read: {reason}", reason=error.strerror)], file=str(path)
        ) from error
    except UnicodeDecodeError as error:
        raise SettingsError(
            [Fault("", "the file is not UTF-8 at byte {place}", place=error.start)], file=str(path)
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError([Fault("", "the file is not TOML: {reason}", reason=error)], file=str(path)) from error
    try:
        found = msgspec.convert(tables, LicenceFile)
    except msgspec.ValidationError:
        raise SettingsError(list(shape_faults(tables, LicenceFile, "")), file=str(path)) from None
    if "delay_days" not in tables and found.rules.mode is Mode.MEMORIAL_MONTH:
        found = replace(found, delay_days=MONTH_DELAY)
    if faults := rule_faults(found.rules):
        raise SettingsError([fault.within("rules") for fault in faults], file=str(path))
    return found


def written(file: LicenceFile) -> str:
    """Write a licence in one fixed form, so that two can be compared."""
    return msgspec.json.encode(file, order="deterministic").decode()


def unwritten(text: str) -> LicenceFile:
    """Read back what `written` wrote."""
    return msgspec.json.decode(text, type=LicenceFile)


def differences(before: LicenceFile, after: LicenceFile) -> list[str]:
    """Name the settings that differ, those of the rules one by one."""
    found = [name for name in before.__struct_fields__ if name != "rules" and _differs(before, after, name)]
    return found + [f"rules.{name}" for name in Rules.__struct_fields__ if _differs(before.rules, after.rules, name)]


def _differs(before: object, after: object, name: str) -> bool:
    return bool(getattr(before, name) != getattr(after, name))
