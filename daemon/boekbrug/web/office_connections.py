"""Beheer of connections: add and change them by their plugin's settings, try them out, and have them authorised."""

import json
from collections.abc import Callable, Mapping
from typing import Annotated, Any, NamedTuple

import msgspec
from fastapi import APIRouter, Depends, Response
from starlette.requests import Request
from starlette.responses import RedirectResponse

from boekbrug.acts import authorise, connections
from boekbrug.acts.connections import Role
from boekbrug.acts.desk import ActRefused
from boekbrug.acts.problems import in_words
from boekbrug.contract import (
    AskKeys,
    Authorises,
    BoekbrugError,
    CheckResult,
    OpenPage,
    PluginSettings,
    Problem,
    ProblemText,
    SettingsError,
)
from boekbrug.contract.settings import label_of, secret_fields
from boekbrug.store.connections import OK, TROUBLE, UNCLAIMED, ConnectionRow
from boekbrug.store.problems import list_open
from boekbrug.sync.house import House
from boekbrug.web.door import Door, Right, Visit
from boekbrug.web.page import Pages, kept_language
from boekbrug.web.writing import Writing

Operator = Right.OPERATE
_FIELD = "set."
"""How the names of settings begin in a form, so that none is taken for a field of ours."""


class Setting(NamedTuple):
    """A setting of a plugin as a field; a secret is never shown, and stays as it is where nothing is written."""

    name: str
    label: str
    value: str
    secret: bool
    required: bool
    options: tuple[str, ...]
    #: several values, written with commas between them
    several: bool


class Detail(NamedTuple):
    """What the page of a connection shows besides its row: what was tried, where to go, and what was wrong."""

    checked: CheckResult | None = None
    go_to: str = ""
    asked: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


def connection_routes(pages: Pages, door: Door) -> APIRouter:
    """Make `/office/connections`."""
    router = APIRouter(prefix="/office/connections", include_in_schema=False)
    house = pages.house

    @router.get("")
    def every(request: Request, visit: Annotated[Visit, Depends(door.needs(Operator))]) -> Response:
        writing = pages.writing(request, visit)
        rows = connections.list_all(house)
        plugins = [(name, "source") for name in house.plugins.sources]
        plugins += [(name, "target") for name in house.plugins.targets]
        values = {
            "rows": [(row, _troubles(house, row, writing.language)) for row in rows],
            "plugins": sorted(plugins), "unclaimed": UNCLAIMED, "ok": OK,
        }  # fmt: skip
        return pages.render(request, writing, "office_connections.html", values, visit, "connections")

    def detail(request: Request, visit: Visit, name: str, said: Detail) -> Response:
        writing, row = pages.writing(request, visit), connections.get(house, name)
        kind = house.plugins.sources.get(row.plugin) if row.role == "source" else house.plugins.targets.get(row.plugin)
        model = kind.Settings if kind else PluginSettings
        authorises = kind is not None and issubclass(kind, Authorises) and row.state != UNCLAIMED
        values = {
            "row": row, "said": said,
            "settings": _settings(model, msgspec.json.decode(row.settings), {}, writing.language),
            "authorises": authorises, "arrived": authorise.arrived(house, name) if authorises else None,
            "waits": authorises and authorise.is_waiting(house, name),
            "apps": house.apps.names(row.plugin), "unclaimed": _unclaimed_for(house, row),
            "problems": [in_words(house.plugins.problem_codes, one, writing.language) for one in said.checked.problems]
            if said.checked else [], "troubles": _troubles(house, row, writing.language),
        }  # fmt: skip
        shown = pages.render(request, writing, "office_connection.html", values, visit, "connections")
        shown.status_code = 400 if said.faults else 200
        return shown

    def faults_of(request: Request, visit: Visit, name: str, error: SettingsError) -> tuple[str, ...]:
        writing, row = pages.writing(request, visit), connections.get(house, name)
        named = _namer(writing, connections.model_of(house.plugins, row.plugin, _role(row.role)))
        return tuple(pages.reasons(writing, error, named))

    @router.get("/{name}")
    def one(request: Request, name: str, visit: Annotated[Visit, Depends(door.needs(Operator))]) -> Response:
        return detail(request, visit, name, Detail())

    @router.post("/{name}")
    def change(request: Request, name: str, visit: Annotated[Visit, Depends(door.needs(Operator))]) -> Response:
        try:
            connections.change(visit.desk(house), name, _written(visit.fields.plain()))
        except SettingsError as error:
            return detail(request, visit, name, Detail(faults=faults_of(request, visit, name, error)))
        return _to(visit, name, "connection-changed")

    @router.post("/{name}/check")
    def check(request: Request, name: str, visit: Annotated[Visit, Depends(door.needs(Operator))]) -> Response:
        return detail(request, visit, name, Detail(checked=connections.check(house, connections.get(house, name))))

    @router.post("/{name}/authorise")
    def begin(request: Request, name: str, visit: Annotated[Visit, Depends(door.needs(Operator))]) -> Response:
        try:
            answer = authorise.begin(visit.desk(house), name, visit.fields.one("app"))
        except SettingsError as error:
            return detail(request, visit, name, Detail(faults=faults_of(request, visit, name, error)))
        if isinstance(answer, AskKeys):
            return detail(request, visit, name, Detail(asked=tuple(answer.fields)))
        # a link and no redirect: our policy lets no form lead elsewhere
        assert isinstance(answer, OpenPage)
        return detail(request, visit, name, Detail(go_to=answer.url))

    @router.post("/{name}/paste")
    def paste(request: Request, name: str, visit: Annotated[Visit, Depends(door.needs(Operator))]) -> Response:
        try:
            authorise.paste(visit.desk(house), name, visit.fields.one("address"))
        except (ActRefused, SettingsError):
            raise
        except BoekbrugError as error:
            said = in_words(
                house.plugins.problem_codes, Problem(code=error.code, facts=dict(error.facts)),
                pages.writing(request, visit).language,
            )  # fmt: skip
            return detail(request, visit, name, Detail(faults=(f"{said.message} {said.fix}",)))
        return _to(visit, name, "")

    @router.post("/{name}/confirm")
    def confirm(name: str, visit: Annotated[Visit, Depends(door.needs(Operator))]) -> Response:
        if visit.fields.one("deny"):
            authorise.deny(visit.desk(house), name)
            return _to(visit, name, "")
        authorise.confirm(visit.desk(house), name, visit.fields.one("identity"))
        return _to(visit, name, "connection-authorised")

    @router.post("/{name}/assign")
    def assign(name: str, visit: Annotated[Visit, Depends(door.needs(Operator))]) -> Response:
        authorise.assign(visit.desk(house), visit.fields.one("from"), name)
        return _to(visit, name, "connection-authorised")

    return router


