"""Terugboeken: what is booked is countered, one sale, a selection or a day or month, with its effect shown first."""

import datetime as dt
import re
from collections.abc import Sequence
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Query, Response
from starlette.requests import Request
from starlette.responses import RedirectResponse

from boekbrug.acts.desk import ActRefused
from boekbrug.acts.reverse import Reversal, reverse
from boekbrug.contract import Because
from boekbrug.store import search
from boekbrug.web.door import Door, Id, Right, Visit
from boekbrug.web.page import Pages, kept_language
from boekbrug.web.writing import Writing

MOST = 500
_TERM = re.compile(r"[0-9]{4}-[0-9]{2}(-[0-9]{2})?")


class Asked(NamedTuple):
    """What is to be countered, on which day, and whether it is booked anew afterwards."""

    number: str
    term: str
    chosen: tuple[int, ...]
    date: dt.date | None
    rebook: bool


def undo_routes(pages: Pages, door: Door) -> APIRouter:
    """Make `/licences/<licence>/undo`."""
    router = APIRouter(prefix="/licences/{licence}", include_in_schema=False)
    house = pages.house

    @router.get("/undo")
    def look(
        request: Request,
        visit: Annotated[Visit, Depends(door.needs(Right.APPROVE))],
        sale: Annotated[list[Id] | None, Query(max_length=MOST)] = None,
        number: str = "",
        term: str = "",
        date: str = "",
        rebook: str = "",
    ) -> Response:
        asked = _asked(number, term, sale or (), date, rebook)
        writing = pages.writing(request, visit)
        found, refused = _preview(writing, visit, asked)
        values = {"asked": asked, "found": found, "refused": refused, "numbers": _numbers(asked)}
        return pages.render(request, writing, "undo.html", values, visit, "booked")

    @router.post("/undo")
    def undo(visit: Annotated[Visit, Depends(door.needs(Right.APPROVE))]) -> Response:
        fields = visit.fields
        asked = _asked(
            fields.one("number"), fields.one("term"), fields.numbers("sale"), fields.one("date"), fields.one("rebook")
        )
        if not _names_something(asked):
            raise ActRefused(Because("Choose a sale, or a day or month."))
        done = _reversed(visit, asked, only_look=False)
        there = "/booked" if visit.licence.automatic else "/approvals"
        query = kept_language(fields, done="undone", n=str(done.documents))
        return RedirectResponse(f"/licences/{visit.licence.name}{there}{query}", 303)

    def _preview(writing: Writing, visit: Visit, asked: Asked) -> tuple[Reversal | None, Sequence[str]]:
        if not _names_something(asked):
            return None, ()
        try:
            return _reversed(visit, asked, only_look=True), ()
        except ActRefused as error:
            return None, pages.reasons(writing, error)

    def _reversed(visit: Visit, asked: Asked, *, only_look: bool) -> Reversal:
        return reverse(
            visit.desk(house), visit.licence, numbers=_numbers(asked), term=asked.term, date=asked.date,
            rebook=asked.rebook, only_look=only_look,
        )  # fmt: skip

    def _numbers(asked: Asked) -> list[str]:
        with house.database.read() as connection:
            found = search.numbers_of(connection, set(asked.chosen)) if asked.chosen else {}
        return sorted(found.values()) or [asked.number] * bool(asked.number)

    return router


def _asked(number: str, term: str, chosen: Sequence[int], date: str, rebook: str) -> Asked:
    try:
        day = dt.date.fromisoformat(date)
    except ValueError:
        day = None
    term = term.strip() if _TERM.fullmatch(term.strip()) else ""
    return Asked(number.strip()[:255], term, tuple(chosen[:MOST]), day, bool(rebook))


def _names_something(asked: Asked) -> bool:
    return bool(asked.number or asked.term or asked.chosen)
