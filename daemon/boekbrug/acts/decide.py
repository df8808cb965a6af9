"""Say what became of an effect that the target cannot be asked about: it is there, or it is not."""

from sqlalchemy import Connection

from boekbrug.acts.desk import ActRefused, Desk
from boekbrug.contract import (
    Because,
    BoekbrugError,
    Booked,
    CannotTell,
    EffectKind,
    EntryAnswer,
    FoundEntry,
    Gone,
    Match,
)
from boekbrug.store import changes, effects, licences, states
from boekbrug.store.effects import OpenEffect
from boekbrug.store.licences import Licence
from boekbrug.store.problems import DOUBTS
from boekbrug.sync.asking import Tripped, ask
from boekbrug.sync.outcome import Absent, Concluded, Conclusion
from boekbrug.sync.workplace import MICROSECOND, Workplace


def decide(desk: Desk, licence: Licence, number: str, *, there: str | None) -> str:
    """End a doubt about a document or a mark: `there` names the record at the target, None when there is none.

    What is there counts as booked under the target's own id for it; what is not goes out again, byte for byte. Return
    the mark. Raise ActRefused while the target is still being asked, when several doubts bear the number, when several
    records bear what `there` says, when another entry answers for the record, or when a call that is thought lost
    could still arrive.
    """
    house = desk.house
    work = house.place("decide")
    item = _doubt(desk, licence, number)
    outcome = Absent() if there is None else _booked(work, licence, item, there)
    if there is None:
        _demand_quiet(work, licence, item)
    work.ids.ensure(20)
    with desk.act("decide", licence.name) as act:
        tries = effects.tries(act.connection, [item.subject])
        if isinstance(outcome, Booked) and item.kind == EffectKind.ENTRY:
            _demand_free(act.connection, item, outcome.id)
        kind = EffectKind(item.kind)
        said = Concluded(item.id, item.licence, item.subject, tries[item.subject], outcome, item.looks + 1, kind)
        Conclusion(work, act.connection, act.now).write([said])
        changes.make_due(act.connection, licence.id, act.now)
        act.licence = licence.id
        answer = "not there" if isinstance(outcome, Absent) else f"there: {outcome.id}"
        act.facts = {"mark": item.mark, "number": number, "answer": answer}
    return item.mark


def _doubt(desk: Desk, licence: Licence, number: str) -> OpenEffect:
    with desk.house.database.read() as connection:
        documents = states.numbered(connection, licence.id, [number])[number]
        found = effects.in_doubt(connection, licence.id, licence.administration, documents, number)
    if not found:
        raise ActRefused(Because("{number} is not in doubt; see: boekbrug find {number}", number=number))
    undecided = [item for item, reason in found if reason in DOUBTS]
    if not undecided:
        raise ActRefused(Because("The target is still being asked about {number}; this ends by itself.", number=number))
    if len(undecided) > 1:
        marks = ", ".join(item.mark for item in undecided)
        raise ActRefused(
            Because(
                "Several entries of {number} are in doubt; name one by its mark: {marks}", number=number, marks=marks
            )
        )
    return undecided[0]


def _booked(work: Workplace, licence: Licence, item: OpenEffect, there: str) -> Booked:
    """Take the record as the target tells it, where it does."""
    if not there.strip():
        raise ActRefused(Because("Fill in the number that it has in the books."))
    answer = _read(work, licence, there) if item.kind == EffectKind.ENTRY else None
    if isinstance(answer, Gone):
        raise ActRefused(Because("The target says that it has no record {id}; look at the number again.", id=there))
    if isinstance(answer, CannotTell) and answer.among:
        records = ", ".join(map(_described, answer.among))
        raise ActRefused(
            Because("Several records bear {id}; name one of them by its id: {records}", id=there, records=records)
        )
    if isinstance(answer, FoundEntry):
        # what was typed may be a number, or the id in another spelling, which would count as another record
        total = sum(line.minor for line in answer.lines if line.minor > 0)
        return Booked(id=answer.id, number=answer.number, total=total)
    # the person has looked; that the target cannot be asked is why they were needed
    return Booked(id=there.strip())


def _read(work: Workplace, licence: Licence, there: str) -> EntryAnswer | Tripped | None:
    """Ask the target for a record; None where it cannot be asked."""
    with work.database.read() as connection:
        administration = licences.administration_code(connection, licence.administration)
    try:
        target = work.instances.target(licence.target)
        (answer,) = ask(work, target, "read", [there], lambda ids: target.read(administration, ids))
    except BoekbrugError:
        return None
    return answer


def _described(record: Match) -> str:
    told = ", ".join(str(one) for one in (record.journal, record.date) if one)
    return f"{record.id} ({told})" if told else record.id


def _demand_quiet(work: Workplace, licence: Licence, item: OpenEffect) -> None:
    if work.instances.target(licence.target).capabilities.absence_is_final:
        return
    with work.database.read() as connection:
        left = item.intended_at + work.limits.quiet_period // MICROSECOND - work.database.now(connection)
    if left > 0:
        seconds = left // 1_000_000 + 1
        raise ActRefused(
            Because("A call that is thought lost may still arrive; look again in {seconds} seconds.", seconds=seconds)
        )


def _demand_free(connection: Connection, item: OpenEffect, id: str) -> None:
    owners = effects.answering(connection, [item.administration], [id])
    for entry, mark in owners.values():
        if entry != item.subject:
            raise ActRefused(
                Because("Record {id} is {mark} already; one record cannot stand for two sales.", id=id, mark=mark)
            )
