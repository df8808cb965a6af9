"""What `boekbrug check` looks at, from the settings to each licence, as far as it gets."""

from collections.abc import Iterator
from contextlib import closing
from typing import NamedTuple

from sqlalchemy.exc import SQLAlchemyError

from boekbrug.acts import connections, licences
from boekbrug.cli.errors import sentence_of, sentences
from boekbrug.cli.shared import log_to_stderr
from boekbrug.contract import BoekbrugError, SettingsError
from boekbrug.runtime.plugins import PluginHost
from boekbrug.runtime.secrets import read_keys
from boekbrug.runtime.settings import Settings
from boekbrug.store import schema
from boekbrug.store.database import Database
from boekbrug.store.licences import ENDED
from boekbrug.store.licences import list_all as list_licences
from boekbrug.sync.house import House


class Finding(NamedTuple):
    """What was looked at, whether it is well, and what is to be said of it."""

    subject: str
    ok: bool
    says: tuple[str, ...]


def findings(settings: Settings, language: str) -> Iterator[Finding]:
    """Look at everything; what depends on something missing is left out."""
    log_to_stderr(settings)
    yield Finding("settings", True, (str(settings.file or "defaults alone; write boekbrug.toml to change them"),))
    key, database = _key(settings), _database(settings)
    yield key
    yield database
    if not (key.ok and database.ok):
        return
    with closing(House(settings)) as house:
        yield _plugins(house.plugins)
        if settings.mail.host:
            yield _mail(house)
        yield from _connections(house, language)
        yield from _licences(house, language)


def _key(settings: Settings) -> Finding:
    if not settings.key_file.exists() and settings.makes_key:
        return Finding("key", False, (f"{settings.key_file} does not exist yet; run: boekbrug init, or db upgrade",))
    try:
        read_keys(settings.key_file)
    except SettingsError as error:
        return Finding("key", False, tuple(error.faults))
    return Finding("key", True, (str(settings.key_file),))


def _database(settings: Settings) -> Finding:
    with closing(Database(settings.database_url, lambda: 0)) as database:
        address = database.url.render_as_string(hide_password=True)
        if database.path is not None and not database.path.exists():
            return Finding("database", False, (f"{database.path} does not exist yet; run: boekbrug db upgrade",))
        try:
            schema.check(database)
        except BoekbrugError as error:
            return Finding("database", False, tuple(sentences(error)))
        except SQLAlchemyError as error:
            return Finding("database", False, (f"{address} cannot be used: {str(error).splitlines()[0]}",))
    return Finding("database", True, (address,))


def _plugins(host: PluginHost) -> Finding:
    names = ", ".join(f"{one.name} {one.version}" for one in host.installed) or "none is installed"
    return Finding("plugins", not host.refused, (*host.refused, names) if host.refused else (names,))


def _mail(house: House) -> Finding:
    try:
        return Finding("mail", True, (house.mailer().check(),))
    except BoekbrugError as error:
        return Finding("mail", False, tuple(sentences(error)))


def _connections(house: House, language: str) -> Iterator[Finding]:
    for row in connections.list_all(house):
        result = connections.check(house, row)
        said = tuple(sentence_of(problem, house.plugins.problem_codes, language) for problem in result.problems)
        yield Finding(f"connection {row.name}", result.ok, said or (result.identity or "it works",))


def _licences(house: House, language: str) -> Iterator[Finding]:
    with house.database.read() as connection:
        found = [row for row in list_licences(connection) if row.state != ENDED]
    for row in found:
        try:
            problems = licences.preflight(house, row)
            said = [sentence_of(problem, house.plugins.problem_codes, language) for problem in problems]
            questions = licences.as_file(house, row).rules.open_questions()
            said += [f"rules.{name} is not answered; answer it in its file and apply that" for name in questions]
        except BoekbrugError as error:
            said = list(sentences(error))
        except Exception as error:  # noqa: BLE001 - one licence's plugin never hides the state of the others
            said = [f"its target failed: {error!r}"]
        yield Finding(f"licence {row.name}", not said, tuple(said) or (row.state,))
