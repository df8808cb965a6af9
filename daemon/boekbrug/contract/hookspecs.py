"""The hooks by which a plugin makes itself known; found by entry point group `boekbrug`.

A plugin module that supports another range than the current contract states it as `boekbrug_contract = (low, high)`.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import pluggy

from boekbrug.contract.problems import ProblemCode
from boekbrug.contract.source import Source
from boekbrug.contract.target import Target

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

PROJECT = "boekbrug"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class StandinMaker(Protocol):
    """Makes a stand-in of an outside system from its controlled surroundings (see `boekbrug.testing.standin`)."""

    def __call__(self, surroundings: Any) -> "WSGIApplication":
        """Return the application."""
        ...


@hookspec
def register_source(register: Callable[[type[Source]], None]) -> None:
    """Register source classes by calling `register(SourceClass)` for each."""


@hookspec
def register_target(register: Callable[[type[Target]], None]) -> None:
    """Register target classes by calling `register(TargetClass)` for each."""


@hookspec
def register_standin(register: Callable[[str, StandinMaker], None]) -> None:
    """Register stand-ins of outside systems by calling `register(name, maker)`; `boekbrug standin NAME` serves one."""


@hookspec
def register_problem_codes(register: Callable[[ProblemCode], None]) -> None:
    """Register the problem codes that this plugin raises, with their texts in nl, en and de."""
