"""Connections: add one with its settings checked, list them, and try them out."""

import re
from collections.abc import Mapping
from typing import Literal

import msgspec
from pydantic import ValidationError
from sqlalchemy.exc import IntegrityError

from boekbrug.acts.desk import ActRefused, Desk, NotKnown
from boekbrug.contract import (
    Because,
    BoekbrugError,
    CheckResult,
    Fault,
    PluginSettings,
    Problem,
    SettingsError,
    Source,
    Target,
)
from boekbrug.contract.settings import secret_fields
from boekbrug.runtime.instances import secret_place
from boekbrug.runtime.model_faults import model_faults
from boekbrug.runtime.plugins import PluginHost
from boekbrug.store import connections, licences
from boekbrug.store.connections import OK, PAUSED, ConnectionRow
from boekbrug.sync.house import House

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
Role = Literal["source", "target"]


def add(desk: Desk, name: str, plugin: str, values: Mapping[str, object], role: Role | None = None) -> ConnectionRow:
    """Add a connection; raise SettingsError with all faults of its settings, ActRefused when the name is taken."""
    house = desk.house
    role = role or role_of(house.plugins, plugin)
    model = model_of(house.plugins, plugin, role)
    faults = []
    if not NAME.fullmatch(name):
        faults.append(Fault("name", "{given} is not a name of lower-case letters, digits and hyphens", given=name))
    settings = _validated(model, values, faults)
    secret = secret_fields(model)
    with desk.act("connection-add", name, ids=1) as act:
        id = act.ids.take()
        plain = {field: value for field, value in settings.items() if field not in secret}
        sealed = {field: _seal(house, id, field, value) for field, value in settings.items() if field in secret}
        row = ConnectionRow(id, name, plugin, role, msgspec.json.encode(plain).decode(), None, None, OK, "")
        act.facts = {"plugin": plugin, "role": role}
        try:
            connections.add(act.connection, row, sealed, act.now)
        except IntegrityError as error:
            raise ActRefused(Because("A connection {name} exists already; choose another name.", name=name)) from error
    return row


def change(desk: Desk, name: str, values: Mapping[str, object]) -> None:
    """Change some settings of a connection; raise SettingsError with all faults, and nothing is changed."""
    house = desk.house
    row = get(house, name)
    model = model_of(house.plugins, row.plugin, "source" if row.role == "source" else "target")
    secret = secret_fields(model)
    with house.database.read() as connection:
        kept = connections.secrets_of(connection, row.id)
    opened = {field: house.vault.decrypt(value, secret_place(row.id, field)).decode() for field, value in kept.items()}
    before = msgspec.json.decode(row.settings, type=dict[str, object])
    settings = _validated(model, {**before, **opened, **values}, [])
    with desk.act("connection-change", name) as act:
        plain = {field: value for field, value in settings.items() if field not in secret}
        sealed = {field: _seal(house, row.id, field, settings[field]) for field in secret & values.keys()}
        connections.change_settings(act.connection, row.id, msgspec.json.encode(plain).decode(), sealed, act.now)
        if row.state == PAUSED:
            # the key that was refused may be among what changed; the next call tells
            connections.set_state(act.connection, row.id, OK, "", act.now)
            licences.resume(act.connection, [row.id], act.now)
        act.facts = {"changed": ", ".join(sorted(values))}


def secrets_of(house: House, row: ConnectionRow) -> frozenset[str]:
    """Name the settings of a connection that are never shown."""
    return secret_fields(model_of(house.plugins, row.plugin, "source" if row.role == "source" else "target"))


def role_of(plugins: PluginHost, plugin: str) -> Role:
    """Say whether a plugin is a source or a target; raise SettingsError when it is neither, or both."""
    roles: list[Role] = []
    if plugin in plugins.sources:
        roles.append("source")
    if plugin in plugins.targets:
        roles.append("target")
    if not roles:
        known = ", ".join(sorted({*plugins.sources, *plugins.targets})) or "none"
        raise SettingsError(
            [Fault("plugin", "{plugin} is not installed; installed are {known}", plugin=plugin, known=known)]
        )
    if len(roles) > 1:
        raise SettingsError(
            [Fault("plugin", "{plugin} is a source and a target; say which of the two with --role", plugin=plugin)]
        )
    return roles[0]


def model_of(plugins: PluginHost, plugin: str, role: Role) -> type[PluginSettings]:
    """Return the settings model of a plugin; raise SettingsError when there is no such plugin."""
    known: Mapping[str, type[Source] | type[Target]] = plugins.sources if role == "source" else plugins.targets
    kind = known.get(plugin)
    if kind is None:
        raise SettingsError(
            [
                Fault(
                    "plugin",
                    "{plugin} is not installed; installed are {known}",
                    plugin=plugin,
                    known=", ".join(sorted(known)),
                )
            ]
        )
    return kind.Settings


def _validated(model: type[PluginSettings], values: Mapping[str, object], faults: list[Fault]) -> dict[str, object]:
    settings: PluginSettings | None = None
    try:
        settings = model.model_validate(dict(values))
    except ValidationError as error:
        faults += model_faults(error, model)
    if faults or settings is None:
        raise SettingsError(faults)
    return settings.model_dump(mode="json", exclude_unset=True)


def _seal(house: House, id: int, field: str, value: object) -> bytes:
    return house.vault.encrypt(str(value).encode(), secret_place(id, field))


def get(house: House, name: str) -> ConnectionRow:
    """Read a connection by name; raise NotKnown."""
    with house.database.read() as connection:
        row = connections.by_name(connection, name)
    if row is None:
        raise NotKnown(connection=name)
    return row


def list_all(house: House) -> list[ConnectionRow]:
    """List all connections by name."""
    with house.database.read() as connection:
        return connections.list_all(connection)


def check(house: House, row: ConnectionRow) -> CheckResult:
    """Try a connection out; whatever goes wrong is a problem of the result."""
    installed = house.plugins.sources if row.role == "source" else house.plugins.targets
    if row.plugin not in installed:
        return _failed("plugin-missing", plugin=row.plugin, connection=row.name)
    instances = house.instances()
    try:
        return (instances.source(row.id) if row.role == "source" else instances.target(row.id)).check()
    except BoekbrugError as error:
        return CheckResult(problems=(Problem(code=error.code, facts=dict(error.facts)),))
    except Exception as error:  # noqa: BLE001 - a plugin's exception is its connection's problem, never the check's end
        return _failed("plugin-bug", error=repr(error))


def _failed(code: str, **facts: str) -> CheckResult:
    return CheckResult(problems=(Problem(code=code, facts=facts),))
