"""Notices: whoever sees a licence is told once when a connection stands still until a person mends it."""

from collections.abc import Sequence
from itertools import groupby

from boekbrug.acts import mailing
from boekbrug.acts.desk import Desk
from boekbrug.acts.letters import LetterKind
from boekbrug.acts.problems import in_words
from boekbrug.contract import Problem
from boekbrug.store import standstill
from boekbrug.store.people import User
from boekbrug.store.standstill import Paused
from boekbrug.sync.house import House

ACTOR = "boekbrug"
LASTS = 5 * 24 * 3600 * 1_000_000
"""Microseconds for which a notice is tried (RFC 5321 §4.5.4.1)."""


def write_notices(house: House) -> int:
    """Put a notice into the outbox for every standstill that nobody was told of; return how many standstills.

    Connections of one grant that is lost stand still together, and are one notice; of several nodes one writes it.
    """
    if not house.settings.mail.host:
        return 0
    with house.database.read() as connection:
        paused, told = standstill.paused(connection), standstill.told(connection)
    if over := told - {one.problem for one in paused}:
        with house.database.write() as connection:
            standstill.forget(connection, over)
    written = 0
    for _, group in groupby(sorted(paused, key=lambda one: (one.cause, one.problem)), lambda one: one.cause):
        together = list(group)
        if not told & {one.problem for one in together}:
            written += _write(Desk(house, ACTOR), together)
    return written


def _write(desk: Desk, together: Sequence[Paused]) -> bool:
    with desk.house.database.read() as connection:
        licences, people = standstill.concerned(connection, [one.id for one in together])
    if not people:
        return False
    first, names = together[0], ", ".join(one.name for one in together)
    with desk.act("notice", first.name, ids=len(people)) as act:
        if not standstill.tell(act.connection, first.problem, act.now):
            return False
        for person in people:
            told = _facts(desk.house, first, names, licences, person)
            mailing.post(desk, act, person, LetterKind.STANDSTILL, told, act.now + LASTS, first.name)
        act.facts = {"code": first.code, "connections": names, "to": ", ".join(person.email for person in people)}
    desk.house.log.warning("notice.written", connection=first.name, code=first.code, to=len(people))
    return True


def _facts(house: House, first: Paused, names: str, licences: Sequence[str], person: User) -> dict[str, str]:
    text = in_words(house.plugins.problem_codes, Problem(code=first.code, facts=first.facts), person.language)
    return {
        "connection": names, "plugin": first.plugin, "licences": ", ".join(licences), "message": text.message,
        "cause": text.cause, "fix": text.fix, "link": house.settings.service.public_url,
    }  # fmt: skip
