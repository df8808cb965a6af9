"""Put documents into pages, so that what was read before a call failed is kept with the cursor behind it."""

from collections.abc import Iterable, Iterator

from boekbrug.contract import Document, DocumentRef, Page, Unreadable
from boekbrug_ccvshop.cursor import Cursor

PART = 100
"""Documents per page: a page is kept within a worker's lease of 90 s also when each of its calls takes 0.8 s."""


class Gathering:
    """What the next page will hold."""

    def __init__(self, cursor: Cursor, kept: str) -> None:
        self.cursor, self._kept = cursor, kept
        self._documents: list[Document] = []
        self._gone: list[DocumentRef] = []
        self._unreadable: list[Unreadable] = []
        self._cleared: list[str] = []

    def add(self, found: Document | DocumentRef | None, place: str) -> None:
        """Add a document, or the reference of one that the shop has deleted; its place is read well now."""
        if isinstance(found, Document):
            self._documents.append(found)
        elif found is not None:
            self._gone.append(found)
        self.clear(place)

    def clear(self, place: str) -> None:
        """Say that a place which could not be read before is read well."""
        if place in self.cursor.bad:
            self.cursor.bad.remove(place)
            self._cleared.append(place)

    def spoil(self, unreadable: Iterable[Unreadable]) -> None:
        """Add what could not be read."""
        for one in unreadable:
            self._unreadable.append(one)
            if one.place.name not in self.cursor.bad:
                self.cursor.bad.append(one.place.name)

    def full(self) -> Iterator[Page]:
        """Yield a page when enough was gathered."""
        if len(self._documents) + len(self._gone) >= PART:
            yield from self.rest()

    def rest(self) -> Iterator[Page]:
        """Yield a page with what was gathered, or with a cursor that moved."""
        written = self.cursor.written()
        gathered = self._documents or self._gone or self._unreadable or self._cleared
        if not gathered and written == self._kept:
            return
        page = Page(
            documents=tuple(self._documents),
            cursor=written,
            unreadable=tuple(self._unreadable),
            cleared=tuple(dict.fromkeys([*self._cleared, *(one.place.name for one in self._unreadable)])),
            gone=tuple(self._gone),
        )
        self._kept = written
        self._documents, self._gone, self._unreadable, self._cleared = [], [], [], []
        yield page
