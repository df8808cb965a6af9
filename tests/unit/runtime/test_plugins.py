import textwrap
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest
import structlog
from structlog.testing import capture_logs

from boekbrug.contract import Problem
from boekbrug.runtime.plugins import PluginHost

HEAD = """
from boekbrug.contract import *
from boekbrug.contract import hookimpl

class Empty(PluginSettings):
    pass

class Shop(Source):
    name = "shop"
    Settings = Empty
    capabilities = SourceCapabilities(kinds=frozenset({DocumentKind.ORDER}))
    def check(self): ...
    def units(self): ...
    def catalogue(self, unit): ...
    def fetch(self, unit, window, cursor): ...
    def read(self, unit, refs): ...

class Books(Target):
    name = "books"
    Settings = Empty
    capabilities = TargetCapabilities(entry_kinds=frozenset({EntryKind.SALES}))
    def check(self): ...
    def administrations(self): ...
    def chart(self, administration): ...
    def preflight(self, use, chart): ...
    def prepare(self, administration, effects): ...
    def post(self, administration, prepared): ...
    def find(self, administration, queries): ...
    def read(self, administration, ids): ...
    def list_marked(self, administration, start, end): ...

def code(name, fix="Kies een rekening bij {where}."):
    text = ProblemText(message="Er is iets met {where}.", cause="Daarom.", fix=fix)
    return ProblemCode(code=name, texts={"nl": text, "en": text, "de": text}, facts=("where",))
"""
GOOD = """
@hookimpl
def register_source(register):
    register(Shop)
"""
BOTH = """
@hookimpl
def register_source(register):
    register(Shop)

@hookimpl
def register_target(register):
    register(Books)

@hookimpl
def register_problem_codes(register):
    register(code("shop-closed"))
"""

