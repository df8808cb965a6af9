"""VIES and the European Central Bank for tests of the engine: their stand-ins over HTTP, and how they are set."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests

from boekbrug.testing.outside import OUTSIDE
from boekbrug.testing.standin import running

REQUESTER = "NL123456789B13"


class Service:
    """A running stand-in."""

    def __init__(self, ready: dict[str, Any]) -> None:
        self.url, self._control = str(ready["url"]), str(ready["control"])

    def set(self, name: str, said: Any) -> None:
        """Set part of its state."""
        requests.post(self._control + name, data=json.dumps(said), timeout=5).raise_for_status()

    def state(self, name: str = "") -> Any:
        """Read its state."""
        return requests.get(self._control + name, timeout=5).json()


@contextmanager
def service(name: str) -> Iterator[Service]:
    """Serve a stand-in."""
    with running(OUTSIDE[name], name=name) as ready:
        yield Service(ready)


def vies_settings(vies: Service) -> str:
    return f'[vies]\nurl = "{vies.url}/services/checkVatService"\nrequester = "{REQUESTER}"\n'
