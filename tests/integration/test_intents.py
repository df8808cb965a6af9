"""Claims, intents and outcomes as the store writes them: who may, and who comes too late."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection
from tests.integration.journey import Business

from boekbrug.contract import EffectKind, Prepared
from boekbrug.store import effects, tables
from boekbrug.store.effects import Claim, Intent, Settled
from boekbrug.store.licences import ClaimLost

NOW, LATER, FENCE, ELSEWHERE = 1000, 2000, 5, 99
STATE = tables.entry_state.c


@dataclasses.dataclass
class Bench:
    """One licence, and rows beside it as a test needs them."""

    connection: Connection
    business: Business
    licence: int
    administration: int

    def entry(self, id: int, state: str = "due", **values: Any) -> Claim:
        row: dict[str, Any] = {
            "entry": id, "licence": self.licence, "administration": self.administration, "mark": f"mark {id}",
            "state": state, "reason": "", "fence": FENCE, "next_at": NOW, "tries": 3, "changed_at": 0,
        } | values  # fmt: skip
        self.connection.execute(sa.insert(tables.entry_state).values(row))
        return Claim(id, row["licence"], FENCE, 3, row["reason"], held=state == "claimed")

    def party_of(self, id: int, key: str | None) -> None:
        """Let an entry be about a party."""
        words = ("mark", "number", "kind", "journal", "period", "condition", "currency", "text")
        values = dict.fromkeys(words, str(id)) | {"date": "2026-09-01", "party": key, "concept": False}
        numbers = {"total": 1, "rules": 1, "composed_at": 0, "id": id}
        ours = {"licence": self.licence, "administration": self.administration}
        self.connection.execute(sa.insert(tables.entry).values(values | numbers | ours))

    def party(self, id: int, key: str, state: str = "booked", administration: int | None = None) -> None:
        of = self.administration if administration is None else administration
        values = {"id": id, "administration": of, "party_key": key, "state": state, "reason": "", "changed_at": 0}
        self.connection.execute(sa.insert(tables.party).values(values))

    def elsewhere(self) -> int:
        """Make another administration of the same target."""
        table = tables.administration
        row = dict(self.connection.execute(sa.select(table)).mappings().one())
        self.connection.execute(sa.insert(table).values(row | {"id": ELSEWHERE, "code": "elsewhere"}))
        return ELSEWHERE

    def effect(self, id: int, state: str = "unknown", **values: Any) -> None:
        row = {
            "id": id, "licence": self.licence, "administration": self.administration, "kind": "entry", "subject": id,
            "mark": f"mark {id}", "payload": b"", "batch": "", "numbers": "{}", "state": state, "reason": "",
            "fence": FENCE, "worker": "one", "leased_until": NOW, "intended_at": 0, "next_at": NOW,
        } | values  # fmt: skip
        self.connection.execute(sa.insert(tables.effect).values(row))

    def states(self) -> list[tuple[Any, ...]]:
        query = sa.select(STATE.entry, STATE.state, STATE.fence, STATE.claimed_by, STATE.next_at, STATE.tries)
        return [tuple(row) for row in self.connection.execute(query.order_by(STATE.entry))]

    def events(self) -> list[tuple[int, int, str]]:
        event = tables.event.c
        query = sa.select(event.subject, event.id, event.state).where(event.at == NOW).order_by(event.subject)
        return [tuple(row) for row in self.connection.execute(query)]

    def claim(self, *, with_parties: bool = False, limit: int = 10) -> list[tuple[int, int, bool]]:
        database = self.business.house.database
        claims = effects.claim_due(
            self.connection, database, self.licence, "one", LATER, NOW, limit, with_parties=with_parties
        )
        return [(claim.subject, claim.fence, claim.held) for claim in claims]

    def intend(self, *claims: Claim) -> None:
        items = [
            Intent(100 + n, claim, Prepared(id=claim.subject, kind=EffectKind.ENTRY, mark="m", payload=b"body"))
            for n, claim in enumerate(claims)
        ]
        effects.write_intents(
            self.connection, items, self.administration, "two", LATER, NOW, lambda payload, _id: payload
        )


@pytest.fixture
def bench(tmp_path: Path, ready_url: str) -> Iterator[Bench]:
    business = Business(tmp_path, ready_url)
    licence = business.licence
    with business.house.database.write() as connection:
        yield Bench(connection, business, licence.id, licence.administration)
        connection.rollback()
    business.house.close()


def test_only_what_is_due_and_whose_original_is_booked_is_claimed(bench: Bench) -> None:
    bench.entry(1)
    bench.entry(2, next_at=NOW + 1)
    bench.entry(3, state="claimed")
    bench.entry(4, licence=ELSEWHERE)
    bench.entry(5, state="booked", next_at=None)
    bench.entry(6, after=5, next_at=NOW - 1)
    bench.entry(7, after=2)
    bench.entry(8, state="booked", reason="deleted-at-target", next_at=None)
    bench.entry(9, after=8)
    assert bench.claim(limit=1) == [(6, FENCE + 1, True)]
    assert bench.claim() == [(1, FENCE + 1, True)]
    assert bench.claim() == []
    assert bench.states()[0] == (1, "claimed", FENCE + 1, "one", LATER, 3)
    assert bench.states()[1] == (2, "due", FENCE, None, NOW + 1, 3)


def test_an_entry_waits_until_its_party_is_known_in_its_own_administration(bench: Bench) -> None:
    for id, key in ((1, None), (2, "known"), (3, "new"), (4, "abroad"), (5, "new"), (6, "coming")):
        bench.entry(id, reason="resend" if id == 5 else "")
        bench.party_of(id, key)
    bench.party(11, "known")
    bench.party(12, "coming", state="due")
    bench.party(13, "abroad", administration=bench.elsewhere())
    assert [id for id, _, _ in bench.claim(with_parties=True)] == [1, 2, 5]
    assert [id for id, _, _ in bench.claim()] == [3, 4, 6]


def test_what_is_not_held_yet_is_taken_and_what_is_held_is_left(bench: Bench) -> None:
    free, held = bench.entry(1), bench.entry(2, state="claimed")
    now_held = effects.hold(bench.connection, [free, held], "two", LATER)
    assert now_held == [free._replace(fence=FENCE + 1, held=True), held]
    assert bench.states() == [(1, "claimed", FENCE + 1, "two", LATER, 3), (2, "claimed", FENCE, None, NOW, 3)]
    with pytest.raises(ClaimLost):
        effects.hold(bench.connection, [free], "three", LATER)


@pytest.mark.parametrize("values", [{"state": "composed"}, {"fence": FENCE + 1}])
def test_what_another_has_changed_meanwhile_is_not_taken(bench: Bench, values: dict[str, Any]) -> None:
    free = bench.entry(1)
    bench.connection.execute(sa.update(tables.entry_state).values(values))
    with pytest.raises(ClaimLost):
        effects.hold(bench.connection, [free], "two", LATER)
    with pytest.raises(ClaimLost):
        bench.intend(free)
    assert not bench.connection.execute(sa.select(tables.effect.c.id)).all()


def test_an_intent_bears_the_fence_of_the_claim_it_was_written_under(bench: Bench) -> None:
    bench.intend(bench.entry(1), bench.entry(2, state="claimed", claimed_by="two"))
    assert bench.states() == [(1, "sending", FENCE + 1, "two", None, 3), (2, "sending", FENCE, "two", None, 3)]
    effect = tables.effect.c
    query = sa.select(effect.id, effect.subject, effect.fence, effect.state, effect.leased_until, effect.next_at)
    assert bench.connection.execute(query.order_by(effect.id)).all() == [
        (100, 1, FENCE + 1, "intent", LATER, LATER),
        (101, 2, FENCE, "intent", LATER, LATER),
    ]


@pytest.mark.parametrize("values", [{"state": "due"}, {"fence": FENCE + 1}])
def test_a_claim_that_is_over_bears_no_intent_and_ends_nothing(bench: Bench, values: dict[str, Any]) -> None:
    held = bench.entry(1, state="claimed")
    bench.connection.execute(sa.update(tables.entry_state).values(values))
    with pytest.raises(ClaimLost):
        bench.intend(held)
    with pytest.raises(ClaimLost):
        effects.end_claims(bench.connection, [(held, "refused", "", None)], 500, NOW)


def test_a_claim_ends_with_a_try_and_an_event(bench: Bench) -> None:
    first, second = bench.entry(1, state="claimed", claimed_by="one"), bench.entry(2, state="claimed")
    effects.end_claims(bench.connection, [], 0, NOW)
    effects.end_claims(bench.connection, [(first, "due", "retry", LATER), (second, "refused", "", None)], 500, NOW)
    assert bench.states() == [(1, "due", FENCE, None, LATER, 4), (2, "refused", FENCE, None, None, 4)]
    assert bench.events() == [(1, 500, "due"), (2, 501, "refused")]


def test_a_look_is_due_for_the_licences_own_and_for_all_parties_of_its_administration(bench: Bench) -> None:
    bench.effect(1)
    bench.effect(2, state="intent", next_at=NOW - 1)
    bench.effect(3, next_at=NOW + 1)
    bench.effect(4, state="booked")
    bench.effect(5, licence=ELSEWHERE)
    bench.effect(6, licence=ELSEWHERE, kind="party")
    bench.effect(7, licence=ELSEWHERE, administration=ELSEWHERE, kind="party")
    found = effects.overdue(bench.connection, bench.licence, bench.administration, NOW, 10)
    assert sorted(item.id for item in found) == [1, 2, 6]
    assert [item.id for item in effects.overdue(bench.connection, bench.licence, bench.administration, NOW, 1)] == [2]


def test_what_became_of_an_effect_is_written_once(bench: Bench) -> None:
    for id, state in ((1, "intent"), (2, "unknown"), (3, "unknown")):
        bench.effect(id, state=state)
    at_once = Settled(1, bench.licence, "booked")
    looked, waits = Settled(2, bench.licence, "absent", looks=1), Settled(3, bench.licence, "unknown", next_at=LATER)
    effects.settle(bench.connection, [at_once, looked, waits], 500, NOW)
    # what the answer to the call settled is its own event
    assert bench.events() == [(2, 501, "absent"), (3, 502, "unknown")]
    effect = tables.effect.c
    query = sa.select(effect.state, effect.next_at, effect.settled_at, effect.looks).order_by(effect.id)
    assert bench.connection.execute(query).all() == [
        ("booked", None, NOW, 0), ("absent", None, NOW, 1), ("unknown", LATER, None, 0),
    ]  # fmt: skip
    with pytest.raises(ClaimLost):
        effects.settle(bench.connection, [waits, looked], 600, NOW)


def test_an_attempt_that_was_not_there_is_opened_again_and_no_other(bench: Bench) -> None:
    for id in (1, 2):
        bench.entry(id, reason="resend")
        bench.effect(10 + id, state="absent", subject=id, next_at=None, settled_at=NOW)
    assert effects.open_again(bench.connection, 11, EffectKind.ENTRY, 1)
    assert bench.states() == [(1, "in-doubt", FENCE + 1, None, None, 3), (2, "due", FENCE, None, NOW, 3)]
    effect = tables.effect.c
    query = sa.select(effect.id, effect.state, effect.settled_at).order_by(effect.id)
    assert bench.connection.execute(query).all() == [(11, "unknown", None), (12, "absent", NOW)]
    # what is in doubt or on its way is left as it is
    assert not effects.open_again(bench.connection, 11, EffectKind.ENTRY, 1)
