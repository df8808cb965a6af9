"""The form in which a licence is changed: its fields follow from the types of the rules, and are read back by them."""

import datetime as dt
import types
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

import msgspec

from boekbrug.acts.licence_file import LicenceFile
from boekbrug.booking.reading import shape_faults
from boekbrug.booking.rule_faults import rule_faults
from boekbrug.booking.rules import Rules
from boekbrug.contract import Fault, SettingsError

WHOLE = ("start", "automatic", "interval", "delay_days", "write_back")
"""What may be changed of a licence beside its rules."""
SPARE = 2
"""Empty rows below each table."""
MOST_ROWS = 200
EMPTY = "-"
"""Written for a value that is empty, where nothing written means that there is none."""
LISTS: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "account", "vat_account", "fees", "debtor", "cash_rounding", "vat_not_due", "received_in_advance",
            "transit", "fees_withheld", "input_vat", "exchange_differences", "accounts",
        ),
        "accounts",
    ),
    **dict.fromkeys(("vat_code", "input_vat_code", "vat_codes"), "codes"),
    **dict.fromkeys(("journal", "journals"), "journals"),
    "condition": "conditions", "cost_centre": "cost-centres", "payments": "methods",
}  # fmt: skip
"""From which list of the chart or the source's catalogue a setting is picked; of a table, its one value or its name."""
_NAME = "name"
_YES_NO = ("yes", "no")
_ONLY: Mapping[str, tuple[str, ...]] = {"basis": ("order", "invoice", "receipt")}
"""Settings that take fewer values than their type has."""


class Control(NamedTuple):
    """A field of the form; `options` are its only values, `picks` names the list that proposes some."""

    name: str
    label: str
    kind: str
    value: str
    options: tuple[str, ...] = ()
    picks: str = ""


