"""Many rows at once on both databases: none is left out, none is changed that was not meant."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from boekbrug.store.bulk import insert_rows, update_rows
from boekbrug.store.database import Database
from boekbrug.store.tables import document_state as table
from boekbrug.store.tables import metadata, payload

COLUMNS = ("licence", "document", "state", "reason", "entry", "next_at", "changed_at")
MANY = 1_000
"""More than go into one statement."""


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url, lambda: 0)
    metadata.create_all(database.engine, [table, payload])
    with database.write() as connection:
        rows = [(1, n, "waiting", "compose", None, None if n % 3 else n, 5) for n in range(MANY)]
        insert_rows(connection, table, COLUMNS, rows)
    yield database
    database.close()


def read(database: Database, *columns: str) -> dict[int, tuple[object, ...]]:
    with database.read() as connection:
        query = sa.select(table.c.document, *(table.c[name] for name in columns))
        return {id: tuple(rest) for id, *rest in connection.execute(query)}


def test_rows_are_inserted_with_what_they_hold_and_the_defaults_of_the_rest(database: Database) -> None:
    found = read(database, "state", "entry", "next_at", "tries")
    assert found == {n: ("waiting", None, None if n % 3 else n, 0) for n in range(MANY)}


def test_bytes_come_back_as_they_were_also_beside_rows_without_any(database: Database) -> None:
    bodies = {1: b"\x00\xff", 2: None, 3: b""}
    rows = [(document, 1, body, "2033-01-01") for document, body in bodies.items()]
    with database.write() as connection:
        insert_rows(connection, payload, ("document", "n", "body", "erase_after"), rows)
        insert_rows(connection, payload, ("document", "n", "body", "erase_after"), [(9, 1, b"\x01", "2033-01-01")])
        found = dict(connection.execute(sa.select(payload.c.document, payload.c.body)).all())
    assert found == {**bodies, 9: b"\x01"}


def test_each_row_gets_its_own_values_and_those_that_all_share(database: Database) -> None:
    with database.write() as connection:
        rows = [("booked", n + 7, None, 1, n) for n in range(0, MANY, 2)]
        changed = update_rows(connection, table, ("state", "entry", "next_at"), ("licence", "document"), rows)
    found = read(database, "state", "entry", "next_at")
    assert changed == MANY // 2
    assert {id: found[id] for id in range(0, MANY, 2)} == {n: ("booked", n + 7, None) for n in range(0, MANY, 2)}
    assert all(found[id][0] == "waiting" for id in range(1, MANY, 2))


def test_rows_that_do_not_meet_the_condition_or_are_not_there_are_not_counted(database: Database) -> None:
    rows = [("claimed", 1, n) for n in (1, 2, 3, MANY + 1)]
    with database.write() as connection:
        update_rows(connection, table, ("state",), ("licence", "document"), [("booked", 1, 2)])
        changed = update_rows(connection, table, ("state",), ("licence", "document"), rows, only="state = 'waiting'")
    assert changed == 2
    assert [read(database, "state")[id] for id in (1, 2, 3, 4)] == [
        ("claimed",), ("booked",), ("claimed",), ("waiting",),
    ]  # fmt: skip


def test_of_rows_with_the_same_keys_the_last_one_counts(database: Database) -> None:
    with database.write() as connection:
        rows = [("held", 1, 4), ("open", 1, 5), ("booked", 1, 4)]
        assert update_rows(connection, table, ("state",), ("licence", "document"), rows) == 2
    assert [read(database, "state")[id] for id in (4, 5)] == [("booked",), ("open",)]


def test_a_row_that_breaks_a_constraint_undoes_the_whole_transaction(database: Database) -> None:
    rows = [(1, MANY + n % 400, "open", "", None, None, 6) for n in range(401)]
    with pytest.raises(sa.exc.IntegrityError), database.write() as connection:
        insert_rows(connection, table, COLUMNS, rows)
    assert len(read(database)) == MANY
