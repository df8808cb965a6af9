"""Configuratie: the rules of a licence, their history, and the steps by which they are changed."""

from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Depends, Response
from msgspec import structs
from starlette.requests import Request
from starlette.responses import RedirectResponse

from boekbrug.acts import licences, proposals, rule_sets, trial
from boekbrug.acts.desk import ActRefused
from boekbrug.acts.licence_file import LicenceFile
from boekbrug.acts.problems import in_words
from boekbrug.booking import chart_use
from boekbrug.contract import Because, BoekbrugError, Fault, Problem, ProblemText, SettingsError
from boekbrug.store import audit
from boekbrug.store import proposals as kept
from boekbrug.store.licences import ACTIVE, NEW, PAUSED, Licence
from boekbrug.store.proposals import DRAFT, OPEN, PROPOSED
from boekbrug.sync.house import House
from boekbrug.web.door import Door, PathId, Right, Visit
from boekbrug.web.licence import moment
from boekbrug.web.page import Pages, kept_language
from boekbrug.web.rulebook import chapters
from boekbrug.web.ruleform import SPARE, layout, read, values_of
from boekbrug.web.writing import Writing

ACTS_SHOWN = 30
CHANGES_SHOWN = 10
MORE_ROWS = 6
SWITCHES = {
    "activate": (licences.activate, NEW),
    "pause": (licences.pause, ACTIVE),
    "resume": (licences.resume, PAUSED),
}


class Picks(NamedTuple):
    """What a setting is picked from, as (value, name) by list; `trouble` says why lists are missing."""

    lists: Mapping[str, list[tuple[str, str]]]
    trouble: list[str]


def configure_routes(pages: Pages, door: Door) -> APIRouter:
    """Make `/licences/<licence>/rules` and what lies below it."""
    router = APIRouter(prefix="/licences/{licence}/rules", include_in_schema=False)
    house = pages.house

    @router.get("")
    def rules(request: Request, visit: Annotated[Visit, Depends(door.needs(Right.SEE))]) -> Response:
        writing, licence = pages.writing(request, visit), visit.licence
        single, tables = chapters(licences.as_file(house, licence))
        with house.database.read() as connection:
            done = audit.list_latest(connection, licence=licence.id, limit=ACTS_SHOWN)
            changes = kept.of_licence(connection, licence.id, CHANGES_SHOWN)
        offered = [name for name, (_, state) in SWITCHES.items() if state == licence.state]
        values = {
            "single": single, "tables": tables, "acts": done, "moment": moment, "edition": licence.rules,
            "changes": [one for one in changes if one.state != DRAFT or one.actor == _actor(visit)],
            "offered": offered, "questions": licences.as_file(house, licence).rules.open_questions(),
        }  # fmt: skip
        return pages.render(request, writing, "rules.html", values, visit, "rules")

    @router.post("/switch")
    def switch(visit: Annotated[Visit, Depends(door.needs(Right.APPROVE))]) -> Response:
        chosen = SWITCHES.get(visit.fields.one("to"))
        if chosen is None:
            raise ActRefused(Because("Choose what to do."))
        chosen[0](visit.desk(house), visit.licence)
        return _to(visit, "", "switched")

    @router.get("/edit")
    def edit(
        request: Request, visit: Annotated[Visit, Depends(door.needs(Right.REPAIR))], suggest: str = ""
    ) -> Response:
        file = licences.as_file(house, visit.licence)
        to_choose: tuple[str, ...] = ()
        proposed = file
        trouble: list[str] = []
        if suggest:
            try:
                rules, to_choose = rule_sets.proposed(house, visit.licence)
                proposed = structs.replace(file, rules=rules)
            except BoekbrugError as error:
                trouble = _said(house, error, pages.writing(request, visit).language)
        values = {
            "changes": proposals.changes_of(file, proposed), "to_choose": to_choose, "faults": trouble,
            "suggested": bool(suggest) and not trouble,
        }  # fmt: skip
        return form(request, visit, values_of(proposed), SPARE, values)

    @router.post("/edit")
    def sent(request: Request, visit: Annotated[Visit, Depends(door.needs(Right.REPAIR))]) -> Response:
        sent = visit.fields.plain()
        if visit.fields.one("more"):
            return form(request, visit, sent, MORE_ROWS, {"more": True})
        try:
            file = read(sent, licences.as_file(house, visit.licence))
            id = proposals.draft(visit.desk(house), visit.licence, file)
        except (SettingsError, ActRefused) as error:
            faults = pages.reasons(pages.writing(request, visit), error)
            paths = [one.path for one in getattr(error, "faults", ()) if isinstance(one, Fault)]
            answer = form(request, visit, sent, SPARE, {"faults": faults, "wrong": paths})
            answer.status_code = 400
            return answer
        return _to(visit, f"/changes/{id}")

    def form(
        request: Request, visit: Visit, values: Mapping[str, str], spare: int, more: Mapping[str, object]
    ) -> Response:
        shown: dict[str, Any] = {"changes": (), "to_choose": (), "suggested": False, "faults": [], "wrong": ()}
        shown |= dict(more)
        laid = layout(values, spare)
        changed = [one.setting for one in shown["changes"]]
        # what is to be mended or was proposed lies open; the rest is folded, as it is long
        unfolded = {"schedule"} | laid.parts_of([*shown["wrong"], *changed, *shown["to_choose"]])
        if shown.pop("more", False):
            unfolded |= {grid.name for grid in laid.grids}
        shown |= {"form": laid, "unfolded": unfolded, "named": named, "picks": _picks(house, visit.licence)}
        return pages.render(request, pages.writing(request, visit), "edit.html", shown, visit, "rules")

    return router


