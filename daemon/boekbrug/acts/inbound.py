"""What comes in from a vendor at the end of an authorisation, or at one that starts there."""

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import msgspec

from boekbrug.acts.desk import Act, Desk, NotKnown
from boekbrug.contract import (
    AuthorisationLost,
    Authorises,
    BoekbrugError,
    Continue,
    Ended,
    Granted,
    Identity,
    InboundRequest,
    Limit,
    PluginBug,
    Reply,
    StartsAtVendor,
)
from boekbrug.runtime import grants as tokens
from boekbrug.runtime.budgets import StoredBudget
from boekbrug.store import apps, authorisations, connections, grants
from boekbrug.store.authorisations import Pending
from boekbrug.store.connections import UNCLAIMED, ConnectionRow
from boekbrug.sync.house import House
from boekbrug.sync.workplace import MICROSECOND

NEXT_STEP = dt.timedelta(days=1) // MICROSECOND
CONFIRMATION = dt.timedelta(days=7) // MICROSECOND
UNASKED = Limit(name="unasked", calls=60, per=dt.timedelta(hours=1))
"""Installations that nobody here began, per app: each may cost a call to the vendor, whoever sent it."""


class NotBegun(BoekbrugError):
    """No authorisation was begun here with this address, or it was used before, or it took too long."""

    code = "authorisation-not-begun"


class Denied(BoekbrugError):
    """The vendor says that the authorisation was not given."""

    code = "authorisation-denied"


@contextmanager
def plugin_faults(plugin: str) -> Iterator[None]:
    """Turn what a plugin raises beside the contract's errors into PluginBug: input from outside ends no process."""
    try:
        yield
    except BoekbrugError:
        raise
    except Exception as error:
        # the name alone: what could not be read may hold a code or a key
        raise PluginBug(plugin=plugin, error=type(error).__name__) from error


class Completed(msgspec.Struct, frozen=True, kw_only=True):
    """How far an authorisation has come.

    `connection` is the one that uses the grant, or will when a person has confirmed `identity` (`confirmed` is false).
    """

    reply: Reply
    identity: Identity | None = None
    connection: str = ""
    confirmed: bool = True


def complete(house: House, plugin: str, app: str, request: InboundRequest, begun_for: int | None = None) -> Completed:
    """Take an inbound request one step on; `begun_for` names the connection when a person brings the address here.

    Raise NotBegun for a state that is unknown, past its time or used, Denied, NotKnown, or what the plugin raises.
    """
    if app not in house.apps.names(plugin):
        raise NotKnown(app=app, plugin=plugin)
    kind = house.apps.authorises(app)
    desk = Desk(house, f"{plugin} {app}")
    app_id = app_row(desk, app)
    pending = _pending(house, app_id, kind, request, begun_for)
    if "error" in request.query and pending and pending.connection:
        raise Denied(error=request.query["error"])
    kept = _opened(house, pending)
    with plugin_faults(plugin):
        answer = kind.complete(house.apps.app(app), house.http(), house.clock, request, kept)
    if isinstance(answer, Granted):
        return _granted(desk, app_id, plugin, answer, pending)
    if isinstance(answer, Continue):
        return _continued(desk, app_id, answer, pending, request)
    return _ended(desk, app_id, answer)


def app_row(desk: Desk, name: str) -> int:
    """Return the id of an app of boekbrug.toml, which is made known to the database when it is first used."""
    with desk.house.database.read() as connection:
        known = apps.find(connection, name)
    if known is not None:
        return known
    desk.ids.ensure(1)
    with desk.house.database.write() as connection:
        apps.add(connection, desk.ids.take(), name, desk.house.apps.plugin(name))
        made = apps.find(connection, name)
    assert made is not None
    return made


def _pending(
    house: House, app_id: int, kind: type[Authorises], request: InboundRequest, begun_for: int | None
) -> Pending | None:
    state = request.query.get("state", "")
    if state:
        with house.database.write() as connection:
            now = house.database.now(connection)
            found = authorisations.take(connection, app_id, house.vault.keyed_hash(state), now)
    elif begun_for is not None:
        with house.database.read() as connection:
            found = authorisations.of_connection(connection, begun_for, house.database.now(connection))
    elif issubclass(kind, StartsAtVendor):
        return _of_identity(house, app_id, kind, request)
    else:
        found = None
    if found is None:
        raise NotBegun
    return found


