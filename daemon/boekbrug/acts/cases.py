"""Raise a case: a user asks the operator to look, with the facts as they stand."""

import msgspec

from boekbrug.acts.desk import ActRefused, Desk, NotKnown
from boekbrug.store import cases, problems, search
from boekbrug.store.cases import Case
from boekbrug.store.licences import Licence

LONGEST = 4000


def report(desk: Desk, licence: Licence, document: int, text: str) -> Case:
    """Keep a case about a document and tell the operator's log; raise NotKnown, ActRefused without a text."""
    if not (text := text.strip()[:LONGEST]):
        raise ActRefused(["Say what is wrong, or what you expected instead."])
    with desk.act("case-open", licence.name, ids=1) as act:
        hits = search.by_ids(act.connection, licence.id, [document])
        if not hits:
            raise NotKnown(document=str(document))
        found = problems.of_documents(act.connection, [licence.id], [document])
        facts = {
            "number": hits[0].number,
            "state": f"{hits[0].state}: {hits[0].reason}",
            "problems": ", ".join(sorted({one.code for one in found})),
            "mark": hits[0].mark or "",
        }
        written = msgspec.json.encode(facts).decode()
        case = Case(act.ids.take(), licence.id, document, desk.actor, text, written, cases.OPEN, act.now)
        cases.add(act.connection, case)
        act.licence = licence.id
        act.facts = {"case": str(case.id), "number": hits[0].number}
    desk.house.log.warning("case.opened", case=case.id, licence=licence.name, by=desk.actor, **facts)
    return case
