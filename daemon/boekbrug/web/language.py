"""The words of the pages in Dutch, English and German, and which of them a reader wants.

The catalogues are gettext's, a message found by its room (the context) and its name: half of the words stand for names
that the store holds, which have no text in any language, and a changed sentence then changes in one place.
"""

from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from io import BytesIO

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from boekbrug.problems import LANGUAGES


class _Unsaid(NullTranslations):
    """Refuses a name that no catalogue has, where gettext would show the name itself."""

    def pgettext(self, context: str, message: str) -> str:
        raise KeyError(context, message)

    def npgettext(self, context: str, msgid1: str, msgid2: str, n: int) -> str:
        raise KeyError(context, msgid1)


@cache
def catalogue(language: str) -> NullTranslations:
    """Return the words of a language, read once (50 ms); an unknown name raises KeyError."""
    with files("boekbrug.web").joinpath("locale", f"{language}.po").open("rb") as text:
        messages = read_po(text, locale=language)
    compiled = BytesIO()
    write_mo(compiled, messages)
    compiled.seek(0)
    found = GNUTranslations(compiled)
    found.add_fallback(_Unsaid())
    return found


def choose(asked: str, accepts: str) -> str:
    """Choose the language asked for, else the first of an Accept-Language header that we speak, else Dutch."""
    if asked in LANGUAGES:
        return asked
    spoken = (tag for tag in _by_preference(accepts) if tag in LANGUAGES)
    return next(spoken, LANGUAGES[0])


def _by_preference(header: str) -> list[str]:
    weighed = []
    for place, part in enumerate(header.lower().split(",")):
        tag, _, weight = part.strip().partition(";q=")
        weighed.append((-_weight(weight), place, tag[:2]))
    return [tag for _, _, tag in sorted(weighed)]


def _weight(text: str) -> float:
    try:
        return float(text) if text else 1
    except ValueError:
        return 0
