"""What is asked of every plugin class, whether source or target."""

import inspect
from collections.abc import Iterable, Iterator, Sequence
from string import Formatter
from typing import Any

import msgspec
from pydantic import ValidationError

from boekbrug.contract import CheckResult, PluginSettings, Problem, ProblemCode
from boekbrug.contract.settings import secret_fields
from boekbrug.problems.catalogue import DETAILS, faults
from boekbrug.testing.rules import Broken, Rule, require
from boekbrug.testing.subjects import Subject, registered_codes

AnySubject = Subject[Any, Any]


def check_finds_a_good_connection_good(subject: AnySubject) -> None:
    """`check` answers without problems where the settings work."""
    result = _checked(subject.open())
    require(result.ok, f"check found {result.problems} with settings that work")


def check_names_what_is_wrong(subject: AnySubject) -> None:
    """`check` answers with problems, and never raises, for each of the settings that are wrong."""
    require(subject.world.misconfigured, "the world names no settings that are wrong")
    for settings in subject.world.misconfigured:
        try:
            result = _checked(subject.open(settings))
        except ValidationError as early:
            sentence = f"settings that only the outside world can refuse were not taken: {early}"
            raise Broken(sentence) from None
        require(not result.ok, f"check found nothing wrong with {sorted(settings)}")


def check_uses_codes_with_texts(subject: AnySubject) -> None:
    """The problems of `check` name registered codes and state their facts as text."""
    for settings in subject.world.misconfigured:
        require_registered(subject, _checked(subject.open(settings)).problems)


def problem_codes_have_three_languages(subject: AnySubject) -> None:
    """Every problem code that the plugin registers has texts in nl, en and de that use declared facts only."""
    for code in registered_codes(subject.module):
        found = faults(code)
        require(not found, f"{code.code}: {'; '.join(found)}")


def settings_say_how_to_ask(subject: AnySubject) -> None:
    """Settings derive from PluginSettings; each field has a label key; words for it are nl, en and de."""
    model = subject.plugin.Settings
    require(issubclass(model, PluginSettings), f"{model.__name__} does not derive from PluginSettings")
    for name, field in model.model_fields.items():
        hints = field.json_schema_extra
        require(isinstance(hints, dict) and hints.get("label"), f"field {name} has no label")
        said = model.labels.get(str(hints["label"]), {}) if isinstance(hints, dict) else {}
        require(not said or said.keys() == {"nl", "en", "de"}, f"the label of field {name} is not in nl, en and de")


def secrets_stay_out_of_log_and_problems(subject: AnySubject) -> None:
    """No value of a secret setting reaches the log or the facts of a problem."""
    for settings in (subject.world.settings, *subject.world.misconfigured):
        plugin = subject.open(settings)
        said = f"{_checked(plugin).problems} {subject.contexts[-1].log.events}"
        for name in secret_fields(subject.plugin.Settings):
            value = settings.get(name)
            require(not value or str(value) not in said, f"the value of {name} was said: {said}")


def require_registered(subject: AnySubject, problems: Iterable[Problem]) -> None:
    """Break the rule for a problem whose code or facts are not registered."""
    for problem in problems:
        code = subject.codes.get(problem.code)
        require(code is not None, f"{problem.code} is not a registered problem code")
        assert code is not None
        unsaid = _told_by_texts(code) - {*problem.facts, DETAILS}
        require(not unsaid, f"{problem.code} came without {sorted(unsaid)}, which its texts tell")
        for name, value in problem.facts.items():
            require(isinstance(value, str), f"fact {name} of {problem.code} is {value!r}, not text")


def _told_by_texts(code: ProblemCode) -> set[str]:
    sentences = [sentence for text in code.texts.values() for sentence in msgspec.structs.astuple(text)]
    return {name for sentence in sentences for _, name, _, _ in Formatter().parse(sentence) if name}


def optional_verbs(protocols: Sequence[type[Any]]) -> Rule[AnySubject]:
    """Make the rule that optional verbs are whole and take what their protocol says."""

    def optional_verbs_match_their_protocols(subject: AnySubject) -> None:
        """An optional protocol is offered whole, with the parameters that the contract names."""
        for protocol in protocols:
            verbs = [name for name, verb in vars(protocol).items() if inspect.isfunction(verb) and name[0] != "_"]
            offered = [name for name in verbs if hasattr(subject.plugin, name)]
            require(offered in ([], verbs), f"{protocol.__name__} is offered in part: {offered} of {verbs}")
            for name in offered:
                asked = _parameters(vars(protocol)[name])
                given = _parameters(inspect.getattr_static(subject.plugin, name))
                require(asked == given, f"{name} takes {given}, and the contract says {asked}")

    return Rule(optional_verbs_match_their_protocols)


def _parameters(verb: Any) -> list[str]:
    plain = verb.__func__ if isinstance(verb, staticmethod | classmethod) else verb
    return [name for name in inspect.signature(plain).parameters if name != "self"]


def _checked(plugin: Any) -> CheckResult:
    result = plugin.check()
    require(isinstance(result, CheckResult), f"check answered {result!r}")
    assert isinstance(result, CheckResult)
    return result


def leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield what a value consists of, each with the name of its field."""
    if isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            yield from leaves(getattr(value, field), field)
    elif isinstance(value, tuple | list):
        for part in value:
            yield from leaves(part, name)
    else:
        yield name, value


SHARED_RULES: tuple[Rule[AnySubject], ...] = (
    Rule(check_finds_a_good_connection_good),
    Rule(check_names_what_is_wrong),
    Rule(check_uses_codes_with_texts),
    Rule(problem_codes_have_three_languages),
    Rule(settings_say_how_to_ask),
    Rule(secrets_stay_out_of_log_and_problems, lambda plugin: bool(secret_fields(plugin.Settings))),
)
