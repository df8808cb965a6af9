"""The words of the pages in Dutch, English and German, and which of them a reader wants."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from boekbrug.problems import LANGUAGES

Words = Mapping[str, str]


@cache
def words(language: str) -> Words:
    """Return the words of a language by their dotted name, read once."""
    text = files("boekbrug.web").joinpath("locale", f"{language}.toml").read_text(encoding="utf-8")
    tables: dict[str, dict[str, str]] = tomllib.loads(text)
    return MappingProxyType({f"{room}.{name}": word for room, table in tables.items() for name, word in table.items()})


def choose(asked: str, accepts: str) -> str:
    """Choose the language asked for, else the first of an Accept-Language header that we speak, else Dutch."""
    if asked in LANGUAGES:
        return asked
    spoken = (tag for tag in _by_preference(accepts) if tag in LANGUAGES)
    return next(spoken, LANGUAGES[0])


def _by_preference(header: str) -> list[str]:
    weighed = []
    for place, part in enumerate(header.lower().split(",")):
        tag, _, weight = part.strip().partition(";q=")
        weighed.append((-_weight(weight), place, tag[:2]))
    return [tag for _, _, tag in sorted(weighed)]


def _weight(text: str) -> float:
    try:
        return float(text) if text else 1
    except ValueError:
        return 0
