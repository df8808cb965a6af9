"""A shop to test with: the stand-in mounted behind the plugin's port to the outside, on a clock that stands still."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any
from urllib.parse import urlsplit

from boekbrug.contract import Document, DocumentRef, Page, Window
from boekbrug.runtime.http import Answer
from boekbrug.testing import KitContext, MountedHttp, SettableClock
from boekbrug.testing.standin import Surroundings
from boekbrug.testing.wire import Broken, Fault, Faults
from boekbrug_ccvshop.plugin import UNIT, CcvShop
from boekbrug_ccvshop.settings import CcvSettings
from boekbrug_ccvshop_standin.application import ShopApplication

ROOT = "https://shop.example"
KEYS = {"root": ROOT, "public": "pub_standin_0123456789", "secret": "s3cr3t_standin_0123456789abcdef"}
APRIL = dt.datetime(2026, 4, 15, 10, 0, tzinfo=dt.UTC)


class Mounted(MountedHttp):
    """The http port onto the stand-in, which counts calls per resource."""

    def __init__(self, application: ShopApplication, faults: Faults) -> None:
        super().__init__(application)
        self._faults = faults
        self.calls: Counter[str] = Counter()

    def request(self, method: str, url: str, **call: Any) -> Answer:
        path = urlsplit(url).path
        self.calls[f"{method} {_resource(path)}"] += 1
        fault = self._faults.take(Broken.STATUS, method=method, path=path)
        if fault is not None:
            return Answer(fault.status, fault.headers, fault.body.encode())
        return super().request(method, url, **call)


def _resource(path: str) -> str:
    parts = [part for part in path.removeprefix("/api/rest/v1/").split("/") if part]
    return parts[2] if len(parts) > 2 else " one".join((parts[0], "")) if len(parts) == 2 else parts[0]


class ShopFixture:
    """A shop, and a connection to it that books orders or invoices."""

    def __init__(self, *, size: int = 0, now: dt.datetime = APRIL, **settings: Any) -> None:
        self.clock = SettableClock(now)
        self.faults = Faults()
        self.surroundings = Surroundings(clock=self.clock, random=Random(7), size=size, faults=self.faults)
        self.application = ShopApplication(self.surroundings)
        self.world = self.application.world
        self.http = Mounted(self.application, self.faults)
        self.settings: dict[str, Any] = {**KEYS, "books": "orders", **settings}
        self.limits(False)

    def limits(self, enforced: bool) -> None:
        self.application._turnstile.enforced = enforced

    def source(self, **settings: Any) -> CcvShop:
        """Open the connection anew, as a new run does."""
        self.context = KitContext(http=self.http, clock=self.clock)
        return CcvShop(self.context, CcvSettings(**{**self.settings, **settings}))

    def fetch(self, cursor: str = "", window: Window | None = None, **settings: Any) -> list[Page]:
        return list(self.source(**settings).fetch(UNIT, window or Window(), cursor))

    def documents(self, **settings: Any) -> dict[str, Document]:
        """Fetch everything; documents by source id."""
        return {document.source_id: document for document in documents_of(self.fetch(**settings))}

    def fault(self, kind: str, **facts: Any) -> None:
        self.faults.add(Fault(kind=kind, **facts))


def documents_of(pages: list[Page]) -> Iterator[Document]:
    for page in pages:
        yield from page.documents


def gone_of(pages: list[Page]) -> set[DocumentRef]:
    return {ref for page in pages for ref in page.gone}
