"""Connections that keep the deadline of the current call at every receive, and know whether its request was begun."""

import re
import socket
import ssl
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlsplit

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from boekbrug.runtime.clock import Deadline

_SENDABLE = re.compile(r"[!-~]+")


class Call:
    """One request under way: its deadline, its target as the plugin wrote it, and whether a byte of it was written."""

    def __init__(self, deadline: Deadline, url: str | None) -> None:
        self.deadline = deadline
        self.target = _target(url) if url else None
        self.wrote = False

    def take_target(self, normalised: str) -> str:
        """Return the plugin's own spelling, which it may have signed, for the first request; redirects have theirs."""
        target, self.target = self.target, None
        if target is None:
            return normalised
        through_proxy = urlsplit(normalised)
        origin = f"{through_proxy.scheme}://{through_proxy.netloc}" if through_proxy.scheme else ""
        return origin + target


CURRENT: ContextVar[Call] = ContextVar("call")
"""The call of this thread; connections outlive a call and ask here which one they serve."""


def _target(url: str) -> str | None:
    rest = url.split("#", 1)[0].partition("://")[2]
    start = re.search(r"[/?]", rest)
    if start is None:
        return None
    target = rest[start.start() :]
    target = target if target.startswith("/") else f"/{target}"
    return target if _SENDABLE.fullmatch(target) else None


class _PlainSocket(socket.socket):
    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(CURRENT.get().deadline.remaining())
        return super().recv_into(*args, **kwargs)


class TlsSocket(ssl.SSLSocket):
    """A TLS socket whose every send and receive ends with the call; the handshake has one time limit already."""

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        """Receive within the deadline."""
        self.settimeout(CURRENT.get().deadline.remaining())
        return super().recv_into(*args, **kwargs)

    def send(self, *args: Any, **kwargs: Any) -> int:
        """Send one record within the deadline."""
        self.settimeout(CURRENT.get().deadline.remaining())
        return super().send(*args, **kwargs)


def _connect(host: str, port: int) -> socket.socket:
    deadline = CURRENT.get().deadline
    try:
        addresses = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    except UnicodeError as wrong:
        raise OSError("not a host name") from wrong
    failure = OSError("the host has no address")
    for family, kind, protocol, _, address in addresses:
        sock = _PlainSocket(family, kind, protocol)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(deadline.remaining())
            sock.connect(address)
            sock.settimeout(deadline.remaining())
        except OSError as refused:
            sock.close()
            failure = refused
        else:
            return sock
    raise failure


class _Reports(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _connect(self.host, self.port or self.default_port)

    def connect(self) -> None:
        try:
            super().connect()
        finally:
            # what was said to a proxy and in a handshake is not the request
            CURRENT.get().wrote = False

    def putrequest(self, method: str, url: str, *args: Any, **kwargs: Any) -> None:
        super().putrequest(method, CURRENT.get().take_target(url), *args, **kwargs)

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        call = CURRENT.get()
        self.sock.settimeout(call.deadline.remaining())
        call.wrote = True
        super().send(data)


class _TlsReports(_Reports, HTTPSConnection):
    pass


class HttpPool(HTTPConnectionPool):
    """A pool of plain connections."""

    ConnectionCls = _Reports


class HttpsPool(HTTPSConnectionPool):
    """A pool of connections over TLS."""

    ConnectionCls = _TlsReports
