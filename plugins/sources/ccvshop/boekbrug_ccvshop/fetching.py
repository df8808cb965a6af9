"""Fetch one of the shop's lists: what is new or changed since the cursor, what vanished, what the host waits for."""

from abc import ABC, abstractmethod
from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import Generic, TypeVar

import msgspec

from boekbrug.contract import (
    BoekbrugError,
    CannotTell,
    Document,
    DocumentAnswer,
    DocumentKind,
    DocumentRef,
    FoundDocument,
    Gone,
    Page,
    Problem,
    RefusedCall,
    Window,
)
from boekbrug_ccvshop.client import Shop
from boekbrug_ccvshop.cursor import Cursor, Position, read_cursor
from boekbrug_ccvshop.gathering import Gathering
from boekbrug_ccvshop.listing import Listing, Walk
from boekbrug_ccvshop.mapping import local_day, refused
from boekbrug_ccvshop.settings import CcvSettings
from boekbrug_ccvshop.wire import Sale

S = TypeVar("S", bound=Sale)

PASSING = frozenset({"ccvshop-rows-refused", "ccvshop-rows-unreadable", "ccvshop-sale-refused"})
"""Problems of a sale that may end without a change in its list: it is asked for again while it is listed."""


class Fetching(ABC, Generic[S]):
    """What orders and invoices have in common; one object serves one fetch."""

    resource: str
    kinds: frozenset[DocumentKind]

    def __init__(self, shop: Shop, settings: CcvSettings) -> None:
        self.shop, self.settings = shop, settings
        self.cursor = Cursor()
        #: of the sales mapped in this fetch those that would be asked for again at its end
        self._handled: set[int] = set()
        self._asked: frozenset[int] = frozenset()

    @abstractmethod
    def decode(self, raw: msgspec.Raw | bytes) -> S:
        """Decode a sale."""

    @abstractmethod
    def print_of(self, sale: S) -> str:
        """Return the fingerprint of what boekbrug keeps of a sale; "" for what is never kept."""

    @abstractmethod
    def document(self, sale: S) -> Document | None:
        """Map a sale, asking for what its list does not tell; None when it was deleted meanwhile."""

    @abstractmethod
    def header(self, sale: S) -> Document:
        """Map what a sale's list tells of it, for one that cannot be mapped in full."""

    @abstractmethod
    def ref(self, sale: S) -> DocumentRef:
        """Return the identity of a sale's document."""

    def refs(self, id: int) -> Iterable[DocumentRef]:
        """Return the identities that the document of a sale which is gone may have had."""
        return tuple(DocumentRef(kind=kind, source_id=str(id)) for kind in self.kinds)

    @abstractmethod
    def is_refunded(self, sale: S) -> bool:
        """Tell whether a sale is one of those that `beside` is about."""

    def prepare(self, sales: Sequence[S]) -> None:
        """Ask together for what each of these sales needs."""

    def beside(self, window: Window) -> Iterator[S]:
        """Yield sales that have to be mapped although their list does not show a change."""
        yield from ()

    def pages(self, window: Window, cursor: str) -> Iterator[Page]:
        """Yield what is new, changed, gone or waited for; what was read before an error is yielded ahead of it."""
        self.cursor = read_cursor(cursor, self.settings.books)
        self._asked = frozenset(int(ref.source_id) for ref in window.recheck if ref.source_id.isdecimal())
        gathering = Gathering(self.cursor, cursor)
        try:
            yield from self._walk(window, gathering)
            for sale in self.beside(window):
                gathering.add(self._mapped(sale), self._place(sale.id))
                yield from gathering.full()
            yield from self._recheck(window, gathering)
        except BoekbrugError:
            yield from gathering.rest()
            raise
        yield from gathering.rest()

    def read(self, id: str) -> DocumentAnswer:
        """Read a sale as it is now."""
        try:
            body = self.shop.get(self.resource, f"{self.resource}/{id}/") if id.isdecimal() else None
            if body is None:
                return Gone(reason="the shop has no such sale")
            document = self.document(self.decode(body))
        except RefusedCall as error:
            return CannotTell(reason=error.facts.get("status", ""))
        except (msgspec.DecodeError, UnicodeError) as error:
            return CannotTell(reason=str(error)[:120])
        return Gone(reason="the shop has no such sale") if document is None else FoundDocument(document=document)

    def _walk(self, window: Window, gathering: Gathering) -> Generator[Page, None, None]:
        begin = self.cursor.next_walk(window.since, self.settings.overlap_days)
        before, listed = set(self.cursor.seen_since(begin.day)), set[int]()
        for listing in Walk(self.shop, self.resource, self.decode).pages(begin, window.until):
            listed.update(before.intersection(id for id, _ in listing.items))
            gathering.spoil(listing.unreadable)
            yield from self._listing(listing, begin, window, gathering)
            yield from gathering.full()
        self.cursor.walk = Position()
        if not begin.at and window.until is None:
            for id in sorted(before - listed):
                yield from self._look(id, gathering)

    def _listing(
        self, listing: Listing[S], begin: Position, window: Window, gathering: Gathering
    ) -> Generator[Page, None, None]:
        prints = [self._news(sale, window) for _, sale in listing.items]
        self.prepare([sale for (_, sale), print in zip(listing.items, prints, strict=True) if print])
        after, spoilt = begin.last, {one.place.name for one in listing.unreadable}
        for n, ((id, sale), print) in enumerate(zip(listing.items, prints, strict=True), 1):
            if (place := f"{self.resource} after {after}") not in spoilt:
                gathering.clear(place)
            if print:
                found = self._mapped(sale)
                gathering.add(found, self._place(id))
                if isinstance(found, Document) and PASSING.isdisjoint(one.code for one in found.problems):
                    self.cursor.note(local_day(sale.create_date), id, print, self.settings.overlap_days)
            self.cursor.walk = Position(begin.day, listing.start + n, id)
            after = id
            yield from gathering.full()

    def _news(self, sale: S, window: Window) -> str:
        """Return the fingerprint of a sale of the window that was not seen like this; "" for all others."""
        day = local_day(sale.create_date)
        if (window.since and day < window.since) or (window.until and day >= window.until):
            return ""
        print = self.print_of(sale)
        return "" if self.cursor.knows(sale.id, print) else print

    def _mapped(self, sale: S) -> Document | DocumentRef:
        document = self._document(sale)
        if sale.id in self._asked or self.is_refunded(sale):
            self._handled.add(sale.id)
        return self.ref(sale) if document is None else document

    def _document(self, sale: S) -> Document | None:
        """Map a sale; what the shop refuses for good about it holds up this sale alone."""
        try:
            return self.document(sale)
        except RefusedCall as error:
            status = error.facts.get("status", "")
            if not status.startswith("500."):
                raise
            header = self.header(sale)
            facts = {"document": header.number, "resource": error.facts.get("resource", ""), "status": status}
            return refused(header, Problem(code="ccvshop-sale-refused", facts=facts))

    def _recheck(self, window: Window, gathering: Gathering) -> Iterator[Page]:
        known = {ref for id in self._handled for ref in self.refs(id)}
        for ref in window.recheck:
            if ref not in known and ref.kind in self.kinds and ref.source_id.isdecimal():
                yield from self._look(int(ref.source_id), gathering)

    def _look(self, id: int, gathering: Gathering) -> Iterator[Page]:
        """Read one sale by its id; only the shop's own word says that it is gone."""
        answer = self.read(str(id))
        if isinstance(answer, Gone):
            for ref in self.refs(id):
                gathering.add(ref, self._place(id))
            self.cursor.forget(id)
        elif isinstance(answer, FoundDocument):
            gathering.add(answer.document, self._place(id))
        yield from gathering.full()

    def _place(self, id: int) -> str:
        return f"{self.resource} {id}"
