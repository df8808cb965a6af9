"""The outside world of a plugin under test, which its author describes in a few lines."""

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from boekbrug.contract import Chart, DocumentRef, Entry, EntryKind, Grant, Http, Match
from boekbrug.testing.clock import SettableClock
from boekbrug.testing.samples import sample_entry

Settings = Mapping[str, Any]


class World:
    """What an instance needs to reach the outside world: settings that work, and settings that are wrong each alone."""

    def __init__(
        self,
        *,
        settings: Settings,
        misconfigured: Sequence[Settings],
        http: Http | None = None,
        grant: Grant | None = None,
        clock: SettableClock | None = None,
    ) -> None:
        self.settings = settings
        self.misconfigured = misconfigured
        self.http = http
        self.grant = grant
        self.clock = clock or SettableClock()


class SourceWorld(World, ABC):
    """A system that sells, new for every rule and empty at first."""

    unit = "shop"

    @abstractmethod
    def sell(self, count: int) -> Sequence[DocumentRef]:
        """Make this many more ordinary documents, dated over several days, and name them in the order made."""

    @abstractmethod
    def spoil(self) -> None:
        """Put something among the documents that cannot be read or mapped."""

    @abstractmethod
    def remove(self, ref: DocumentRef) -> None:
        """Delete a document."""


class TargetWorld(World, ABC):
    """A set of books, new for every rule, without entries and with a chart to book on."""

    administration = "1"
    #: an id that the books never had
    never = "999999999"

    @abstractmethod
    def records(self) -> int:
        """Count the entries in the books without asking the plugin."""

    def marked(self) -> Mapping[str, Sequence[Match]]:
        """List all entries in the books by mark without asking the plugin; only the simulation wants to know.

        A total that is None is not compared.
        """
        raise NotImplementedError

    def customers(self) -> Mapping[str, Sequence[str]]:
        """List the ids of the customers' cards that we made by mark; only the simulation of who makes some."""
        return {}

    def close(self, *, closed: bool) -> None:
        """Close the period of the world's day for all journals, or open it again, if these books know periods."""

    def half(self, body: bytes) -> bytes | None:
        """Return a call's body with the first half of its records; None where a call has one record."""
        return None

    def entry(self, chart: Chart, kind: EntryKind, mark: str, gross: int, date: dt.date) -> Entry:
        """Make an entry that the books take; override it where the package asks for more than accounts and codes."""
        return sample_entry(chart, kind, mark, gross, date)