Load = Callable[..., PluginHost]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Install plugins in a folder, each as a distribution with metadata of its own, and load them from there."""
    site = tmp_path / "site"
    monkeypatch.syspath_prepend(str(site))

    def install(environ: dict[str, str] | None = None, **plugins: str) -> PluginHost:
        for name, source in plugins.items():
            module = f"{tmp_path.name}_{name}".replace("-", "_")
            about = site / f"their_{name}-1.2.3.dist-info"
            about.mkdir(parents=True)
            (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: their-{name}\nVersion: 1.2.3\n")
            (about / "entry_points.txt").write_text(f"[boekbrug]\n{name} = {module}\n")
            (site / f"{module}.py").write_text(HEAD + textwrap.dedent(source))
        found = [point for one in metadata.distributions(path=[str(site)]) for point in one.entry_points]
        return PluginHost.load(structlog.get_logger(), found, environ or {})

    return install


def refusal(host: PluginHost) -> str:
    (sentence,) = host.refused
    assert sentence.startswith("Plugin ") and sentence.endswith(".")
    return sentence


def test_plugin_is_shown_with_version_origin_and_kinds(load: Load, tmp_path: Path) -> None:
    host = load(both=BOTH)
    (installed,) = host.installed
    assert (installed.name, installed.version, installed.distribution) == ("both", "1.2.3", "their-both")
    assert Path(installed.file).parent == tmp_path / "site"
    assert installed.kinds == ("source shop", "target books")
    assert (list(host.sources), list(host.targets), host.refused) == (["shop"], ["books"], ())


def test_problem_codes_of_a_plugin_are_explained(load: Load) -> None:
    codes = load(both=BOTH).problem_codes
    assert codes.explain(Problem(code="shop-closed", facts={"where": "de kassa"}), "nl").message == (
        "Er is iets met de kassa."
    )


def test_each_plugin_is_logged_with_version_and_file(load: Load) -> None:
    with capture_logs() as logged:
        load(good=GOOD, bad="raise RuntimeError('no')")
    assert [(line["event"], line["name"]) for line in logged] == [("plugin-refused", "bad"), ("plugin-loaded", "good")]
    assert logged[1]["version"] == "1.2.3"
    assert logged[1]["file"].endswith(".py")


def test_broken_plugin_never_stops_a_sibling(load: Load) -> None:
    host = load(aaa="import not_there_at_all", good=GOOD, zzz="def (")
    assert list(host.sources) == ["shop"]
    assert len(host.refused) == 2
    assert "not_there_at_all" in host.refused[0]


def test_exception_inside_a_hook_refuses_that_plugin_alone(load: Load) -> None:
    raises = "@hookimpl\ndef register_source(register):\n    raise LookupError('half way')\n"
    host = load(aaa=raises, good=GOOD)
    assert list(host.sources) == ["shop"]
    assert refusal(host) == "Plugin aaa failed while it was loaded: LookupError: half way."


def test_plugin_that_fails_half_way_leaves_nothing_behind(load: Load) -> None:
    half = "\n@hookimpl\ndef register_target(register):\n    raise LookupError('second hook')\n"
    host = load(half=GOOD + half)
    assert not host.sources
    assert not host.installed


def test_contract_out_of_range_is_refused_in_a_full_sentence(load: Load) -> None:
    host = load(old=GOOD + "boekbrug_contract = ((0, 1), (0, 9))\n")
    assert refusal(host) == (
        "Plugin old supports contract 0.1 to 0.9, but this boekbrug speaks contract 1.0; "
        "install a release of old that supports 1.0."
    )


def test_contract_in_range_is_taken(load: Load) -> None:
    assert list(load(wide=GOOD + "boekbrug_contract = ((0, 9), (1, 4))\n").sources) == ["shop"]


def test_malformed_contract_range_is_refused(load: Load) -> None:
    assert "write it as ((1, 0), (1, 0))" in refusal(load(odd=GOOD + "boekbrug_contract = '1.0'\n"))


def test_wrong_hook_argument_is_refused_naming_it(load: Load) -> None:
    sentence = refusal(load(args="@hookimpl\ndef register_source(registry):\n    pass\n"))
    assert "register_source" in sentence
    assert "registry" in sentence


def test_unknown_hook_is_refused_naming_it(load: Load) -> None:
    assert "register_sorce" in refusal(load(typo="@hookimpl\ndef register_sorce(register):\n    pass\n"))


def test_module_without_hooks_is_refused(load: Load) -> None:
    assert "decorate its functions with hookimpl" in refusal(load(none="pass"))


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("Shop.name = 'My Shop'", "`name`"),
        ("del Shop.name", "`name`"),
        ("Shop.Settings = dict", "`Settings`"),
        ("Shop.capabilities = Books.capabilities", "`capabilities` are not SourceCapabilities"),
        ("class Shop(Source):\n    name = 'shop'", "it leaves out catalogue, check, fetch, read, units"),
        ("Shop = Books", "it is not a subclass of Source"),
        ("Shop = Shop(None, None)", "it is not a subclass of Source"),
    ],
)
def test_class_that_does_not_fit_is_refused_saying_what_is_missing(load: Load, broken: str, said: str) -> None:
    assert said in refusal(load(broken=f"{broken}\n{GOOD}"))


def test_all_misfits_of_a_class_are_said_at_once(load: Load) -> None:
    sentence = refusal(load(broken="Shop.name = ''\nShop.Settings = None\n" + GOOD))
    assert "`name`" in sentence
    assert "`Settings`" in sentence


def test_name_of_a_sibling_is_refused_and_the_sibling_stays(load: Load) -> None:
    host = load(first=GOOD, second=GOOD)
    assert [installed.name for installed in host.installed] == ["first"]
    assert "which plugin first already registers" in refusal(host)


def test_one_class_registered_twice_is_refused(load: Load) -> None:
    assert "registers source shop twice" in refusal(load(twice=GOOD + "    register(Shop)\n"))


def test_problem_code_of_the_house_is_refused(load: Load) -> None:
    taken = "\n@hookimpl\ndef register_problem_codes(register):\n    register(code('wrong-key'))\n"
    host = load(taken=GOOD + taken)
    assert "problem code wrong-key, which boekbrug itself already has" in refusal(host)
    assert not host.sources


def test_stand_in_is_found_by_name(load: Load) -> None:
    host = load(shop=GOOD + "\n@hookimpl\ndef register_standin(register):\n    register('shop', lambda s: s)\n")
    assert list(host.standins) == ["shop"]
    assert host.installed[0].kinds == ("source shop", "standin shop")


def test_stand_in_that_is_no_function_is_refused(load: Load) -> None:
    host = load(shop=GOOD + "\n@hookimpl\ndef register_standin(register):\n    register('shop', 7)\n")
    assert "registers stand-in 'shop'; register a lower-case name and a function" in refusal(host)


def test_only_named_plugins_are_loaded(load: Load) -> None:
    host = load(environ={"BOEKBRUG_PLUGINS": "good, absent"}, good=GOOD, other=BOTH)
    assert [installed.name for installed in host.installed] == ["good"]
    assert refusal(host) == "Plugin absent is named in BOEKBRUG_PLUGINS, but it is not installed."


def test_trace_logs_each_hook_call(load: Load) -> None:
    with capture_logs() as logged:
        load(environ={"BOEKBRUG_TRACE_HOOKS": "1"}, good=GOOD)
    calls = [(line["event"], line["plugin"], line["hook"]) for line in logged if line["event"].startswith("hook")]
    assert ("hook-called", "good", "register_source") in calls
    assert ("hook-returned", "good", "register_source") in calls


def test_built_in_plugins_come_through_the_same_door() -> None:
    host = PluginHost.load(structlog.get_logger())
    assert {"files", "ledger"} <= {point.name for point in metadata.entry_points(group="boekbrug")}
    assert len(host.installed) + len(host.refused) >= 2
