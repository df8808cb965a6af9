"""The form of a rule of the contract: a function that finds nothing to say, or breaks with a sentence."""

import inspect
from collections.abc import Callable
from typing import Any, Generic, TypeVar

S_contra = TypeVar("S_contra", contravariant=True)


class RuleBroken(AssertionError):
    """A plugin breaks a rule of the contract; the message names the rule and says what was seen."""

    def __init__(self, rule: str, found: str) -> None:
        self.rule = rule
        super().__init__(f"{rule}: {found}")


class Broken(Exception):
    """What a rule found; becomes RuleBroken with the name of the rule."""


def require(holds: object, found: str) -> None:
    """Break the rule with what was found unless it holds."""
    if not holds:
        raise Broken(found)


class Rule(Generic[S_contra]):
    """One rule: its id is its function's name, its sentence the first line of the docstring.

    `applies` tells from the plugin class whether the rule is asked of it at all.
    """

    def __init__(
        self, check: Callable[[S_contra], None], applies: Callable[[type[Any]], bool] = lambda plugin: True
    ) -> None:
        self.id = check.__name__
        self.sentence = (inspect.getdoc(check) or "").partition("\n")[0]
        self.applies = applies
        self._check = check

    def __call__(self, subject: S_contra) -> None:
        """Try the rule; raise RuleBroken, also for whatever else the plugin raises."""
        try:
            self._check(subject)
        except Broken as broken:
            raise RuleBroken(self.id, str(broken)) from None
        except Exception as crash:
            raise RuleBroken(self.id, f"{type(crash).__name__} was raised: {crash}") from crash


def implements(protocol: type[Any]) -> Callable[[type[Any]], bool]:
    """Make a condition: the plugin class offers this optional protocol."""
    return lambda plugin: issubclass(plugin, protocol)