def change_routes(pages: Pages, door: Door) -> APIRouter:
    """Make `/licences/<licence>/rules/changes/<change>`."""
    router = APIRouter(prefix="/licences/{licence}/rules", include_in_schema=False)
    house = pages.house

    @router.get("/changes/{change:int}")
    def change(request: Request, change: PathId, visit: Annotated[Visit, Depends(door.needs(Right.SEE))]) -> Response:
        writing, licence = pages.writing(request, visit), visit.licence
        found = proposals.shown(house, licence, change)
        is_open = found.row.state in OPEN
        tried = trial.on_latest(house, licence, found.after.rules, writing.language) if is_open else []
        values = {
            "found": found, "tried": tried, "named": named, "is_open": is_open, "moment": moment,
            "problems": preflight(house, licence, found.after, writing.language) if is_open else [],
            "may_propose": visit.may(Right.REPAIR) and not visit.may(Right.APPROVE) and found.row.state == DRAFT,
            "may_decide": visit.may(Right.APPROVE) and is_open,
            "may_withdraw": visit.may(Right.REPAIR) and is_open, "proposed": found.row.state == PROPOSED,
        }  # fmt: skip
        return pages.render(request, writing, "change.html", values, visit, "rules")

    @router.post("/changes/{change:int}/propose")
    def propose(change: PathId, visit: Annotated[Visit, Depends(door.needs(Right.REPAIR))]) -> Response:
        proposals.propose(visit.desk(house), visit.licence, change, visit.fields.one("note"))
        return _to(visit, f"/changes/{change}", "proposed")

    @router.post("/changes/{change:int}/withdraw")
    def withdraw(change: PathId, visit: Annotated[Visit, Depends(door.needs(Right.REPAIR))]) -> Response:
        proposals.withdraw(visit.desk(house), visit.licence, change)
        return _to(visit, "", "withdrawn")

    @router.post("/changes/{change:int}/approve")
    def approve(change: PathId, visit: Annotated[Visit, Depends(door.needs(Right.APPROVE))]) -> Response:
        done = proposals.approve(visit.desk(house), visit.licence, change)
        return _to(visit, "", "applied", done.composed_again)

    @router.post("/changes/{change:int}/reject")
    def reject(change: PathId, visit: Annotated[Visit, Depends(door.needs(Right.APPROVE))]) -> Response:
        proposals.reject(visit.desk(house), visit.licence, change)
        return _to(visit, f"/changes/{change}", "turned-down")

    return router


def named(writing: Writing, setting: str) -> str:
    """Name a setting by its path, as far as we have words: Betaalmethoden · ideal · Rekening."""
    first, *rest = setting.split(".")
    words = [writing.known("rule", first)]
    if first == "vat" and rest:
        words.append(" ".join(writing.known("value", part) for part in rest.pop(0).split()))
    for part in rest:
        name = writing.known("column", part)
        words.append(name if name != part else writing.known("value", part))
    return " · ".join(words)


def _actor(visit: Visit) -> str:
    return f"web:{visit.user.email}" if visit.user else ""


def _to(visit: Visit, below: str, done: str = "", number: int = 0) -> Response:
    query = kept_language(visit.fields, done=done, n=str(number)) if done else kept_language(visit.fields)
    return RedirectResponse(f"/licences/{visit.licence.name}/rules{below}{query}", 303)


def _picks(house: House, licence: Licence) -> Picks:
    """Ask source and target for their lists; without one its settings are typed."""
    lists: dict[str, list[tuple[str, str]]] = {}
    trouble = []
    file, instances = licences.as_file(house, licence), house.instances()
    try:
        chart = instances.target(licence.target).chart(file.administration)
        lists |= {
            "accounts": [(one.code, one.name) for one in chart.accounts if not one.blocked],
            "codes": [(one.code, one.name) for one in chart.vat_codes if not one.blocked],
            "journals": [(one.code, one.name) for one in chart.journals if not one.blocked],
            "conditions": [(one.code, one.name) for one in chart.conditions],
            "cost-centres": [(code, "") for code in chart.cost_centres],
        }
    except BoekbrugError as error:
        trouble.append(file.target)
        house.log.info("configure.no-chart", licence=licence.name, code=error.code)
    try:
        methods = instances.source(licence.source).catalogue(licence.unit).payment_methods
        lists["methods"] = [(one.value, one.label) for one in methods]
    except BoekbrugError as error:
        trouble.append(file.source)
        house.log.info("configure.no-catalogue", licence=licence.name, code=error.code)
    return Picks(lists, trouble)


def _said(house: House, error: BoekbrugError, language: str) -> list[str]:
    """Say why source or target did not answer."""
    if isinstance(error, SettingsError):
        return list(error.faults)
    said = in_words(house.plugins.problem_codes, Problem(code=error.code, facts=dict(error.facts)), language)
    return [f"{said.message} {said.fix}"]


def preflight(house: House, licence: Licence, after: LicenceFile, language: str) -> list[ProblemText]:
    """Say what the target would refuse of rules that are looked at."""
    codes = house.plugins.problem_codes
    try:
        target = house.instances().target(licence.target)
        problems = target.preflight(chart_use(after.rules), target.chart(after.administration))
    except BoekbrugError as error:
        problems = [Problem(code=error.code, facts=dict(error.facts))]
    return [in_words(codes, problem, language) for problem in problems]
