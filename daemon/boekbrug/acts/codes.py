"""The code that a new licence puts into its marks: a new one, or the one that it had in a database that was lost."""

import datetime as dt
import re
import secrets
from collections.abc import Collection, Mapping

from sqlalchemy import Connection

from boekbrug.acts.desk import ActRefused
from boekbrug.contract import Because, Target
from boekbrug.store import changes

ALPHABET = "ACDEFGHJKMNPQRTUVWXY34679"
"""Letters and digits that nobody mistakes for another."""
CODE_LENGTH = 4
A_NEW_ONE = "new"
"""What a person says instead of a code where none of those in the books was the licence's."""

_CODE = re.compile(rf"[{ALPHABET}]{{{CODE_LENGTH}}}")
_MARKED = re.compile(rf".*-({_CODE.pattern})-\d+R?", re.DOTALL)
_BEFORE, _AFTER = dt.timedelta(days=31), dt.timedelta(days=366)

Found = Mapping[str, str]
"""Codes in the books, each with the first of its marks."""


def in_books(target: Target, administration: str, start: dt.date, today: dt.date) -> Found:
    """List the codes of the marks in the books that a licence with this start could have written."""
    listed = target.list_marked(administration, start - _BEFORE, max(start, today) + _AFTER)
    found: dict[str, str] = {}
    for mark in sorted(listed):
        if one := _MARKED.fullmatch(mark):
            found.setdefault(one[1], mark)
    return found


def demand_chosen(code: str, found: Found, known: Collection[str]) -> None:
    """Raise ActRefused for a code that is in no mark, and where a person has to say which one of the books' it was."""
    if code and code != A_NEW_ONE and code not in found:
        raise ActRefused(
            Because("No mark in the books has the code {code}; found: {codes}.", code=code, codes=_shown(found))
        )
    unknown = {one: mark for one, mark in found.items() if one not in known}
    if unknown and not code:
        raise ActRefused(
            Because(
                "The database was put back, and the books hold marks with codes that it does not know: {codes}. If one "
                "of them was this licence's, create it with --code CODE, else all that it booked is booked twice; if "
                "none was, with --code new.",
                codes=_shown(unknown),
            )
        )


def _shown(found: Found) -> str:
    return ", ".join(f"{code} ({mark})" for code, mark in found.items()) or "–"


def take(connection: Connection, administration: int, code: str, found: Found) -> str:
    """Return the code that was named, or draw one that nobody had; raise ActRefused when another licence has it."""
    taken = changes.codes_of(connection, administration)
    if code and code != A_NEW_ONE:
        if code in taken:
            raise ActRefused(Because("The code {code} is that of another licence.", code=code))
        return code
    while True:
        drawn = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
        if drawn not in taken and drawn not in found:
            return drawn
