"""A way to break each rule of the kit: rule → a notebook plugin that breaks this one and keeps the others.

The tables hold those that break a shared rule; `bad_sources` and `bad_targets` enter theirs.
"""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import msgspec
from tests.contract import notebook
from tests.contract.notebook import CODES, NotebookSettings, NotebookSource
from tests.contract.notebook_books import NotebookTarget

from boekbrug.contract import CheckResult, Problem, ProblemCode, Source, Target, hookimpl

BAD_SOURCES: dict[str, type[Source]] = {}
BAD_TARGETS: dict[str, type[Target]] = {}
BAD_MODULE = ModuleType("without_german")
OTHERS_TOO = {"fetch_is_resumable_from_every_cursor": {"failing_call_loses_nothing"}}
"""A rule that stands on another one fails with it."""

replace = msgspec.structs.replace
UNREGISTERED = Problem(code="never-registered")


@hookimpl
def register_problem_codes(register: Callable[[ProblemCode], None]) -> None:
    for code in CODES[1:]:
        register(code)
    register(replace(CODES[0], texts={language: CODES[0].texts[language] for language in ("nl", "en")}))


BAD_MODULE.register_problem_codes = register_problem_codes  # type: ignore[attr-defined]


def module_for(rule: str) -> ModuleType:
    return BAD_MODULE if rule == "problem_codes_have_three_languages" else notebook


def breaks(rule: str) -> Callable[[type], type]:
    """Enter a plugin class as the one that breaks a rule."""

    def enter(plugin: type) -> type:
        table: dict[str, Any] = BAD_SOURCES if issubclass(plugin, Source) else BAD_TARGETS
        table[rule] = plugin
        return plugin

    return enter


class Unlabelled(NotebookSettings):
    """Settings with a field that nobody can be asked for."""

    colour: str = "red"


class FindsFault:
    def check(self) -> CheckResult:
        return CheckResult(problems=(Problem(code="notebook-key", facts={"what": "always"}),))


class FindsNoFault:
    def check(self) -> CheckResult:
        return CheckResult()


class MakesUpCodes:
    def check(self: Any) -> CheckResult:
        wrong = notebook.checked(self).problems
        return CheckResult(problems=(UNREGISTERED,) if wrong else ())


class TellsItsKey:
    def check(self: Any) -> CheckResult:
        self.context.log.info("checked", key=self.settings.key)
        return notebook.checked(self)


class AsksForColour:
    Settings = Unlabelled


class KeepsRules:
    """What is wrong stands elsewhere."""


SHARED: dict[str, type] = {
    "check_finds_a_good_connection_good": FindsFault,
    "check_names_what_is_wrong": FindsNoFault,
    "check_uses_codes_with_texts": MakesUpCodes,
    "secrets_stay_out_of_log_and_problems": TellsItsKey,
    "settings_say_how_to_ask": AsksForColour,
    "problem_codes_have_three_languages": KeepsRules,
}
for shared, fault in SHARED.items():
    BAD_SOURCES[shared] = type(fault.__name__, (fault, NotebookSource), {})
    BAD_TARGETS[shared] = type(fault.__name__, (fault, NotebookTarget), {})
