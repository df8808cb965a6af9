"""The return of the one-stop shop: per country, rate and quarter, with corrections of earlier quarters apart."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import islice
from typing import NamedTuple

from msgspec.structs import replace
from sqlalchemy import Connection

from boekbrug.acts.lists.quarter_rates import QuarterRates
from boekbrug.acts.lists.scope import Facet, Scope, origins
from boekbrug.acts.lists.table import BookList, Cell, Part, columns, euro
from boekbrug.acts.lists.vat import listed
from boekbrug.booking.boxes import Box
from boekbrug.booking.currency import euro_of
from boekbrug.booking.declared import quarter_of, vat_at
from boekbrug.contract import Treatment

_BATCH = 500
_SUPPLIES = columns(
    "quarter departure country rate:rate base:money vat:money computed:money difference:money "
    "return_base:money return_vat:money"
)
_CORRECTIONS = columns(
    "quarter corrects departure country rate:rate base:money vat:money return_base:money return_vat:money"
)
_RATES = columns("quarter currency exchange_rate rate_day:day")
WITHOUT_RATE = "rate-of-quarter-missing"
"""The stored table of the European Central Bank does not have the rate of a quarter's last day."""


class Supply(NamedTuple):
    """What is told of in one line of the return, from where to where; `corrects` is the earlier quarter it is of."""

    quarter: str
    corrects: str
    departure: str
    country: str
    rate: Decimal


class Sums(NamedTuple):
    """Base and VAT as booked, in cents of euro, and what is in another currency of it, in that one's minor units."""

    base: int = 0
    vat: int = 0
    own_base: int = 0
    own_vat: int = 0


Found = dict[Supply, dict[str, Sums]]
"""What lines of the return come to, by currency."""


def oss_list(scope: Scope) -> BookList:
    """Add up the sales at other countries' VAT; what takes back a sale of an earlier quarter corrects that quarter.

    Beside the amounts as they are booked are those that the return wants, which converts by rates of its own.
    """
    with scope.house.database.read() as connection:
        found = _found(scope, connection)
        rates = QuarterRates(connection)
        ordered = [(one, found[one], _returned(one, found[one], rates)) for one in sorted(found)]
    supplies: list[tuple[Cell, ...]] = []
    corrections: list[tuple[Cell, ...]] = []
    for one, sums, returned in ordered:
        base, vat = _booked(sums)
        if not any((base, vat, *returned)):
            continue
        wanted = [None if minor is None else euro(minor) for minor in returned]
        if one.corrects:
            corrections.append((*one, euro(base), euro(vat), *wanted))
        else:
            computed = vat_at(base, one.rate)
            amounts = (euro(base), euro(vat), euro(computed), euro(vat - computed), *wanted)
            supplies.append((one.quarter, one.departure, one.country, one.rate, *amounts))
    parts = [
        Part(name="supplies", columns=_SUPPLIES, rows=tuple(supplies)),
        Part(name="corrections", columns=_CORRECTIONS, rows=tuple(corrections)),
    ]
    if rates.asked:
        parts.append(Part(name="quarter-rates", columns=_RATES, rows=tuple(_rate_rows(rates))))
    return listed(scope, "oss", parts, (WITHOUT_RATE,) if None in rates.asked.values() else ())


def _rate_rows(rates: QuarterRates) -> Iterator[tuple[Cell, ...]]:
    for (quarter, currency), rate in sorted(rates.asked.items()):
        yield (quarter, currency, "" if rate is None else str(rate.rate), "" if rate is None else rate.date)


def _returned(one: Supply, sums: Mapping[str, Sums], rates: QuarterRates) -> tuple[int | None, int | None]:
    """Convert at the rate of the quarter that a line is of; None where that is not known."""
    base = vat = 0
    for currency, of in sums.items():
        if currency == "EUR":
            base, vat = base + of.base, vat + of.vat
            continue
        rate = rates.of(one.corrects or one.quarter, currency)
        if rate is None:
            return None, None
        base += euro_of(of.own_base, currency, rate)
        vat += euro_of(of.own_vat, currency, rate)
    return base, vat


def _booked(sums: Mapping[str, Sums]) -> tuple[int, int]:
    return sum(one.base for one in sums.values()), sum(one.vat for one in sums.values())


def oss_figures(scope: Scope, connection: Connection) -> dict[Supply, tuple[int, int]]:
    """Return base and VAT per line of the return as they are booked, in cents of euro."""
    return {one: _booked(sums) for one, sums in _found(scope, connection).items()}


def _found(scope: Scope, connection: Connection) -> Found:
    found: Found = defaultdict(dict)
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


def _add(found: Found, scope: Scope, connection: Connection, facet: Facet, days: dict[int, str]) -> None:
    day, part, currency = facet.head.date, facet.part, facet.head.currency
    sold = min(day, days.get(part.document, day)) if part is not None else day
    quarter, of = (quarter_of(dt.date.fromisoformat(one)) for one in (day, sold))
    home = scope.book(connection, facet.head.licence, facet.head.rules).rules.country
    own = {}
    if currency != "EUR":
        lines = [replace(line, euro_minor=line.minor) for line in facet.lines]
        own = scope.declared(connection, facet._replace(lines=lines))
    for words, (base, vat) in scope.declared(connection, facet).items():
        if words.box is Box.OSS:
            key = Supply(quarter, "" if of == quarter else of, words.origin or home, words.country, words.rate)
            more = Sums(base, vat, *own.get(words, (0, 0)))
            before = found[key].get(currency, Sums())
            found[key][currency] = Sums(*(sum(both) for both in zip(before, more, strict=True)))
