"""Warn once a year that an administration's distance sales come near the threshold of the one-stop shop."""

import datetime as dt

from sqlalchemy import Connection

from boekbrug.booking.distance import is_near
from boekbrug.contract import Problem, Severity, from_minor
from boekbrug.store import facts, problems
from boekbrug.store.problems import Opened
from boekbrug.sync.books import Books, day_at
from boekbrug.sync.workplace import Workplace

CODE = "oss-threshold-near"
_TOLD, _DONE = "told", "done"


def warn(connection: Connection, work: Workplace, books: Books, now: int) -> None:
    """Open the warning where a year comes near the limit, and end it once the licence is in the one-stop shop.

    Takes one id.
    """
    licence, sold = books.licence, books.facts.distance
    year = day_at(now, books.zone).year
    if not is_near(sold, year):
        return
    name = f"{CODE} {licence.administration} {year}"
    before = facts.get(connection, name)
    if isinstance(books.rules.rules.oss, dt.date):
        if before == _TOLD and facts.change(connection, name, _TOLD, _DONE):
            problems.close_named(connection, CODE, name, now)
    elif before is None and facts.change(connection, name, None, _TOLD):
        said = {"sold": str(from_minor(sold[year])), "year": str(year), "administration": licence.name}
        opened = Opened(Problem(code=CODE, facts=said), licence=licence.id, place=name, severity=Severity.WARNING)
        problems.open_problems(connection, [opened], work.ids.take(), now)
