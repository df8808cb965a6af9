"""Engines that cheat: each breaks the protocol of the design's §6 in one way, and has to be caught."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.acts import reverse
from boekbrug.contract import NotSent, Outcome, Prepared, Target, Tokens
from boekbrug.runtime import grants as runtime_grants
from boekbrug.runtime.grants import GrantKeeper, Held, HeldGrant, seal
from boekbrug.store import bulk, effects, entries, grants, parties, tables
from boekbrug.store.effects import Claim, Intent
from boekbrug.store.grants import Lease, Pair
from boekbrug.store.licences import Licence
from boekbrug.sync import calls, deliver, settle
from boekbrug.sync.outcome import Absent, Concluded, SettledAs, conclude
from boekbrug.sync.workplace import Workplace


@dataclass(frozen=True)
class Mistake:
    """A mistake, how to make it, and the seeds within which the simulation has to notice."""

    name: str
    make: Callable[[pytest.MonkeyPatch], None]
    seeds: range
    #: caught so soon that every run of the tests can show it
    is_quick: bool = False


def _skip_the_intent(patch: pytest.MonkeyPatch) -> None:
    """Write the intent together with the outcome, when the call is over."""
    unwritten: dict[int, tuple[Licence, Intent]] = {}

    def _later(
        work: Workplace, licence: Licence, claims: Mapping[int, Claim], batch: Sequence[Prepared]
    ) -> list[Intent]:
        work.ids.ensure(len(batch))
        first = work.ids.take(len(batch))
        intents = [Intent(first + n, claims[item.id], item) for n, item in enumerate(batch)]
        unwritten.update({intent.id: (licence, intent) for intent in intents})
        return intents

    def _both(work: Workplace, concluded: Sequence[Concluded]) -> None:
        late = [unwritten.pop(item.effect) for item in concluded if item.effect in unwritten]
        if late:
            with work.database.write() as connection:
                now = work.database.now(connection)
                effects.write_intents(
                    connection, [intent for _, intent in late], late[0][0].administration, work.worker, work.until(now),
                    now, work.sealing.payload,
                )  # fmt: skip
        conclude(work, concluded)

    patch.setattr(deliver, "_intend", _later)
    patch.setattr(deliver, "conclude", _both)


def _skip_the_quiet_period(patch: pytest.MonkeyPatch) -> None:
    """Trust the first look that finds nothing."""
    careful = settle._meaning

    def _impatient(*asked: Any) -> SettledAs:
        meaning = careful(*asked)
        return Absent() if getattr(meaning, "reason", "") == "not-listed-yet" else meaning

    patch.setattr(settle, "_meaning", _impatient)


def _resend_on_time_out(patch: pytest.MonkeyPatch) -> None:
    """Take a call without an answer for one that was not processed."""

    def _believe_it_failed(
        _work: Workplace, target: Target, administration: str, batch: Sequence[Prepared]
    ) -> tuple[Sequence[Outcome], Exception | None]:
        try:
            return target.post(administration, batch), None
        except Exception as error:  # noqa: BLE001 - the mistake that is to be caught
            return [NotSent(reason=repr(error)[:50])] * len(batch), None

    patch.setattr(calls, "_post", _believe_it_failed)


def _forget_the_fence(patch: pytest.MonkeyPatch) -> None:
    """Let a worker write although another has taken over."""
    fenced = bulk.update_rows

    def _unfenced(
        connection: Connection, table: sa.Table, values: Sequence[str], keys: Sequence[str],
        rows: Sequence[tuple[object, ...]], only: str = "",
    ) -> int:  # fmt: skip
        if "fence" not in keys:
            return fenced(connection, table, values, keys, rows, only=only)
        fenced(connection, table, values, keys[:-1], [row[:-1] for row in rows], only=only)
        return len(rows)

    patch.setattr(effects, "update_rows", _unfenced)
    patch.setattr(parties, "update_rows", _unfenced)


def _save_the_token_after_use(patch: pytest.MonkeyPatch) -> None:
    """Store a new pair of tokens when its access token has been used."""
    unsaved: dict[int, tuple[Lease, Pair]] = {}
    asking: list[HeldGrant] = []
    honest = HeldGrant.token

    def _token(self: HeldGrant) -> str:
        asking[:] = [self]
        if (late := unsaved.pop(id(self), None)) is not None:
            with self._keeper.database.write() as connection:
                grants.keep(connection, *late)
        return honest(self)

    def _keep(keeper: GrantKeeper, held: Held, lease: Lease, given: Tokens) -> Held:
        tokens = msgspec.structs.replace(given, refresh=given.refresh or held.tokens.refresh)
        unsaved[id(asking[0])] = lease, seal(keeper.vault, lease.grant, tokens, keeper.clock.now())
        return Held(row=held.row, tokens=tokens)

    patch.setattr(HeldGrant, "token", _token)
    patch.setattr(runtime_grants.GrantKeeper, "_keep", _keep)


def _free_before_the_reversal(patch: pytest.MonkeyPatch) -> None:
    """End memberships when a reversal is composed, not when it is booked."""
    honest = reverse._write

    def _write(connection: Connection, plan: Any, now: int, *, rebook: bool) -> None:
        honest(connection, plan, now, rebook=rebook)
        for one in plan.counters if rebook else ():
            member, state = tables.membership.c, tables.document_state.c
            documents = [document for document, _ in one.members]
            connection.execute(
                sa.update(tables.membership)
                .where(member.entry == one.entry, member.ended_at.is_(None))
                .values(ended_at=now)
            )
            connection.execute(
                sa.update(tables.document_state)
                .where(state.document.in_(documents))
                .values(reason="compose", entry=None, next_at=now)
            )

    patch.setattr(reverse, "_write", _write)


def _mark_without_generation(patch: pytest.MonkeyPatch) -> None:
    """Give an entry that is booked anew the mark of the one before."""
    honest = entries.taken_marks

    def _living_only(connection: Connection, administration: int, marks: Sequence[str]) -> dict[str, bool]:
        return {mark: over for mark, over in honest(connection, administration, marks).items() if not over}

    patch.setattr(entries, "taken_marks", _living_only)


MISTAKES = (
    Mistake("skip the intent", _skip_the_intent, range(1, 51)),
    Mistake("skip the quiet period", _skip_the_quiet_period, range(1, 61)),
    Mistake("resend on time-out", _resend_on_time_out, range(1, 21)),
    Mistake("no fencing", _forget_the_fence, range(1, 281)),
    Mistake("refresh token saved after use", _save_the_token_after_use, range(1, 11), is_quick=True),
    Mistake("membership freed before the reversal is booked", _free_before_the_reversal, range(1, 81)),
    Mistake("mark without generation", _mark_without_generation, range(1, 101)),
)
