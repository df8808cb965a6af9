"""Queries handed to the driver without a detour fail as all others do."""

from collections.abc import Callable
from contextlib import closing

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from boekbrug.store.bulk import select_rows
from boekbrug.store.database import Database


def test_a_query_whose_server_is_gone_raises_what_all_others_raise(ready: Callable[[str], str]) -> None:
    with closing(Database(ready("postgresql"), lambda: 0)) as database:
        with pytest.raises(OperationalError), database.read() as connection, database.read() as other:
            own = connection.scalar(sa.text("select pg_backend_pid()"))
            other.execute(sa.text("select pg_terminate_backend(:pid)"), {"pid": own})
            select_rows(connection, "select id from licence where id = ?", [1])
        with database.read() as connection:
            assert select_rows(connection, "select 1 where 1 = ?", [1]) == [(1,)]


def test_a_query_that_sqlite_refuses_raises_what_all_others_raise(ready: Callable[[str], str]) -> None:
    with (
        closing(Database(ready("sqlite"), lambda: 0)) as database,
        pytest.raises(OperationalError),
        database.read() as connection,
    ):
        select_rows(connection, "select id from absent where id = ?", [1])
