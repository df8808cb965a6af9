"""Authorise connections at their vendors: begin, bring the address by hand, confirm whose grant it is, assign."""

import datetime as dt
import secrets
from urllib.parse import parse_qsl, urlsplit

from boekbrug.acts import connections as known
from boekbrug.acts.desk import ActRefused, Desk, NotKnown
from boekbrug.acts.inbound import Completed, app_row, complete
from boekbrug.contract import (
    App,
    AskKeys,
    Authorises,
    Because,
    Fault,
    Identity,
    InboundRequest,
    OpenPage,
    SettingsError,
)
from boekbrug.runtime.apps import CALLBACK
from boekbrug.store import apps, authorisations, connections, grants
from boekbrug.store.authorisations import Pending
from boekbrug.store.connections import UNCLAIMED, ConnectionRow
from boekbrug.sync.house import House
from boekbrug.sync.workplace import MICROSECOND

PATIENCE = dt.timedelta(hours=1) // MICROSECOND
"""How long a person may take at the vendor's page."""


def begin(desk: Desk, name: str, app: str = "") -> OpenPage | AskKeys:
    """Begin the authorisation of a connection; say where to send the person, or which settings to ask for instead.

    An authorisation that was begun before for the same connection ends. Raise NotKnown, ActRefused or SettingsError.
    """
    house = desk.house
    row = known.get(house, name)
    kind = _class_of(house, row)
    app = app or _app_of(house, row)
    state = secrets.token_hex(32)
    answer = kind.begin(house.apps.app(app) if app else _NO_APP, state)
    if isinstance(answer, AskKeys):
        return answer
    if not app:
        raise SettingsError(
            [
                Fault(
                    "",
                    "connection {name} needs an app; add an [[app]] for plugin {plugin}",
                    name=name,
                    plugin=row.plugin,
                )
            ]
        )
    app_id = app_row(desk, app)
    with desk.act("authorise-begin", name, ids=1) as act:
        pending = Pending(act.ids.take(), b"", row.id)
        state_hash = house.vault.keyed_hash(state)
        authorisations.begin(act.connection, pending, app_id, state_hash, act.now + PATIENCE)
        act.facts = {"app": app}
    return answer


_NO_APP = App(name="", client_id="", client_secret="", redirect_uri="", public_url="")


def paste(desk: Desk, name: str, address: str) -> Completed:
    """Go on with the address that the vendor sent the person to, where the vendor cannot reach us."""
    house = desk.house
    row = known.get(house, name)
    app = _app_begun(house, row)
    parts = urlsplit(address.strip())
    step = parts.path.rpartition("/")[2] or CALLBACK
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    request = InboundRequest(step=step, method="GET", url=address.strip(), headers={}, query=query, body=b"")
    return complete(house, row.plugin, app, request, begun_for=row.id)


def arrived(house: House, name: str) -> Identity | None:
    """Say whose grant has arrived for a connection and waits for a person's word; None while there is none."""
    row = known.get(house, name)
    with house.database.read() as connection:
        found = authorisations.arrived(connection, row.id, house.database.now(connection))
    return Identity(id=found.identity, name=found.identity_name) if found else None


def is_waiting(house: House, name: str) -> bool:
    """Tell whether an authorisation that was begun for a connection is still to come back."""
    row = known.get(house, name)
    with house.database.read() as connection:
        return authorisations.of_connection(connection, row.id, house.database.now(connection)) is not None


def confirm(desk: Desk, name: str, identity: str) -> None:
    """Let a connection use the grant of the identity that has arrived; raise ActRefused when there is none."""
    row = known.get(desk.house, name)
    with desk.act("authorise-confirm", name) as act:
        found = authorisations.arrived(act.connection, row.id, act.now)
        if found is None or found.identity != identity:
            raise ActRefused(
                Because(
                    "No authorisation of {identity} waits for connection {name}; authorise it again.",
                    identity=identity,
                    name=name,
                )
            )
        authorisations.forget(act.connection, found.id)
        grants.bind(act.connection, row.id, found.grant, act.now)
        act.facts = {"identity": found.identity_name}


def deny(desk: Desk, name: str) -> None:
    """Turn down the grant that has arrived for a connection: it was another account than meant."""
    row = known.get(desk.house, name)
    with desk.act("authorise-deny", name) as act:
        found = authorisations.arrived(act.connection, row.id, act.now)
        if found is None:
            raise ActRefused(Because("No authorisation waits for connection {name}.", name=name))
        authorisations.forget(act.connection, found.id)
        grants.drop_unused(act.connection, found.grant)
        act.facts = {"identity": found.identity_name}


def unclaimed(house: House) -> list[ConnectionRow]:
    """List the connections that vendors started; `reason` names who authorised."""
    return [row for row in known.list_all(house) if row.state == UNCLAIMED]


def assign(desk: Desk, unclaimed_name: str, name: str) -> None:
    """Let a connection use the grant of an unclaimed one, which ends with that."""
    source, row = known.get(desk.house, unclaimed_name), known.get(desk.house, name)
    if source.state != UNCLAIMED or source.grant is None:
        raise ActRefused(
            Because("Connection {name} is not unclaimed; there is nothing to assign.", name=unclaimed_name)
        )
    if (source.plugin, source.role) != (row.plugin, row.role) or row.state == UNCLAIMED:
        raise ActRefused(
            Because(
                "Connection {name} is not a {role} {plugin}; add one and assign to that.",
                name=name,
                role=source.role,
                plugin=source.plugin,
            )
        )
    with desk.act("authorise-assign", name) as act:
        grants.bind(act.connection, row.id, source.grant, act.now)
        connections.remove_unclaimed(act.connection, source.id)
        act.facts = {"identity": source.reason, "from": unclaimed_name}


def _class_of(house: House, row: ConnectionRow) -> type[Authorises]:
    kind = house.plugins.sources.get(row.plugin) if row.role == "source" else house.plugins.targets.get(row.plugin)
    if kind is None:
        raise NotKnown(plugin=row.plugin)
    if not issubclass(kind, Authorises):
        raise ActRefused(Because("Connection {name} needs no authorisation; its settings are enough.", name=row.name))
    return kind


def _app_of(house: House, row: ConnectionRow) -> str:
    """Name the app that a connection uses, or the only one of its plugin; "" when there is none."""
    if row.app is not None:
        with house.database.read() as connection:
            return apps.name_of(connection, row.app)
    registered = house.apps.names(row.plugin)
    if len(registered) > 1:
        raise ActRefused(
            Because(
                "Plugin {plugin} has the apps {apps}; say which with --app.",
                plugin=row.plugin,
                apps=", ".join(registered),
            )
        )
    return registered[0] if registered else ""


def _app_begun(house: House, row: ConnectionRow) -> str:
    with house.database.read() as connection:
        begun = authorisations.app_of_connection(connection, row.id, house.database.now(connection))
    if begun is None:
        raise ActRefused(
            Because("No authorisation of connection {name} is under way; begin one, then paste.", name=row.name)
        )
    return begun
