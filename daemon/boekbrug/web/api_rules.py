"""The API of what a licence is set to: read it, try a change on the latest sales, propose, approve or reject it."""

from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Depends, Response

from boekbrug.acts import licences, proposals, rule_sets, trial
from boekbrug.acts.licence_file import LicenceFile
from boekbrug.acts.trial import Tried
from boekbrug.booking import Rules
from boekbrug.booking.difference import Change
from boekbrug.booking.rule_faults import rule_faults
from boekbrug.contract import BoekbrugError, ProblemText, SettingsError
from boekbrug.store import proposals as kept
from boekbrug.store.proposals import DRAFT, OPEN
from boekbrug.sync.house import House
from boekbrug.web.api_calls import (
    PREFIX,
    Call,
    Done,
    Note,
    Refusal,
    Refused,
    answer,
    desk_of,
    language_of,
    needs,
    read,
    says,
)
from boekbrug.web.configure import SWITCHES, preflight
from boekbrug.web.door import Door, PathId, Right

MOST_CHANGES = 50


class Suggested(msgspec.Struct, frozen=True, kw_only=True):
    """Rules with what source and target answer in exactly one way, and what a person has to choose."""

    rules: Rules
    to_choose: tuple[str, ...]


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """What a change would do: to the settings, to the latest sales, and what the target would refuse."""

    changes: tuple[Change, ...]
    tried: list[Tried]
    problems: list[ProblemText]


class ShownChange(msgspec.Struct, frozen=True, kw_only=True):
    """A change of the settings; `at` is in microseconds since 1970; while it is open, with what it would do."""

    id: int
    state: str
    actor: str
    note: str
    at: int
    changes: tuple[Change, ...]
    trial: Trial | None = None


class TryCall(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The licence as it should be."""

    licence: LicenceFile


class ProposeCall(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The licence as it should be, and why."""

    licence: LicenceFile
    note: Note = ""


class SwitchCall(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is done with the licence as a whole."""

    to: Literal["activate", "pause", "resume"]


def api_rules(house: House, door: Door) -> APIRouter:
    """Make the routes of the settings as they are."""
    router = APIRouter(prefix=f"{PREFIX}/licences/{{licence}}")
    may_see, may_repair = Depends(needs(door, Right.SEE)), Depends(needs(door, Right.REPAIR))
    may_approve = Depends(needs(door, Right.APPROVE))

    @router.get("/rules", **says(LicenceFile))
    def rules(call: Annotated[Call, may_see]) -> Response:
        """Show the licence as its file would state it; what is as usual is left out."""
        return answer(licences.as_file(house, call.visit.licence))

    @router.get("/rules/suggested", **says(Suggested))
    def suggested(call: Annotated[Call, may_repair]) -> Response:
        """Ask source and target for what they answer in exactly one way; nothing is written."""
        try:
            found, to_choose = rule_sets.proposed(house, call.visit.licence)
        except BoekbrugError as error:
            raise Refused(409, Refusal(code=error.code, reasons=[str(error)])) from error
        return answer(Suggested(rules=found, to_choose=to_choose))

    @router.post("/rules/try", **says(Trial, TryCall))
    def attempt(call: Annotated[Call, may_repair]) -> Response:
        """Say what a change would do; nothing is written."""
        file = read(call, TryCall).licence
        if faults := rule_faults(file.rules):
            raise SettingsError(faults)
        before = licences.as_file(house, call.visit.licence)
        return answer(_trial(house, call, before, file))

    @router.post("/switch", **says(Done, SwitchCall))
    def switch(call: Annotated[Call, may_approve]) -> Response:
        """Activate, pause or resume the licence."""
        SWITCHES[read(call, SwitchCall).to][0](desk_of(house, call), call.visit.licence)
        return answer(Done(count=1))

    return router


def api_changes(house: House, door: Door) -> APIRouter:
    """Make the routes of the changes of settings."""
    router = APIRouter(prefix=f"{PREFIX}/licences/{{licence}}/changes")
    may_see, may_repair = Depends(needs(door, Right.SEE)), Depends(needs(door, Right.REPAIR))
    may_approve = Depends(needs(door, Right.APPROVE))

    @router.get("", **says(list[ShownChange]))
    def changes(call: Annotated[Call, may_see]) -> Response:
        """List the latest changes of the settings that were proposed, the latest first."""
        licence = call.visit.licence
        with house.database.read() as connection:
            rows = kept.of_licence(connection, licence.id, MOST_CHANGES)
        return answer([_shown(proposals.shown(house, licence, row.id)) for row in rows if row.state != DRAFT])

    @router.post("", **says(ShownChange, ProposeCall))
    def propose(call: Annotated[Call, may_repair]) -> Response:
        """Propose a change of the settings, for somebody who may approve it."""
        sent, desk, licence = read(call, ProposeCall), desk_of(house, call), call.visit.licence
        id = proposals.draft(desk, licence, sent.licence)
        proposals.propose(desk, licence, id, sent.note)
        return answer(_shown(proposals.shown(house, licence, id)))

    @router.get("/{change}", **says(ShownChange))
    def one(call: Annotated[Call, may_see], change: PathId) -> Response:
        """Show a change, with what it would do while it is not decided upon."""
        found = proposals.shown(house, call.visit.licence, change)
        is_open = found.row.state in OPEN
        return answer(_shown(found, _trial(house, call, found.before, found.after) if is_open else None))

    @router.post("/{change}/approve", **says(Done))
    def approve(call: Annotated[Call, may_approve], change: PathId) -> Response:
        """Let a proposed change of the settings take effect."""
        return answer(Done(count=proposals.approve(desk_of(house, call), call.visit.licence, change).composed_again))

    @router.post("/{change}/reject", **says(Done))
    def refuse(call: Annotated[Call, may_approve], change: PathId) -> Response:
        """Do not let a proposed change of the settings take effect."""
        proposals.reject(desk_of(house, call), call.visit.licence, change)
        return answer(Done(count=1))

    @router.post("/{change}/withdraw", **says(Done))
    def withdraw(call: Annotated[Call, may_repair], change: PathId) -> Response:
        """Take a change back before it is decided upon."""
        proposals.withdraw(desk_of(house, call), call.visit.licence, change)
        return answer(Done(count=1))

    return router


def _trial(house: House, call: Call, before: LicenceFile, after: LicenceFile) -> Trial:
    licence, language = call.visit.licence, language_of(call)
    return Trial(
        changes=proposals.changes_of(before, after), tried=trial.on_latest(house, licence, after.rules, language),
        problems=preflight(house, licence, after, language),
    )  # fmt: skip


def _shown(found: proposals.Shown, trial: Trial | None = None) -> ShownChange:
    row = found.row
    return ShownChange(
        id=row.id, state=row.state, actor=row.actor, note=row.note, at=row.at, changes=found.changes, trial=trial
    )
