"""Parties on both databases: who is wanted, who may look, and which entries wait for whom."""

from collections.abc import Iterator

import msgspec
import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from boekbrug.contract import Party
from boekbrug.store import effects, parties, schema, tables
from boekbrug.store.database import Database
from boekbrug.store.licences import ClaimLost
from boekbrug.store.parties import Waiting, Wanted

NOW, UNTIL = 1_000, 91_000
LICENCE, OTHER, ADMINISTRATION = 11, 12, 21


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url, lambda: NOW)
    schema.upgrade(database)
    with database.write() as connection:
        for table, values in _rows():
            connection.execute(sa.insert(table).values(**values))
    yield database
    database.close()


def _rows() -> Iterator[tuple[sa.Table, dict[str, object]]]:
    common = {"plugin": "p", "settings": "{}", "state": "ok", "reason": "", "changed_at": NOW}
    yield tables.connection, {"id": 1, "name": "books", "role": "target", **common}
    yield (
        tables.administration,
        {"id": ADMINISTRATION, "connection": 1, "code": "a", "name": "A", "currency": "EUR", "environment": "",
         "facts": "{}"},
    )  # fmt: skip
    for id, code in ((LICENCE, "AAAA"), (OTHER, "BBBB")):
        yield (
            tables.licence,
            {"id": id, "name": code, "code": code, "source": 1, "unit": "u", "target": 1,
             "administration": ADMINISTRATION, "start": "2026-01-01", "state": "active", "automatic": True,
             "interval_minutes": 15, "rules": 1, "applied": "", "changed_at": NOW},
        )  # fmt: skip
    entries = ((101, LICENCE, "jan"), (102, LICENCE, "jan"), (103, LICENCE, "piet"), (104, LICENCE, None))
    for id, licence, key in (*entries, (105, OTHER, "jan")):
        body = msgspec.msgpack.encode(Party(key=key, name=key.title())) if key else None
        yield (
            tables.entry,
            {"id": id, "licence": licence, "administration": ADMINISTRATION, "mark": f"m{id}", "number": "n",
             "kind": "sales", "journal": "70", "date": "2026-01-02", "period": "", "condition": "", "currency": "EUR",
             "text": "", "total": 100, "rules": 1, "concept": False, "party": key, "party_body": body,
             "composed_at": NOW},
        )  # fmt: skip
        yield (
            tables.entry_state,
            {"entry": id, "licence": licence, "administration": ADMINISTRATION, "mark": f"m{id}", "state": "due",
             "reason": "", "next_at": NOW, "changed_at": NOW},
        )  # fmt: skip


def claim(connection: Connection, licence: int = LICENCE, first_id: int = 500, now: int = NOW) -> list[Wanted]:
    found = parties.claim_wanted(
        connection, licence, ADMINISTRATION, "w", UNTIL, now, 10, first_id, lambda body, _: body
    )
    return sorted(found, key=lambda one: one.party.key)


def due(database: Database, connection: Connection) -> list[int]:
    claims = effects.claim_due(connection, database, LICENCE, "w", UNTIL, NOW, 10, with_parties=True)
    return [one.subject for one in claims]


def test_every_customer_is_wanted_once_and_by_one_worker(database: Database) -> None:
    with database.write() as connection:
        assert [one.party.name for one in claim(connection)] == ["Jan", "Piet"]
    with database.write() as connection:
        assert claim(connection, first_id=600) == []
        assert claim(connection, OTHER, first_id=700) == []
        assert not parties.any_wanted(connection, OTHER, NOW)


def test_entries_wait_until_their_own_customer_is_known(database: Database) -> None:
    with database.write() as connection:
        jan, _ = claim(connection)
        parties.know(connection, [(jan.claim, "guid-jan")], 900, NOW)
        assert parties.remote_ids(connection, ADMINISTRATION, ["jan", "piet"]) == {"jan": "guid-jan", "piet": None}
    with database.write() as connection:
        assert due(database, connection) == [101, 102, 104]


def test_claim_that_ran_out_is_taken_over_and_the_old_one_counts_no_more(database: Database) -> None:
    with database.write() as connection:
        old, _ = claim(connection)
    with database.write() as connection:
        new, _ = claim(connection, first_id=600, now=UNTIL)
        assert (new.claim.subject, new.claim.fence) == (old.claim.subject, old.claim.fence + 1)
    with pytest.raises(ClaimLost), database.write() as connection:
        parties.know(connection, [(old.claim, "guid")], 900, NOW)


def test_customer_of_a_refused_entry_is_looked_up_anew_by_its_stored_id(database: Database) -> None:
    with database.write() as connection:
        jan, piet = claim(connection)
        parties.know(connection, [(jan.claim, "guid-jan"), (piet.claim, "guid-piet")], 900, NOW)
        parties.doubt(connection, [101], NOW)
        (again,) = claim(connection, first_id=600)
        assert (again.party.key, again.party.remote_id) == ("jan", "guid-jan")


def test_entries_of_a_refused_customer_are_refused_for_all_licences(database: Database) -> None:
    with database.write() as connection:
        jan, _ = claim(connection)
        effects.end_claims(connection, [(jan.claim, "refused", "some-code", None)], 900, NOW)
        waiting = parties.waiting_for(connection, [jan.claim.subject])
        assert sorted(waiting) == [
            Waiting(101, LICENCE, jan.claim.subject), Waiting(102, LICENCE, jan.claim.subject),
            Waiting(105, OTHER, jan.claim.subject),
        ]  # fmt: skip
        still = parties.refuse_entries(connection, [(row, "some-code") for row in waiting], 910, NOW)
        assert sorted(still) == [101, 102, 105]
        assert parties.waiting_for(connection, [jan.claim.subject]) == []
