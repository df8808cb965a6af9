"""The kit as pytest sees it: a class to derive from, with one test per rule that applies."""

from pathlib import Path
from types import ModuleType
from typing import Any

from boekbrug.contract import Source, Target
from boekbrug.testing.rules import Rule
from boekbrug.testing.source_rules import SOURCE_RULES
from boekbrug.testing.subjects import SourceSubject, TargetSubject
from boekbrug.testing.target_lookups import TARGET_RULES
from boekbrug.testing.worlds import SourceWorld, TargetWorld


class SourceContract:
    """The rules of a source; derive `Test…` from it, name plugin class and module, and make a world.

    >>> class TestShop(SourceContract):
    ...     plugin = ShopSource
    ...     module = boekbrug_shop.plugin
    ...
    ...     def world(self, folder: Path) -> SourceWorld:
    ...         return ShopWorld(folder)
    """

    plugin: type[Source]
    module: ModuleType

    def world(self, folder: Path) -> SourceWorld:
        """Make a world that sold nothing yet; the folder is empty and its own."""
        raise NotImplementedError

    def pytest_generate_tests(self, metafunc: Any) -> None:
        """Give each rule that applies a test of its name."""
        _one_test_per_rule(metafunc, SOURCE_RULES, getattr(self, "plugin", None))

    def test_rule(self, rule: Rule[SourceSubject], tmp_path: Path) -> None:
        """Try one rule."""
        rule(SourceSubject(self.plugin, self.module, self.world(tmp_path)))


class TargetContract:
    """The rules of a target; derive `Test…` from it, name plugin class and module, and make a world."""

    plugin: type[Target]
    module: ModuleType

    def world(self, folder: Path) -> TargetWorld:
        """Make books without entries; the folder is empty and its own."""
        raise NotImplementedError

    def pytest_generate_tests(self, metafunc: Any) -> None:
        """Give each rule that applies a test of its name."""
        _one_test_per_rule(metafunc, TARGET_RULES, getattr(self, "plugin", None))

    def test_rule(self, rule: Rule[TargetSubject], tmp_path: Path) -> None:
        """Try one rule."""
        worlds = iter(range(1000))

        def new_world() -> TargetWorld:
            folder = tmp_path / str(next(worlds))
            folder.mkdir()
            return self.world(folder)

        rule(TargetSubject(self.plugin, self.module, new_world))


def _one_test_per_rule(metafunc: Any, rules: tuple[Rule[Any], ...], plugin: type[Any] | None) -> None:
    if "rule" in metafunc.fixturenames:
        applying = [rule for rule in rules if plugin is None or rule.applies(plugin)]
        metafunc.parametrize("rule", applying, ids=[rule.id for rule in applying])
