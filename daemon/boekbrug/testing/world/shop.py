"""The simulated world's shop as a source plugin: pages that break off, and calls that fail."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import ClassVar

from boekbrug.contract import (
    Catalogue,
    CheckResult,
    DocumentAnswer,
    DocumentKind,
    DocumentRef,
    FoundDocument,
    Gone,
    NotReachable,
    Page,
    PluginSettings,
    Retriable,
    Source,
    SourceCapabilities,
    Unit,
    Window,
)
from boekbrug.testing.world.books import WorldSettings
from boekbrug.testing.world.faults import Fault
from boekbrug.testing.world.outside import UNITS, World


def source_of(world: World) -> type[Source]:
    """Make the source class of a world's shop."""

    class Shop(Source):
        """A shop that lists what changed since a cursor."""

        name: ClassVar[str] = "shop"
        Settings: ClassVar[type[PluginSettings]] = WorldSettings
        capabilities: ClassVar[SourceCapabilities] = SourceCapabilities(kinds=frozenset({DocumentKind.ORDER}))

        def check(self) -> CheckResult:
            """Find the shop in order."""
            return CheckResult(identity="shop")

        def units(self) -> Sequence[Unit]:
            """List what sells."""
            return [Unit(code=unit, name=unit) for unit in UNITS]

        def catalogue(self, unit: str) -> Catalogue:
            """Offer nothing to choose from."""
            return Catalogue()

        def fetch(self, unit: str, window: Window, cursor: str) -> Iterator[Page]:
            """Yield small pages; now and then the shop does not answer between two of them."""
            position = int(cursor or 0)
            while position < len(listed := world.listed(unit)):
                world.perils.call()
                if world.chance.draw(Fault.NOT_SENT, world.chance.rate / 12):
                    raise NotReachable(host="shop")
                if world.chance.draw(Fault.BUSY, world.chance.rate / 12) or world.chance.storms():
                    raise Retriable(retry_after=dt.timedelta(seconds=30))
                size = world.page_size or world.chance.random.randint(1, 5)
                page = listed[position : position + size]
                position += len(page)
                yield Page(documents=tuple(page), cursor=str(position))

        def read(self, unit: str, refs: Sequence[DocumentRef]) -> Sequence[DocumentAnswer]:
            """Read orders as they are now."""
            orders = world.orders()
            return [
                FoundDocument(document=orders[ref.source_id]) if ref.source_id in orders else Gone() for ref in refs
            ]

    return Shop
