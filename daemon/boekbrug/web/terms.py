"""Days and months that are composed as a whole: what waits for each, how it would be booked, and what came of it."""

from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Response
from starlette.requests import Request

from boekbrug.acts.desk import NotKnown
from boekbrug.acts.preview import preview_term
from boekbrug.store import terms
from boekbrug.store.licences import Licence
from boekbrug.store.terms import Term
from boekbrug.sync.house import House
from boekbrug.web.door import Door, PathId, Right, Visit
from boekbrug.web.licence import moment
from boekbrug.web.page import Pages

PAGE = 40


class ShownTerm(NamedTuple):
    """A term with how many documents wait for it, and its entries with their states."""

    term: Term
    waiting: int
    entries: list[tuple[int, str]]

    @property
    def name(self) -> str:
        """Return the day or month in ISO form."""
        return self.term.first_day if self.term.kind == terms.DAY else self.term.first_day[:7]


def term_routes(pages: Pages, door: Door) -> APIRouter:
    """Make `/licences/<licence>/terms`."""
    router = APIRouter(prefix="/licences/{licence}/terms", include_in_schema=False)
    house = pages.house

    @router.get("")
    def every(request: Request, visit: Annotated[Visit, Depends(door.needs(Right.SEE))], before: str = "") -> Response:
        found, more = shown_terms(house, visit.licence, before[:10])
        values = {"found": found, "moment": moment, "before": before, "more": more}
        return pages.render(request, pages.writing(request, visit), "terms.html", values, visit, "approvals")

    @router.get("/{term:int}")
    def one(request: Request, term: PathId, visit: Annotated[Visit, Depends(door.needs(Right.SEE))]) -> Response:
        writing = pages.writing(request, visit)
        with house.database.read() as connection:
            found = terms.get(connection, visit.licence.id, term)
        if found is None:
            raise NotKnown(term=str(term))
        values = {
            "one": ShownTerm(found, 0, []), "drafts": preview_term(house, visit.licence, writing.language, found),
        }  # fmt: skip
        return pages.render(request, writing, "term.html", values, visit, "approvals")

    return router


def shown_terms(house: House, licence: Licence, before: str) -> tuple[list[ShownTerm], str]:
    """List terms before an ISO day, the latest first, and say with which day the next page begins, if there is one."""
    with house.database.read() as connection:
        found = terms.latest(connection, licence.id, PAGE + 1, before)
        shown = [
            ShownTerm(one, terms.count_waiting(connection, one), terms.entries_of(connection, one.id))
            for one in found[:PAGE]
        ]
    return shown, found[PAGE - 1].first_day if len(found) > PAGE else ""
