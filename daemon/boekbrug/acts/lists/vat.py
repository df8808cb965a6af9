"""The VAT return per box, from the books, down to the document; and the ICP return per VAT id."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

import msgspec
from sqlalchemy import Connection

from boekbrug.acts.lists.proofs import proof_of, unproven_part
from boekbrug.acts.lists.scope import Facet, Scope
from boekbrug.acts.lists.table import BookList, Cell, Part, columns, euro
from boekbrug.booking.boxes import Box, Words
from boekbrug.booking.declared import Amounts, add, vat_at, words_of
from boekbrug.booking.periods import INTRA_EU
from boekbrug.contract import Line, Party, Role, Treatment
from boekbrug.store import facets, outside
from boekbrug.sync.sealing import Sealing

NO_BOX = "none"
_ORDER = {box: place for place, box in enumerate([*map(str, Box), NO_BOX])}
_BOXES = columns("box:word treatment:word rate:rate country base:money vat:money computed:money difference:money")
DOCUMENTS = columns(
    "box:word rate:rate country date:day number kind:word* booking_number* number_in_books* mark base:money vat:money "
    "computed:money* difference:money"
)
_ICP = columns("vat_id proof:word goods:money services:money total:money")
_CHECK = columns("what:word base:money")


def vat_list(scope: Scope, *, documents: bool = False) -> BookList:
    """Add up the boxes of a period; with `documents` each document is named with what it has in each box."""
    with scope.house.database.read() as connection:
        total = figures(scope, connection)
        each = scope.facets(connection) if documents else ()
        rows = [row for one in each for row in document_rows(one, scope.declared(connection, one))]
        unproven = unproven_part(connection, icp_figures(scope, connection))
    parts = [Part(name="boxes", columns=_BOXES, rows=tuple(box_rows(total)))]
    if documents:
        rows.sort(key=lambda row: (_ORDER[str(row[0])], str(row[3]), str(row[4])))
        parts.append(Part(name="documents", columns=DOCUMENTS, rows=tuple(rows)))
    return listed(scope, "vat", [*parts, unproven])


def figures(scope: Scope, connection: Connection) -> Amounts:
    """Add up what is declared over a period."""
    found: list[Amounts] = []
    for one in (row for id in scope.ids for row in facets.declared(connection, id, scope.days.iso)):
        treatment = None if one.treatment is None else Treatment(one.treatment)
        like = Line(role=Role.BASE, account="", minor=0, vat_code=one.vat_code, treatment=treatment, why=one.why)
        words = words_of(like, scope.book(connection, one.licence, one.rules))
        if words is not None:
            # where the stock lies matters to the return of the one-stop shop alone
            found.append({words._replace(origin=""): (-one.base, -one.vat)})
    return add(found)


def box_name(words: Words) -> str:
    """Name the box of a base; what no return mentions has none."""
    return NO_BOX if words.box is None else str(words.box)


def box_rows(total: Amounts) -> Iterator[tuple[Cell, ...]]:
    """Write a row per box, treatment, rate and country."""
    for words, (base, vat) in sorted(total.items(), key=lambda item: _place(item[0])):
        if base or vat:
            yield (box_name(words), str(words.treatment), words.rate, words.country, *_compared(words, base, vat))


def _place(words: Words) -> tuple[int, str, str, str]:
    return _ORDER[box_name(words)], str(words.treatment), words.country, f"{words.rate:08}"


def _compared(words: Words, base: int, vat: int) -> tuple[Cell, ...]:
    computed = vat_at(base, words.rate)
    return euro(base), euro(vat), euro(computed), euro(vat - computed)


def document_rows(facet: Facet, of_one: Amounts) -> Iterator[tuple[Cell, ...]]:
    """Write what a document has in each box."""
    head, part = facet.head, facet.part
    for words, (base, vat) in of_one.items():
        if base or vat:
            yield (
                box_name(words), words.rate, words.country, head.date, facet.number, part.kind if part else "entry",
                head.number, head.remote_number or "", head.mark, *_compared(words, base, vat),
            )  # fmt: skip


def icp_list(scope: Scope) -> BookList:
    """Add up the supplies to businesses in other member states per VAT id, whose sum is box 3b."""
    with scope.house.database.read() as connection:
        found = icp_figures(scope, connection)
        known = outside.standings(connection, found)
        unproven = unproven_part(connection, found)
        box = sum(base for words, (base, _) in figures(scope, connection).items() if words.box is Box.UNION)
    rows = tuple(
        (vat_id, proof_of(known.get(vat_id)), euro(goods), euro(services), euro(goods + services))
        for vat_id, (goods, services) in sorted(found.items())
        if goods or services
    )
    total = sum(goods + services for goods, services in found.values())
    nameless = sum(1 for row in rows if not row[0])
    check = (("icp", euro(total)), ("box-3b", euro(box)), ("difference", euro(total - box)))
    parts = [
        Part(name="customers", columns=_ICP, rows=rows, differs=nameless),
        Part(name="check", columns=_CHECK, rows=check, differs=int(total != box)),
        unproven,
    ]
    return listed(scope, "icp", parts)


def icp_figures(scope: Scope, connection: Connection) -> Mapping[str, tuple[int, int]]:
    """Return goods and services per VAT id, in cents of euro; those without one stand under ""."""
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    open_party = Sealing(scope.house.vault).open_party
    for facet in scope.facets(connection, treatments=INTRA_EU):
        head = facet.head
        party = msgspec.msgpack.decode(open_party(head.party, head.id), type=Party) if head.party else None
        for words, (base, _) in scope.declared(connection, facet).items():
            if words.treatment in INTRA_EU:
                found[party.vat_id if party else ""][words.treatment is Treatment.INTRA_EU_SERVICE] += base
    return {vat_id: (goods, services) for vat_id, (goods, services) in found.items()}


def listed(scope: Scope, name: str, parts: Iterable[Part], remarks: Iterable[str] = ()) -> BookList:
    """Make a list of a scope."""
    first, last = scope.days.iso
    licence = scope.licence.name
    return BookList(name=name, licence=licence, first=first, last=last, parts=tuple(parts), remarks=tuple(remarks))
