"""What the buttons do: try again, set aside, take up, approve, raise a case; then back to the page they stood on."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Response
from starlette.responses import RedirectResponse

from boekbrug.acts import cases, compose_term
from boekbrug.acts.accept import accept
from boekbrug.acts.answer import answer
from boekbrug.acts.approve import approve_chosen
from boekbrug.acts.correct import correct
from boekbrug.acts.decide import decide
from boekbrug.acts.desk import ActRefused, NotKnown
from boekbrug.acts.reject import reject
from boekbrug.acts.retry import retry
from boekbrug.acts.set_aside import set_aside, take_up
from boekbrug.contract import Because
from boekbrug.store import search
from boekbrug.sync.house import House
from boekbrug.web.door import Door, Right, Visit
from boekbrug.web.find import plain_amount
from boekbrug.web.page import Pages


def deed_routes(pages: Pages, door: Door) -> APIRouter:
    """Make the addresses that forms are sent to."""
    router = APIRouter(prefix="/licences/{licence}", include_in_schema=False)
    house = pages.house

    @router.post("/retry")
    def again(visit: Annotated[Visit, Depends(door.needs(Right.REPAIR))]) -> Response:
        if visit.fields.one("all"):
            codes = [code] if (code := visit.fields.one("code")) else []
            return _back(visit, "retried", retry(visit.desk(house), visit.licence, codes).documents)
        return _back(visit, "retried", retry(visit.desk(house), visit.licence, chosen=_chosen(visit)).documents)

    @router.post("/set-aside")
    def aside(visit: Annotated[Visit, Depends(door.needs(Right.REPAIR))]) -> Response:
        reason, note = visit.fields.one("reason"), visit.fields.one("note")
        return _back(visit, "aside", set_aside(visit.desk(house), visit.licence, _chosen(visit), reason, note))

    @router.post("/take-up")
    def up(visit: Annotated[Visit, Depends(door.needs(Right.REPAIR))]) -> Response:
        return _back(visit, "taken-up", take_up(visit.desk(house), visit.licence, _chosen(visit)))

    @router.post("/report")
    def report(visit: Annotated[Visit, Depends(door.needs(Right.REPAIR))]) -> Response:
        cases.report(visit.desk(house), visit.licence, _chosen(visit)[0], visit.fields.one("text"))
        return _back(visit, "reported", 1)

    @router.post("/approve")
    def approve(visit: Annotated[Visit, Depends(door.needs(Right.APPROVE))]) -> Response:
        return _back(visit, "approved", approve_chosen(visit.desk(house), visit.licence, _chosen(visit)))

    @router.post("/reject")
    def turn_down(visit: Annotated[Visit, Depends(door.needs(Right.APPROVE))]) -> Response:
        note = visit.fields.one("note")
        return _back(visit, "rejected", reject(visit.desk(house), visit.licence, _chosen(visit), note))

    @router.post("/decide")
    def settle(visit: Annotated[Visit, Depends(door.needs(Right.REPAIR))]) -> Response:
        there = visit.fields.one("there").strip()[:255]
        number = visit.fields.one("mark") or _number(house, visit)
        decide(visit.desk(house), visit.licence, number, there=None if visit.fields.one("absent") else there)
        return _back(visit, "decided", 1)

    @router.post("/accept")
    def take(visit: Annotated[Visit, Depends(door.needs(Right.APPROVE))]) -> Response:
        rebook = bool(visit.fields.one("rebook"))
        return _back(visit, "accepted", accept(visit.desk(house), visit.licence, _number(house, visit), rebook=rebook))

    @router.post("/correct")
    def change(visit: Annotated[Visit, Depends(door.needs(Right.APPROVE))]) -> Response:
        date = _day(visit.fields.one("date"))
        correct(visit.desk(house), visit.licence, _number(house, visit), date=date)
        return _back(visit, "corrected", 1)

    @router.post("/answer")
    def say(visit: Annotated[Visit, Depends(door.needs(Right.REPAIR))]) -> Response:
        fields = visit.fields
        tenders = _pairs(fields.all("method"), fields.all("paid-amount"))
        lines = [(_money(rate), amount) for rate, amount in _pairs(fields.all("rate"), fields.all("line-amount"))]
        number = _number(house, visit)
        answer(visit.desk(house), visit.licence, number, paid=_day(fields.one("paid")), tenders=tenders, lines=lines)
        return _back(visit, "answered", 1)

    @router.post("/hurry")
    def hurry(visit: Annotated[Visit, Depends(door.needs(Right.APPROVE))]) -> Response:
        compose_term.hurry(visit.desk(house), visit.licence, visit.fields.one("term")[:10])
        return _back(visit, "hurried", 1)

    return router


def _chosen(visit: Visit) -> list[int]:
    """Return what a button of one row names, else what was ticked; raise ActRefused when that is nothing."""
    chosen = visit.fields.numbers("only") or visit.fields.numbers("sale")
    if not chosen:
        raise ActRefused(Because("Nothing was chosen; tick the rows that are meant."))
    return chosen


def _number(house: House, visit: Visit) -> str:
    """Return the number of the one document that is meant."""
    with house.database.read() as connection:
        found = search.numbers_of(connection, _chosen(visit)[:1])
    if not found:
        raise NotKnown(document=str(_chosen(visit)[0]))
    return next(iter(found.values()))


def _day(text: str) -> dt.date | None:
    if not text.strip():
        return None
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        raise ActRefused(Because("{text} is not a day.", text=text)) from None


def _pairs(names: Sequence[str], amounts: Sequence[str]) -> list[tuple[str, Decimal]]:
    """Read the rows that were filled in."""
    rows = zip(names, amounts, strict=False)
    return [(name.strip(), _money(amount)) for name, amount in rows if name.strip() and amount.strip()]


def _money(text: str) -> Decimal:
    try:
        found = Decimal(plain_amount(text.strip()).replace(",", "."))
    except InvalidOperation:
        found = Decimal("nan")
    if not found.is_finite():
        raise ActRefused(Because("{text} is not an amount; write it as 12,50.", text=text))
    return found


def _back(visit: Visit, done: str, number: int) -> Response:
    page = visit.fields.one("page")
    known = {"problems": "/problems", "open": "/open", "approvals": "/approvals", "terms": "/terms"}
    there = f"/sales/{page}" if page.isascii() and page.isdigit() else known.get(page, "")
    query: dict[str, str | int] = {"done": done, "n": number}
    if visit.fields.one("lang"):
        query["lang"] = visit.fields.one("lang")[:2]
    return RedirectResponse(f"/licences/{visit.licence.name}{there}?{urlencode(query)}", 303)
