"""Let go of claimed entries without having sent anything."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from boekbrug.booking.composed import DocumentState
from boekbrug.contract import BoekbrugError, Problem, Refused, Retriable
from boekbrug.store import effects, problems, states
from boekbrug.store.effects import RESEND, Claim
from boekbrug.store.problems import Opened
from boekbrug.store.states import Move
from boekbrug.store.words import EntryState, Reason
from boekbrug.sync.trouble import ENDED_BY_A_PERSON
from boekbrug.sync.workplace import Workplace


def give_back(work: Workplace, claims: Sequence[Claim], cause: Exception | None = None) -> None:
    """Make claimed entries or parties due again: later, or when the connection works again that `cause` paused.

    What was to go out again byte for byte still is.
    """
    if not claims:
        return
    at_once = isinstance(cause, BoekbrugError) and cause.code in ENDED_BY_A_PERSON
    after = cause.retry_after if isinstance(cause, Retriable) else None
    work.ids.ensure(2 * len(claims))
    with work.database.write() as connection:
        now = work.database.now(connection)
        rows = [
            (
                claim,
                EntryState.DUE,
                claim.reason if claim.reason == RESEND else Reason.RETRY,
                now if at_once else now + work.backoff(claim.tries + 1, after),
            )
            for claim in effects.hold(connection, claims, work.worker, now)
        ]
        effects.end_claims(connection, rows, work.ids.take(len(claims)), now)


def refuse(work: Workplace, refused: Sequence[tuple[Claim, Refused]]) -> None:
    """Keep what a target would refuse as problems of the documents; nothing was sent."""
    if not refused:
        return
    by_entry = {claim.subject: answer.problems for claim, answer in refused}
    with work.database.read() as connection:
        documents = states.count_members(connection, list(by_entry))
    work.ids.ensure(documents + sum(4 + len(answer.problems) for _, answer in refused) * 4)
    with work.database.write() as connection:
        now = work.database.now(connection)
        held = effects.hold(connection, [claim for claim, _ in refused], work.worker, now)
        rows = [(claim, EntryState.REFUSED, by_entry[claim.subject][0].code, None) for claim in held]
        effects.end_claims(connection, rows, work.ids.take(len(rows)), now)
        show_refused(connection, work, by_entry, now)


def show_refused(connection: Connection, work: Workplace, by_entry: Mapping[int, Sequence[Problem]], now: int) -> None:
    """Move the documents of refused entries, and open their problems."""
    moves, opened = [], []
    # what is wrong with a total is told once, not for each of its documents
    told: set[int] = set()
    for entry, licence, document, _ in states.members_of(connection, list(by_entry)):
        found = by_entry[entry]
        moves.append(Move(licence, document, DocumentState.PROBLEM, found[0].code, entry))
        opened += [
            Opened(problem, licence=licence, document=document, entry=entry,
                   severity=work.instances.severity(problem.code))
            for problem in found
            if entry not in told
        ]  # fmt: skip
        told.add(entry)
    states.move(connection, moves, work.ids.take(len(moves)), now)
    problems.open_problems(connection, opened, work.ids.take(len(opened)), now)
