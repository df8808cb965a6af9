"""Accept what was done in the books: an entry deleted there, or changed."""

from boekbrug.acts.desk import Act, ActRefused, Desk
from boekbrug.booking.composed import DocumentState
from boekbrug.contract import Because, Gone
from boekbrug.store import booked, changes, licences, problems, states
from boekbrug.store.licences import Licence
from boekbrug.store.states import Move, Standing
from boekbrug.store.words import Reason

_BOOKED, _SKIPPED = str(DocumentState.BOOKED), str(DocumentState.SKIPPED)


def accept(desk: Desk, licence: Licence, number: str, *, rebook: bool = False) -> int:
    """Accept a deletion or a difference of a document's entry at the target; return how many documents it concerns.

    A deleted entry books nothing from then on: its documents are skipped, or composed anew with `rebook`, which goes
    to the books under a mark of its own. Raise ActRefused when there is nothing to accept.
    """
    with desk.house.database.read() as connection:
        documents = states.numbered(connection, licence.id, [number])[number]
        found = [one for one in states.standings(connection, documents) if _is_to_accept(one, licence, rebook=rebook)]
        entries = sorted({one.entry for one in found if one.entry is not None})
        members = {document for _, _, document, _ in states.members_of(connection, entries)}
    if not found:
        raise ActRefused(
            Because(
                "Nothing of {number} was deleted or changed in the books; see: boekbrug find {number}", number=number
            )
        )
    if rebook:
        _demand_gone(desk, licence, entries)
    concerned = members | {one.document for one in found}
    with desk.act("accept", licence.name, ids=2 * len(concerned)) as act:
        standing = [
            one
            for one in states.standings(act.connection, concerned)
            if one.licence == licence.id and _is_to_accept(one, licence, rebook=rebook)
        ]
        _let_go(act, licence, [one for one in standing if one.reason == Reason.DELETED], rebook=rebook)
        problems.close_for_documents(act.connection, licence.id, [one.document for one in standing], act.now)
        changes.make_due(act.connection, licence.id, act.now)
        act.licence = licence.id
        act.facts = {"number": number, "documents": str(len(standing)), "rebook": str(rebook).lower()}
    return len(standing)


def _demand_gone(desk: Desk, licence: Licence, entries: list[int]) -> None:
    with desk.house.database.read() as connection:
        administration = licences.administration_code(connection, licence.administration)
        records = booked.records_of(connection, entries)
    answers = desk.house.instances().target(licence.target).read(administration, records)
    there = [id for id, answer in zip(records, answers, strict=True) if not isinstance(answer, Gone)]
    if there:
        raise ActRefused(
            Because(
                "Record {records} is not gone by what the target says now; reconcile again first.",
                records=", ".join(there),
            )
        )


def _is_to_accept(one: Standing, licence: Licence, *, rebook: bool) -> bool:
    if one.licence != licence.id:
        return False
    if one.state == _BOOKED:
        return one.reason == Reason.DELETED or (one.reason == Reason.DIFFERS and not rebook)
    return one.state == _SKIPPED and one.reason == Reason.DELETED and rebook


def _let_go(act: Act, licence: Licence, deleted: list[Standing], *, rebook: bool) -> None:
    if not deleted:
        return
    booked.end_memberships(act.connection, {one.entry for one in deleted if one.entry is not None}, act.now)
    documents = [one.document for one in deleted]
    if rebook:
        moves = states.compose_again(licence.id, documents, act.now)
    else:
        moves = [Move(licence.id, id, _SKIPPED, Reason.DELETED) for id in documents]
    states.move(act.connection, moves, act.ids.take(len(moves)), act.now)
