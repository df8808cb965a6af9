"""Rapportage: what is booked, with the entry and why, as a page and as CSV."""

import datetime as dt
from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from starlette.requests import Request
from starlette.responses import StreamingResponse

from boekbrug.acts import listing, records
from boekbrug.acts.listing import ShownBooking
from boekbrug.acts.lists.table import BYTE_ORDER_MARK, Cell, csv_line
from boekbrug.contract import DocumentKind
from boekbrug.store.licences import Licence
from boekbrug.store.lists import Place
from boekbrug.web.door import Door, Right, Visit
from boekbrug.web.licence import PAGE, moment
from boekbrug.web.page import Pages

FIRST, LAST = "0001-01-01", "9999-12-31"
CSV_PAGE = 500
KINDS = tuple(map(str, DocumentKind))
_COLUMNS = (
    "number", "kind", "facet", "dated", "total", "currency", "booked", "mark", "booking_number", "journal",
    "number_in_books", "account", "debit", "credit", "vat_code", "why",
)  # fmt: skip


def booked_routes(pages: Pages, door: Door) -> APIRouter:
    """Make `/licences/<licence>/booked` and the same as CSV."""
    router = APIRouter(prefix="/licences/{licence}", include_in_schema=False)
    house = pages.house

    @router.get("/booked")
    def booked(
        request: Request,
        visit: Annotated[Visit, Depends(door.needs(Right.SEE))],
        first: str = "",
        last: str = "",
        before: str = "",
        kind: str = "",
    ) -> Response:
        writing = pages.writing(request, visit)
        kind = kind if kind in KINDS else ""
        first, last = iso(first), iso(last)
        place = read_place(before)
        found, more = listing.booked(house, visit.licence, first or FIRST, last or LAST, PAGE, place, kind)
        values = {
            "links": records.links(house, visit.licence, {one.entry.remote_id for one in found}), "kind": kind,
            "kinds": KINDS, "found": found, "first": first, "last": last, "moment": moment, "before": before,
            "more": write_place(more) if more else "",
        }  # fmt: skip
        return pages.render(request, writing, "booked.html", values, visit, "booked")

    @router.get("/booked.csv")
    def as_csv(
        visit: Annotated[Visit, Depends(door.needs(Right.SEE))], first: str = "", last: str = "", kind: str = ""
    ) -> StreamingResponse:
        rows = _rows(pages, visit.licence, iso(first) or FIRST, iso(last) or LAST, kind if kind in KINDS else "")
        name = f'attachment; filename="{visit.licence.name}-booked.csv"'
        headers = {"content-disposition": name, "cache-control": "no-store"}
        return StreamingResponse(rows, media_type="text/csv; charset=utf-8", headers=headers)

    return router


def iso(text: str) -> str:
    """Return an ISO day as it is, and "" for what is none."""
    try:
        return dt.date.fromisoformat(text).isoformat()
    except ValueError:
        return ""


def write_place(place: Place) -> str:
    """Write where a page ended, for its address."""
    return "~".join(map(str, place))


def read_place(text: str) -> Place | None:
    """Read where a page ended; what is no place is the first page."""
    match text.split("~"):
        case [date, entry, document, facet] if entry.isdecimal() and document.isdecimal() and iso(date):
            return Place(date, int(entry[:18]), int(document[:18]), facet[:32])
    return None


def _rows(pages: Pages, licence: Licence, first: str, last: str, kind: str) -> Iterator[str]:
    yield BYTE_ORDER_MARK + csv_line(_COLUMNS)
    place: Place | None = None
    while True:
        found, place = listing.booked(pages.house, licence, first, last, CSV_PAGE, place, kind)
        yield "".join(csv_line(row) for one in found for row in _lines(one))
        if place is None:
            return


def _lines(one: ShownBooking) -> Iterator[tuple[Cell, ...]]:
    entry = one.entry
    head = (
        one.number, one.kind, one.facet, one.dated, one.total, one.currency, entry.date, entry.mark,
        entry.number, entry.journal, entry.remote_number,
    )  # fmt: skip
    for line in entry.lines:
        yield (*head, line.account, line.debit, line.credit, line.vat_code, line.why)
