"""What is in the books, entry by entry: its head, its lines, and the documents that it books, a page at a time.

In the books is what was booked there and not deleted since; counter-entries and what they counter both are.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from boekbrug.contract import Treatment
from boekbrug.store.bulk import select_rows
from boekbrug.store.licences import Licence


class Head(NamedTuple):
    """An entry without its lines; `party` is sealed."""

    id: int
    licence: int
    date: str
    number: str
    mark: str
    remote_number: str | None
    currency: str
    rules: int
    reverses: int | None
    party: bytes | None
    composed_at: int


class Part(NamedTuple):
    """A facet of a document in an entry; `share` has its own lines where the entry is a total."""

    entry: int
    document: int
    facet: str
    share: bytes | None
    revision: int
    kind: str
    number: str
    dated: str
    refers_to: str


_HEADS = """
    select e.id, e.licence, e.date, e.number, e.mark, s.remote_number, e.currency, e.rules, e.reverses, e.party_body,
    e.composed_at from entry e join entry_state s on s.entry = e.id
    where e.licence = ? and e.date >= ? and e.date <= ? and (e.date, e.id) > (?, ?)
    and s.state = 'booked' and s.reason <> 'deleted-at-target'
"""
_TREATED = " and exists (select 1 from entry_line l where l.entry = e.id and l.treatment in ?*)"
_ON = " and exists (select 1 from entry_line l where l.entry = e.id and l.account in ?*)"
_LATER = " and e.composed_at > ?"


def heads(
    connection: Connection,
    licence: int,
    days: tuple[str, str],
    after: tuple[str, int],
    limit: int,
    *,
    treatments: Collection[Treatment] = (),
    accounts: Collection[str] = (),
    since: int | None = None,
) -> list[Head]:
    """List what is in the books with a date from the first to the last ISO day, oldest first, from one on.

    Only what has a line of one of the treatments, or on one of the accounts, or was composed after a moment.
    """
    query, values = _HEADS, [licence, *days, *after]
    for condition, value in ((_TREATED, [str(one) for one in treatments]), (_ON, list(accounts)), (_LATER, since)):
        if value not in ([], None):
            query += condition
            values.append(value)
    return [Head(*row) for row in select_rows(connection, f"{query} order by e.date, e.id limit ?", [*values, limit])]


class Declared(NamedTuple):
    """What bases of one kind come to, with their VAT, in cents of euro; credit is negative."""

    licence: int
    rules: int
    vat_code: str
    treatment: str | None
    why: str
    base: int
    vat: int


def declared(connection: Connection, licence: int, days: tuple[str, str]) -> list[Declared]:
    """Add up the bases in the books from the first to the last ISO day, by what they say of their VAT."""
    return [Declared(*row) for row in select_rows(connection, _DECLARED, [licence, *days])]


_DECLARED = """
    select e.licence, e.rules, b.vat_code, b.treatment, b.why, cast(sum(coalesce(b.euro_minor, b.minor)) as bigint),
    cast(coalesce(sum(coalesce(v.euro_minor, v.minor)), 0) as bigint)
    from entry e join entry_state s on s.entry = e.id join entry_line b on b.entry = e.id and b.role = 'base'
    left join entry_line v on v.entry = b.entry and v.base = b.n and v.role = 'vat'
    where e.licence = ? and e.date >= ? and e.date <= ? and s.state = 'booked' and s.reason <> 'deleted-at-target'
    group by e.licence, e.rules, b.vat_code, b.treatment, b.why
"""


def parts(connection: Connection, entries: Collection[int]) -> dict[int, list[Part]]:
    """List what entries book, or booked before they were countered, by entry."""
    found: dict[int, list[Part]] = defaultdict(list)
    for row in select_rows(connection, _PARTS, [list(entries)]):
        found[row[0]].append(Part(*row))
    return found


_PARTS = """
    select m.entry, m.document, m.facet, m.share, m.revision, d.kind, d.number, d.dated, d.refers_to
    from membership m join document d on d.id = m.document where m.entry in ?* order by m.entry, d.id, m.facet
"""


class Named(NamedTuple):
    """A document that another refers to, with the sale that it belongs to."""

    ref: str
    document: int
    sale_ref: str


def named(connection: Connection, licence: Licence, refs: Collection[str]) -> dict[str, Named]:
    """Find documents by kind and source id, joined by a colon."""
    if not refs:
        return {}
    kinds, ids = zip(*(ref.split(":", 1) for ref in refs), strict=True)
    values = [licence.source, licence.unit, sorted(set(kinds)), list(ids)]
    found = (Named(*row) for row in select_rows(connection, _NAMED, values))
    return {one.ref: one for one in found if one.ref in refs}


_NAMED = """
    select kind || ':' || source_id, id, sale_ref from document
    where connection = ? and unit = ? and kind in ?* and source_id in ?*
"""


def sold_on(connection: Connection, licence: int, documents: Collection[int]) -> dict[int, str]:
    """Return the ISO day on which each of these sales was first booked."""
    return dict(select_rows(connection, _SOLD, [licence, list(documents)]))


_SOLD = """
    select m.document, min(e.date) from membership m join entry e on e.id = m.entry
    where m.licence = ? and m.document in ?* and m.facet = 'sale' group by m.document
"""


def bodies(connection: Connection, revisions: Sequence[tuple[int, int]]) -> dict[int, tuple[int, bytes]]:
    """Read the sealed bodies of documents, each with its revision; those that were erased are left out."""
    query = "select document, n, body from payload where document in ?* and body is not null"
    wanted = set(revisions)
    rows = select_rows(connection, query, [[document for document, _ in revisions]])
    return {document: (n, body) for document, n, body in rows if (document, n) in wanted}
