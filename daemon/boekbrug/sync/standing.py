"""How documents stand in the books: every living entry that books something of one, and the lines it stands for."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from msgspec.structs import replace
from sqlalchemy import Connection

from boekbrug.booking.composed import Draft, Member
from boekbrug.contract import Entry
from boekbrug.store import entries
from boekbrug.store.bulk import select_rows
from boekbrug.sync.originals import CORRECTION, OUT, order_of, read_share
from boekbrug.sync.workplace import Workplace


class Stands(NamedTuple):
    """A living membership with its entry; `is_total` when the entry books other documents too."""

    document: int
    facet: str
    revision: int
    entry: int
    share: bytes | None
    state: str
    mark: str
    term: int | None
    reason: str

    @property
    def is_total(self) -> bool:
        """Tell whether the entry holds more than this facet."""
        return self.share is not None


def standing_of(connection: Connection, licence: int, document: int) -> list[Stands]:
    """List what books a document, oldest first; reversals under way left aside."""
    rows = select_rows(connection, f"{_STANDS} m.licence = ? and m.document = ?", [licence, document])
    return sorted((Stands(*row) for row in rows), key=lambda one: order_of(one.facet))


def standing_in(connection: Connection, ids: Collection[int]) -> list[Stands]:
    """List the documents of entries; reversals under way left aside."""
    return [Stands(*row) for row in select_rows(connection, f"{_STANDS} m.entry in ?*", [list(ids)])]


_STANDS = """
    select m.document, m.facet, m.revision, m.entry, m.share, s.state, s.mark, e.term, s.reason
    from membership m join entry_state s on s.entry = m.entry join entry e on e.id = m.entry
    where m.ended_at is null and m.facet not like 'reversal%' and
"""


def taken_out(standing: Sequence[Stands]) -> bool:
    """Tell whether a document was taken out of the books by its last correction."""
    return standing[-1].facet.startswith(CORRECTION) and standing[-1].facet.endswith(OUT)


def as_draft(body: Entry, members: Sequence[Member] = ()) -> Draft:
    """Return a kept entry in the form that composing gives it."""
    same = {name: getattr(body, name) for name in Draft.__struct_fields__ if name not in ("members", "warnings")}
    return Draft(**same, members=tuple(members))


def own_draft(connection: Connection, work: Workplace, one: Stands) -> Draft:
    """Return the entry that a document would have by itself: its own lines of what books it."""
    body = entries.load(connection, [one.entry], work.sealing.open_party)[one.entry]
    member = Member(document_id=one.document, revision=one.revision, facet=one.facet)
    draft = as_draft(body, [member])
    first, _, last = body.number.rpartition("/")
    number = first if one.term is not None and last.isdigit() else body.number
    return replace(draft, number=number, lines=read_share(one.share) if one.share else body.lines)
