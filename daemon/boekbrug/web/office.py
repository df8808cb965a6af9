"""Beheer, over all licences: health, problems by code, licences, the account of acts, mail, cases."""

from collections.abc import Mapping
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Response
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse

from boekbrug.acts import authorise, cases, licences, mailing
from boekbrug.acts.desk import ActRefused
from boekbrug.acts.problems import ShownProblem, show
from boekbrug.contract import Because
from boekbrug.problems import Catalogue
from boekbrug.runtime.metrics import read_stock
from boekbrug.store import audit, board, connections, outbox, problems, search, workers
from boekbrug.store import cases as kept
from boekbrug.store.licences import ACTIVE, NEW, PAUSED
from boekbrug.store.licences import list_all as list_licences
from boekbrug.store.problems import Open
from boekbrug.sync.house import House
from boekbrug.web.door import LARGEST, Door, Id, PathId, Right, Visit
from boekbrug.web.licence import moment
from boekbrug.web.page import Pages, kept_language
from boekbrug.web.writing import Writing

PAGE = 50
TROUBLES = 25
SWITCHES = {"activate": licences.activate, "pause": licences.pause, "resume": licences.resume, "end": licences.end}
OFFERED: Mapping[str, tuple[str, ...]] = {NEW: ("activate",), ACTIVE: ("pause",), PAUSED: ("resume", "end")}
Operator = Right.OPERATE


class Code(NamedTuple):
    """Open problems of one code over all licences."""

    code: str
    severity: str
    number: int
    licences: int
    title: str


def office_routes(pages: Pages, door: Door) -> APIRouter:
    """Make `/office`."""
    router = APIRouter(prefix="/office", include_in_schema=False)
    house = pages.house

    @router.get("")
    def health(request: Request, visit: Annotated[Visit, Depends(door.needs(Operator))]) -> Response:
        writing = pages.writing(request, visit)
        stock, unclaimed = read_stock(house.database), len(authorise.unclaimed(house))
        with house.database.read() as connection:
            now = house.database.now(connection)
            values = {
                "stock": stock, "workers": workers.list_all(connection), "now": now, "moment": moment,
                "codes": _codes(connection, house.plugins.problem_codes, writing.language),
                "open_cases": kept.count_open(connection), "unclaimed": unclaimed,
                "paused": [row.name for row in connections.list_all(connection) if row.state == connections.PAUSED],
                "plugins": house.plugins.installed, "refused": house.plugins.refused,
                "mails": bool(house.settings.mail.host),
            }  # fmt: skip
        return pages.render(request, writing, "office.html", values, visit, "health")

    @router.get("/problems")
    def of_code(
        request: Request, visit: Annotated[Visit, Depends(door.needs(Operator))], code: str = "", after: Id = 0
    ) -> Response:
        writing = pages.writing(request, visit)
        found, more = open_everywhere(house, writing.language, code[:64], after)
        with house.database.read() as connection:
            known = _codes(connection, house.plugins.problem_codes, writing.language)
        values = {"shown": found, "codes": known, "code": code, "moment": moment, "more": more}
        return pages.render(request, writing, "office_problems.html", values, visit, "all-problems")

    @router.get("/licences")
    def every(request: Request, visit: Annotated[Visit, Depends(door.needs(Operator))], after: str = "") -> Response:
        with house.database.read() as connection:
            lines = board.lines(connection, after, PAGE + 1, None)
        values = {
            "lines": lines[:PAGE], "more": lines[PAGE - 1].name if len(lines) > PAGE else "", "offered": OFFERED,
            "moment": moment,
        }  # fmt: skip
        return pages.render(request, pages.writing(request, visit), "office_licences.html", values, visit, "licences")

    @router.post("/licences/switch")
    def switch(visit: Annotated[Visit, Depends(door.needs(Operator))]) -> Response:
        chosen = SWITCHES.get(visit.fields.one("to"))
        if chosen is None:
            raise ActRefused(Because("Choose what to do."))
        chosen(visit.desk(house), licences.get(house, visit.fields.one("name")))
        return _to(visit, "/licences", "switched")

    @router.get("/audit")
    def account(
        request: Request,
        visit: Annotated[Visit, Depends(door.needs(Operator))],
        before: Id = LARGEST,
        actor: str = "",
        act: str = "",
    ) -> Response:
        with house.database.read() as connection:
            found = audit.search(connection, PAGE + 1, before=before, actor=actor.strip()[:255], act=act.strip()[:64])
            acts, names = audit.acts(connection), {row.id: row.name for row in list_licences(connection)}
        values = {
            "found": found[:PAGE], "more": found[PAGE - 1].id if len(found) > PAGE else None, "moment": moment,
            "actor": actor, "act": act, "acts": acts, "names": names,
        }  # fmt: skip
        return pages.render(request, pages.writing(request, visit), "office_audit.html", values, visit, "audit")

    @router.get("/mail")
    def mail(
        request: Request, visit: Annotated[Visit, Depends(door.needs(Operator))], before: Id = LARGEST
    ) -> Response:
        found = mailing.list_latest(house, PAGE + 1, before)
        values = {
            "found": found[:PAGE], "more": found[PAGE - 1].id if len(found) > PAGE else None, "moment": moment,
            "over": outbox.OVER, "mails": bool(house.settings.mail.host),
        }  # fmt: skip
        return pages.render(request, pages.writing(request, visit), "office_mail.html", values, visit, "mail")

    @router.post("/mail/{mail:int}")
    def decide(mail: PathId, visit: Annotated[Visit, Depends(door.needs(Operator))]) -> Response:
        chosen = mailing.withdraw if visit.fields.one("withdraw") else mailing.again
        chosen(visit.desk(house), mail)
        return _to(visit, "/mail", "mail-withdrawn" if visit.fields.one("withdraw") else "mail-again")

    @router.get("/cases")
    def raised(
        request: Request, visit: Annotated[Visit, Depends(door.needs(Operator))], before: Id = LARGEST
    ) -> Response:
        writing, codes = pages.writing(request, visit), house.plugins.problem_codes
        with house.database.read() as connection:
            found = kept.list_latest(connection, PAGE + 1, before)
            names = {row.id: row.name for row in list_licences(connection)}
        values = {
            "found": [(one, _in_words(cases.facts_of(one), codes, writing)) for one in found[:PAGE]],
            "names": names, "moment": moment,
            "more": found[PAGE - 1].id if len(found) > PAGE else None,
        }  # fmt: skip
        return pages.render(request, writing, "office_cases.html", values, visit, "cases")

    @router.post("/cases/{case:int}/close")
    def close(case: PathId, visit: Annotated[Visit, Depends(door.needs(Operator))]) -> Response:
        cases.close(visit.desk(house), case, visit.fields.one("note"))
        return _to(visit, "/cases", "case-closed")

    return router


