"""The demo's folder, its connections and licence, and what it shows in the end."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
from pydantic import ValidationError

from boekbrug.acts import connections, licence_file, licences, users
from boekbrug.acts.desk import Desk, NotKnown
from boekbrug.acts.overview import overview
from boekbrug.acts.problems import list_open
from boekbrug.cli import summary
from boekbrug.cli.shared import actor
from boekbrug.contract import SettingsError
from boekbrug.demo.sample import write_sample
from boekbrug.runtime.settings import NAME, Settings, load
from boekbrug.store.people import UserRole
from boekbrug.sync.house import House

HOST = "127.0.0.1"
OWNER = "eigenaar@koffiebrug.example"
_PORTS = 50
_COUNTS = {
    "before_start": "before-start",
    "open": "open",
    "waiting": "waiting",
    "in_doubt": "in-doubt",
    "problems": "problem",
    "held": "held",
    "skipped": "skipped",
    "booked": "booked",
}


def prepare(place: Path, database: str) -> Settings:
    """Make the folder with sample, chart, key and database, as far as they are not there yet."""
    wanted = _address(database)
    place.mkdir(parents=True, exist_ok=True)
    for name in ("shop", "books"):
        (place / name).mkdir(exist_ok=True)
    _keep(place / NAME, _settings(database))
    _keep(place / "licence.toml", _sample("licence.toml").replace("automatic = false", "automatic = true"))
    _keep(place / "books" / "chart.toml", _sample("chart.toml"))
    if not any((place / "shop").iterdir()):
        write_sample(place / "shop")
    settings = load(place / NAME)
    if wanted and settings.database.url != wanted:
        raise SettingsError([f"database: {place} was begun with another; choose another --dir"])
    with closing(House(settings)) as house:
        house.make_ready()
    return settings


def _address(database: str) -> str | None:
    """Return the address as the settings have it; nothing is made for one that they refuse."""
    if not database:
        return None
    try:
        return Settings.model_validate({"database": {"url": database}}).database.url
    except ValidationError as error:
        raise SettingsError([f"--database: {one['ctx']['error']}" for one in error.errors()]) from error


def _settings(database: str) -> str:
    chosen = f"\n[database]\nurl = {json.dumps(database)}\n" if database else ""
    return f'# Settings of the demo; use them with: boekbrug --config FILE\nstate = "state"\n{chosen}'


def _sample(name: str) -> str:
    return files("boekbrug.demo").joinpath(name).read_text(encoding="utf-8")


def _keep(path: Path, text: str) -> None:
    if not path.exists():
        # the address of a database may hold a password
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)


def furnish(house: House, wanted: str) -> Desk:
    """Make the connections and the active licence, as far as they are not there yet."""
    desk = Desk(house, actor())
    for name, plugin, values in (
        ("shop", "files", {"folder": "shop", "unit_name": "De Koffiebrug"}),
        ("books", "ledger", {"folder": "books", "dialect": wanted or "hledger"}),
    ):
        try:
            connections.get(house, name)
        except NotKnown:
            connections.add(desk, name, plugin, values)
    if wanted and dialect_of(house) != wanted:
        raise SettingsError([f"--dialect: the books were begun in {dialect_of(house)}; choose another --dir"])
    assert house.settings.file is not None
    applied = licences.apply(desk, licence_file.read(house.settings.file.with_name("licence.toml")))
    if applied.licence.state == "new":
        licences.activate(desk, applied.licence)
    return desk


def login_link(house: House) -> str:
    """Return the path of a one-time link for the demo's owner, who is made when not there yet."""
    desk = Desk(house, actor())
    try:
        users.get(house, OWNER)
    except NotKnown:
        users.add(desk, OWNER, "De Koffiebrug", UserRole.OWNER, ["webshop"])
    return users.link(desk, OWNER)


def dialect_of(house: House) -> str:
    """Return the dialect that the books of this folder were begun in."""
    settings = msgspec.json.decode(connections.get(house, "books").settings, type=dict[str, str])
    return settings.get("dialect", "hledger")


def facts(house: House, ledger: Path) -> dict[str, Any]:
    """Count the documents per state, and name ledger and database."""
    found = overview(house)
    counts = {name: found.counts[state] for name, state in _COUNTS.items()}
    address = house.database.path or house.database.url.render_as_string(hide_password=True)
    return {"fetched": found.fetched, **counts, "ledger": str(ledger), "database": str(address)}


def show(house: House, found: dict[str, Any], language: str) -> None:
    """Print the summary: states, problems with their fixes, VAT, and where to look further."""
    whole = overview(house)
    out = summary.console()
    summary.states(out, whole.counts)
    summary.problems(out, list(list_open(house, language)))
    summary.vat(out, whole.vat)
    out.print()
    out.print(f"  Ledger    {found['ledger']}", style="bold")
    out.print(f"  Database  {found['database']}")
    out.print(f"  Settings  {house.settings.file}")
    out.print(f"  Look around: boekbrug --config {house.settings.file} find W26064", style="dim")


@contextmanager
def listening(port: int) -> Iterator[socket.socket]:
    """Listen on a port of this machine alone, else on the next that is free."""
    last = min(port + _PORTS, 65536)
    for candidate in range(port, last):
        server = socket.socket()
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind((HOST, candidate))
        except OSError:
            server.close()
            continue
        with server:
            yield server
        return
    raise SettingsError([f"--port: none of {port} to {last - 1} is free; name another"])
