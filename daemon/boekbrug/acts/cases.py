"""Raise a case: a user asks the operator to look, with the facts as they stand; close it when that was done."""

import msgspec

from boekbrug.acts import mailing
from boekbrug.acts.desk import Act, ActRefused, Desk, NotKnown
from boekbrug.acts.find import Found, of_document
from boekbrug.acts.letters import LetterKind
from boekbrug.contract import Because
from boekbrug.runtime.mail import is_address
from boekbrug.store import cases, people
from boekbrug.store.cases import Case
from boekbrug.store.licences import Licence
from boekbrug.store.people import User

LONGEST = 4000
MAIL_LASTS = 5 * 24 * 3600 * 1_000_000
"""Microseconds for which mail about a case is tried (RFC 5321 §4.5.4.1)."""


def report(desk: Desk, licence: Licence, document: int, text: str) -> Case:
    """Keep a case about a document and mail it to the operators; raise NotKnown, ActRefused without a text."""
    if not (text := text.strip()[:LONGEST]):
        raise ActRefused(Because("Say what is wrong, or what you expected instead."))
    found = of_document(desk.house, licence.id, document, "nl")
    facts = _facts(found)
    with desk.house.database.read() as connection:
        keepers = people.operators(connection) if desk.house.settings.mail.host else []
    languages = {keeper.language for keeper in keepers}
    told = {language: of_document(desk.house, licence.id, document, language) for language in languages}
    with desk.act("case-open", licence.name, ids=1 + len(keepers)) as act:
        written = msgspec.json.encode(facts).decode()
        case = Case(act.ids.take(), licence.id, document, desk.actor, text, written, cases.OPEN, act.now)
        cases.add(act.connection, case)
        for keeper in keepers:
            _mail(desk, act, keeper, licence, case, told[keeper.language])
        act.licence = licence.id
        act.facts = {"case": str(case.id), "number": found.number}
    desk.house.log.warning("case.opened", case=case.id, licence=licence.name, by=desk.actor, **facts)
    return case


def _facts(found: Found) -> dict[str, str]:
    return {
        "number": found.number,
        "state": f"{found.state}: {found.reason}",
        "problems": ", ".join(sorted({one.code for one in found.problems})),
        "mark": found.entry.mark if found.entry else "",
    }


def _mail(desk: Desk, act: Act, keeper: User, licence: Licence, case: Case, found: Found) -> None:
    house = desk.house
    by = desk.actor.partition(":")[2]
    facts = {
        **_facts(found), "actor": by, "text": case.text, "licence": licence.name, "case": str(case.id),
        "total": f"{found.total} {found.currency}", "connection": found.connection,
        "problems": "\n\n".join(f"{one.message}\n{one.cause}\n{one.fix}" for one in found.problems),
        "link": f"{house.settings.service.public_url}/licences/{licence.name}/sales/{found.id}",
    }  # fmt: skip
    reply_to = by if is_address(by) else ""
    mailing.post(desk, act, keeper, LetterKind.CASE, facts, act.now + MAIL_LASTS, str(case.id), reply_to)


def close(desk: Desk, id: int, note: str) -> None:
    """Close a case, with what was done about it; raise NotKnown when it is not open."""
    with desk.act("case-close", str(id)) as act:
        case = cases.close(act.connection, id)
        if case is None:
            raise NotKnown(case=str(id))
        act.licence = case.licence
        act.facts = {"case": str(id), "note": note.strip()[:LONGEST]}


def facts_of(case: Case) -> dict[str, str]:
    """Read the facts of a case as they stood when it was raised."""
    return msgspec.json.decode(case.facts, type=dict[str, str])