def open_everywhere(
    house: House, language: str, code: str, after: int
) -> tuple[list[tuple[Open, ShownProblem]], int | None]:
    """List open problems of all licences, of one code if it is named, and say after which the next page begins."""
    with house.database.read() as connection:
        found = problems.list_open(connection, code=code or None, after=after, limit=TROUBLES + 1)
        names = {row.id: row.name for row in connections.list_all(connection)}
        links = {row.id: row.name for row in list_licences(connection)}
        numbers = search.numbers_of(connection, {one.document for one in found if one.document is not None})
    codes = house.plugins.problem_codes
    shown = [(one, show(codes, one, language, numbers, names, links)) for one in found[:TROUBLES]]
    return shown, found[TROUBLES - 1].id if len(found) > TROUBLES else None


def _in_words(facts: Mapping[str, str], codes: Catalogue, writing: Writing) -> dict[str, str]:
    """Say the facts of a case as they stood: where the sale was, and what was wrong with it."""
    state, _, reason = facts.get("state", "").partition(": ")
    titles = [codes.title(code, writing.language) for code in facts.get("problems", "").split(", ") if code]
    standing = " · ".join(part for part in (writing.known("state", state), writing.reason(reason)) if part)
    return {**facts, "state": standing, "problems": "; ".join(titles)}


def _codes(connection: Connection, codes: Catalogue, language: str) -> list[Code]:
    return [Code(*row, codes.title(row[0], language)) for row in problems.by_code(connection)]


def _to(visit: Visit, below: str, done: str) -> Response:
    return RedirectResponse(f"/office{below}{kept_language(visit.fields, done=done, n='1')}", 303)
