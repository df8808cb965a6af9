"""What went wrong, as sentences that say what to do next, and the exit code that goes with it."""

import sqlite3
from collections.abc import Iterator

from sqlalchemy.exc import OperationalError

from boekbrug.acts.desk import ActRefused, NotKnown
from boekbrug.acts.problems import in_words
from boekbrug.cli.exits import Exit
from boekbrug.cli.shared import note
from boekbrug.contract import BoekbrugError, PluginBug, Problem, SettingsError, StorageFull
from boekbrug.problems import Catalogue


class NoDatabase(BoekbrugError):
    """There is no database yet; run `boekbrug init` for a new one, or name the settings file with --config."""

    code = "no-database"


def answer(error: Exception) -> Exit | None:
    """Say what went wrong on standard error and return the exit code; None for what is no error of ours."""
    if isinstance(error, (OperationalError, sqlite3.OperationalError)):
        reason = str(error.orig if isinstance(error, OperationalError) else error).strip()
        advice = next((advice for sign, advice in _ADVICE.items() if sign in reason), _ADVICE[""])
        note(f"The database cannot be used: {reason}. {advice}")
        return Exit.LATER
    if not isinstance(error, BoekbrugError):
        return None
    for sentence in sentences(error):
        note(sentence)
    if error.retry_helps:
        return Exit.LATER
    return Exit.BUG if isinstance(error, PluginBug) else Exit.USAGE


_ADVICE = {
    "full": "Make room on its disk and try again; nothing is lost.",
    "disk I/O": "Has its disk room, may this user have more of it, and is it sound? Nothing is lost; try again.",
    "readonly": "Let this user write it and its folder, or work as the user that it belongs to.",
    "unable to open": "Does its folder exist, and may this user read and write it?",
    "": "Is it running, and is its address right?",
}


def sentences(error: BoekbrugError) -> Iterator[str]:
    """Put an error into sentences."""
    if isinstance(error, SettingsError):
        where = error.facts.get("file", "")
        yield f"This is wrong{f' in {where}' if where and where != 'None' else ''}:"
        yield from (f"  {fault}" for fault in error.faults)
    elif isinstance(error, ActRefused):
        yield from error.reasons
        yield from (sentence_of(problem) for problem in error.problems)
    elif isinstance(error, NotKnown):
        kind, name = next(iter(error.facts.items()))
        yield f"There is no {kind} {name}{_LISTED.get(kind, '.')}"
    else:
        facts = ", ".join(f"{name}: {value}" for name, value in error.facts.items())
        yield f"{error.__doc__}{f' ({facts})' if facts else ''}"
        if isinstance(error, StorageFull):
            yield _ADVICE["full"]


_LISTED = {
    "connection": "; see: boekbrug connection list",
    "licence": "; see: boekbrug licence list",
    "plugin": "; see: boekbrug plugins",
}


def sentence_of(problem: Problem, codes: Catalogue | None = None, language: str = "en") -> str:
    """Put a problem into one paragraph: what, why, and what to do."""
    text = in_words(codes or Catalogue(), problem, language)
    return f"{text.message} {text.cause} {text.fix}"
