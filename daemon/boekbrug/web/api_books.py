"""The API upon the books: decide, accept, correct, reverse, reject."""

import datetime as dt
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Response

from boekbrug.acts.accept import accept
from boekbrug.acts.correct import correct
from boekbrug.acts.decide import decide
from boekbrug.acts.find import ShownEntry
from boekbrug.acts.reject import reject
from boekbrug.acts.reverse import Reversal, reverse
from boekbrug.sync.house import House
from boekbrug.web.api_calls import PREFIX, Call, Chosen, Done, Number, answer, desk_of, needs, read, says
from boekbrug.web.door import Door, Right


class DecideCall(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of which document or mark; `there` is the record's number or id in the books, null when it is not there."""

    number: Number
    there: Number | None


class AcceptCall(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of which document, or entry by its mark, a deletion or a difference is right; and whether it is booked anew."""

    number: Number
    rebook: bool = False


class CorrectCall(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which document is corrected, on which day where its own is closed; `only_look` writes nothing."""

    number: Number
    date: dt.date | None = None
    only_look: bool = False


class ReverseCall(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is countered: documents or marks, or a term; `only_look` writes nothing."""

    numbers: Annotated[list[Number], msgspec.Meta(max_length=500)] = []
    term: Annotated[str, msgspec.Meta(pattern="^([0-9]{4}-[0-9]{2}(-[0-9]{2})?)?$")] = ""
    date: dt.date | None = None
    rebook: bool = False
    only_look: bool = False


class RejectCall(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which entries are not approved, and why."""

    entries: Chosen
    note: Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]


class Entries(msgspec.Struct, frozen=True, kw_only=True):
    """The entries that a correction books."""

    entries: tuple[ShownEntry, ...]


def api_books(house: House, door: Door) -> APIRouter:
    """Make the routes."""
    router = APIRouter(prefix=f"{PREFIX}/licences/{{licence}}")
    may_repair, may_approve = Depends(needs(door, Right.REPAIR)), Depends(needs(door, Right.APPROVE))

    @router.post("/decide", **says(Done, DecideCall))
    def settle(call: Annotated[Call, may_repair]) -> Response:
        """Say whether an entry in doubt is in the books, where the package cannot tell."""
        sent = read(call, DecideCall)
        decide(desk_of(house, call), call.visit.licence, sent.number, there=sent.there)
        return answer(Done(count=1))

    @router.post("/accept", **says(Done, AcceptCall))
    def take(call: Annotated[Call, may_approve]) -> Response:
        """Accept that an entry was deleted or changed in the books."""
        sent = read(call, AcceptCall)
        return answer(Done(count=accept(desk_of(house, call), call.visit.licence, sent.number, rebook=sent.rebook)))

    @router.post("/correct", **says(Entries, CorrectCall))
    def change(call: Annotated[Call, may_approve]) -> Response:
        """Take a document that changed out as it was booked, and put it in as it is now."""
        sent = read(call, CorrectCall)
        desk, licence = desk_of(house, call), call.visit.licence
        return answer(Entries(entries=correct(desk, licence, sent.number, date=sent.date, only_look=sent.only_look)))

    @router.post("/reverse", **says(Reversal, ReverseCall))
    def counter(call: Annotated[Call, may_approve]) -> Response:
        """Counter what is booked, and say what that changes per box of the VAT return."""
        sent = read(call, ReverseCall)
        chosen = {name: getattr(sent, name) for name in sent.__struct_fields__}
        return answer(reverse(desk_of(house, call), call.visit.licence, **chosen))

    @router.post("/reject", **says(Done, RejectCall))
    def turn_down(call: Annotated[Call, may_approve]) -> Response:
        """Do not let entries go to the books as they were shown."""
        sent = read(call, RejectCall)
        return answer(Done(count=reject(desk_of(house, call), call.visit.licence, sent.entries, sent.note)))

    return router
