"""What goes wrong with a connection as a whole: kept as a problem that ends by itself when the next call works."""

from collections.abc import Sequence

from sqlalchemy import Connection

from boekbrug.contract import (
    AdministrationBarred,
    AuthorisationLost,
    BoekbrugError,
    MissingRight,
    Problem,
    Retriable,
    Severity,
    WrongKey,
)
from boekbrug.store import connections, problems
from boekbrug.store.connections import OK, PAUSED, TROUBLE
from boekbrug.store.problems import Opened
from boekbrug.sync.workplace import Workplace

ENDS_BY_A_PERSON = (AuthorisationLost, WrongKey, MissingRight)
ENDED_BY_A_PERSON = frozenset(error.code for error in ENDS_BY_A_PERSON)
"""Why a connection is paused: what waits for it has its turn as soon as the person is done, and no wait of its own."""


def note(work: Workplace, connection_id: int, error: Exception, stage: str) -> None:
    """Keep an error as the connection's problem; pause the connection when only a person can mend it.

    A run that began before another paused the connection does not end that.
    """
    code = error.code if isinstance(error, BoekbrugError) else "plugin-bug"
    facts = dict(error.facts) if isinstance(error, BoekbrugError) else {"error": repr(error)}
    work.log.warning("stage.failed", stage=stage, connection=connection_id, code=code, **facts)
    work.ids.ensure(1)
    with work.database.write() as connection:
        now = work.database.now(connection)
        # what concerns one administration does not stop the licences of the others
        place = facts["administration"] if isinstance(error, AdministrationBarred) else TROUBLE
        paused = isinstance(error, ENDS_BY_A_PERSON) and place == TROUBLE
        problem = Problem(code=code, facts={"stage": stage, **facts})
        severity = Severity.WARNING if isinstance(error, Retriable) else Severity.ERROR
        if not paused and connections.get(connection, connection_id).state == PAUSED:
            return
        _open(connection, work, connection_id, place, problem, severity, now)
        connections.set_state(connection, connection_id, PAUSED if paused else OK, code if paused else "", now)


def _open(
    connection: Connection, work: Workplace, id: int, place: str, problem: Problem, severity: Severity, now: int
) -> None:
    for known in problems.list_open(connection, source=id):
        if (known.place, known.code) == (place, problem.code):
            return
    _close(connection, id, [place], now)
    opened = Opened(problem, connection=id, unit="", place=place, severity=severity)
    problems.open_problems(connection, [opened], work.ids.take(), now)


def clear(work: Workplace, connection_id: int, administration: str = "") -> None:
    """End the connection's problem, and that of one administration, after a stage that went well; not while it is
    paused, since the stage began before that.
    """
    places = [TROUBLE, administration] if administration else [TROUBLE]
    with work.database.read() as connection:
        if not connections.has_trouble(connection, connection_id, places):
            return
    with work.database.write() as connection:
        now = work.database.now(connection)
        if connections.get(connection, connection_id).state == PAUSED:
            return
        _close(connection, connection_id, places, now)
        connections.set_state(connection, connection_id, OK, "", now)


def _close(connection: Connection, id: int, places: Sequence[str], now: int) -> None:
    problems.close_at_places(connection, id, "", places, now)
