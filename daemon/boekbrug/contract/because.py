"""Sentences that say why something is refused: English by themselves, and other languages by their template."""

from collections.abc import Mapping
from typing import Self


class Because(str):
    """Why an act is refused and what to do: an English sentence, and the template and facts that pages say it with.

    The template is its name in the catalogues of the pages, whose reader has no command line.
    """

    template: str
    facts: dict[str, object]

    def __new__(cls, template: str, /, **facts: object) -> Self:
        """Fill the facts into the template, which is written where it is used: a test looks for it there."""
        made = super().__new__(cls, template.format(**facts))
        made.template, made.facts = template, facts
        return made


class Fault(str):
    """What is wrong with a setting and what to write: `<path>: <English sentence>`, and what other languages need.

    The sentence is found by its template in the catalogues of `problems`. A plugin brings its own `texts`: the
    template in Dutch, English and German, by language.
    """

    path: str
    template: str
    facts: dict[str, object]
    texts: Mapping[str, str]

    def __new__(cls, path: str, template: str, /, texts: Mapping[str, str] | None = None, **facts: object) -> Self:
        """Fill the facts into the template, which is written where it is used: a test looks for it there."""
        sentence = template.format(**facts)
        made = super().__new__(cls, f"{path}: {sentence}" if path else sentence)
        made.path, made.template, made.facts, made.texts = path, template, facts, texts or {}
        return made

    def within(self, path: str) -> "Fault":
        """Return the same fault of a setting that lies within another."""
        return Fault(f"{path}.{self.path}" if self.path else path, self.template, self.texts, **self.facts)


class Unfit(ValueError):
    """What a plugin's own check of its settings found, as a template in Dutch, English and German by language."""

    def __init__(self, texts: Mapping[str, str], /, **facts: object) -> None:
        self.texts, self.facts = texts, facts
        super().__init__(texts["en"].format(**facts))

    def fault(self, path: str) -> Fault:
        """Return what was found as the fault of a setting."""
        return Fault(path, self.texts["en"], self.texts, **self.facts)
