"""What this plugin makes known to boekbrug."""

from collections.abc import Callable

from boekbrug.contract import ProblemCode, Target, hookimpl
from boekbrug_exactonline.problems import codes
from boekbrug_exactonline.target import ExactOnlineTarget


@hookimpl
def register_target(register: Callable[[type[Target]], None]) -> None:
    """Register the target `exactonline`."""
    register(ExactOnlineTarget)


@hookimpl
def register_problem_codes(register: Callable[[ProblemCode], None]) -> None:
    """Register what Exact refuses, and what is found before it does."""
    for code in codes():
        register(code)
