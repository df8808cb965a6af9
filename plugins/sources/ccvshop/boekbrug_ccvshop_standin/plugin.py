"""Makes the stand-in known: `boekbrug standin ccvshop`."""

from collections.abc import Callable

from boekbrug.contract import hookimpl
from boekbrug.contract.hookspecs import StandinMaker
from boekbrug_ccvshop_standin.application import ShopApplication


@hookimpl
def register_standin(register: Callable[[str, StandinMaker], None]) -> None:
    """Register the shop."""
    register("ccvshop", ShopApplication)
