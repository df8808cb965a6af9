"""All problem codes in use, and the sentences of one problem."""

import re
from collections.abc import Iterator, Mapping, Sequence
from string import Formatter

import msgspec

from boekbrug.contract import Problem, ProblemCode, ProblemText
from boekbrug.contract.errors import SAID
from boekbrug.problems.faults import say_kept
from boekbrug.problems.figures import AS_KEPT, spoken
from boekbrug.problems.loading import LANGUAGES, catalogue

DETAILS = "details"
"""Every text may use this fact: all facts of the problem, for codes whose facts differ from case to case."""

UNKNOWN = "unknown-problem"
"""The code that speaks for codes whose plugin is no longer installed."""

ABSENT = "–"
_CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_FIELDS = tuple(field.name for field in msgspec.structs.fields(ProblemText))


class CodeRefused(ValueError):
    """A problem code cannot be added; the message is the sentence that says why."""


class _Facts(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return ABSENT


class _Dots(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "…"


class Catalogue(Mapping[str, ProblemCode]):
    """The built-in codes and those that plugins add, by code."""

    def __init__(self) -> None:
        self._codes = dict(catalogue())
        self._owners: dict[str, str] = {}

    def __getitem__(self, code: str) -> ProblemCode:
        return self._codes[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._codes)

    def __len__(self) -> int:
        return len(self._codes)

    def add(self, codes: Sequence[ProblemCode], plugin: str) -> None:
        """Add a plugin's codes, all or none; raise CodeRefused for a code in use or texts that cannot be shown."""
        added: dict[str, ProblemCode] = {}
        for code in codes:
            if code.code in self._codes or code.code in added:
                whose = self._owners.get(code.code, plugin if code.code in added else "boekbrug itself")
                sentence = f"Plugin {plugin} registers problem code {code.code}, which {whose} already has; rename it."
                raise CodeRefused(sentence)
            if found := faults(code):
                sentence = f"Plugin {plugin} registers problem code {code.code}, but {'; '.join(found)}."
                raise CodeRefused(sentence)
            added[code.code] = code
        self._codes |= added
        self._owners |= dict.fromkeys(added, f"plugin {plugin}")

    def explain(self, problem: Problem, language: str) -> ProblemText:
        """Return the sentences of a problem in a language, else in English; a fact that is missing shows as a dash."""
        facts = spoken(problem.facts, language[:2] if language[:2] in LANGUAGES else AS_KEPT)
        if kept := facts.pop(SAID, ""):
            facts["faults"] = say_kept(kept, language)
        details = ", ".join(f"{name}: {value}" for name, value in facts.items()) or ABSENT
        code = self._codes.get(problem.code)
        if code is None:
            unknown = _Facts(code=problem.code, details=details)
            return _filled(_in_language(self._codes[UNKNOWN], language), unknown)
        return _filled(_in_language(code, language), _Facts({DETAILS: details, **facts}))

    def title(self, code: str, language: str) -> str:
        """Say in a sentence what problems of a code have in common, with dots for what differs."""
        known = self._codes.get(code)
        return _in_language(known, language).message.format_map(_Dots()).removesuffix(".") if known else code

    def distinct(self, found: Sequence[Problem]) -> list[Problem]:
        """Leave out problems that read like one before: ten lines of one sale without VAT number are one problem."""
        said: dict[tuple[str, ProblemText], Problem] = {}
        for problem in found:
            said.setdefault((problem.code, self.explain(problem, LANGUAGES[0])), problem)
        return list(said.values())


def faults(code: ProblemCode) -> list[str]:
    """Say what keeps a code from being shown in every language."""
    found = [] if _CODE.fullmatch(code.code) else ["a code consists of lower-case words joined by hyphens"]
    for language in LANGUAGES:
        text = code.texts.get(language)
        if text is None:
            found.append(f"its texts in {language} are missing")
        else:
            found += [f"its {field} in {language} {fault}" for field, fault in _text_faults(text, code.facts)]
    return found


def _text_faults(text: ProblemText, facts: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for field in _FIELDS:
        template = getattr(text, field)
        if not template and field != "where":
            yield field, "is empty"
        try:
            used = [parts[1:] for parts in Formatter().parse(template) if parts[1] is not None]
        except ValueError:
            yield field, "has a brace without its partner"
            continue
        for name, form, conversion in used:
            if name not in facts and name != DETAILS:
                yield field, f"uses {{{name}}}, which is not among its facts"
            elif form or conversion:
                yield field, f"formats {{{name}}}; facts are text already"


def _in_language(code: ProblemCode, language: str) -> ProblemText:
    asked = (language, language.partition("-")[0], "en", "nl")
    return next(code.texts[one] for one in asked if one in code.texts)


def _filled(text: ProblemText, facts: _Facts) -> ProblemText:
    return ProblemText(**{field: getattr(text, field).format_map(facts) for field in _FIELDS})
