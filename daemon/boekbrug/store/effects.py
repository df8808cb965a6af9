"""Effects: the intent committed before a call, and what became of it."""

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.contract import EffectKind, Prepared
from boekbrug.store import events
from boekbrug.store.bulk import insert_rows, select_rows, update_rows
from boekbrug.store.database import Database
from boekbrug.store.licences import ClaimLost
from boekbrug.store.tables import effect, entry_state, membership, party
from boekbrug.store.words import EffectState, EntryState

RESEND = "resend"
"""Reason of what is due and goes out again byte for byte."""
_COLUMNS = (
    "id", "licence", "administration", "kind", "subject", "mark", "payload", "batch", "numbers", "state", "reason",
    "fence", "worker", "leased_until", "intended_at", "next_at",
)  # fmt: skip
OPEN = (EffectState.INTENT, EffectState.UNKNOWN)


class Subject(NamedTuple):
    """Where the state of what an effect creates is kept, and the kind of its events."""

    table: sa.Table
    key: str
    event: str


SUBJECTS = {
    EffectKind.ENTRY: Subject(entry_state, "entry", events.ENTRY),
    EffectKind.PARTY: Subject(party, "id", events.PARTY),
}


class Claim(NamedTuple):
    """An entry or party that this worker may prepare and send, with the fence that says it is still the one.

    One that is not `held` is due still, and another worker may come first.
    """

    subject: int
    licence: int
    fence: int
    tries: int
    reason: str
    kind: EffectKind = EffectKind.ENTRY
    held: bool = True


def due(connection: Connection, licence: int, now: int, limit: int, *, with_parties: bool = False) -> list[Claim]:
    """List due entries of a licence whose originals are booked, without claiming them.

    `with_parties` leaves out those whose party is not known at the target.
    """
    rows = select_rows(connection, _DUE.format(_PARTY_KNOWN if with_parties else ""), [licence, now, limit])
    return [Claim(id, licence, fence, tries, reason, held=False) for id, _, fence, tries, reason in rows]


def hold(connection: Connection, claims: Sequence[Claim], worker: str, until: int) -> list[Claim]:
    """Claim entries that are not held yet; raise ClaimLost when another worker came first."""
    free = [claim for claim in claims if not claim.held]
    _take(connection, [(_CLAIMED, claim.fence + 1, worker, until, claim.subject, claim.fence) for claim in free])
    return [claim if claim.held else claim._replace(fence=claim.fence + 1, held=True) for claim in claims]


def _take(connection: Connection, rows: Sequence[tuple[str, int, str, int | None, int, int]]) -> None:
    values, keys = ("state", "fence", "claimed_by", "next_at"), ("entry", "fence")
    taken = update_rows(connection, entry_state, values, keys, rows, only="state = 'due'")
    if taken != len(rows):
        raise ClaimLost(entries=str(len(rows) - taken))


def claim_due(
    connection: Connection,
    database: Database,
    licence: int,
    worker: str,
    until: int,
    now: int,
    limit: int,
    *,
    with_parties: bool = False,
) -> list[Claim]:
    """Take due entries of a licence whose originals are booked; they come back by themselves at `until`.

    `with_parties` leaves out those whose party is not known at the target.
    """
    locked = "" if database.is_sqlite else " for update of s skip locked"
    due = _DUE.format(_PARTY_KNOWN if with_parties else "")
    rows = select_rows(connection, due + locked, [licence, now, limit])
    _take(connection, [(_CLAIMED, fence + 1, worker, until, id, fence) for id, _, fence, _, _ in rows])
    return [Claim(id, licence, fence + 1, tries, reason) for id, _, fence, tries, reason in rows]


_DUE = """
    select s.entry, s.licence, s.fence, s.tries, s.reason from entry_state s
    where s.licence = ? and s.next_at <= ? and s.state = 'due'
    and (s.after is null or exists (
        select 1 from entry_state o where o.entry = s.after and o.state = 'booked' and o.reason <> 'deleted-at-target'
    )) {}
    order by s.next_at, s.entry limit ?
"""
_PARTY_KNOWN = """
    and (s.reason = 'resend' or not exists (
        select 1 from entry e left join party p on p.administration = e.administration and p.party_key = e.party
        and p.state = 'booked' where e.id = s.entry and e.party is not null and p.id is null
    ))
"""


def any_due(connection: Connection, licence: int, now: int) -> bool:
    """Tell whether a licence has an entry that may be sent now."""
    return bool(select_rows(connection, f"{_ANY} and next_at <= ? limit 1", [licence, now]))


_ANY = "select 1 from entry_state where licence = ? and state = 'due'"


def any_left(connection: Connection, licence: int) -> bool:
    """Tell whether a licence has an entry that is still to be sent, now or later."""
    return bool(select_rows(connection, f"{_ANY} and next_at is not null limit 1", [licence]))


def count_left(connection: Connection, licence: int) -> int:
    """Count the entries of a licence that are still to be sent, now or later."""
    columns = entry_state.c
    query = sa.select(sa.func.count()).where(
        columns.licence == licence, columns.next_at.is_not(None), columns.state == EntryState.DUE
    )
    return int(connection.execute(query).scalar_one())


