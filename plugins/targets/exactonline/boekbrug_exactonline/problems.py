"""The problem codes of Exact Online; their sentences stand in locale/."""

import tomllib
from collections.abc import Iterator
from importlib.resources import files

import msgspec

from boekbrug.contract import ProblemCode, ProblemText

LANGUAGES = ("nl", "en", "de")

_FACTS: dict[str, tuple[str, ...]] = {
    "exact-endpoint-rests": ("what", "until"),
    "exact-vat-rate-differs": ("what", "chart", "rules"),
    "exact-vat-treatment-differs": ("what", "chart", "rules"),
}
"""The facts of codes that have other ones than `what`."""


def codes() -> Iterator[ProblemCode]:
    """Yield all codes with their texts."""
    folder = files("boekbrug_exactonline").joinpath("locale")
    texts = {
        language: tomllib.loads(folder.joinpath(f"{language}.toml").read_text(encoding="utf-8"))
        for language in LANGUAGES
    }
    for code in texts["nl"]:
        words = {language: msgspec.convert(tables[code], ProblemText) for language, tables in texts.items()}
        yield ProblemCode(code=code, texts=words, facts=_FACTS.get(code, ("what",)))
