"""Keep composed entries with their lines and memberships, and read them back as the contract's entries."""

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.contract import Entry, EntryKind, ExchangeRate, Line, Party, Role, Treatment
from boekbrug.store import events
from boekbrug.store.bulk import Row, insert_rows, select_rows, update_rows
from boekbrug.store.tables import entry, entry_line, entry_state, membership, sale_basis
from boekbrug.store.words import EntryState, Reason

_ENTRY = (
    "id", "licence", "administration", "mark", "number", "kind", "journal", "date", "due", "period", "condition",
    "currency", "rate", "text", "total", "rules", "term", "reverses", "concept", "party", "party_body", "composed_at",
)  # fmt: skip
_LINE = (
    "entry", "n", "role", "account", "minor", "euro_minor", "vat_code", "vat_minor", "treatment", "base", "text",
    "cost_centre", "reference", "why",
)  # fmt: skip
_STATE = ("entry", "licence", "administration", "mark", "after", "state", "reason", "next_at", "changed_at")
_MEMBERSHIP = ("entry", "document", "facet", "licence", "revision", "turnover", "share")

SealParty = Callable[[bytes, int], bytes]
OpenParty = Callable[[bytes, int], bytes]


class Booking(NamedTuple):
    """A facet of a document that an entry books; `share` has its own lines where the entry is a total.

    `turnover` is what it adds to that of the day, where it is a sale.
    """

    document: int
    revision: int
    facet: str
    share: bytes | None = None
    turnover: int | None = None


class Composed(NamedTuple):
    """A new entry with what stands beside it: memberships, basis of its sales, and whether it may be sent at once."""

    id: int
    licence: int
    administration: int
    rules: int
    body: Entry
    members: Sequence[Booking]
    bases: Sequence[tuple[str, str]]
    after: int | None
    reverses: int | None
    term: int | None
    automatic: bool


def write_composed(connection: Connection, composed: Sequence[Composed], seal: SealParty, now: int) -> None:
    """Write entries, lines, states and memberships.

    Raise IntegrityError when a facet is in a living entry already, when a mark is taken, or a sale has a basis.
    """
    insert_rows(connection, entry, _ENTRY, [_entry_row(item, seal, now) for item in composed])
    insert_rows(connection, entry_line, _LINE, _line_rows(composed))
    insert_rows(connection, entry_state, _STATE, [_state_row(item, now) for item in composed])
    insert_rows(
        connection,
        membership,
        _MEMBERSHIP,
        [
            (item.id, member.document, member.facet, item.licence, member.revision, member.turnover, member.share)
            for item in composed
            for member in item.members
        ],
    )
    insert_rows(
        connection,
        sale_basis,
        ("licence", "sale_ref", "kind"),
        [(item.licence, ref, kind) for item in composed for ref, kind in item.bases],
    )


def _first_state(item: Composed) -> str:
    return _DUE if item.automatic else _COMPOSED


def _entry_row(item: Composed, seal: SealParty, now: int) -> Row:
    body = item.body
    party = body.party
    return (
        item.id, item.licence, item.administration, body.mark, body.number, body.kind._value_, body.journal,
        body.date.isoformat(), body.due and body.due.isoformat(), body.period, body.condition, body.currency,
        body.rate and msgspec.json.encode(body.rate).decode(), body.text, body.total, item.rules, item.term,
        item.reverses, body.concept, party and party.key, party and seal(msgspec.msgpack.encode(party), item.id), now,
    )  # fmt: skip


def _line_rows(composed: Sequence[Composed]) -> list[Row]:
    return [
        (item.id, n, line.role._value_, line.account, line.minor, line.euro_minor, line.vat_code, line.vat_minor,
         line.treatment and line.treatment._value_, line.base, line.text, line.cost_centre, line.reference, line.why)
        for item in composed
        for n, line in enumerate(item.body.lines)
    ]  # fmt: skip


def _state_row(item: Composed, now: int) -> Row:
    next_at = now if item.automatic else None
    return (
        item.id, item.licence, item.administration, item.body.mark, item.after, _first_state(item), "", next_at, now,
    )  # fmt: skip


_DUE, _COMPOSED = str(EntryState.DUE), str(EntryState.COMPOSED)


_LOAD = (
    "select e.id, e.mark, kind, journal, date, number, currency, rate, period, due, condition, text, concept, "
    "party_body, r.remote_id from entry e left join entry_state r on r.entry = e.reverses where e.id in ?*"
)
_LOAD_LINES = (
    "select entry, role, account, minor, euro_minor, vat_code, vat_minor, treatment, base, text, cost_centre, "
    "reference, why from entry_line where entry in ?* order by entry, n"
)