def any_open(connection: Connection, licence: int) -> bool:
    """Tell whether a licence has a call whose outcome is not known."""
    query = sa.select(effect.c.id).where(
        effect.c.licence == licence, effect.c.next_at.is_not(None), effect.c.state.in_(OPEN)
    )
    return connection.execute(query.limit(1)).first() is not None


def end_claims(
    connection: Connection, ended: Sequence[tuple[Claim, str, str, int | None]], event_ids: int, now: int
) -> None:
    """Put claimed entries or parties into another state, with reason and next moment; needs one event id each."""
    if not ended:
        return
    of = SUBJECTS[ended[0][0].kind]
    changed = update_rows(
        connection,
        of.table,
        ("state", "reason", "next_at", "tries", "claimed_by", "changed_at"),
        (of.key, "fence"),
        [
            (str(state), reason, next_at, claim.tries + 1, None, now, claim.subject, claim.fence)
            for claim, state, reason, next_at in ended
        ],
        only="state = 'claimed'",
    )
    if changed != len(ended):
        raise ClaimLost(claims=str(len(ended) - changed))
    events.record(
        connection,
        [
            (claim.subject, event_ids + n, of.event, claim.licence, now, str(state), reason, None)
            for n, (claim, state, reason, _) in enumerate(ended)
        ],
    )


class Intent(NamedTuple):
    """One attempt: what will be sent, for which entry or party, by which claim."""

    id: int
    claim: Claim
    prepared: Prepared


def write_intents(
    connection: Connection,
    intents: Sequence[Intent],
    administration: int,
    worker: str,
    until: int,
    now: int,
    seal: Callable[[bytes, int], bytes],
) -> None:
    """Write intents of one kind before the call.

    Raise ClaimLost when an entry or party is not this worker's any more.
    """
    of = SUBJECTS[intents[0].prepared.kind]
    held = [item.claim for item in intents if item.claim.held]
    sending = update_rows(
        connection,
        of.table,
        ("state", "next_at"),
        (of.key, "fence"),
        [(_SENDING, None, claim.subject, claim.fence) for claim in held],
        only="state = 'claimed'",
    )
    if sending != len(held):
        raise ClaimLost(claims=str(len(held) - sending))
    free = [item.claim for item in intents if not item.claim.held]
    _take(connection, [(_SENDING, claim.fence + 1, worker, None, claim.subject, claim.fence) for claim in free])
    insert_rows(
        connection,
        effect,
        _COLUMNS,
        [
            (item.id, item.claim.licence, administration, str(item.prepared.kind), item.claim.subject,
             item.prepared.mark,
             seal(item.prepared.payload, item.id), item.prepared.group,
             msgspec.json.encode(item.prepared.numbers).decode() if item.prepared.numbers else "{}",
             _INTENT, "", item.claim.fence + (not item.claim.held), worker, until, now, until)
            for item in intents
        ],
    )  # fmt: skip


_INTENT, _SENDING, _CLAIMED = str(EffectState.INTENT), str(EntryState.SENDING), str(EntryState.CLAIMED)


class OpenEffect(NamedTuple):
    """An effect whose outcome is not known, with what is needed to ask for it or to send it again byte for byte."""

    id: int
    licence: int
    administration: int
    kind: str
    subject: int
    mark: str
    payload: bytes
    batch: str
    numbers: str
    state: str
    worker: str
    fence: int
    intended_at: int
    looks: int

    def prepared(self, open_payload: Callable[[bytes, int], bytes]) -> Prepared:
        """Return what was prepared, byte for byte."""
        numbers = msgspec.json.decode(self.numbers, type=dict[str, str])
        payload = open_payload(self.payload, self.id)
        return Prepared(
            id=self.subject, kind=EffectKind(self.kind), mark=self.mark, payload=payload, group=self.batch,
            numbers=numbers,
        )  # fmt: skip


def overdue(connection: Connection, licence: int, administration: int, now: int, limit: int) -> list[OpenEffect]:
    """List effects that wait for a look: outcome unknown, or their worker has let the lease run out.

    Beside a licence's own these are the parties of its administration, since its entries may wait for them.
    """
    values = {"licence": licence, "administration": administration, "now": now, "most": limit}
    return [OpenEffect(*row) for row in connection.execute(_OVERDUE, values).all()]


_READ = sa.select(*(effect.c[name] for name in OpenEffect._fields))
_SHARED = sa.and_(effect.c.kind == EffectKind.PARTY, effect.c.administration == sa.bindparam("administration"))
_OVERDUE = (
    _READ.where(sa.or_(effect.c.licence == sa.bindparam("licence"), _SHARED), effect.c.state.in_(OPEN))
    .where(effect.c.next_at <= sa.bindparam("now"))
    .order_by(effect.c.next_at)
    .limit(sa.bindparam("most"))
)


