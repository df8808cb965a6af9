"""The ports of one connection, behind which plugins reach the world."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from boekbrug.contract import Budget, Cache, Clock, Fault, Folder, Grant, Http, Log, SettingsError
from boekbrug.runtime.folder import DiskFolder


@dataclass(frozen=True, kw_only=True, slots=True)
class PluginContext:
    """One connection's way out for one run and one thread; folders are relative to `base`."""

    http: Http
    grant: Grant
    cache: Cache
    budget: Budget
    clock: Clock
    log: Log
    base: Path
    random_id: Callable[[], str]

    def folder(self, path: str) -> Folder:
        """Open a folder of this machine; raise SettingsError when it is absent or may not be used."""
        place = self.base / path
        if not place.is_dir():
            raise SettingsError(
                [
                    Fault(
                        "",
                        "the folder {place} does not exist; make it, or change the setting",
                        place=place,
                    )
                ]
            )
        return DiskFolder(place)

    def new_ids(self) -> Iterator[str]:
        """Yield random identifiers."""
        while True:
            yield self.random_id()
