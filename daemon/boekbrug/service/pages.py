"""Serve the pages from a thread of this process."""

import socket
from threading import Thread

import uvicorn
from starlette.types import ASGIApp

from boekbrug.contract import BoekbrugError

BACKLOG = 128
_LAST_ANSWERS = 5
"""Seconds that pages under way get when the service stops."""


class AddressTaken(BoekbrugError):
    """The pages cannot be served here; stop what listens there, or change `service.host` or `service.port`."""

    code = "settings"


def listen(host: str, port: int) -> socket.socket:
    """Take the address; raise AddressTaken when somebody else has it or it is not ours."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
            listener.listen(BACKLOG)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        raise AddressTaken(address=f"{host}:{port}", reason=error.strerror or str(error)) from error
    return listener


def address_of(listener: socket.socket) -> str:
    """Return where the pages are, with the port that was chosen when 0 was asked for."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Pages:
    """A web server in a thread."""

    def __init__(self, app: ASGIApp, listener: socket.socket) -> None:
        config = uvicorn.Config(
            app,
            # the last part of a webhook's address is its secret
            access_log=False,
            log_config=None,
            server_header=False,
            # the app knows which proxies it trusts
            proxy_headers=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=_LAST_ANSWERS,
        )
        self._server = uvicorn.Server(config)
        self._listener = listener
        self._thread = Thread(target=self._server.run, args=([listener],), name="pages", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Answer what is under way, and end."""
        self._server.should_exit = True
        self._thread.join(_LAST_ANSWERS + 1)
        self._listener.close()
