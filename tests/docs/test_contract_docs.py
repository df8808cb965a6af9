"""The plugin author's page names the whole contract, and its tutorial works as printed."""

import inspect
import re
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from boekbrug import contract
from boekbrug.contract import BoekbrugError, Source, SourceCapabilities, Target, TargetCapabilities, hookspecs, outcome
from boekbrug.testing import SOURCE_RULES, Rule, SourceContract, SourceSubject, TargetWorld

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/plugin-author.md").read_text()
PORTS = [
    contract.Context,
    contract.Http,
    contract.HttpResponse,
    contract.Folder,
    contract.Grant,
    contract.Cache,
    contract.Budget,
    contract.Clock,
    contract.Log,
]
PROTOCOLS = [value for value in vars(contract).values() if getattr(value, "_is_runtime_protocol", False)]
STARS: dict[Any, str] = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
HOOKS = [name for name in vars(hookspecs) if hasattr(getattr(hookspecs, name), "boekbrug_spec")]


def call(name: str, verb: Callable[..., Any]) -> str:
    """Write a call as the page does: names, and stars where Python has them."""
    parts: list[str] = []
    starred = False
    for parameter in inspect.signature(verb).parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and not starred:
            parts.append("*")
        starred = starred or parameter.kind in {parameter.KEYWORD_ONLY, parameter.VAR_POSITIONAL}
        parts.append(STARS.get(parameter.kind, "") + parameter.name)
    return f"`{name}({', '.join(part for part in parts if part != 'self')})`"


def verbs(owner: type[Any]) -> Iterator[str]:
    for name, verb in vars(owner).items():
        if name.startswith("_"):
            continue
        if isinstance(verb, property):
            yield f"`{name}`"
        elif inspect.isroutine(verb):
            yield call(name, getattr(owner, name))


@pytest.mark.parametrize("hook", HOOKS)
def test_hook_is_a_heading_with_its_exact_arguments(hook: str) -> None:
    assert f"### {call(hook, getattr(hookspecs, hook))}\n" in PAGE


@pytest.mark.parametrize("hook", HOOKS)
def test_hook_has_its_smallest_example(hook: str) -> None:
    section = PAGE.partition(f"### {call(hook, getattr(hookspecs, hook))}\n")[2].partition("\n##")[0]
    assert f"@hookimpl\ndef {hook}(" in section


@pytest.mark.parametrize("hook", HOOKS)
def test_hook_has_a_test_of_its_name(hook: str) -> None:
    files = (ROOT / "tests/contract").rglob("test_*.py")
    assert any(re.search(rf"^def test_hook_{hook}\(", file.read_text(), re.MULTILINE) for file in files)


def test_there_are_hooks() -> None:
    assert {"register_source", "register_target"} <= set(HOOKS)


@pytest.mark.parametrize("owner", [Source, Target, *PROTOCOLS, *PORTS], ids=lambda owner: owner.__name__)
def test_every_verb_is_named_with_its_exact_arguments(owner: type[Any]) -> None:
    named = list(verbs(owner))
    assert named
    assert [verb for verb in named if f"| {verb} |" not in PAGE] == []


@pytest.mark.parametrize("owner", [*PROTOCOLS, *PORTS], ids=lambda owner: owner.__name__)
def test_every_protocol_and_port_is_named(owner: type[Any]) -> None:
    assert f"**`{owner.__name__}`**" in PAGE


@pytest.mark.parametrize("capabilities", [SourceCapabilities, TargetCapabilities])
def test_every_capability_is_named(capabilities: type[Any]) -> None:
    section = PAGE.partition(f"**`{capabilities.__name__}`**")[2].partition("\n## ")[0].partition("\n**")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == set(capabilities.__struct_fields__)


@pytest.mark.parametrize(
    "error", [value for value in vars(contract).values() if inspect.isclass(value) and issubclass(value, BoekbrugError)]
)
def test_every_error_is_named_with_code_and_sentence(error: type[BoekbrugError]) -> None:
    helps = "yes" if error.retry_helps else "no"
    assert f"| `{error.__name__}` | `{error.code}` | {helps} | {error.__doc__} |" in PAGE


def test_every_answer_is_named_with_its_fields() -> None:
    answers = [
        value for value in vars(outcome).values() if isinstance(value, type) and value.__module__ == outcome.__name__
    ]
    named = [
        f"`{answer.__name__}({', '.join(answer.__struct_fields__)})`"  # type: ignore[attr-defined]
        for answer in answers
        if not answer.__name__.startswith("_")
    ]
    assert len(named) >= 10
    assert [answer for answer in named if answer not in PAGE] == []


@pytest.fixture(scope="module")
def tutorial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SourceContract]:
    """Write the tutorial's files as printed and import them."""
    folder = tmp_path_factory.mktemp("boekbrug-market")
    for name, text in re.findall(r"^```\w+\n# (\S+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL):
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    (folder / "boekbrug_market/__init__.py").touch()
    paths = [str(folder), str(folder / "tests")]
    sys.path[:0] = paths
    try:
        yield import_module("test_contract").TestMarket()
    finally:
        sys.path[:] = [path for path in sys.path if path not in paths]
        for module in (
            "boekbrug_market", "boekbrug_market.codes", "boekbrug_market.plugin", "test_contract", "test_simulation",
        ):  # fmt: skip
            sys.modules.pop(module, None)


@pytest.mark.parametrize("rule", SOURCE_RULES, ids=lambda rule: rule.id)
def test_tutorial_passes_the_kit(tutorial: SourceContract, rule: Rule[SourceSubject], tmp_path: Path) -> None:
    if rule.applies(tutorial.plugin):
        tutorial.test_rule(rule, tmp_path)


@pytest.mark.parametrize("seed", [1, 2])
def test_tutorial_passes_the_simulation(tutorial: SourceContract, seed: int, tmp_path: Path) -> None:
    simulation = import_module("test_simulation").TestMarketSimulated()
    assert seed in simulation.seeds
    assert len(simulation.simulate(seed, tmp_path).world.sold) > 5


def test_every_method_of_a_simulated_world_is_named() -> None:
    for name in ("marked", "customers", "close", "half"):
        assert hasattr(TargetWorld, name)
        assert f"| `{name}(" in PAGE
