"""The API of days and months that are composed as a whole, and of what a person says of a held document."""

import datetime as dt
from decimal import Decimal
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query, Response

from boekbrug.acts import answer as answers
from boekbrug.acts import compose_term
from boekbrug.acts.desk import NotKnown
from boekbrug.acts.preview import Previewed, preview_term
from boekbrug.store import terms
from boekbrug.sync.house import House
from boekbrug.web.api_calls import PREFIX, Call, Done, Number, answer, desk_of, language_of, needs, read, says
from boekbrug.web.door import Door, PathId, Right
from boekbrug.web.terms import ShownTerm, shown_terms

Day = Annotated[str, Query(pattern="^([0-9]{4}-[0-9]{2}-[0-9]{2})?$")]
Amount = Annotated[str, msgspec.Meta(pattern=r"^-?[0-9]{1,12}(\.[0-9]{1,4})?$")]
"""An amount as text, with a point."""


class TermState(msgspec.Struct, frozen=True, kw_only=True):
    """A day or month; `waiting` documents belong to it, `due_at` in microseconds since 1970; entries have states."""

    id: int
    name: str
    kind: str
    state: str
    reason: str
    due_at: int | None
    waiting: int
    entries: dict[int, str]


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """A page of terms; `before` begins the next page, if there is one."""

    items: list[TermState]
    before: str | None


class ComposeCall(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which day or month is composed now."""

    term: Annotated[str, msgspec.Meta(pattern="^[0-9]{4}-[0-9]{2}(-[0-9]{2})?$")]


class PaidBy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was paid by a method of the settings."""

    method: Number
    amount: Amount


class SoldAt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was sold at a rate of VAT in percent, VAT included."""

    rate: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,2}(\.[0-9]{1,2})?$")]
    amount: Amount


class AnswerCall(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a source leaves open of a document: day of payment, methods, lines, or the day on which it is booked."""

    number: Number
    paid: dt.date | None = None
    tenders: Annotated[list[PaidBy], msgspec.Meta(max_length=100)] = []
    lines: Annotated[list[SoldAt], msgspec.Meta(max_length=100)] = []
    book_on: dt.date | None = None


def api_terms(house: House, door: Door) -> APIRouter:
    """Make the routes."""
    router = APIRouter(prefix=f"{PREFIX}/licences/{{licence}}")
    may_see, may_repair = Depends(needs(door, Right.SEE)), Depends(needs(door, Right.REPAIR))
    may_approve = Depends(needs(door, Right.APPROVE))

    @router.get("/terms", **says(Terms))
    def every(call: Annotated[Call, may_see], before: Day = "") -> Response:
        """List days and months that are composed as a whole, the latest first."""
        found, more = shown_terms(house, call.visit.licence, before)
        return answer(Terms(items=[_state(one) for one in found], before=more or None))

    @router.get("/terms/{term}", **says(list[Previewed]))
    def drafts(call: Annotated[Call, may_see], term: PathId) -> Response:
        """Compose a day or month as if it were over; nothing is written."""
        with house.database.read() as connection:
            found = terms.get(connection, call.visit.licence.id, term)
        if found is None:
            raise NotKnown(term=str(term))
        return answer(preview_term(house, call.visit.licence, language_of(call), found))

    @router.post("/compose", **says(Done, ComposeCall))
    def hurry(call: Annotated[Call, may_approve]) -> Response:
        """Compose a day or month now that is over, without waiting for the licence's delay."""
        compose_term.hurry(desk_of(house, call), call.visit.licence, read(call, ComposeCall).term)
        return answer(Done(count=1))

    @router.post("/answer", **says(Done, AnswerCall))
    def say(call: Annotated[Call, may_repair]) -> Response:
        """Say of a document what its source leaves open."""
        sent = read(call, AnswerCall)
        answers.answer(
            desk_of(house, call), call.visit.licence, sent.number, paid=sent.paid, book_on=sent.book_on,
            tenders=[(one.method, Decimal(one.amount)) for one in sent.tenders],
            lines=[(Decimal(one.rate), Decimal(one.amount)) for one in sent.lines],
        )  # fmt: skip
        return answer(Done(count=1))

    return router


def _state(one: ShownTerm) -> TermState:
    term = one.term
    return TermState(
        id=term.id, name=one.name, kind=term.kind, state=term.state, reason=term.reason, due_at=term.due_at,
        waiting=one.waiting, entries=dict(one.entries),
    )  # fmt: skip
