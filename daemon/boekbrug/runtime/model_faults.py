"""What pydantic finds wrong with a plugin's settings, as faults that can be said in the reader's language."""

from collections.abc import Iterator

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from boekbrug.contract import Fault, PluginSettings, Unfit

CAPITALS = "^[A-Z]{2}$"
_CHOICE = ("enum", "literal_error")
_KINDS = {
    **dict.fromkeys(("string_type", "string_unicode", "string_sub_type"), "is not a text"),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float", "int_parsing_size"), "is not a whole number"),
    **dict.fromkeys(("float_type", "float_parsing", "decimal_type", "decimal_parsing"), "is not a number such as 5.5"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "is neither yes nor no (in a file: true or false)"),
    **dict.fromkeys(("tuple_type", "list_type", "dict_type", "model_type"), "is not a list or a table of values"),
}
_LIMITS = {
    "greater_than_equal": "must be {ge} or more",
    "greater_than": "must be more than {gt}",
    "less_than_equal": "must be {le} or less",
    "less_than": "must be less than {lt}",
    "string_too_short": "needs at least this many characters: {min_length}",
    "string_too_long": "may have at most this many characters: {max_length}",
}


def model_faults(error: ValidationError, model: type[PluginSettings]) -> Iterator[Fault]:
    """Yield a fault for each finding, with the path of its setting."""
    for one in error.errors(include_url=False):
        yield _fault(one, ".".join(map(str, one["loc"])), model)


def _fault(one: ErrorDetails, path: str, model: type[PluginSettings]) -> Fault:
    kind, limits = one["type"], one.get("ctx", {})
    if kind == "missing":
        return Fault(path, "is missing; add it")
    if kind == "extra_forbidden":
        return Fault(path, "is not a setting; there are {known}", known=", ".join(model.model_fields))
    if kind == "value_error" and isinstance(found := limits.get("error"), Unfit):
        return found.fault(path)
    if kind in _CHOICE:
        return Fault(path, "is not one of {known}", known=limits["expected"])
    if kind in _LIMITS:
        return Fault(path, _LIMITS[kind], **{name: value for name, value in limits.items() if name != "error"})
    return _misfit(one, path)


def _misfit(one: ErrorDetails, path: str) -> Fault:
    if one["type"] in _KINDS:
        return Fault(path, _KINDS[one["type"]])
    if one.get("ctx", {}).get("pattern") == CAPITALS:
        return Fault(path, "is not two capital letters, such as NL")
    # what a plugin that brings no texts of its own found
    text = one["msg"].removeprefix("Value error, ")
    return Fault(path, "{found}", found=f"{text[:1].lower()}{text[1:]}")
