"""Bring the database to the schema of this release, and tell when it is another."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from boekbrug.contract import BoekbrugError
from boekbrug.store.database import Database


class SchemaDiffers(BoekbrugError):
    """The database has the schema of another release; run `boekbrug db upgrade`, or install that release."""

    code = "schema-differs"


def upgrade(database: Database) -> str:
    """Run the migrations that are missing, all or none; return the revision the database has then.

    Raise SchemaDiffers when it is that of a newer release.
    """
    if database.path is not None:
        database.path.parent.mkdir(parents=True, exist_ok=True)
    with database.write() as connection:
        if (found := _current(connection)) and not knows(found):
            raise SchemaDiffers(found=found, wanted=newest())
        config = _config(connection)
        command.upgrade(config, "head")
        return _current(connection)


def check(database: Database) -> None:
    """Raise SchemaDiffers unless the database has the schema of this release."""
    with database.read() as connection:
        found, wanted = _current(connection), newest()
    if found != wanted:
        raise SchemaDiffers(found=found or "empty", wanted=wanted)


def is_current(database: Database) -> bool:
    """Tell whether the database is there and has the schema of this release."""
    if database.path is not None and not database.path.exists():
        return False
    with database.read() as connection:
        return _current(connection) == newest()


def is_empty(database: Database) -> bool:
    """Tell whether the database was never set up."""
    with database.read() as connection:
        return not _current(connection)


def newest() -> str:
    """Return the revision of this release."""
    return str(ScriptDirectory(str(_FOLDER)).get_current_head())


def knows(revision: str) -> bool:
    """Tell whether this release has a revision; that of a newer one it has not."""
    return any(one.revision == revision for one in ScriptDirectory(str(_FOLDER)).walk_revisions())


_FOLDER = Path(__file__).parent / "migrations"


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _current(connection: Connection) -> str:
    return MigrationContext.configure(connection).get_current_revision() or ""
