from typing import Any

import pytest
from tests.contract import bad_sources, bad_targets, notebook
from tests.contract.bad_plugins import BAD_SOURCES, BAD_TARGETS, OTHERS_TOO, module_for
from tests.contract.notebook import NotebookSource, Shop
from tests.contract.notebook_books import Books

from boekbrug.contract import Page, Window
from boekbrug.testing import (
    SOURCE_RULES,
    TARGET_RULES,
    Rule,
    RuleBroken,
    SourceSubject,
    TargetSubject,
)


def broken_rules(rules: tuple[Rule[Any], ...], make: Any) -> dict[str, RuleBroken]:
    broken = {}
    for rule in rules:
        try:
            rule(make())
        except RuleBroken as found:
            broken[rule.id] = found
    return broken


assert bad_sources and bad_targets, "imported to enter their plugins"


def test_each_rule_has_a_plugin_that_breaks_it() -> None:
    assert {rule.id for rule in SOURCE_RULES} == BAD_SOURCES.keys()
    assert {rule.id for rule in TARGET_RULES} == BAD_TARGETS.keys()


@pytest.mark.parametrize("rule", sorted(BAD_SOURCES))
def test_bad_source_breaks_its_rule_and_no_other(rule: str) -> None:
    broken = broken_rules(SOURCE_RULES, lambda: SourceSubject(BAD_SOURCES[rule], module_for(rule), Shop()))
    assert broken.keys() == {rule} | OTHERS_TOO.get(rule, set()), list(map(str, broken.values()))


@pytest.mark.parametrize("rule", sorted(BAD_TARGETS))
def test_bad_target_breaks_its_rule_and_no_other(rule: str) -> None:
    broken = broken_rules(TARGET_RULES, lambda: TargetSubject(BAD_TARGETS[rule], module_for(rule), Books))
    assert broken.keys() == {rule}, list(map(str, broken.values()))


def test_crash_of_a_plugin_breaks_the_rule_by_name() -> None:
    class Crashes(NotebookSource):
        def page(self, rows: list[dict[str, Any]], window: Window, after: int) -> Page:
            raise KeyError("total")

    (rule,) = (rule for rule in SOURCE_RULES if rule.id == "everything_is_fetched")
    with pytest.raises(RuleBroken, match=r"everything_is_fetched: KeyError was raised: 'total'"):
        rule(SourceSubject(Crashes, notebook, Shop()))


@pytest.mark.parametrize("rule", [*SOURCE_RULES, *TARGET_RULES], ids=lambda rule: rule.id)
def test_each_rule_says_in_a_sentence_what_it_asks(rule: Rule[Any]) -> None:
    assert rule.sentence.endswith(".")
