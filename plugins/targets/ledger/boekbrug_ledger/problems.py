"""The problem codes of plain-text books; their sentences stand in locale/."""

import tomllib
from collections.abc import Iterator
from importlib.resources import files

import msgspec

from boekbrug.contract import ProblemCode, ProblemText

LANGUAGES = ("nl", "en", "de")

FACTS = {
    "ledger-account-blocked": ("account",),
    "ledger-account-unknown": ("account",),
    "ledger-chart-broken": ("file", "fault"),
    "ledger-chart-missing": ("file",),
    "ledger-currency-unknown": ("currency", "entry"),
    "ledger-entries-only": ("kind",),
    "ledger-euro-missing": ("currency", "entry"),
    "ledger-folder-unusable": ("folder", "fault"),
    "ledger-journal-unfit": ("journal", "kind"),
    "ledger-journal-unknown": ("journal",),
    "ledger-period-closed": ("period", "date", "entry"),
    "ledger-unbalanced": ("currency", "difference", "entry"),
    "ledger-vat-code-blocked": ("vat_code",),
    "ledger-vat-code-unknown": ("vat_code",),
    "ledger-vat-rate-differs": ("vat_code", "chart", "rules"),
}
"""The facts that come with each code."""


def codes() -> Iterator[ProblemCode]:
    """Yield all codes with their texts."""
    folder = files("boekbrug_ledger").joinpath("locale")
    texts = {
        language: tomllib.loads(folder.joinpath(f"{language}.toml").read_text(encoding="utf-8"))
        for language in LANGUAGES
    }
    for code, facts in FACTS.items():
        words = {language: msgspec.convert(tables[code], ProblemText) for language, tables in texts.items()}
        yield ProblemCode(code=code, texts=words, facts=facts)
