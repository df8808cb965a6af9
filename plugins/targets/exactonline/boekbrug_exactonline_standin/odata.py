"""The part of OData that is spoken: filters, selections, pages and the envelope around them."""

import datetime as dt
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NoReturn

import msgspec

Row = dict[str, Any]
Value = Callable[[Row], Any]

_TOKEN = re.compile(
    r"\s*(?:(?P<guid>guid'[^']*')|(?P<datetime>datetime'[^']*')|(?P<string>'(?:[^']|'')*')"
    r"|(?P<number>-?\d+(?:\.\d+)?)[Ll]?(?![\w.])|(?P<word>[A-Za-z_]\w*)|(?P<sign>[(),]))"
)
_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq, "ne": operator.ne, "gt": operator.gt, "ge": operator.ge, "lt": operator.lt, "le": operator.le,
}  # fmt: skip
_encode = msgspec.json.Encoder(decimal_format="number").encode


class BadQuery(Exception):
    """The query is answered with 400 and this message."""


def _refuse(message: str) -> NoReturn:
    raise BadQuery(message)


class Filter:
    """A `$filter`, read by descending from `or` to single values; `names` are the properties it mentions."""

    def __init__(self, text: str, known: Sequence[str]) -> None:
        self.names: set[str] = set()
        self._known = frozenset(known)
        self._tokens = list(_tokens(text))
        self._at = 0
        if not self._tokens:
            _refuse("This $filter parameter is not supported for this resource")
        self.matches = self._either()
        if self._at < len(self._tokens):
            _refuse(f"Syntax error in $filter at {self._tokens[self._at][1]}")

    def _either(self) -> Value:
        parts = [self._both()]
        while self._skip("or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else lambda row: any(part(row) for part in parts)

    def _both(self) -> Value:
        parts = [self._single()]
        while self._skip("and"):
            parts.append(self._single())
        return parts[0] if len(parts) == 1 else lambda row: all(part(row) for part in parts)

    def _single(self) -> Value:
        if self._skip("("):
            inner = self._either()
            self._expect(")")
            return inner
        left = self._value()
        compare = _COMPARE.get(self._peek())
        if compare is None:
            return left
        self._at += 1
        right = self._value()
        return lambda row: _compared(compare, left(row), right(row))

    def _value(self) -> Value:
        kind, text = self._next()
        if kind == "word" and self._peek() == "(":
            return self._function(text)
        if kind == "word":
            return self._property(text)
        constant = _LITERALS[kind](text)
        return lambda row: constant

    def _property(self, name: str) -> Value:
        if name in ("true", "false"):
            return lambda row: name == "true"
        if name not in self._known:
            _refuse(f"Invalid property name: {name}")
        self.names.add(name)
        return operator.itemgetter(name)

    def _function(self, name: str) -> Value:
        self._expect("(")
        given = [self._value()]
        while self._skip(","):
            given.append(self._value())
        self._expect(")")
        function = _FUNCTIONS.get(name)
        if function is None:
            _refuse(f"Unknown function: {name}")
        return lambda row: function(*(value(row) or "" for value in given))

    def _peek(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            _refuse("Syntax error: the $filter ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def _skip(self, text: str) -> bool:
        found = self._peek() == text
        self._at += found
        return found

    def _expect(self, text: str) -> None:
        if not self._skip(text):
            _refuse(f"Syntax error in $filter: {text} expected")


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(text.rstrip()):
        found = _TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            _refuse(f"Syntax error in $filter at position {at}")
        yield found.lastgroup, found[found.lastgroup]
        at = found.end()


def _guid(text: str) -> str:
    inner = text[5:-1]
    if not _GUID.fullmatch(inner):
        _refuse(f"Unrecognized 'Edm.Guid' literal '{text}'")
    return inner.lower()


def _moment(text: str) -> dt.datetime:
    try:
        return dt.datetime.fromisoformat(text[9:-1]).replace(tzinfo=dt.UTC)
    except ValueError:
        _refuse(f"Unrecognized 'Edm.DateTime' literal '{text}'")


_LITERALS: Mapping[str, Callable[[str], Any]] = {
    "guid": _guid,
    "datetime": _moment,
    "string": lambda text: text[1:-1].replace("''", "'"),
    "number": Decimal,
    "sign": lambda text: _refuse(f"Syntax error in $filter at {text}"),
}
_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "trim": lambda text: text.strip(),
    "startswith": lambda text, start: text.startswith(start),
    "substringof": lambda part, text: part in text,
    "tolower": lambda text: text.lower(),
}


def _compared(compare: Callable[[Any, Any], bool], left: Any, right: Any) -> bool:
    if left is None or right is None:
        return compare is operator.eq and left is right
    if isinstance(left, str) and isinstance(right, str):
        # the database compares without regard to case and trailing blanks
        return compare(left.rstrip().lower(), right.rstrip().lower())
    if isinstance(left, str) != isinstance(right, str):
        _refuse("Operator is incompatible with operand types")
    return compare(left, right)


def selected(text: str, known: Sequence[str]) -> tuple[str, ...]:
    """Return the properties of a `$select`; raise BadQuery for one that is not known."""
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    for name in names:
        if name not in known:
            _refuse(f"Invalid property name: {name}")
    return names or tuple(known)


def page(rows: Sequence[Row], names: Sequence[str], size: int, skipped: int, address: str) -> bytes:
    """Return one page in its envelope, with the address of the next one."""
    results = [{name: shown(row[name]) for name in names} for row in rows[skipped : skipped + size]]
    body: Row = {"results": results}
    if skipped + size < len(rows):
        body["__next"] = f"{address}&$skiptoken={skipped + size}"
    return _encode({"d": body})


def single(row: Row) -> bytes:
    """Return one record in its envelope."""
    return _encode({"d": {name: shown(value) for name, value in row.items()}})


def failure(message: str) -> bytes:
    """Return an error in its envelope."""
    return _encode({"error": {"code": "", "message": {"lang": "", "value": message}}})


def shown(value: Any) -> Any:
    """Turn a value into what stands in an answer; moments are milliseconds since 1970."""
    if isinstance(value, dt.datetime):
        return f"/Date({int(value.timestamp() * 1000)})/"
    return value
