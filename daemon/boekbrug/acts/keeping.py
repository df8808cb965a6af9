"""Grants that nobody uses are kept alive, and people are told long before one ends."""

import datetime as dt
from collections.abc import Mapping

from boekbrug.contract import BoekbrugError, Problem, Severity
from boekbrug.runtime.clock import EPOCH
from boekbrug.store import grants, problems
from boekbrug.store.connections import GRANT
from boekbrug.store.problems import Opened
from boekbrug.sync import trouble
from boekbrug.sync.house import House

ENDS = "authorisation-ends"


def keep_grants(house: House) -> None:
    """Refresh what would lapse unused; warn the connections of a grant for which that fails, until it does not."""
    answers = house.grants.keep_alive(house.http())
    failed = {grant: error for grant, error in answers.items() if error is not None}
    with house.database.read() as connection:
        warned = {one.connection for one in problems.list_open(connection, code=ENDS) if one.connection is not None}
    if failed or warned:
        _tell(house, failed, warned)


def _tell(house: House, failed: Mapping[int, BoekbrugError], warned: set[int]) -> None:
    place = house.place("keeper")
    ending: dict[int, Problem] = {}
    for grant, error in failed.items():
        with house.database.read() as connection:
            using = grants.using(connection, grant)
        for one in using:
            if isinstance(error, trouble.ENDS_BY_A_PERSON):
                trouble.note(place, one.connection, error, "keep-alive")
            else:
                ending[one.connection] = Problem(code=ENDS, facts={"until": _day(one.until), "reason": error.code})
    with house.database.write() as connection:
        now = house.database.now(connection)
        for id in warned - ending.keys():
            problems.close_at_places(connection, id, "", [GRANT], now)
    opened = [
        Opened(problem, connection=id, unit="", place=GRANT, severity=Severity.WARNING)
        for id, problem in ending.items()
        if id not in warned
    ]
    place.ids.ensure(len(opened))
    with house.database.write() as connection:
        problems.open_problems(connection, opened, place.ids.take(len(opened)), house.database.now(connection))


def _day(until: int | None) -> str:
    return "" if until is None else (EPOCH + dt.timedelta(microseconds=until)).date().isoformat()
