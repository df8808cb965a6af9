"""The faults of settings in Dutch, English and German.

The catalogues are gettext's, a message found by the English template; a plugin's fault carries its own texts.
"""

from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files

from babel.messages.pofile import read_po

from boekbrug.contract import Fault
from boekbrug.contract.errors import KeptFault, kept_faults
from boekbrug.problems.loading import LANGUAGES


@cache
def sentences(language: str) -> Mapping[str, str]:
    """Return the faults of a language by their English template, as those say it who read pages."""
    with files("boekbrug.problems").joinpath("locale", f"faults.{language}.po").open("rb") as text:
        return {str(one.id): str(one.string) for one in read_po(text, locale=language) if one.id}


def say(fault: str, language: str, write: Callable[[object], str] = str, place: Callable[[str], str] = str) -> str:
    """Put a fault into a sentence of a language, with facts and path written so; what is no Fault speaks for itself."""
    if not isinstance(fault, Fault):
        return fault
    facts = {name: write(value) for name, value in fault.facts.items()}
    return _said(KeptFault(place(fault.path) if fault.path else "", fault.template, facts, fault.texts), language)


def say_kept(kept: str, language: str) -> str:
    """Put the faults that a problem kept into sentences of a language."""
    return "; ".join(_said(one, language) for one in kept_faults(kept))


def _said(fault: KeptFault, language: str) -> str:
    spoken = language[:2] if language[:2] in LANGUAGES else "en"
    template = fault.texts.get(spoken) or sentences(spoken).get(fault.template, fault.template)
    sentence = template.format(**fault.facts)
    return f"{fault.path}: {sentence}" if fault.path else sentence
