"""What is wrong with a row, in terms of the plugin's problem codes."""

import re
from typing import Self

import msgspec

from boekbrug.contract import Place, Problem, Unreadable

_LONGEST_FACT = 120
_PATH = re.compile(r"^(?P<what>.*?)(?: - at `\$\.?(?P<path>[^`]*)`)?$", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(.*)`", re.DOTALL)
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_AT_BYTE = re.compile(r"\(byte (\d+)\)")


class RowFault(Exception):
    """A row cannot be read as a document: a problem code and its facts."""

    def __init__(self, code: str, **facts: str) -> None:
        self.code = code
        self.facts = facts
        super().__init__(code, facts)

    def within(self, path: str) -> Self:
        """Put the field in its place: `vat` within `lines[2]` is `lines[2].vat`."""
        self.facts["field"] = f"{path}.{self.facts['field']}"
        return self


def unreadable(fault: RowFault, file: str, row: int | None = None) -> Unreadable:
    """Name the file and row where a fault stands."""
    facts = {name: value[:_LONGEST_FACT] for name, value in fault.facts.items()}
    facts |= {"file": file, "row": str(row or 1)}
    return Unreadable(place=Place(name=file, row=row), problem=Problem(code=fault.code, facts=facts))


def decoding_fault(error: Exception) -> RowFault:
    """Turn what the decoder says into the field it is about and what is wrong with it."""
    if isinstance(error, UnicodeError):
        return RowFault("files-not-utf8")
    if isinstance(error, msgspec.ValidationError):
        return _validation_fault(str(error))
    return RowFault("files-not-json", detail=str(error))


def _validation_fault(message: str) -> RowFault:
    parts = _PATH.match(message)
    what, path = (parts["what"], parts["path"] or "") if parts else (message, "")
    for code, pattern in (("files-missing-field", _MISSING), ("files-unknown-field", _UNKNOWN)):
        if named := pattern.fullmatch(what):
            return RowFault(code, field=f"{path}.{named[1]}" if path else named[1])
    if what.endswith("got `float`"):
        return RowFault("files-number", field=path)
    return RowFault("files-wrong-value", field=path or "-", detail=what)


def byte_of(error: Exception) -> int:
    """Return the position at which the decoder stopped; the end when it does not say."""
    found = _AT_BYTE.search(str(error))
    return int(found[1]) if found else -1
