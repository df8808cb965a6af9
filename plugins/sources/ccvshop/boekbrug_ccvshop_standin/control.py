"""What a test or a person may do in the shop: `/__control__/…` beside the frame's clock, latency and faults.

GET `shop` (counts, the shop's own totals), `deliveries`, `installer` (what an app answered).
POST `orders` ({"variant": …}, or {"content": …}), `orders/ID` (changes), `invoices` ({"order": ID, …}), `invoices/ID`
({"status": …}), `switches`, `deliveries/N` (send again), `installer/install` and `installer/uninstall` ({"app": …,
"root": …}, the addresses of the app and of the shop).
DELETE `orders/ID` ({"link": "null" | "dead", "zero": true}).
"""

import datetime as dt
from collections.abc import Callable
from random import Random
from typing import Any

import msgspec

from boekbrug_ccvshop_standin.door import PUBLIC, SECRET, Refused, Turnstile
from boekbrug_ccvshop_standin.generate import make
from boekbrug_ccvshop_standin.hooks import Hooks
from boekbrug_ccvshop_standin.installing import Installer
from boekbrug_ccvshop_standin.pricing import Content
from boekbrug_ccvshop_standin.resources import Resources
from boekbrug_ccvshop_standin.world import Order, Person, World, own_totals

_PERSON = Person(id=77_001, name="Eva Voorbeeld", email="eva@example.com", deliver_to="NL")


class Switches(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What can be switched: limits, webhooks, and what the key may not read."""

    limits: bool | None = None
    total_limit: int | None = None
    webhooks: str | None = None
    forbidden: list[str] | None = None


class Control:
    """The acts."""

    def __init__(self, world: World, hooks: Hooks, turnstile: Turnstile, resources: Resources, random: Random) -> None:
        self._world, self._hooks, self._turnstile, self._resources = world, hooks, turnstile, resources
        self._random = random
        self._installer = Installer()

    def act(self, method: str, parts: list[str], body: bytes, now: Callable[[], dt.datetime]) -> Any:
        """Do what is asked and return what came of it; raise Refused, KeyError or DecodeError."""
        given: dict[str, Any] = msgspec.json.decode(body or b"{}", type=dict[str, Any])
        name, key = [*parts, "", ""][:2]
        verb = f"{method} {name}" + (" one" if key else "")
        acts: dict[str, Callable[[], Any]] = {
            "GET shop": self._shop,
            "GET deliveries": lambda: self._hooks.deliveries,
            "POST deliveries one": lambda: self._hooks.deliver(int(key)),
            "POST orders": lambda: self._add_order(given, now()),
            "POST orders one": lambda: self._world.change_order(int(key), _typed(given)),
            "DELETE orders one": lambda: self._world.delete_order(int(key), **given),
            "POST invoices": lambda: self._world.add_invoice(self._order(given), **_typed(given)),
            "POST invoices one": lambda: self._world.change_invoice(int(key), given["status"]),
            "POST switches": lambda: self._switch(msgspec.convert(given, Switches)),
            "GET installer": lambda: self._installer.stages,
            "POST installer one": lambda: self._installer.begin(key, given["app"], given["root"]),
        }
        if verb not in acts:
            raise Refused(404, "404.20", "no such control")
        return acts[verb]()

    def _order(self, given: dict[str, Any]) -> Order:
        return self._world.orders[int(given.pop("order"))]

    def _shop(self) -> dict[str, Any]:
        world = self._world
        return {
            "orders": len(world.orders),
            "invoices": len(world.invoices),
            "deleted": len(world.deleted),
            "hooks": len(self._hooks.registered),
            "installed": self._resources.installed,
            "totals": {books: own_totals(world, books) for books in ("orders", "invoices")},
            "keys": {"public": PUBLIC, "secret": SECRET},
        }

    def _add_order(self, given: dict[str, Any], now: dt.datetime) -> Any:
        created = msgspec.convert(given.pop("created", now), dt.datetime, strict=False)
        if "content" in given:
            return self._world.add_order(created=created, **{"person": _PERSON, **_typed(given)})
        return make(self._world, self._random, given.get("variant", "plain"), created)

    def _switch(self, asked: Switches) -> Any:
        if asked.limits is not None:
            self._turnstile.enforced = asked.limits
        if asked.total_limit is not None:
            self._turnstile.total_limit = asked.total_limit
        if asked.webhooks in ("send", "hold", "drop"):
            self._hooks.mode = asked.webhooks  # type: ignore[assignment]
        if asked.forbidden is not None:
            self._resources.forbidden = set(asked.forbidden)
        return asked


def _typed(given: dict[str, Any]) -> dict[str, Any]:
    found = dict(given)
    for name, kind in (("content", Content), ("person", Person)):
        if name in found:
            found[name] = msgspec.convert(found[name], kind)
    if "created" in found:
        found["created"] = msgspec.convert(found["created"], dt.datetime, strict=False)
    return found
