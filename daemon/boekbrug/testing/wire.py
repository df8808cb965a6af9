"""Faults of a stand-in: what goes wrong with which call, down to the bytes on the wire."""

import select
import socket
import threading
from enum import StrEnum

import msgspec

GIVE_UP = 120.0
"""Seconds after which a late commit stops waiting for its client to go away."""


class Broken(StrEnum):
    """Faults that the frame knows; an application asks `Faults.take` for kinds of its own."""

    #: the call has its effect, the connection is closed without an answer
    DROP_REPLY = "drop-reply"
    #: the call has its effect only after the client has given up
    LATE = "late"
    #: the call is not processed and answered with `status`, `headers` and `body`
    STATUS = "status"
    #: the call has its effect, the answer is no HTTP
    GARBAGE = "garbage"
    #: the call has its effect, the answer ends in the middle of its body
    HALF_A_BODY = "half-a-body"
    #: the call is not processed, the connection is closed without an answer
    CLOSE = "close"


class Fault(msgspec.Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One fault for the next `times` calls of this method ("" is any) whose path starts with `path`."""

    kind: str
    times: int = 1
    method: str = ""
    path: str = "/"
    status: int = 503
    headers: dict[str, str] = {}
    body: str = ""


class Faults:
    """The faults that are still to come, in the order they were asked for."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, *faults: Fault) -> None:
        """Ask for faults."""
        with self._lock:
            self._waiting += faults

    def clear(self) -> None:
        """Ask for none any more."""
        with self._lock:
            self._waiting.clear()

    def waiting(self) -> list[Fault]:
        """Return what is still to come."""
        with self._lock:
            return list(self._waiting)

    def take(self, *kinds: str, method: str = "", path: str = "/") -> Fault | None:
        """Take one time of the first fault of these kinds that fits a call; None when there is none."""
        with self._lock:
            for fault in self._waiting:
                if fault.kind in kinds and fault.method in ("", method) and path.startswith(fault.path):
                    fault.times -= 1
                    if fault.times <= 0:
                        self._waiting.remove(fault)
                    return fault
        return None


class Wire:
    """The connection under a call, for faults that no WSGI application can make."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def write(self, data: bytes) -> None:
        """Write bytes that are no answer of the application."""
        self._connection.sendall(data)

    def wait_until_left(self) -> None:
        """Wait for the client to close its side."""
        readable, _, _ = select.select([self._connection], [], [], GIVE_UP)
        if readable:
            self._connection.recv(1, socket.MSG_PEEK)
