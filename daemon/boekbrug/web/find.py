"""Where is my sale: the answer as a page."""

import re
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from starlette.requests import Request

from boekbrug.acts.find import Found, find
from boekbrug.acts.listing import ShownSale
from boekbrug.booking.composed import DocumentState
from boekbrug.store.problems import DOUBTS
from boekbrug.store.words import Reason
from boekbrug.web.door import Door, Right, Visit
from boekbrug.web.page import Pages
from boekbrug.web.writing import Writing

MOST = 25
LONGEST = 254
"""As long as an e-mail address can be."""
_MONEY = re.compile(r"(?:€|EUR)?\s*(-?)\s*([0-9]{1,3}(?:[.\s][0-9]{3})+|[0-9]+),([0-9]{2})")


def find_routes(pages: Pages, door: Door) -> APIRouter:
    """Make `/find`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/find")
    def find_sale(request: Request, visit: Annotated[Visit, Depends(door.needs(Right.SEE))], q: str = "") -> Response:
        writing = pages.writing(request, visit)
        text = q.strip()[:LONGEST]
        found = find(pages.house, plain_amount(text), writing.language, MOST + 1, visit.sees) if text else []
        values = {"text": text, "found": found[:MOST], "more": len(found) > MOST, "most": MOST, "reason_of": reason_of}
        return pages.render(request, writing, "find.html", values, visit)

    return router


def reason_of(writing: Writing, state: str, reason: str) -> str:
    """Say why a document is in its state; a problem speaks for itself, and so does what we have no words for."""
    if state == DocumentState.PROBLEM:
        return ""
    if state == DocumentState.OPEN:
        return writing.word("reason.status", status=reason)
    return writing.reason(reason)


def undecided(one: Found | ShownSale) -> bool:
    """Tell whether only a person can say if a document's entry is in the books."""
    return one.state == DocumentState.IN_DOUBT and (
        one.reason == Reason.ASK_PERSON or any(problem.code in DOUBTS for problem in one.problems)
    )


def plain_amount(text: str) -> str:
    """Write an amount such as `€ 1.234,56` as `1234,56`; anything else stays as it is."""
    money = _MONEY.fullmatch(text)
    if money is None:
        return text
    sign, whole, cents = money.groups()
    return f"{sign}{re.sub(r'[^0-9]', '', whole)},{cents}"
