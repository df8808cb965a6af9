"""A lease is over at its end and not before, and whoever takes over can be told from whoever held it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.integration.journey import Business, order
from tests.integration.moody import calm, plugins

from boekbrug.store import effects, licences, workers
from boekbrug.store.tables import entry_state, licence
from boekbrug.sync.worker import Worker

ELSEWHERE = 1
"""A licence that there is not."""


@pytest.fixture
def business(tmp_path: Path, ready_url: str) -> Iterator[Business]:
    calm()
    found = Business(tmp_path, ready_url, target="moody", plugins=plugins())
    yield found
    found.house.close()


def composed(business: Business) -> int:
    """Let a worker compose two entries and stop; return the moment."""
    business.write("a.jsonl", order(1), order(2))
    with business.house.workplace("tests") as work:
        worker = Worker(work)
        while (step := worker.step()) is not None and step.phase != "composed":
            pass
        with business.house.database.read() as connection:
            return business.house.database.now(connection)


def test_entries_come_back_when_the_lease_of_their_worker_is_over(business: Business) -> None:
    now, database, of = composed(business), business.house.database, business.licence.id
    until, state = now + 1000, entry_state.c
    with database.write() as connection:
        claims = effects.claim_due(connection, database, of, "one", until, now, 10)
        assert len(claims) == 2
        assert effects.claim_due(connection, database, of, "two", until, now, 10) == []
        for id, moment in ((of, until - 1), (ELSEWHERE, until)):
            assert not workers.any_claimed(connection, id, moment)
            assert workers.return_claimed(connection, id, moment) == 0
        assert workers.any_claimed(connection, of, until)
        assert workers.return_claimed(connection, of, until) == 2
        query = sa.select(state.state, state.fence, state.claimed_by, state.next_at)
        assert connection.execute(query).all() == [("due", claims[0].fence + 1, None, until)] * 2
        # what is due is not claimed, however long ago its turn came
        assert not workers.any_claimed(connection, of, until + 1)
        assert workers.return_claimed(connection, of, until + 1) == 0
        again = effects.claim_due(connection, database, of, "two", until + 1000, until, 10)
        assert [claim.fence for claim in again] == [claim.fence + 2 for claim in claims]


def test_a_licence_is_free_at_the_end_of_its_lease(business: Business) -> None:
    of = business.licence.id
    with business.house.database.write() as connection:
        first = licences.claim_one(connection, of, "one", until=1000, now=0)
        assert first is not None
        assert licences.claim_one(connection, of, "two", until=2000, now=999) is None
        second = licences.claim_one(connection, of, "two", until=2000, now=1000)
        assert second is not None
        assert second.fence == first.fence + 1
        with pytest.raises(licences.ClaimLost):
            licences.hold(connection, first, 3000)
        licences.hold(connection, second, 3000)


def test_a_licence_is_claimed_when_it_is_due_and_works(business: Business) -> None:
    database, columns = business.house.database, licence.c
    with database.write() as connection:
        connection.execute(sa.update(licence).values(next_at=1000))
        assert licences.claim_next(connection, database, "one", until=2000, now=999) is None
        first = licences.claim_next(connection, database, "one", until=2000, now=1000)
        assert first is not None
        assert first.waited == 0
        assert licences.claim_next(connection, database, "two", until=3000, now=1999) is None
        second = licences.claim_next(connection, database, "two", until=3000, now=2000)
        assert second is not None
        assert second.waited == 1000
        # whoever comes back too late ends nothing
        licences.release(connection, first, 2000, 9000)
        assert connection.execute(sa.select(columns.claimed_by, columns.next_at)).all() == [("two", 1000)]
        licences.release(connection, second, 2000, 9000)
        assert connection.execute(sa.select(columns.claimed_by, columns.next_at)).all() == [(None, 9000)]
        connection.execute(sa.update(licence).values(state=licences.PAUSED))
        assert licences.claim_next(connection, database, "one", until=99_000, now=9000) is None


def test_what_a_run_finds_due_meanwhile_makes_the_licence_due_after_it(business: Business) -> None:
    database, columns = business.house.database, licence.c
    with database.write() as connection:
        connection.execute(sa.update(licence).values(next_at=1000))
        claim = licences.claim_next(connection, database, "one", until=2000, now=1000)
        assert claim is not None
        licences.hint(connection, business.licence.source, "", 1500)
        licences.release(connection, claim, 1600, 9000)
        assert connection.scalars(sa.select(columns.next_at)).all() == [1600]
        again = licences.claim_next(connection, database, "one", until=3000, now=1600)
        assert again is not None
        licences.release(connection, again, 1700, 9000)
        assert connection.scalars(sa.select(columns.next_at)).all() == [9000]
