"""The return of the one-stop shop: per country, rate and quarter, with corrections of earlier quarters apart."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import NamedTuple

from sqlalchemy import Connection

from boekbrug.acts.lists.scope import Facet, Scope, origins
from boekbrug.acts.lists.table import BookList, Cell, Part, columns, euro
from boekbrug.acts.lists.vat import listed
from boekbrug.booking.boxes import Box
from boekbrug.booking.declared import quarter_of, vat_at
from boekbrug.contract import Treatment

_BATCH = 500
_SUPPLIES = columns("quarter departure country rate:rate base:money vat:money computed:money difference:money")
_CORRECTIONS = columns("quarter corrects departure country rate:rate base:money vat:money")


class Supply(NamedTuple):
    """What is told of in one line of the return, from where to where; `corrects` is the earlier quarter it is of."""

    quarter: str
    corrects: str
    departure: str
    country: str
    rate: Decimal


def oss_list(scope: Scope) -> BookList:
    """Add up the sales at other countries' VAT; what takes back a sale of an earlier quarter corrects that quarter."""
    with scope.house.database.read() as connection:
        found = oss_figures(scope, connection)
    ordered = sorted((one, amounts) for one, amounts in found.items() if any(amounts))
    supplies: list[tuple[Cell, ...]] = []
    for one, (base, vat) in ordered:
        computed = vat_at(base, one.rate)
        if not one.corrects:
            amounts = (euro(base), euro(vat), euro(computed), euro(vat - computed))
            supplies.append((one.quarter, one.departure, one.country, one.rate, *amounts))
    corrections = tuple(
        (one.quarter, one.corrects, one.departure, one.country, one.rate, euro(base), euro(vat))
        for one, (base, vat) in ordered
        if one.corrects
    )
    parts = [
        Part(name="supplies", columns=_SUPPLIES, rows=tuple(supplies)),
        Part(name="corrections", columns=_CORRECTIONS, rows=corrections),
    ]
    return listed(scope, "oss", parts)


def oss_figures(scope: Scope, connection: Connection) -> dict[Supply, tuple[int, int]]:
    """Return base and VAT per line of the return, in cents of euro."""
    found: dict[Supply, tuple[int, int]] = defaultdict(lambda: (0, 0))
    by_id = {licence.id: licence for licence in scope.licences}
    for page in _pages(scope.facets(connection, treatments=[Treatment.OSS])):
        for id, licence in by_id.items():
            mine = [facet for facet in page if facet.head.licence == id]
            days = origins(connection, licence, mine) if mine else {}
            for facet in mine:
                _add(found, scope, connection, facet, days)
    return dict(found)


def _pages(facets: Iterator[Facet]) -> Iterator[Sequence[Facet]]:
    while page := list(islice(facets, _BATCH)):
        yield page


def _add(
    found: dict[Supply, tuple[int, int]], scope: Scope, connection: Connection, facet: Facet, days: dict[int, str]
) -> None:
    day, part = facet.head.date, facet.part
    sold = min(day, days.get(part.document, day)) if part is not None else day
    quarter, of = (quarter_of(dt.date.fromisoformat(one)) for one in (day, sold))
    home = scope.book(connection, facet.head.licence, facet.head.rules).rules.country
    for words, (base, vat) in scope.declared(connection, facet).items():
        if words.box is Box.OSS:
            key = Supply(quarter, "" if of == quarter else of, words.origin or home, words.country, words.rate)
            before = found[key]
            found[key] = before[0] + base, before[1] + vat
