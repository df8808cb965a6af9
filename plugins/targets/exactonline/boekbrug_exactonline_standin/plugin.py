"""What this package makes known to boekbrug."""

from collections.abc import Callable

from boekbrug.contract import hookimpl
from boekbrug.contract.hookspecs import StandinMaker
from boekbrug_exactonline_standin.app import make


@hookimpl
def register_standin(register: Callable[[str, StandinMaker], None]) -> None:
    """Register the stand-in `exactonline`."""
    register("exactonline", make)
