"""Read rules from a licence file, listing every fault at once with its path."""

from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_origin, get_type_hints

import msgspec

from boekbrug.booking.rules import Rules
from boekbrug.contract import SettingsError


def read_rules(data: Mapping[str, Any]) -> Rules:
    """Decode rules from a TOML or JSON table; raise SettingsError that lists every fault with its path."""
    try:
        rules = msgspec.convert(data, Rules)
    except msgspec.ValidationError:
        raise SettingsError(list(shape_faults(data, Rules, ""))) from None
    faults = rules.faults()
    if faults:
        raise SettingsError(list(faults))
    return rules


def shape_faults(data: object, expected: Any, path: str) -> Iterator[str]:
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


def _struct_faults(data: Mapping[str, object], expected: type[msgspec.Struct], path: str) -> Iterator[str]:
    hints = get_type_hints(expected, include_extras=True)
    required = {field.name for field in msgspec.structs.fields(expected) if field.required}
    prefix = f"{path}." if path else ""
    for name, value in data.items():
        if name in hints:
            yield from shape_faults(value, hints[name], f"{prefix}{name}")
        else:
            yield f"{prefix}{name}: unknown setting"
    for name in sorted(required - data.keys()):
        yield f"{prefix}{name}: is required and has no default"


def _leaf_faults(data: object, expected: Any, path: str) -> Iterator[str]:
    try:
        msgspec.convert(data, expected)
    except msgspec.ValidationError as error:
        yield f"{path}: {str(error).split(' - at `')[0]}"
