"""Change a licence by steps: write a draft, look at what it would do, propose it, and approve or reject it."""

from typing import NamedTuple

from boekbrug.acts import licences
from boekbrug.acts.desk import Act, ActRefused, Desk, NotKnown
from boekbrug.acts.licence_file import LicenceFile, differences, unwritten, written
from boekbrug.acts.licences import Applied
from boekbrug.booking.difference import Change
from boekbrug.booking.difference import differences as rules_differences
from boekbrug.booking.rule_faults import rule_faults
from boekbrug.contract import Because, SettingsError
from boekbrug.store import proposals
from boekbrug.store.licences import Licence
from boekbrug.store.proposals import APPLIED, DRAFT, OPEN, PROPOSED, REJECTED, WITHDRAWN, Proposal
from boekbrug.sync.house import House

LONGEST_NOTE = 1000


class Shown(NamedTuple):
    """A change with the licence's file before and after, what differs, and whether the licence is still as before."""

    row: Proposal
    before: LicenceFile
    after: LicenceFile
    changes: tuple[Change, ...]
    is_current: bool


def draft(desk: Desk, licence: Licence, file: LicenceFile) -> int:
    """Keep a change as a draft and return its id; raise SettingsError with all faults, ActRefused without a change."""
    before = licences.as_file(desk.house, licence)
    licences.refuse_fixed(before, file)
    if faults := rule_faults(file.rules):
        raise SettingsError([fault.within("rules") for fault in faults])
    if not differences(before, file):
        raise ActRefused(Because("Nothing was changed."))
    with desk.act("change-draft", licence.name, ids=1) as act:
        id = act.ids.take()
        row = Proposal(id, licence.id, written(before), written(file), "", DRAFT, desk.actor, act.now)
        proposals.add(act.connection, row)
        act.licence = licence.id
        act.facts = {"change": str(id)}
    return id


def shown(house: House, licence: Licence, id: int) -> Shown:
    """Read a change of a licence; raise NotKnown."""
    with house.database.read() as connection:
        row = proposals.get(connection, licence.id, id)
    if row is None:
        raise NotKnown(change=str(id))
    before, after = unwritten(row.before), unwritten(row.body)
    current = written(licences.as_file(house, licence)) == row.before
    return Shown(row, before, after, changes_of(before, after), current)


def changes_of(before: LicenceFile, after: LicenceFile) -> tuple[Change, ...]:
    """List what differs between two files of a licence, setting by setting."""
    whole = [name for name in differences(before, after) if not name.startswith("rules.")]
    own = tuple(Change(setting=name, old=_said(before, name), new=_said(after, name)) for name in whole)
    return own + rules_differences(before.rules, after.rules)


def _said(file: LicenceFile, name: str) -> str:
    return str(getattr(file, name))


def propose(desk: Desk, licence: Licence, id: int, note: str) -> None:
    """Ask for a draft to be approved; raise NotKnown or ActRefused."""
    with desk.act("change-propose", licence.name) as act:
        _move(act, licence, id, (DRAFT,), PROPOSED, note=note.strip()[:LONGEST_NOTE])


def approve(desk: Desk, licence: Licence, id: int) -> Applied:
    """Let a change take effect; raise NotKnown, ActRefused when the licence was changed otherwise meanwhile."""
    found = shown(desk.house, licence, id)
    if not found.is_current:
        raise ActRefused(Because("The licence was changed since this was written; write the change anew."))

    def decided(act: Act) -> None:
        _move(act, licence, id, OPEN, APPLIED, decided_by=desk.actor, decided_at=act.now)
        act.facts = {"change": str(id), "written by": found.row.actor}

    return licences.change(desk, licence, found.after, decided)


def reject(desk: Desk, licence: Licence, id: int) -> None:
    """Do not let a proposed change take effect; raise NotKnown or ActRefused."""
    with desk.act("change-reject", licence.name) as act:
        _move(act, licence, id, (PROPOSED,), REJECTED, decided_by=desk.actor, decided_at=act.now)


def withdraw(desk: Desk, licence: Licence, id: int) -> None:
    """Drop a change before it is decided upon; raise NotKnown or ActRefused."""
    with desk.act("change-withdraw", licence.name) as act:
        _move(act, licence, id, OPEN, WITHDRAWN, decided_by=desk.actor, decided_at=act.now)


def _move(act: Act, licence: Licence, id: int, before: tuple[str, ...], after: str, **values: object) -> None:
    found = proposals.get(act.connection, licence.id, id)
    if found is None:
        raise NotKnown(change=str(id))
    if not proposals.move(act.connection, id, before, after, **values):
        raise ActRefused(Because("This change is {state} already.", state=found.state))
    act.licence = licence.id
    act.facts = {"change": str(id)}
