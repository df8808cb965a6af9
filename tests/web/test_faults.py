"""Every fault of a setting is said in Dutch, English and German, wherever it is shown."""

import ast
import importlib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from string import Formatter
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
import pytest
from pydantic import BaseModel, ValidationError

from boekbrug.acts.licence_file import LicenceFile
from boekbrug.booking import reading
from boekbrug.booking.reading import shape_faults, unfit
from boekbrug.contract import Fault, PluginSettings, Problem, SettingsError, Unfit, setting
from boekbrug.problems import LANGUAGES
from boekbrug.problems.catalogue import Catalogue
from boekbrug.problems.faults import say, sentences
from boekbrug.runtime import model_faults
from boekbrug.runtime.clock import SystemClock
from boekbrug.web.writing import Writing

ON_A_TERMINAL = ("cli/", "runtime/settings.py", "runtime/secrets.py", "testing/")
"""What is read before there is a page: options of a command, the file of settings, the file of keys."""
PLUGINS = ("boekbrug_files", "boekbrug_ccvshop", "boekbrug_exactonline", "boekbrug_ledger")


def calls(name: str) -> Iterator[tuple[str, ast.Call]]:
    """Yield the calls of a name in the code of the daemon, with their file."""
    root = Path(str(files("boekbrug")))
    for file in root.rglob("*.py"):
        for spot in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(spot, ast.Call) and isinstance(spot.func, ast.Name) and spot.func.id == name:
                yield file.relative_to(root).as_posix(), spot


def templates() -> set[str]:
    """Return every template that is written in a call, and those that stand in the tables beside them."""
    written = {
        str(call.args[1].value)
        for _, call in calls("Fault")
        if len(call.args) > 1 and isinstance(call.args[1], ast.Constant)
    }
    return written | {*reading._KINDS.values(), *model_faults._KINDS.values(), *model_faults._LIMITS.values()}


def facts(sentence: str) -> set[str]:
    return {field for _, field, _, _ in Formatter().parse(sentence) if field is not None}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_fault_is_said_in_every_language(language: str) -> None:
    said = sentences(language)
    assert said.keys() == templates()
    allowed = {template: facts(template) | ({"row"} if "[{first}]" in template else set()) for template in said}
    wrong = {template for template, sentence in said.items() if not sentence or facts(sentence) - allowed[template]}
    assert wrong == set()
    assert not [sentence for sentence in said.values() if " --" in sentence]


def test_no_fault_that_a_page_can_show_is_a_bare_sentence() -> None:
    bare = [
        (file, ast.unparse(call))
        for file, call in calls("SettingsError")
        if not file.startswith(ON_A_TERMINAL)
        for one in ast.walk(call)
        if isinstance(one, ast.List)
        for item in one.elts
        if isinstance(item, ast.Constant | ast.JoinedStr)
    ]
    assert bare == []


def leaves(kind: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every setting of a licence with its type."""
    origin = get_origin(kind)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        for name, hint in get_type_hints(kind, include_extras=True).items():
            yield from leaves(hint, f"{path}.{name}")
    elif origin in (tuple, dict):
        for inner in get_args(kind):
            if inner is not ...:
                yield from leaves(inner, f"{path}[]")
    else:
        yield path, kind


def test_whatever_is_written_into_a_setting_of_a_licence_has_its_words() -> None:
    every = list(leaves(LicenceFile))
    assert len(every) > 60
    for path, kind in every:
        found = [*shape_faults([object()], kind, path), unfit(path, kind, "given")]
        assert found, path
        for language in LANGUAGES:
            assert all(one.template in sentences(language) for one in found), path


def models() -> list[type[PluginSettings]]:
    return [
        kind
        for package in PLUGINS
        for kind in vars(importlib.import_module(f"{package}.settings")).values()
        if isinstance(kind, type) and issubclass(kind, PluginSettings) and kind is not PluginSettings
    ]


def misfits(model: type[BaseModel]) -> Iterator[Fault]:
    """Yield what is found wrong when every field in turn is something of another kind."""
    fits: dict[str, Any] = {name: "x" for name, field in model.model_fields.items() if field.is_required()}
    for name in (*model.model_fields, "no-such-setting"):
        for value in ("", "x" * 5000, -(10**30), 10**30, 1.5, None, [], [1], {}, object()):
            try:
                model.model_validate({**fits, name: value})
            except ValidationError as error:
                assert issubclass(model, PluginSettings)
                yield from model_faults.model_faults(error, model)


def test_whatever_is_written_into_a_setting_of_a_connection_has_its_words() -> None:
    assert len(models()) == len(PLUGINS)
    for model in models():
        found = [*misfits(model)]
        assert found
        for one in found:
            assert one.template != "{found}", one
            for language in LANGUAGES:
                assert one.template in sentences(language) or language in one.texts, one


def test_plugins_bring_their_own_faults_in_every_language() -> None:
    texts = [
        value
        for package in PLUGINS
        for name, value in vars(importlib.import_module(f"{package}.labels")).items()
        if name.isupper() and name != "LABELS"
    ]
    assert texts
    for own in texts:
        assert own.keys() == set(LANGUAGES)
        assert {frozenset(facts(sentence)) for sentence in own.values()} == {frozenset(facts(own["en"]))}


class Strange(PluginSettings):
    """Settings of a plugin of somebody else."""

    size: int = setting(1, label="size", ge=1)


def test_fault_names_the_setting_as_its_form_does() -> None:
    dutch = Writing("nl", SystemClock().now())
    fault = Fault("vat[1].rate", "{treatment} carries no VAT; leave the rate out", treatment="export")
    assert fault == "vat[1].rate: export carries no VAT; leave the rate out"
    assert (
        dutch.fault(fault.within("rules"))
        == "Btw en omzet, rij 2, Tarief %: bij “export” hoort geen btw; laat het tarief leeg"
    )
    assert dutch.fault("a sentence of a plugin") == "a sentence of a plugin"
    try:
        Strange.model_validate({"size": 0})
    except ValidationError as error:
        (found,) = model_faults.model_faults(error, Strange)
    assert say(found, "de") == "size: muss 1 oder mehr sein"


def test_problem_keeps_its_faults_for_readers_of_every_language() -> None:
    own = Unfit({"nl": "geen {what}", "en": "no {what}", "de": "kein {what}"}, what="x").fault("a")
    error = SettingsError(
        [own, Fault("", "the folder {place} does not exist; make it, or change the setting", place="/q"), "plain {"]
    )
    assert "said" not in str(error)
    problem = Problem(code=error.code, facts=dict(error.facts))
    codes = Catalogue()
    assert codes.explain(problem, "en").cause == (
        "This is wrong: a: no x; the folder /q does not exist; make it, or change the setting; plain {."
    )
    german = codes.explain(problem, "de").cause
    assert "a: kein x; der Ordner /q ist nicht vorhanden" in german and "plain {" in german
    assert codes.explain(problem, "fr").cause.startswith("This is wrong: a: no x")
