"""The migrations make the tables that the code speaks of, on both databases."""

from contextlib import closing

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from boekbrug.store.database import Database
from boekbrug.store.tables import metadata


def test_migrations_and_tables_agree(ready_url: str) -> None:
    with closing(Database(ready_url, lambda: 0)) as database, database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
