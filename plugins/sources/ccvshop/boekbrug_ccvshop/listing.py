"""Read a list by ascending id so that nothing is left out, although offsets shift when a sale is deleted."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Generic, NamedTuple, TypeVar

import msgspec

from boekbrug.contract import Place, Problem, RefusedCall, Retriable, Unreadable
from boekbrug_ccvshop.client import Shop
from boekbrug_ccvshop.cursor import Position
from boekbrug_ccvshop.wire import Listed, decode_known, decode_list

SIZE = 250
"""The most items that the shop gives per page."""
_BACK = 25

T = TypeVar("T")


class Listing(NamedTuple, Generic[T]):
    """A page as read: its offset, its items with their ids, what could not be read, and whether the list goes on."""

    start: int
    items: list[tuple[int, T]]
    unreadable: list[Unreadable]
    more: bool

    @property
    def length(self) -> int:
        """Count what was read, well or not."""
        return len(self.items) + len(self.unreadable)


class Walk(Generic[T]):
    """One of the shop's lists."""

    def __init__(self, shop: Shop, resource: str, decode: Callable[[msgspec.Raw], T]) -> None:
        self._shop, self._resource, self._decode = shop, resource, decode

    def pages(self, position: Position, until: dt.date | None = None) -> Iterator[Listing[T]]:
        """Yield pages from a position on until the list ends.

        Each page begins with the item before the position: when that is not the one read last, sales were deleted
        meanwhile, and the page begins further back. A sale may come twice, none is left out.
        """
        query = f"min_create_date={position.day}&" if position.day else ""
        if until is not None and until < dt.date.max - dt.timedelta(1):
            query += f"max_create_date={until + dt.timedelta(1)}&"
        at, last = position.at, position.last
        while True:
            page = self._from(query, max(at - 1, 0), last)
            if page.items:
                last = page.items[-1][0]
            at = page.start + page.length
            yield page
            if not (page.more and page.length):
                return

    def _from(self, query: str, start: int, last: int) -> Listing[T]:
        page, back = self._page(query, start, last), _BACK
        while page.start and (not page.items or page.items[0][0] > last):
            page, back = self._page(query, max(page.start - back, 0), last), back * 4
        return page

    def _page(self, query: str, start: int, last: int) -> Listing[T]:
        page = Listing[T](start, [], [], True)
        return page._replace(more=self._read(query, start, SIZE, page, last))

    def _read(self, query: str, start: int, size: int, page: Listing[T], last: int) -> bool:
        """Read a stretch; one that the shop fails to write out is halved until the sale at fault stands alone."""
        try:
            body = self._shop.get(self._resource, f"{self._resource}/?{query}orderby=id&start={start}&size={size}")
        except RefusedCall as refused:
            status = refused.facts.get("status", "")
            if not status.startswith("500."):
                raise
            if size == 1:
                after = page.items[-1][0] if page.items else last
                page.unreadable.append(_unreadable(f"{self._resource} after {after}", status))
                return True
            before = page.length
            more = self._read(query, start, size // 2, page, last)
            return more and self._read(query, start + page.length - before, size - size // 2, page, last)
        listed = read_list(body, self._resource)
        for raw in listed.items:
            self._decoded(raw, page)
        return listed.next is not None

    def _decoded(self, raw: msgspec.Raw, page: Listing[T]) -> None:
        try:
            page.items.append((decode_known(raw).id, self._decode(raw)))
        except (msgspec.DecodeError, UnicodeError) as error:
            page.unreadable.append(_unreadable(f"{self._resource} {_id_of(raw)}", str(error)[:120]))


def read_list(body: bytes | None, resource: str) -> Listed:
    """Decode a page of a list; raise Retriable for what is no list."""
    try:
        return Listed([]) if body is None else decode_list(body)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise Retriable(resource=resource, reason="the answer is no list") from error


def _unreadable(place: str, reason: str) -> Unreadable:
    problem = Problem(code="ccvshop-unreadable", facts={"what": place, "reason": reason})
    return Unreadable(place=Place(name=place), problem=problem)


def _id_of(raw: msgspec.Raw) -> str:
    try:
        found = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeError):
        return "?"
    return str(found.get("id", "?")) if isinstance(found, dict) else "?"