class Grid(NamedTuple):
    """A table of the form: its columns, a row of fields for each of its rows, and how many are in use."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Control, ...], ...]
    used: int


class Layout(NamedTuple):
    """The form in its parts: how the licence runs, its answers, its accounts, and its tables."""

    schedule: tuple[Control, ...]
    answers: tuple[Control, ...]
    accounts: tuple[Control, ...]
    grids: tuple[Grid, ...]

    def parts_of(self, settings: Iterable[str]) -> set[str]:
        """Name the parts that hold settings, which may be written as paths."""
        names = {path.removeprefix("rules.").replace("[", ".").partition(".")[0] for path in settings}
        groups = {"schedule": self.schedule, "answers": self.answers, "accounts": self.accounts}
        held = {name: {control.name.partition(".")[0] for control in controls} for name, controls in groups.items()}
        return {name for name, held_here in held.items() if held_here & names} | {
            grid.name for grid in self.grids if grid.name in names
        }


_HINTS = get_type_hints(Rules, include_extras=True)
_FILE_HINTS = get_type_hints(LicenceFile, include_extras=True)


def values_of(file: LicenceFile) -> dict[str, str]:
    """Write a licence as the fields of its form."""
    table = {name: getattr(file, name) for name in WHOLE} | {name: getattr(file.rules, name) for name in _HINTS}
    found: dict[str, str] = {}
    for name, value in table.items():
        hint = _bare(_HINTS.get(name) or _FILE_HINTS[name])
        if _shape(hint) == "single":
            found[name] = _text(value, hint)
        elif _shape(hint) == "group":
            found |= {f"{name}.{inner}": _text(getattr(value, inner), kind) for inner, kind in _fields(hint).items()}
        else:
            columns = _columns(hint)
            for place, row in enumerate(_rows(value)):
                found |= {f"{name}.{place}.{column}": _text(row[column], kind) for column, kind in columns.items()}
    return found


def _rows(value: Any) -> Sequence[Mapping[str, Any]]:
    """Write a table as rows of named values."""
    rows: list[dict[str, Any]] = []
    for key, row in value.items() if isinstance(value, Mapping) else enumerate(value):
        named = {_NAME: key} if isinstance(value, Mapping) else {}
        inner = (
            {f: getattr(row, f) for f in row.__struct_fields__} if isinstance(row, msgspec.Struct) else {"value": row}
        )
        rows.append(named | inner)
    return rows


def _text(value: Any, hint: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value == "" and type(None) in _kinds(hint):
        return EMPTY
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def layout(values: Mapping[str, str], spare: int = SPARE) -> Layout:
    """Lay the form out over values as `values_of` writes them, or as a browser sent them."""
    single: list[Control] = []
    accounts: list[Control] = []
    grids: list[Grid] = []
    for name, hint in _HINTS.items():
        bare = _bare(hint)
        shape = _shape(bare)
        if shape == "single":
            control = _control(name, name, bare, values)
            (accounts if control.picks in ("accounts", "codes") else single).append(control)
        elif shape == "group":
            inner = [_control(f"{name}.{field}", field, kind, values, of=name) for field, kind in _fields(bare).items()]
            accounts += inner
        else:
            grids.append(_grid(name, bare, values, spare))
    schedule = tuple(_control(name, name, _bare(_FILE_HINTS[name]), values) for name in WHOLE)
    return Layout(schedule, tuple(single), tuple(accounts), tuple(grids))


def _grid(name: str, hint: Any, values: Mapping[str, str], spare: int) -> Grid:
    columns = _columns(hint)
    used = {int(place) for key in values for place in [_place(key, name)] if place.isdecimal()}
    places = sorted(used) + list(range(max(used, default=-1) + 1, max(used, default=-1) + 1 + spare))
    rows = tuple(
        tuple(_cell(name, place, column, kind, values) for column, kind in columns.items()) for place in places
    )
    return Grid(name, tuple(columns), rows, len(used))


def _cell(name: str, place: int, column: str, kind: Any, values: Mapping[str, str]) -> Control:
    picked = name if column in ("value", _NAME) and (column == "value" or name == "payments") else column
    return _control(f"{name}.{place}.{column}", column, kind, values, picked=picked)


def _place(key: str, name: str) -> str:
    return key[len(name) + 1 :].partition(".")[0] if key.startswith(f"{name}.") else ""


def _columns(hint: Any) -> dict[str, Any]:
    inner = get_args(hint)
    row = _bare(inner[-1] if get_origin(hint) is dict else inner[0])
    key = {_NAME: _bare(inner[0])} if get_origin(hint) is dict else {}
    return key | (_fields(row) if _is_struct(row) else {"value": row})


def _control(path: str, label: str, hint: Any, values: Mapping[str, str], *, picked: str = "", of: str = "") -> Control:
    kinds, value = _kinds(hint), values.get(path, "")
    options = _ONLY.get(path) or _options(kinds)
    if options and (value == "" or type(None) in kinds):
        options = ("", *options)
    kind = "select" if options else _kind(kinds)
    picks = "" if options else LISTS.get(picked or label, "")
    return Control(path, f"{of}.{label}" if of else label, kind, value, options, picks)


def _options(kinds: Collection[Any]) -> tuple[str, ...]:
    for one in kinds:
        if get_origin(one) is Literal:
            return tuple(get_args(one))
        if isinstance(one, type) and issubclass(one, StrEnum):
            return tuple(map(str, one))
    return _YES_NO if bool in kinds and dt.date not in kinds else ()


def _kind(kinds: Collection[Any]) -> str:
    if dt.date in kinds:
        return "date-or-no" if bool in kinds else "date"
    return "number" if int in kinds or Decimal in kinds else "text"


def _kinds(hint: Any) -> frozenset[Any]:
    return frozenset(get_args(hint)) if get_origin(hint) in (Union, types.UnionType) else frozenset({hint})


def read(values: Mapping[str, str], before: LicenceFile) -> LicenceFile:
    """Read the form back; raise SettingsError that lists every fault with its path."""
    rules: dict[str, Any] = {}
    for name, hint in _HINTS.items():
        bare = _bare(hint)
        shape = _shape(bare)
        if shape == "single":
            _put(rules, name, bare, values.get(name, ""))
        elif shape == "group":
            group: dict[str, Any] = {}
            for field, kind in _fields(bare).items():
                _put(group, field, kind, values.get(f"{name}.{field}", ""))
            rules[name] = group
        else:
            rules[name] = _table(name, bare, values)
    whole: dict[str, Any] = {}
    for name in WHOLE:
        _put(whole, name, _bare(_FILE_HINTS[name]), values.get(name, ""))
    fixed = {name: getattr(before, name) for name in LicenceFile.__struct_fields__ if name not in (*WHOLE, "rules")}
    table = {**fixed, **whole, "rules": rules}
    try:
        found = msgspec.convert(table, LicenceFile)
    except msgspec.ValidationError:
        raise SettingsError(list(shape_faults(table, LicenceFile, ""))) from None
    if faults := rule_faults(found.rules):
        raise SettingsError([fault.within("rules") for fault in faults])
    return found


def _table(name: str, hint: Any, values: Mapping[str, str]) -> Any:
    found = {_place(key, name) for key in values}
    places = sorted(int(text) for text in found if text.isdecimal() and len(text) < 4)
    columns = _columns(hint)
    is_keyed, is_plain = get_origin(hint) is dict, "value" in columns
    rows: list[dict[str, Any]] = []
    for place in places[:MOST_ROWS]:
        written = {column: values.get(f"{name}.{place}.{column}", "").strip() for column in columns}
        if written[_NAME] if is_keyed else any(text for text in written.values() if text not in ("", "no", "0")):
            row: dict[str, Any] = {}
            for column, kind in columns.items():
                _put(row, column, kind, written[column])
            rows.append(row)
    if not is_keyed:
        return tuple(row["value"] for row in rows) if is_plain else tuple(rows)
    names = [row[_NAME] for row in rows]
    if twice := sorted({one for one in names if names.count(one) > 1}):
        raise SettingsError([Fault(f"rules.{name}.{one}", "is written twice; keep one of them") for one in twice])
    return {row.pop(_NAME): row.get("value", "") if is_plain else row for row in rows}


def _put(table: dict[str, Any], name: str, hint: Any, text: str) -> None:
    """Put what was written into a table of plain values; nothing written leaves the default."""
    if (text := text.strip()) == "":
        return
    kinds = _kinds(hint)
    if text == EMPTY and str in kinds:
        table[name] = ""
    elif bool in kinds and text in _YES_NO:
        table[name] = text == "yes"
    elif int in kinds and text.lstrip("-").isdecimal():
        table[name] = int(text)
    elif Decimal in kinds:
        table[name] = text.replace(",", ".")
    else:
        table[name] = text


def _bare(hint: Any) -> Any:
    """Take a constraint off a type."""
    if get_origin(hint) is Annotated:
        return _bare(get_args(hint)[0])
    if get_origin(hint) in (Union, types.UnionType):
        return Union[tuple(_bare(one) for one in get_args(hint))]  # noqa: UP007 - made from parts
    return hint


def _shape(hint: Any) -> str:
    if _is_struct(hint):
        return "group"
    return "grid" if get_origin(hint) in (dict, tuple) else "single"


def _is_struct(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, msgspec.Struct)


def _fields(kind: Any) -> dict[str, Any]:
    return {name: _bare(hint) for name, hint in get_type_hints(kind, include_extras=True).items()}
