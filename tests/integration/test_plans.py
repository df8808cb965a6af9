"""Look-ups on the hot path use their index however large the unit is: a scan per page makes a journey quadratic."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from boekbrug.store import documents, effects, failures
from boekbrug.store.database import Database


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (documents._NUMBERED, "ix_document_number (number=?)"),
        (documents._KNOWN, "AND source_id=?)"),
        (failures._BOOKED_SINCE, "ix_effect_booked (administration=? AND settled_at>?)"),
        (effects._ANSWERING, "uq_entry_state_remote (administration=? AND remote_id=?)"),
    ],
)
def test_look_ups_go_by_their_own_index(statement: str, index: str, sqlite_template: Path) -> None:
    query = statement.replace("?*", f"(select value from json_each('{json.dumps(['a'])}'))").replace("?", "1")
    with closing(Database(f"sqlite:///{sqlite_template}", lambda: 0)) as database, database.read() as connection:
        plan = [row[3] for row in connection.exec_driver_sql(f"explain query plan {query}")]
    assert any(index in step for step in plan), plan
