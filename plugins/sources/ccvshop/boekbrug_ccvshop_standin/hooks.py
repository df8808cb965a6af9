"""Webhooks: what was registered, and the calls made because of it, each of which can be held, dropped or repeated."""

import datetime as dt
import json
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Literal
from urllib.request import Request, urlopen

import msgspec

from boekbrug_ccvshop_standin.door import Refused, signature

EVENTS = frozenset(
    {"orders.created", "orders.updated.ispaid", "orders.updated.status", "orders.updated.trackandtrace"}
    | {"orders.deleted", "invoices.updated.status"}
)
"""Events that are known to exist; `invoices.created` is not among them."""
PATIENCE = 5.0


class Hook(msgspec.Struct, kw_only=True):
    """A registered webhook."""

    id: int
    event: str
    address: str
    key: str
    is_active: bool = True


class Delivery(msgspec.Struct, kw_only=True):
    """A call to a webhook: what is sent, and what came of it."""

    hook: int
    address: str
    body: str
    hash: str
    answer: str = "waiting"


class Hooks:
    """The shop's webhooks; calls are made by a thread of their own, since a receiver may call back."""

    def __init__(self, now: Callable[[], dt.datetime]) -> None:
        self.registered: dict[int, Hook] = {}
        self.deliveries: list[Delivery] = []
        self.mode: Literal["send", "hold", "drop"] = "send"
        self._now = now
        self._queue: SimpleQueue[Delivery] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def register(self, given: dict[str, Any]) -> Hook:
        """Register an address for an event; raise Refused."""
        if given.get("event") not in EVENTS or not str(given.get("address", "")).startswith("http"):
            raise Refused(400, "400.10", "unknown event or address")
        id = max(self.registered, default=100) + 1
        key = f"hook-key-{id}"
        hook = Hook(
            id=id, event=given["event"], address=given["address"], key=key, is_active=given.get("is_active", True)
        )
        self.registered[id] = hook
        return hook

    def fire(self, event: str, facts: dict[str, Any]) -> None:
        """Call whoever registered for an event."""
        body = json.dumps({"triggered_at": self._now().strftime("%Y-%m-%dT%H:%M:%SZ"), **facts}, separators=(",", ":"))
        for hook in self.registered.values():
            if hook.event == event and hook.is_active and self.mode != "drop":
                signed = signature(hook.key, hook.address, body)
                self.deliveries.append(Delivery(hook=hook.id, address=hook.address, body=body, hash=signed))
                if self.mode == "send":
                    self.deliver(len(self.deliveries) - 1)

    def deliver(self, n: int) -> None:
        """Make a call, for the first time or again; raise IndexError."""
        self._queue.put(self.deliveries[n])
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="ccvshop-webhooks", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while True:
            delivery = self._queue.get()
            headers = {"Content-Type": "application/json", "x-hash": delivery.hash}
            request = Request(delivery.address, delivery.body.encode(), headers, method="POST")  # noqa: S310 - http checked
            try:
                with urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
                    delivery.answer = str(answer.status)
            except OSError as error:
                delivery.answer = str(error)
