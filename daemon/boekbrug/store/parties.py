"""Parties: which debtors of an administration are known, and which are wanted by entries that are due."""

from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.contract import EffectKind, Party
from boekbrug.store import events
from boekbrug.store.bulk import update_rows
from boekbrug.store.effects import Claim
from boekbrug.store.licences import ClaimLost
from boekbrug.store.tables import entry, entry_state, party
from boekbrug.store.words import EntryState

_ADD = sa.text(
    "insert into party (id, administration, party_key, state, reason, changed_at) "
    "values (:id, :administration, :key, 'due', '', :now) on conflict do nothing"
)


class Wanted(NamedTuple):
    """A claimed party with what is known of it: the stored remote id may be out of date."""

    claim: Claim
    party: Party


class _Found(NamedTuple):
    key: str
    entry: int
    id: int | None
    fence: int | None
    tries: int | None
    reason: str | None
    remote_id: str | None


def any_wanted(connection: Connection, licence: int, now: int) -> bool:
    """Tell whether a due entry of a licence waits for a party that may be looked for now."""
    return connection.execute(_WANTED, {"licence": licence, "now": now, "most": 1}).first() is not None


def _wanted() -> sa.Select[Any]:
    now: sa.BindParameter[int] = sa.bindparam("now")
    # one that was refused is looked for again as soon as another entry wants it; its first ones were refused with it
    free = sa.or_(
        party.c.id.is_(None),
        party.c.state == EntryState.REFUSED,
        sa.and_(party.c.state.in_((EntryState.DUE, EntryState.CLAIMED)), party.c.next_at.is_(None)),
        sa.and_(party.c.state.in_((EntryState.DUE, EntryState.CLAIMED)), party.c.next_at <= now),
    )
    same = sa.and_(party.c.administration == entry.c.administration, party.c.party_key == entry.c.party)
    state = entry_state.c
    return (
        sa.select(
            entry.c.party, sa.func.max(entry.c.id), party.c.id, party.c.fence, party.c.tries, party.c.reason,
            party.c.remote_id,
        )
        .join(entry_state, state.entry == entry.c.id)
        .outerjoin(party, same)
        .where(state.licence == sa.bindparam("licence"), state.state == EntryState.DUE, state.next_at <= now)
        .where(entry.c.party.is_not(None), free)
        .group_by(entry.c.party, party.c.id, party.c.fence, party.c.tries, party.c.reason, party.c.remote_id)
        .limit(sa.bindparam("most"))
    )  # fmt: skip


_WANTED = _wanted()


def claim_wanted(
    connection: Connection,
    licence: int,
    administration: int,
    worker: str,
    until: int,
    now: int,
    limit: int,
    first_id: int,
    open_party: Callable[[bytes, int], bytes],
) -> list[Wanted]:
    """Take the parties that due entries wait for, made known here where they are new; needs `limit` ids.

    Raise ClaimLost when another worker was quicker.
    """
    rows = connection.execute(_WANTED, {"licence": licence, "now": now, "most": limit})
    found = [_Found(*row) for row in rows.all()]
    new = [row for row in found if row.id is None]
    if new:
        ids = {row.key: first_id + n for n, row in enumerate(new)}
        values = [{"id": ids[r.key], "administration": administration, "key": r.key, "now": now} for r in new]
        connection.execute(_ADD, values)
        found = [row if row.id else row._replace(id=ids[row.key], fence=0, tries=0, reason="") for row in found]
    taken = update_rows(
        connection,
        party,
        ("state", "fence", "claimed_by", "next_at"),
        ("id", "fence"),
        [(str(EntryState.CLAIMED), (row.fence or 0) + 1, worker, until, row.id, row.fence) for row in found],
        only="state in ('due', 'claimed', 'refused')",
    )
    if taken != len(found):
        raise ClaimLost(parties=str(len(found) - taken))
    bodies = _bodies(connection, [row.entry for row in found], open_party)
    return [Wanted(_claim(row, licence), _known(bodies[row.entry], row)) for row in found]


