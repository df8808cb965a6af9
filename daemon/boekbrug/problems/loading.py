"""Read the built-in codes: `codes/<room>.toml` says what they are, `locale/<language>/<room>.toml` says it in words."""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Any

import msgspec

from boekbrug.contract import ProblemCode, ProblemText

LANGUAGES = ("nl", "en", "de")
"""Dutch first, as on the dashboard."""

Tables = dict[str, dict[str, Any]]


@cache
def catalogue() -> Mapping[str, ProblemCode]:
    """Return the built-in codes by code, read once."""
    here = files("boekbrug.problems")
    rooms = sorted(file.name for file in here.joinpath("codes").iterdir() if file.name.endswith(".toml"))
    found = [code for room in rooms for code in _codes(here, room)]
    by_code = {code.code: code for code in found}
    assert len(by_code) == len(found), "two files of codes/ hold the same code"
    return MappingProxyType(by_code)


def _codes(here: Traversable, room: str) -> Iterator[ProblemCode]:
    locale = here.joinpath("locale")
    texts = {language: _tables(locale.joinpath(language, room)) for language in LANGUAGES}
    for code, attributes in _tables(here.joinpath("codes", room)).items():
        words = {language: msgspec.convert(tables[code], ProblemText) for language, tables in texts.items()}
        yield msgspec.convert({**attributes, "code": code, "texts": words}, ProblemCode)


def _tables(file: Traversable) -> Tables:
    return tomllib.loads(file.read_text(encoding="utf-8"))
