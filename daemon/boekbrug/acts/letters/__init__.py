"""The mails that boekbrug writes, in words: `<language>.toml` has a subject and a text for each kind."""

import tomllib
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import NamedTuple


class LetterKind(StrEnum):
    """What a mail is for."""

    #: a new user chooses a password
    INVITATION = "invitation"
    #: a user comes in again
    LINK = "link"
    #: an operator looks at what a user reported
    CASE = "case"
    #: a connection stands still until a person mends it
    STANDSTILL = "standstill"


class Words(NamedTuple):
    """What a mail says."""

    subject: str
    text: str


def words(kind: LetterKind, language: str, **facts: str) -> Words:
    """Write a mail of a kind; what `facts` hold is put in as it stands."""
    found = _texts(language)[kind]
    return Words(found["subject"].format_map(facts), found["text"].format_map(facts))


@cache
def _texts(language: str) -> dict[str, dict[str, str]]:
    return tomllib.loads(files(__name__).joinpath(f"{language}.toml").read_text(encoding="utf-8"))
