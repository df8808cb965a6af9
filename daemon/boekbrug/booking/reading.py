"""Read rules from a licence file, listing every fault at once with its path."""

import datetime as dt
import types
from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from boekbrug.booking.rule_faults import rule_faults
from boekbrug.booking.rules import Rules
from boekbrug.contract import Fault, SettingsError

CAPITALS, NAME = "^[A-Z]{2}$", "^[a-z0-9][a-z0-9-]{0,62}$"
LONGEST_SHOWN = 100
_KINDS = {
    dt.date: "{given} is not a day; write it as 2026-12-31",
    bool: "{given} is neither yes nor no (in a file: true or false)",
    Decimal: "{given} is not a number such as 21 or 5.5",
}


def read_rules(data: Mapping[str, Any]) -> Rules:
    """Decode rules from a TOML or JSON table; raise SettingsError that lists every fault with its path."""
    try:
        rules = msgspec.convert(data, Rules)
    except msgspec.ValidationError:
        raise SettingsError(list(shape_faults(data, Rules, ""))) from None
    faults = rule_faults(rules)
    if faults:
        raise SettingsError(faults)
    return rules


def shape_faults(data: object, expected: Any, path: str) -> Iterator[Fault]:
    """Yield everything that keeps a table from becoming the expected type, each with its path."""
    origin = get_origin(expected)
    if isinstance(expected, type) and issubclass(expected, msgspec.Struct) and isinstance(data, Mapping):
        yield from _struct_faults(data, expected, path)
    elif origin is tuple and isinstance(data, list | tuple):
        for place, row in enumerate(data):
            yield from shape_faults(row, get_args(expected)[0], f"{path}[{place}]")
    elif origin is dict and isinstance(data, Mapping):
        key_type, value_type = get_args(expected)
        for key, value in data.items():
            yield from _leaf_faults(key, key_type, f"{path}.{key}")
            yield from shape_faults(value, value_type, f"{path}.{key}")
    else:
        yield from _leaf_faults(data, expected, path)


def _struct_faults(data: Mapping[str, object], expected: type[msgspec.Struct], path: str) -> Iterator[Fault]:
    hints = get_type_hints(expected, include_extras=True)
    required = {field.name for field in msgspec.structs.fields(expected) if field.required}
    prefix = f"{path}." if path else ""
    for name, value in data.items():
        if name in hints:
            yield from shape_faults(value, hints[name], f"{prefix}{name}")
        else:
            yield Fault(f"{prefix}{name}", "unknown setting")
    for name in sorted(required - data.keys()):
        yield Fault(f"{prefix}{name}", "is required and has no default")


def _leaf_faults(data: object, expected: Any, path: str) -> Iterator[Fault]:
    try:
        msgspec.convert(data, expected)
    except msgspec.ValidationError:
        yield unfit(path, expected, str(data)[:LONGEST_SHOWN])


def unfit(path: str, expected: Any, given: str) -> Fault:
    """Say what is to be written for a value of this type instead of what was given."""
    kinds, limits = _parts(expected)
    if choices := [name for kind in kinds for name in _choices(kind)]:
        return Fault(path, "{given} is not one of {known}", given=given, known=", ".join(choices))
    if int in kinds:
        return _unfit_whole(path, limits, given)
    if dt.date in kinds and bool in kinds:
        return Fault(path, "{given} is not a day such as 2026-12-31, and not false", given=given)
    for kind, template in _KINDS.items():
        if kind in kinds:
            return Fault(path, template, given=given)
    return _unfit_text(path, kinds, limits, given)


def _unfit_whole(path: str, limits: msgspec.Meta, given: str) -> Fault:
    least = limits.ge if limits.gt is None else limits.gt + 1
    most = limits.le if limits.lt is None else limits.lt - 1
    if least is None:
        return Fault(path, "{given} is not a whole number", given=given)
    if most is None:
        return Fault(path, "{given} is not a whole number of {least} or more", given=given, least=least)
    return Fault(path, "{given} is not a whole number from {least} to {most}", given=given, least=least, most=most)


def _unfit_text(path: str, kinds: frozenset[Any], limits: msgspec.Meta, given: str) -> Fault:
    if str not in kinds:
        return Fault(path, "{given} is not a list or a table of values", given=given)
    if limits.pattern == CAPITALS:
        return Fault(path, "{given} is not two capital letters, such as NL", given=given)
    if limits.pattern == NAME:
        return Fault(path, "{given} is not a name of lower-case letters, digits and hyphens", given=given)
    return Fault(path, "{given} is not a text of at least one and not too many characters", given=given)


def _parts(expected: Any) -> tuple[frozenset[Any], msgspec.Meta]:
    """Take a type apart into those that it joins, and the limits on it."""
    if get_origin(expected) is Annotated:
        inner, limits = get_args(expected)[:2]
        return _parts(inner)[0], limits
    if get_origin(expected) in (Union, types.UnionType):
        every = [_parts(one) for one in get_args(expected)]
        limits = next((limits for _, limits in every if limits != msgspec.Meta()), msgspec.Meta())
        return frozenset(kind for kinds, _ in every for kind in kinds), limits
    return frozenset({expected}), msgspec.Meta()


def _choices(kind: Any) -> tuple[str, ...]:
    if get_origin(kind) is Literal:
        return tuple(map(str, get_args(kind)))
    return tuple(map(str, kind)) if isinstance(kind, type) and issubclass(kind, StrEnum) else ()
