"""Webhooks: subscribe a unit to the vendor's calls, and take one in, which is only ever a reason to fetch."""

import datetime as dt
import hmac
import secrets

import msgspec

from boekbrug.acts import connections as known
from boekbrug.acts.desk import ActRefused, Desk
from boekbrug.acts.inbound import plugin_faults
from boekbrug.contract import Because, BoekbrugError, Hint, InboundRequest, SendsHooks, Source, WrongKey
from boekbrug.store import caches, hooks, licences, waited
from boekbrug.store.connections import ConnectionRow
from boekbrug.store.hooks import HookRow
from boekbrug.sync.house import House
from boekbrug.sync.workplace import MICROSECOND

REMEMBERED = dt.timedelta(days=2) // MICROSECOND
"""How long a hint is known again; a repeat that comes later costs one fetch."""

_decode = msgspec.json.Decoder(dict[str, str]).decode


def subscribe(desk: Desk, name: str, unit: str) -> int:
    """Ask the vendor to call us about a unit; return the number of topics.

    The secret is stored before the call, because the vendor may try the addresses while it is asked.
    """
    house, row = desk.house, known.get(desk.house, name)
    source, caller = _caller(house, row.id, name)
    public = house.settings.service.public_url
    if not public:
        raise ActRefused(Because("No vendor can reach this boekbrug; set service.public_url, or let it poll."))
    _withdraw(house, row, caller, unit)
    secret, topics = secrets.token_hex(24), source.capabilities.topics
    addresses = {topic: f"{public}/hook/{row.id}/{topic}/{secret}" for topic in topics}
    awaited = HookRow(unit, _hash(house, row.id, secret), b"")
    _write(house, row.id, awaited)
    with plugin_faults(row.plugin):
        kept = caller.subscribe(unit, addresses)
    sealed = house.vault.encrypt(msgspec.json.encode(dict(kept)), _place(row.id, unit))
    with desk.act("hook-subscribe", name) as act:
        hooks.put(act.connection, row.id, awaited._replace(kept=sealed), act.now)
        act.facts = {"unit": unit, "topics": ", ".join(topics)}
    return len(topics)


def unsubscribe(desk: Desk, name: str, unit: str) -> None:
    """Withdraw a unit's subscription at the vendor, and refuse calls to its addresses from now on."""
    house, row = desk.house, known.get(desk.house, name)
    _, caller = _caller(house, row.id, name)
    _withdraw(house, row, caller, unit)
    with desk.act("hook-unsubscribe", name) as act:
        hooks.remove(act.connection, row.id, unit)
        act.facts = {"unit": unit}


def _withdraw(house: House, row: ConnectionRow, caller: SendsHooks, unit: str) -> None:
    with house.database.read() as connection:
        subscribed = [hook for hook in hooks.of_connection(connection, row.id) if hook.unit == unit and hook.kept]
    for hook in subscribed:
        with plugin_faults(row.plugin):
            caller.unsubscribe(unit, _opened(house, row.id, hook))


def _caller(house: House, id: int, name: str) -> tuple[Source, SendsHooks]:
    source = house.instances().source(id)
    if not isinstance(source, SendsHooks):
        raise ActRefused(Because("The system of connection {name} calls nobody; it is polled.", name=name))
    return source, source


def _write(house: House, id: int, row: HookRow) -> None:
    with house.database.write() as connection:
        hooks.put(connection, id, row, house.database.now(connection))


class NoHook(BoekbrugError):
    """There is no webhook with this address."""

    code = "no-hook"


def receive(house: House, id: int, topic: str, secret: str, request: InboundRequest) -> int:
    """Take in a vendor's call: return how many licences are due because of it.

    Raise NoHook for an address that we never gave, WrongKey for a call that the vendor did not sign. A call that the
    plugin cannot read comes from the vendor all the same, and is a reason to look.
    """
    hook = _hook(house, id, secret)
    try:
        hint = _parse(house, id, topic, request, hook)
    except (WrongKey, NoHook):
        raise
    except BoekbrugError as error:
        house.log.warning("hook.unread", connection=id, topic=topic, code=error.code, **error.facts)
        hint = Hint(key=f"unread {request.body.hex()}")
    return 0 if hint is None else _due(house, id, hook.unit, hint)


def _hook(house: House, id: int, secret: str) -> HookRow:
    offered = _hash(house, id, secret)
    with house.database.read() as connection:
        known_here = hooks.of_connection(connection, id)
    for hook in known_here:
        if hmac.compare_digest(hook.secret_hash, offered):
            return hook
    raise NoHook(connection=str(id))


def _parse(house: House, id: int, topic: str, request: InboundRequest, hook: HookRow) -> Hint | None:
    with plugin_faults(topic):
        source = house.instances().source(id)
    if not isinstance(source, SendsHooks) or topic not in source.capabilities.topics:
        raise NoHook(connection=str(id), topic=topic)
    with plugin_faults(source.name):
        return source.parse_webhook(topic, request, _opened(house, id, hook))


def _due(house: House, id: int, unit: str, hint: Hint) -> int:
    with house.database.write() as connection:
        now = house.database.now(connection)
        key = f"hint {house.vault.keyed_hash(hint.key).hex()}"
        if not caches.add(connection, id, key, now + REMEMBERED, now):
            return 0
        for ref in hint.refs:
            waited.name(connection, id, hint.unit or unit, ref.kind, ref.source_id, now + REMEMBERED)
        return licences.hint(connection, id, hint.unit or unit, now)


def _opened(house: House, id: int, hook: HookRow) -> dict[str, str]:
    return _decode(house.vault.decrypt(hook.kept, _place(id, hook.unit))) if hook.kept else {}


def _place(id: int, unit: str) -> bytes:
    return f"hook {id} {unit}".encode()


def _hash(house: House, id: int, secret: str) -> bytes:
    return house.vault.keyed_hash(f"hook {id} {secret}")