def in_doubt(
    connection: Connection, licence: int, administration: int, documents: Collection[int], mark: str
) -> list[tuple[OpenEffect, str]]:
    """List open effects, each with its reason: the entries of documents, and what carries a mark."""
    columns = effect.c
    entries = sa.select(membership.c.entry).where(
        membership.c.licence == licence, membership.c.document.in_(documents), membership.c.ended_at.is_(None)
    )
    marked = sa.and_(columns.administration == administration, columns.mark == mark)
    query = (
        sa.select(*(columns[name] for name in OpenEffect._fields), columns.reason)
        .where(columns.state.in_(OPEN), sa.or_(sa.and_(columns.kind == "entry", columns.subject.in_(entries)), marked))
        .order_by(columns.id)
    )
    return [(OpenEffect(*values), reason) for *values, reason in connection.execute(query)]


class Settled(NamedTuple):
    """What an effect turned out to be; `next_at` is when to look again at one that stays open."""

    effect: int
    licence: int
    state: str
    reason: str = ""
    next_at: int | None = None
    looks: int = 0


def settle(connection: Connection, settled: Sequence[Settled], event_ids: int, now: int) -> None:
    """Write what became of effects that are open; needs one event id each, for those that were not settled at once.

    Raise ClaimLost when one of them is not open any more, so that the transaction is undone and looked at anew.
    """
    changed = update_rows(
        connection,
        effect,
        ("state", "reason", "next_at", "settled_at", "looks"),
        ("id",),
        [
            (item.state, item.reason, item.next_at, None if item.next_at else now, item.looks, item.effect)
            for item in settled
        ],
        only="state in ('intent', 'unknown')",
    )
    if changed != len(settled):
        raise ClaimLost(effects=str(len(settled) - changed))
    events.record(
        connection,
        [
            (item.effect, event_ids + n, events.EFFECT, item.licence, now, item.state, item.reason, None)
            for n, item in enumerate(settled)
            if item.looks or item.next_at
        ],
    )


def closed_among(connection: Connection, ids: Collection[int]) -> dict[int, str]:
    """Name the effects that are not open any more, with the state they ended in."""
    query = "select id, state from effect where id in ?* and state not in ('intent', 'unknown')"
    return dict(select_rows(connection, query, [list(ids)]))


def open_again(connection: Connection, id: int, kind: EffectKind, subject: int) -> bool:
    """Open an attempt again that was settled as not there, when its entry or party waits to be sent anew.

    Whoever has claimed that entry finds its fence raised, and cannot write another intent; when one is written already
    nothing is changed and False returned.
    """
    of = SUBJECTS[kind]
    columns = of.table.c
    taken = connection.execute(
        sa.update(of.table)
        .where(columns[of.key] == subject, columns.state.in_((EntryState.DUE, EntryState.CLAIMED)))
        .values(state=EntryState.IN_DOUBT, fence=columns.fence + 1, claimed_by=None, next_at=None)
    )
    if not taken.rowcount:
        return False
    absent = effect.c.id == id, effect.c.state == EffectState.ABSENT
    opened = connection.execute(sa.update(effect).where(*absent).values(state=EffectState.UNKNOWN, settled_at=None))
    if not opened.rowcount:
        raise ClaimLost(effect=str(id))
    return True


class Sent(NamedTuple):
    """What an effect was to create: its mark and administration, and an entry's debit total in minor units."""

    mark: str
    administration: int
    total: int | None


def sent(connection: Connection, ids: Collection[int]) -> dict[int, Sent]:
    """Read what effects were to create, by effect."""
    return {id: Sent(*values) for id, *values in select_rows(connection, _SENT, [list(ids)])}


_SENT = """
    select f.id, f.mark, f.administration, e.total from effect f
    left join entry e on e.id = f.subject and f.kind = 'entry' where f.id in ?*
"""


def answering(
    connection: Connection, administrations: Collection[int], remote_ids: Collection[str]
) -> dict[tuple[int, str], tuple[int, str]]:
    """Say which records at a target answer for an entry already: (administration, id) to (entry, mark)."""
    if not remote_ids:
        return {}
    return {
        (administration, remote_id): (id, mark)
        for administration in administrations
        for remote_id, id, mark in select_rows(connection, _ANSWERING, [list(remote_ids), administration])
    }


# a cross join keeps SQLite at one look-up per id; with `in` it reads the whole partial index
_ANSWERING = """
    select s.remote_id, s.entry, s.mark from ?* as wanted cross join entry_state s
    where s.administration = ? and s.remote_id = wanted.value
"""


def tries(connection: Connection, ids: Collection[int]) -> dict[int, int]:
    """Read how often it was tried to send entries or parties."""
    return dict(select_rows(connection, _TRIES, [list(ids), list(ids)]) if ids else ())


_TRIES = """
    select entry, tries from entry_state where entry in ?* union all select id, tries from party where id in ?*
"""


def last_of(connection: Connection, kind: EffectKind, subjects: Collection[int]) -> dict[int, OpenEffect]:
    """Read the latest attempt at each entry or party; ids do not tell, as each worker takes them from its own block."""
    columns = effect.c
    query = _READ.where(columns.kind == kind, columns.subject.in_(subjects)).order_by(columns.fence, columns.id)
    return {item.subject: item for item in (OpenEffect(*row) for row in connection.execute(query).all())}
