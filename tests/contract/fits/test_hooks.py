"""Every hook of the contract, called as the host calls it."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pluggy
import pytest
from tests.contract.fits.bookingexperts import BookingExperts
from tests.contract.fits.ccvshop import CcvShop
from tests.contract.fits.exactonline import ExactOnline

from boekbrug.contract import ProblemCode, ProblemText, Source, Target, hookimpl, hookspecs

UNBALANCED = ProblemCode(
    code="bookingexperts-unbalanced",
    facts=("day", "over"),
    texts={
        "nl": ProblemText(
            message="{day} sluit niet: {over}",
            cause="De boekingen van de dag tellen niet op tot nul.",
            fix="Herstel ze.",
        )
    },
)


def standin(surroundings: Any) -> Any:
    return surroundings


class Plugin:
    """Registers one of each."""

    @hookimpl
    def register_source(self, register: Callable[[type[Source]], None]) -> None:
        register(CcvShop)
        register(BookingExperts)

    @hookimpl
    def register_target(self, register: Callable[[type[Target]], None]) -> None:
        register(ExactOnline)

    @hookimpl
    def register_standin(self, register: Callable[[str, hookspecs.StandinMaker], None]) -> None:
        register("ccvshop", standin)

    @hookimpl
    def register_problem_codes(self, register: Callable[[ProblemCode], None]) -> None:
        register(UNBALANCED)


@pytest.fixture
def manager() -> pluggy.PluginManager:
    made = pluggy.PluginManager(hookspecs.PROJECT)
    made.add_hookspecs(hookspecs)
    made.register(Plugin())
    made.check_pending()
    return made


def test_hook_register_source(manager: pluggy.PluginManager) -> None:
    sources: list[type[Source]] = []
    manager.hook.register_source(register=sources.append)
    assert sources == [CcvShop, BookingExperts]


def test_hook_register_target(manager: pluggy.PluginManager) -> None:
    targets: list[type[Target]] = []
    manager.hook.register_target(register=targets.append)
    assert targets == [ExactOnline]


def test_hook_register_standin(manager: pluggy.PluginManager) -> None:
    makers: dict[str, object] = {}
    manager.hook.register_standin(register=makers.__setitem__)
    assert makers == {"ccvshop": standin}


def test_hook_register_problem_codes(manager: pluggy.PluginManager) -> None:
    codes: list[ProblemCode] = []
    manager.hook.register_problem_codes(register=codes.append)
    assert codes == [UNBALANCED]


def test_hook_with_another_argument_list_is_refused_at_registration() -> None:
    plugin = ModuleType("strange")

    def register_source(register: object, colour: object) -> None:
        raise AssertionError(register, colour)

    vars(plugin)["register_source"] = hookimpl(register_source)
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    with pytest.raises(pluggy.PluginValidationError, match="colour"):
        manager.register(plugin)