def _claim(row: _Found, licence: int) -> Claim:
    assert row.id is not None, "every wanted party has a row by now"
    return Claim(row.id, licence, (row.fence or 0) + 1, row.tries or 0, row.reason or "", EffectKind.PARTY)


def _known(body: Party, row: _Found) -> Party:
    return msgspec.structs.replace(body, remote_id=row.remote_id or "")


def _bodies(connection: Connection, ids: Sequence[int], open_party: Callable[[bytes, int], bytes]) -> dict[int, Party]:
    rows = connection.execute(sa.select(entry.c.id, entry.c.party_body).where(entry.c.id.in_(ids)))
    return {id: msgspec.msgpack.decode(open_party(body, id), type=Party) for id, body in rows}


def know(connection: Connection, found: Sequence[tuple[Claim, str]], event_ids: int, now: int) -> None:
    """Keep the remote ids of claimed parties that were found at the target; needs one event id each."""
    known = str(EntryState.BOOKED)
    changed = update_rows(
        connection,
        party,
        ("state", "reason", "next_at", "claimed_by", "remote_id", "changed_at"),
        ("id", "fence"),
        [(known, "", None, None, remote_id, now, claim.subject, claim.fence) for claim, remote_id in found],
        only="state = 'claimed'",
    )
    if changed != len(found):
        raise ClaimLost(parties=str(len(found) - changed))
    events.record(
        connection,
        [
            (claim.subject, event_ids + n, events.PARTY, claim.licence, now, known, "", None)
            for n, (claim, _) in enumerate(found)
        ],
    )


def remote_ids(connection: Connection, administration: int, keys: Collection[str]) -> dict[str, str]:
    """Read the remote ids of known parties by key."""
    query = sa.select(party.c.party_key, party.c.remote_id).where(
        party.c.administration == administration, party.c.party_key.in_(keys)
    )
    return dict(connection.execute(query).all())


def doubt(connection: Connection, entries: Collection[int], now: int) -> None:
    """Let the parties of refused entries be looked up anew before they are used again."""
    if not entries:
        return
    named = sa.exists().where(
        entry.c.id.in_(entries),
        entry.c.party == party.c.party_key,
        entry.c.administration == party.c.administration,
    )
    connection.execute(
        sa.update(party)
        .where(party.c.state == EntryState.BOOKED, named)
        .values(state=str(EntryState.DUE), reason="", next_at=now, fence=party.c.fence + 1)
    )


class Waiting(NamedTuple):
    """A due entry that waits for a party."""

    entry: int
    licence: int
    party: int


def waiting_for(connection: Connection, ids: Collection[int]) -> list[Waiting]:
    """List the due entries that wait for parties."""
    same = sa.and_(party.c.administration == entry.c.administration, party.c.party_key == entry.c.party)
    query = (
        sa.select(entry.c.id, entry.c.licence, party.c.id)
        .join(party, same)
        .join(entry_state, entry_state.c.entry == entry.c.id)
        .where(party.c.id.in_(ids), entry_state.c.state == EntryState.DUE)
    )
    return [Waiting(*row) for row in connection.execute(query).all()]


def refuse_entries(
    connection: Connection, refused: Sequence[tuple[Waiting, str]], event_ids: int, now: int
) -> list[int]:
    """Refuse entries with a problem code each; return those that were still due. Needs one event id each."""
    state = str(EntryState.REFUSED)
    still: list[tuple[int, int, str, int, int, str, str, None]] = []
    for row, code in refused:
        values = (state, code, None, now, row.entry)
        if update_rows(
            connection, entry_state, ("state", "reason", "next_at", "changed_at"), ("entry",), [values],
            only="state = 'due'",
        ):  # fmt: skip
            still.append((row.entry, event_ids + len(still), events.ENTRY, row.licence, now, state, code, None))
    events.record(connection, still)
    return [row[0] for row in still]
