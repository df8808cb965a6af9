"""The shop's side of an installation: handshake, the browser that comes to install, and uninstall, each signed."""

import http.client
import json
import threading
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from boekbrug_ccvshop_standin.door import APP_SECRET, PUBLIC, SECRET, Refused, signature

PATIENCE = 10.0
RETURN = "/onderhoud/AdminItems/AppStore"
"""Where the merchant is sent back to."""


class Stage(NamedTuple):
    """What an app answered to one call: its status, and where it sends the browser."""

    step: str
    status: int
    location: str = ""


class Installer:
    """Calls an app from a thread of its own, since the app calls the shop back before it answers."""

    def __init__(self) -> None:
        self.stages: list[Stage] = []

    def begin(self, act: str, app: str, root: str) -> None:
        """Install or uninstall the app whose three addresses begin like this; raise Refused for another act."""
        acts: dict[str, Callable[[str, str], None]] = {"install": self._install, "uninstall": self._uninstall}
        if act not in acts or not app.startswith("http"):
            raise Refused(400, "", "install or uninstall, and the address of an app")
        threading.Thread(target=acts[act], args=(app, root), name="ccvshop-installer", daemon=True).start()

    def _install(self, app: str, root: str) -> None:
        address = f"{app}/handshake"
        given = {"api_public": PUBLIC, "api_secret": SECRET, "api_root": root, "return_url": f"{root}{RETURN}"}
        body = json.dumps(given).replace("/", "\\/")
        if self._call("handshake", "POST", address, body, signature(APP_SECRET, address, body)).status != 200:
            return
        address = f"{app}/install"
        proof = signature(APP_SECRET, address, PUBLIC)
        query = urlencode({"api_public": PUBLIC, "language": "nl", "x-hash": proof})
        self._call("install", "GET", f"{address}?{query}", "", "")

    def _uninstall(self, app: str, root: str) -> None:
        address, body = f"{app}/uninstall", json.dumps({"api_public": PUBLIC})
        self._call("uninstall", "POST", address, body, signature(APP_SECRET, address, body))

    def _call(self, step: str, method: str, url: str, body: str, proof: str) -> Stage:
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.netloc, timeout=PATIENCE)
        headers = {"Content-Type": "application/json", **({"x-hash": proof} if proof else {})}
        try:
            connection.request(method, parts._replace(scheme="", netloc="").geturl(), body or None, headers)
            answer = connection.getresponse()
            stage = Stage(step, answer.status, answer.headers.get("Location", ""))
        except OSError as error:
            stage = Stage(step, 0, str(error))
        finally:
            connection.close()
        self.stages.append(stage)
        return stage
