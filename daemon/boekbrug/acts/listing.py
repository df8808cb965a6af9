"""Lists of a licence's documents in words: what is in a state and why, what is booked, what waits for approval."""

from collections.abc import Collection, Sequence
from decimal import Decimal

import msgspec
from sqlalchemy import Connection

from boekbrug.acts.find import ShownEntry, amount, shown_entry
from boekbrug.acts.problems import ShownProblem, show
from boekbrug.contract import Entry
from boekbrug.store import approvals, connections, entries, lists, problems, search, states
from boekbrug.store.licences import Licence
from boekbrug.store.lists import Booked, Listed, Place
from boekbrug.sync.house import House
from boekbrug.sync.sealing import Sealing


class ShownSale(msgspec.Struct, frozen=True, kw_only=True):
    """A document in its state, with what is wrong with it; `since` is in microseconds since 1970."""

    id: int
    kind: str
    number: str
    source_id: str
    dated: str
    total: Decimal
    currency: str
    state: str
    reason: str
    since: int
    problems: tuple[ShownProblem, ...]


class ShownBooking(msgspec.Struct, frozen=True, kw_only=True):
    """A document, or a facet of it, with the entry that books it; `booked_at` is in microseconds since 1970."""

    id: int
    facet: str
    kind: str
    number: str
    source_id: str
    dated: str
    total: Decimal
    currency: str
    reason: str
    booked_at: int
    entry: ShownEntry


class ShownApproval(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that waits for approval, with the numbers of what it books."""

    id: int
    numbers: tuple[str, ...]
    entry: ShownEntry

    @property
    def total(self) -> Decimal:
        """Return its debit side."""
        return sum((line.debit for line in self.entry.lines if line.debit is not None), Decimal())


def in_state(
    house: House, licence: Licence, state: str, language: str, limit: int, *, before: int | None = None, code: str = ""
) -> list[ShownSale]:
    """List documents of one state, the latest first, from one on; those with a problem of a code where one is named."""
    with house.database.read() as connection:
        found = lists.in_state(connection, licence.id, state, limit, before=before, code=code)
        troubles = _troubles(connection, house, licence, found, language)
    return [_sale(one, troubles.get(one.id, ())) for one in found]


def _troubles(
    connection: Connection, house: House, licence: Licence, found: Sequence[Listed], language: str
) -> dict[int, list[ShownProblem]]:
    numbers = {one.id: one.number for one in found}
    names = {id: connections.get(connection, id).name for id in (licence.source, licence.target)}
    by_document: dict[int, list[ShownProblem]] = {}
    for one in problems.of_documents(connection, [licence.id], list(numbers)) if numbers else ():
        if one.document is not None:
            shown = show(house.plugins.problem_codes, one, language, numbers, names, {licence.id: licence.name})
            by_document.setdefault(one.document, []).append(shown)
    return by_document


def _sale(one: Listed, troubles: Sequence[ShownProblem]) -> ShownSale:
    return ShownSale(
        id=one.id, kind=one.kind, number=one.number, source_id=one.source_id, dated=one.dated,
        total=amount(one.total, one.currency), currency=one.currency, state=one.state, reason=one.reason,
        since=one.changed_at, problems=tuple(troubles),
    )  # fmt: skip


def booked(
    house: House,
    licence: Licence,
    first_day: str,
    last_day: str,
    limit: int,
    before: Place | None = None,
    kind: str = "",
) -> tuple[list[ShownBooking], Place | None]:
    """List what is booked between two ISO days, the latest first, and where the next page begins, if there is one.

    Documents of one kind where one is named.
    """
    with house.database.read() as connection:
        found = lists.booked(connection, licence.id, first_day, last_day, limit + 1, before, kind)
        bodies = _bodies(connection, house, {one.entry for one in found[:limit]})
    shown = [_booking(one, bodies[one.entry]) for one in found[:limit]]
    return shown, found[limit - 1].place if len(found) > limit else None


def _bodies(connection: Connection, house: House, ids: Collection[int]) -> dict[int, Entry]:
    return entries.load(connection, ids, Sealing(house.vault).open_party)


def _booking(one: Booked, body: Entry) -> ShownBooking:
    return ShownBooking(
        id=one.document, facet=one.facet, kind=one.kind, number=one.number, source_id=one.source_id, dated=one.dated,
        total=amount(one.total, one.currency), currency=one.currency, reason=one.reason, booked_at=one.booked_at,
        entry=shown_entry(body, one.remote_number or "", one.remote_id or ""),
    )  # fmt: skip


def unapproved(house: House, licence: Licence, limit: int, after: int = 0) -> list[ShownApproval]:
    """List entries that wait for approval, the oldest first, from one on."""
    with house.database.read() as connection:
        ids = approvals.page(connection, licence.id, after, limit)
        bodies = _bodies(connection, house, ids)
        members = states.members_of(connection, ids)
        numbers = search.numbers_of(connection, {document for _, _, document, _ in members})
    about: dict[int, list[str]] = {}
    for entry, _, document, _ in members:
        about.setdefault(entry, []).append(numbers[document])
    return [
        ShownApproval(id=id, numbers=tuple(sorted(set(about.get(id, ())))), entry=shown_entry(bodies[id])) for id in ids
    ]