def _of_identity(house: House, app_id: int, kind: type[StartsAtVendor], request: InboundRequest) -> Pending | None:
    StoredBudget(house.database, "(connect)", [UNASKED]).take(f"{UNASKED.name}:{app_id}")
    with plugin_faults(kind.__name__):
        identity = kind.identify(request)
    with house.database.read() as connection:
        now = house.database.now(connection)
        return authorisations.of_identity(connection, app_id, identity, now) if identity else None


def _opened(house: House, pending: Pending | None) -> Mapping[str, str]:
    if pending is None or not pending.kept:
        return {}
    return _decode(house.vault.decrypt(pending.kept, _place(pending.id)))


_decode = msgspec.json.Decoder(dict[str, str]).decode


def _place(id: int) -> bytes:
    return b"authorisation %d" % id


def _granted(desk: Desk, app_id: int, plugin: str, granted: Granted, pending: Pending | None) -> Completed:
    with desk.act("authorised", granted.identity.id, ids=2) as act:
        grant = _keep(desk.house, act, app_id, granted)
        act.facts = {"identity": granted.identity.name}
        if pending is not None and pending.connection is not None:
            name, confirmed = _arrived(act, pending, grant)
        else:
            if pending is not None:
                authorisations.forget(act.connection, pending.id)
            name, confirmed = _unclaimed(desk, act, plugin, grant, granted.identity.name), False
    return Completed(reply=granted.reply, identity=granted.identity, connection=name, confirmed=confirmed)


def _keep(house: House, act: Act, app_id: int, granted: Granted) -> int:
    """Store the pair; a second authorisation of the same identity puts it in place of the first."""
    who, now = granted.identity, house.clock.now()
    apps.lock(act.connection, app_id)
    known = grants.find(act.connection, app_id, who.id)
    if known is None:
        id = act.ids.take()
        grants.add(act.connection, id, app_id, who.id, who.name, tokens.seal(house.vault, id, granted.tokens, now))
        return id
    grants.replace(act.connection, known, who.name, tokens.seal(house.vault, known, granted.tokens, now))
    grants.resume_connections(act.connection, known, AuthorisationLost.code, act.now)
    return known


def _arrived(act: Act, pending: Pending, grant: int) -> tuple[str, bool]:
    """Let the connection go on when it uses this grant; else a person is asked whether it is the right account."""
    assert pending.connection is not None
    row = connections.get(act.connection, pending.connection)
    if row.grant == grant:
        authorisations.forget(act.connection, pending.id)
        return row.name, True
    authorisations.arrive(act.connection, pending.id, grant, act.now + CONFIRMATION)
    return row.name, False


def _unclaimed(desk: Desk, act: Act, plugin: str, grant: int, identity: str) -> str:
    if users := grants.users(act.connection, grant):
        return users[0]
    id = act.ids.take()
    role = "source" if plugin in desk.house.plugins.sources else "target"
    row = ConnectionRow(id, f"{plugin}-{id}", plugin, role, "{}", None, None, UNCLAIMED, identity)
    connections.add(act.connection, row, {}, act.now)
    grants.bind(act.connection, id, grant, act.now)
    connections.set_state(act.connection, id, UNCLAIMED, identity, act.now)
    return row.name


def _continued(desk: Desk, app_id: int, step: Continue, pending: Pending | None, request: InboundRequest) -> Completed:
    house = desk.house
    state = request.query.get("state", "")
    with desk.act("authorisation-step", step.identity, ids=1) as act:
        apps.lock(act.connection, app_id)
        id = act.ids.take()
        kept = house.vault.encrypt(msgspec.json.encode(step.keep), _place(id))
        next_step = Pending(id, kept, pending.connection if pending else None)
        if pending is not None:
            authorisations.forget(act.connection, pending.id)
        again = house.vault.keyed_hash(state) if state else None
        authorisations.keep(act.connection, next_step, app_id, step.identity, again, act.now + NEXT_STEP)
    return Completed(reply=step.reply)


def _ended(desk: Desk, app_id: int, ended: Ended) -> Completed:
    with desk.act("authorisation-ended", ended.identity) as act:
        grants.end(act.connection, app_id, ended.identity)
    return Completed(reply=ended.reply)