def load(connection: Connection, ids: Collection[int], open_party: OpenParty) -> dict[int, Entry]:
    """Read entries back as they were composed, by id."""
    keys = list(ids)
    if not keys:
        return {}
    lines = lines_of(connection, keys)
    rows = select_rows(connection, _LOAD, [keys])
    return {row[0]: _read_entry(*row, lines=lines.get(row[0], ()), open_party=open_party) for row in rows}


def lines_of(connection: Connection, ids: Collection[int]) -> dict[int, list[Line]]:
    """Read the lines of entries, by id."""
    lines: dict[int, list[Line]] = {}
    for id, *rest in select_rows(connection, _LOAD_LINES, [list(ids)]):
        lines.setdefault(id, []).append(_read_line(*rest))
    return lines


def _read_line(
    role: str, account: str, minor: int, euro: int | None, code: str, vat: int, treatment: str | None, base: int | None,
    text: str, cost_centre: str, reference: str, why: str,
) -> Line:  # fmt: skip
    return Line(
        role=_ROLES[role], account=account, minor=minor, euro_minor=euro, vat_code=code, vat_minor=vat,
        treatment=_TREATMENTS[treatment], base=base, text=text, cost_centre=cost_centre, reference=reference, why=why,
    )  # fmt: skip


_ROLES = {str(role): role for role in Role}
_TREATMENTS: dict[str | None, Treatment | None] = {None: None, **{str(item): item for item in Treatment}}
_KINDS = {str(kind): kind for kind in EntryKind}


def _read_entry(
    id: int, mark: str, kind: str, journal: str, date: str, number: str, currency: str, rate: str | None, period: str,
    due: str | None, condition: str, text: str, concept: object, party: bytes | None, reverses: str | None, *,
    lines: Sequence[Line], open_party: OpenParty,
) -> Entry:  # fmt: skip
    return Entry(
        mark=mark, reverses=reverses or "", kind=_KINDS[kind], journal=journal, date=dt.date.fromisoformat(date),
        lines=tuple(lines),
        number=number, currency=currency, period=period, condition=condition, text=text, concept=bool(concept),
        rate=msgspec.json.decode(rate, type=ExchangeRate) if rate else None,
        due=dt.date.fromisoformat(due) if due else None,
        party=msgspec.msgpack.decode(open_party(party, id), type=Party) if party else None,
    )  # fmt: skip


def taken_marks(connection: Connection, administration: int, marks: Collection[str]) -> dict[str, bool]:
    """Say which marks an entry of the administration carries already, and whether that books nothing any more.

    Entries that were replaced before they existed at the target carry none.
    """
    query = "select mark, reason from entry_state where administration = ? and mark in ?* and state <> 'replaced'"
    rows = select_rows(connection, query, [administration, list(marks)])
    return {mark: reason in _OVER for mark, reason in rows}


_OVER = (Reason.REVERSED, Reason.DELETED)


def bookings(connection: Connection, id: int) -> list[Booking]:
    """List what an entry books and still does, by document."""
    query = "select document, revision, facet, share from membership where entry = ? and ended_at is null"
    return [Booking(*row) for row in select_rows(connection, f"{query} order by document, facet", [id])]


def dates(connection: Connection, ids: Collection[int]) -> dict[int, dt.date]:
    """Read the dates of entries."""
    rows = select_rows(connection, "select id, date from entry where id in ?*", [list(ids)])
    return {id: dt.date.fromisoformat(date) for id, date in rows}


def replace(connection: Connection, entries: Collection[int], event_ids: int, licence: int, now: int) -> None:
    """Take entries out that never existed at the target: their memberships end, their marks are free again."""
    update_rows(
        connection,
        entry_state,
        ("state", "reason", "next_at", "changed_at"),
        ("entry",),
        [(str(EntryState.REPLACED), "", None, now, id) for id in entries],
    )
    connection.execute(
        sa.update(membership)
        .where(membership.c.entry.in_(entries), membership.c.ended_at.is_(None))
        .values(ended_at=now)
    )
    events.record(
        connection,
        [
            (id, event_ids + n, events.ENTRY, licence, now, str(EntryState.REPLACED), "", None)
            for n, id in enumerate(entries)
        ],
    )
