"""Plugin instances, made from what the database says of a connection."""

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Protocol

import msgspec
from pydantic import ValidationError
from sqlalchemy import Connection

from boekbrug.contract import (
    BoekbrugError,
    Context,
    PluginSettings,
    SettingsError,
    Severity,
    Source,
    Target,
)
from boekbrug.problems import Catalogue
from boekbrug.runtime.model_faults import model_faults
from boekbrug.runtime.secrets import Vault
from boekbrug.store import connections
from boekbrug.store.connections import ConnectionRow
from boekbrug.store.database import Database


class PluginMissing(BoekbrugError):
    """A connection's plugin is not installed, or was refused; `boekbrug plugins` says why."""

    code = "plugin-missing"


class Registered(Protocol):
    """Where plugin classes are found; a PluginHost is one."""

    @property
    def sources(self) -> Mapping[str, type[Source]]:
        """The source classes by name."""
        ...

    @property
    def targets(self) -> Mapping[str, type[Target]]:
        """The target classes by name."""
        ...


MakeContext = Callable[[ConnectionRow], Context]


class Instances:
    """Makes one instance per connection for one worker; `renew` starts a new run.

    Whoever asks for a target within a transaction hands it in: one that holds a session and waits for a second one
    stands still together with all others that do so.
    """

    def __init__(
        self,
        database: Database,
        host: Registered,
        vault: Vault,
        make_context: MakeContext,
        codes: Catalogue,
    ) -> None:
        self._database, self._host, self._vault = database, host, vault
        self._make_context, self.codes = make_context, codes
        self._sources: dict[int, Source] = {}
        self._targets: dict[int, Target] = {}

    def renew(self) -> None:
        """Forget the instances of the last run."""
        self._sources.clear()
        self._targets.clear()

    def source(self, id: int) -> Source:
        """Return the source of a connection; raise PluginMissing, or SettingsError when its settings do not fit."""
        if id not in self._sources:
            row, settings = self._read(id)
            kind = self._host.sources.get(row.plugin)
            if kind is None:
                raise PluginMissing(plugin=row.plugin, connection=row.name)
            self._sources[id] = kind(self._make_context(row), _checked(kind.Settings, settings))
        return self._sources[id]

    def target(self, id: int, within: Connection | None = None) -> Target:
        """Return the target of a connection; raise PluginMissing, or SettingsError when its settings do not fit."""
        if id not in self._targets:
            row, settings = self._read(id, within)
            kind = self._host.targets.get(row.plugin)
            if kind is None:
                raise PluginMissing(plugin=row.plugin, connection=row.name)
            self._targets[id] = kind(self._make_context(row), _checked(kind.Settings, settings))
        return self._targets[id]

    def severity(self, code: str) -> Severity:
        """Return how much a problem of this code stops; unknown codes stop."""
        known = self.codes.get(code)
        return known.severity if known else Severity.ERROR

    def _read(self, id: int, within: Connection | None = None) -> tuple[ConnectionRow, dict[str, object]]:
        with self._database.read() if within is None else nullcontext(within) as connection:
            row = connections.get(connection, id)
            secrets = connections.secrets_of(connection, id)
        settings = msgspec.json.decode(row.settings, type=dict[str, object])
        opened = {name: self._vault.decrypt(value, secret_place(id, name)).decode() for name, value in secrets.items()}
        return row, settings | opened


def _checked(model: type[PluginSettings], settings: dict[str, object]) -> PluginSettings:
    try:
        return model.model_validate(settings)
    except ValidationError as error:
        raise SettingsError(list(model_faults(error, model))) from None


def secret_place(connection: int, name: str) -> bytes:
    """Name the place that a connection's secret is sealed for."""
    return f"secret {connection} {name}".encode()
