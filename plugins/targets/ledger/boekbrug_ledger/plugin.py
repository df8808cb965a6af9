"""What this plugin makes known to boekbrug."""

from collections.abc import Callable

from boekbrug.contract import ProblemCode, Target, hookimpl
from boekbrug_ledger.problems import codes
from boekbrug_ledger.target import LedgerTarget


@hookimpl
def register_target(register: Callable[[type[Target]], None]) -> None:
    """Register the target `ledger`."""
    register(LedgerTarget)


@hookimpl
def register_problem_codes(register: Callable[[ProblemCode], None]) -> None:
    """Register what can be wrong with plain-text books."""
    for code in codes():
        register(code)
