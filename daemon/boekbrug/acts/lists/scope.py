"""Over which licences and days a list goes, and what is in the books of it, facet by facet."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection

from boekbrug.booking.compiled import CompiledRules
from boekbrug.booking.corrections import reverse_lines
from boekbrug.booking.declared import Amounts, declared
from boekbrug.booking.rules import Rules
from boekbrug.contract import Line, Treatment
from boekbrug.store import advances, entries, facets, licences
from boekbrug.store.facets import Head, Part
from boekbrug.store.licences import Licence
from boekbrug.sync.house import House
from boekbrug.sync.originals import read_share

PAGE = 500


class Days(NamedTuple):
    """A period, both days included."""

    first: dt.date
    last: dt.date

    @property
    def iso(self) -> tuple[str, str]:
        """Return both days in ISO form."""
        return self.first.isoformat(), self.last.isoformat()

    @property
    def end(self) -> dt.date:
        """Return the day after the last."""
        return self.last + dt.timedelta(days=1)

    def __contains__(self, day: object) -> bool:
        return isinstance(day, dt.date) and self.first <= day <= self.last


class Facet(NamedTuple):
    """What one document has in an entry, or the whole entry where it does not tell its documents apart."""

    head: Head
    part: Part | None
    lines: Sequence[Line]

    @property
    def number(self) -> str:
        """Return the document's number, or that of the entry."""
        return self.head.number if self.part is None else self.part.number


class Scope:
    """Reads what is in the books of some licences of one administration over a period."""

    def __init__(self, house: House, scope: Sequence[Licence], days: Days) -> None:
        self.house, self.licences, self.days = house, tuple(scope), days
        self._rules: dict[tuple[int, int], CompiledRules] = {}

    @property
    def licence(self) -> Licence:
        """Return the licence that was asked for."""
        return self.licences[0]

    @property
    def ids(self) -> list[int]:
        """List the licences by id."""
        return [one.id for one in self.licences]

    def over(self, days: Days) -> "Scope":
        """Return the same licences over another period."""
        return Scope(self.house, self.licences, days)

    def book(self, connection: Connection, licence: int, version: int) -> CompiledRules:
        """Return a version of a licence's rules."""
        known = self._rules.get((licence, version))
        if known is None:
            body = licences.rules_body(connection, licence, version)
            known = self._rules[licence, version] = CompiledRules(msgspec.json.decode(body, type=Rules))
        return known

    def rules(self, connection: Connection) -> Rules:
        """Return the rules that the licence asked for has now."""
        return self.book(connection, self.licence.id, self.licence.rules).rules

    def each_rules(self, connection: Connection) -> list[Rules]:
        """Return the rules that each licence has now."""
        return [self.book(connection, one.id, one.rules).rules for one in self.licences]

    def facets(
        self,
        connection: Connection,
        *,
        treatments: Collection[Treatment] = (),
        accounts: Collection[str] = (),
        since: int | None = None,
    ) -> Iterator[Facet]:
        """Yield what is in the books, licence by licence, by date; only what the heads are asked for."""
        for licence in self.licences:
            after = ("", 0)
            while page := facets.heads(
                connection, licence.id, self.days.iso, after, PAGE,
                treatments=treatments, accounts=accounts, since=since,
            ):  # fmt: skip
                yield from _facets(connection, page)
                after = page[-1].date, page[-1].id

    def declared(self, connection: Connection, facet: Facet) -> Amounts:
        """Return what a facet declares."""
        return declared(facet.lines, self.book(connection, facet.head.licence, facet.head.rules))


def _facets(connection: Connection, page: Sequence[Head]) -> Iterator[Facet]:
    lines = entries.lines_of(connection, [head.id for head in page])
    parts = facets.parts(connection, [head.id for head in page])
    countered = [head.reverses for head in page if head.reverses and _is_many(parts[head.id])]
    originals = facets.parts(connection, countered) if countered else {}
    for head in page:
        yield from _of_entry(head, lines.get(head.id, ()), parts[head.id], originals)


def _is_many(parts: Sequence[Part]) -> bool:
    return len({part.document for part in parts}) > 1


def _of_entry(
    head: Head, lines: Sequence[Line], parts: Sequence[Part], originals: Mapping[int, Sequence[Part]]
) -> Iterator[Facet]:
    if parts and all(part.share for part in parts):
        yield from (Facet(head, part, read_share(part.share)) for part in parts if part.share)
        return
    if not _is_many(parts):
        yield Facet(head, parts[0] if parts else None, lines)
        return
    # a counter-entry of a total takes back what each document had in it
    shares = [(part, part.share) for part in originals.get(head.reverses or 0, ()) if part.share]
    if len(shares) < len(parts):
        yield Facet(head, None, lines)
        return
    of = {part.document: part for part in parts}
    for part, share in shares:
        yield Facet(head, of.get(part.document, part), reverse_lines(read_share(share)))


def origins(connection: Connection, licence: Licence, found: Sequence[Facet]) -> dict[int, str]:
    """Return the ISO day on which the sale behind each document was first booked, by document.

    What refers to an order whose invoice was booked has the day of that.
    """
    parts = [facet.part for facet in found if facet.part is not None]
    named = facets.named(connection, licence, {part.refers_to for part in parts if part.refers_to})
    siblings: dict[str, list[int]] = defaultdict(list)
    for one in advances.relatives(connection, licence, {one.sale_ref for one in named.values() if one.sale_ref}):
        siblings[one.sale_ref].append(one.document)
    wanted = {part.document for part in parts} | {one.document for one in named.values()}
    days = facets.sold_on(connection, licence.id, sorted(wanted.union(*siblings.values()))) if wanted else {}
    origin: dict[int, str] = {}
    for part in parts:
        sale = named.get(part.refers_to)
        own = part.document if sale is None else sale.document
        beside = [] if sale is None else [days[other] for other in siblings[sale.sale_ref] if other in days]
        day = days.get(own) or min(beside, default="")
        if day:
            origin[part.document] = day
    return origin


def scope_of(house: House, licence: Licence, days: Days, *, whole: bool = False) -> Scope:
    """Make the scope of a licence, or of the `whole` of its administration."""
    if not whole:
        return Scope(house, [licence], days)
    with house.database.read() as connection:
        others = [
            one
            for one in licences.list_all(connection)
            if one.administration == licence.administration and one.id != licence.id
        ]
    return Scope(house, [licence, *others], days)