def new_connection_routes(pages: Pages, door: Door) -> APIRouter:
    """Make `/office/new-connection`."""
    router = APIRouter(prefix="/office", include_in_schema=False)
    house = pages.house

    @router.get("/new-connection")
    def blank(
        request: Request, visit: Annotated[Visit, Depends(door.needs(Operator))], plugin: str = "", role: str = ""
    ) -> Response:
        if not plugin:
            return RedirectResponse("/office/connections", 303)
        return new(request, visit, plugin, role, {}, ())

    def new(
        request: Request, visit: Visit, plugin: str, role: str, sent: Mapping[str, str], faults: tuple[str, ...]
    ) -> Response:
        model = connections.model_of(house.plugins, plugin, _role(role))
        writing = pages.writing(request, visit)
        values = {
            "plugin": plugin, "role": role, "settings": _settings(model, {}, sent, writing.language), "faults": faults,
            "name": sent.get("name", ""),
        }  # fmt: skip
        shown = pages.render(request, writing, "office_connection_new.html", values, visit, "connections")
        shown.status_code = 400 if faults else 200
        return shown

    @router.post("/new-connection")
    def add(request: Request, visit: Annotated[Visit, Depends(door.needs(Operator))]) -> Response:
        sent = visit.fields.plain()
        name, plugin, role = (sent.get(field, "") for field in ("name", "plugin", "role"))
        try:
            connections.add(visit.desk(house), name, plugin, _written(sent), _role(role))
        except (SettingsError, ActRefused) as error:
            writing = pages.writing(request, visit)
            named = _namer(writing, connections.model_of(house.plugins, plugin, _role(role)))
            faults = pages.reasons(writing, error, named)
            return new(request, visit, plugin, role, sent, tuple(faults))
        return _to(visit, name, "connection-added")

    return router


def _role(text: str) -> Role:
    return "source" if text == "source" else "target"


def _namer(writing: Writing, model: type[PluginSettings]) -> Callable[[str], str]:
    """Name the settings of a connection as its form does."""

    def place(path: str) -> str:
        name = path.partition(".")[0]
        return label_of(model, name, writing.language) if name in model.model_fields else writing.place(path)

    return place


def _troubles(house: House, row: ConnectionRow, language: str) -> list[ProblemText]:
    with house.database.read() as connection:
        found = [one for one in list_open(connection, source=row.id) if one.place == TROUBLE]
    codes = house.plugins.problem_codes
    return [in_words(codes, Problem(code=one.code, facts=one.facts), language, place=row.name) for one in found]


def _unclaimed_for(house: House, row: ConnectionRow) -> list[ConnectionRow]:
    if row.state == UNCLAIMED:
        return []
    return [one for one in authorise.unclaimed(house) if (one.plugin, one.role) == (row.plugin, row.role)]


def _settings(
    model: type[PluginSettings], kept: Mapping[str, Any], sent: Mapping[str, str], language: str
) -> list[Setting]:
    """Show the settings as they are kept, or as they were sent; what is not set has its default."""
    hidden = secret_fields(model)
    shape = model.model_json_schema().get("properties", {})
    found = []
    for name, field in model.model_fields.items():
        value = kept.get(name, "" if field.is_required() else field.get_default(call_default_factory=True))
        text = sent.get(f"{_FIELD}{name}", _text(value))
        options = ("yes", "no") if shape[name].get("type") == "boolean" else tuple(shape[name].get("enum", ()))
        shown = "" if name in hidden else text
        label = label_of(model, name, language)
        several = shape[name].get("type") == "array" and shape[name].get("items", {}).get("type") == "string"
        found.append(Setting(name, label, shown, name in hidden, field.is_required(), options, several))
    return found


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
        return ", ".join(value)
    return "" if value is None else json.dumps(msgspec.to_builtins(value), ensure_ascii=False)


def _written(sent: Mapping[str, str]) -> dict[str, object]:
    """Read the settings of a form; a secret that was left empty is not changed."""
    named = {name.removeprefix(_FIELD): text.strip() for name, text in sent.items() if name.startswith(_FIELD)}
    hidden, several = sent.get("secrets", "").split(), sent.get("several", "").split()
    return {
        name: _each(text) if name in several else _value(text)
        for name, text in named.items()
        if text or name not in hidden
    }


def _each(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()]


def _value(text: str) -> object:
    if text in ("yes", "no"):
        return text == "yes"
    if text[:1] in ("[", "{"):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def _to(visit: Visit, name: str, done: str) -> Response:
    query = kept_language(visit.fields, done=done, n="1") if done else kept_language(visit.fields)
    return RedirectResponse(f"/office/connections/{name}{query}", 303)
