"""The only way out for a plugin: calls, files, grants, memory, budgets, time and log, handed in as ports.

A plugin does not sleep, open sockets or files, start threads or keep state between runs.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, BinaryIO, Protocol

import msgspec


class HttpResponse(Protocol):
    """What `requests.Response` offers of itself to a plugin; header names match in any case, `content` is raw."""

    @property
    def status_code(self) -> int:
        """HTTP status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers of the answer."""
        ...

    @property
    def content(self) -> bytes:
        """Body as received."""
        ...

    @property
    def text(self) -> str:
        """Body as text."""
        ...

    def json(self) -> Any:
        """Decode the body, amounts as float: decode `content` for money; raise ValueError when it is not JSON."""
        ...


class Http(Protocol):
    """Calls to the outside system, each with one deadline over name look-up, connect, send and answer."""

    def request(
        self,
        method: str,
        url: str,
        *,
        creates: bool = False,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        data: bytes | None = None,
        json: object = None,
    ) -> HttpResponse:
        """Send one request; never retried and never redirected when it `creates` something or uses something up.

        `url` without `params` and `data` go out byte for byte, so that what a plugin signs is what is sent.
        Raise NotReachable when nothing was sent, and OutcomeUnknown when a call that creates got no valid answer. Any
        HTTP status is an answer and is returned.
        """
        ...


class FileStat(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A file in a folder: name relative to it, size in bytes, moment of last change in nanoseconds, inode."""

    name: str
    size: int
    changed_ns: int
    inode: int


class Folder(Protocol):
    """A folder on this machine; what it writes is on the disk when the call returns."""

    def files(self) -> list[FileStat]:
        """List the files below the folder by name, without those whose name starts with a dot."""
        ...

    def open(self, name: str) -> AbstractContextManager[BinaryIO]:
        """Open a file for reading; raise FileNotFoundError."""
        ...

    def append(self, name: str, data: bytes) -> None:
        """Add to the end of a file and flush it to the disk; raise StorageFull with the file as it was before."""
        ...

    def replace(self, name: str, data: bytes) -> None:
        """Write a whole file, so that a reader sees the old or the new one and nothing between; raise StorageFull."""
        ...

    def truncate(self, name: str, size: int) -> None:
        """Cut a file to its first `size` bytes and flush it."""
        ...

    def lock(self) -> AbstractContextManager[None]:
        """Hold the folder for this process alone; ends with the process, whatever way that ends."""
        ...


class Grant(Protocol):
    """What an authorisation gave; the host refreshes it, one worker at a time."""

    def token(self) -> str:
        """Return an access token that is valid now; raise AuthorisationLost or Retriable."""
        ...

    def refused(self, token: str) -> str:
        """Return a fresh token after the outside system refused `token`; raise AuthorisationLost."""
        ...

    def facts(self) -> Mapping[str, str]:
        """Return the facts stored with the grant: site, organisation, keys received in a handshake."""
        ...


class Cache(Protocol):
    """A durable memory per connection; losing it costs calls, never correctness."""

    def get(self, key: str) -> bytes | None:
        """Return the value, or None when absent or past its time."""
        ...

    def put(self, key: str, value: bytes, keep: dt.timedelta) -> None:
        """Remember a value for some time."""
        ...


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """What the outside system allows: at most `calls` in any stretch of `per`, for each budget key of this name."""

    name: str
    calls: int
    per: dt.timedelta


class Budget(Protocol):
    """Calls that the outside system still allows, shared by all workers on all nodes.

    A key is the name of one of the plugin's limits, with what it is counted for after a colon (`day:1234567`); equal
    keys of one plugin are one budget, whichever connection takes from it.
    """

    def take(self, *keys: str, cost: int = 1) -> None:
        """Take the cost from every key at once or from none; raise BudgetSpent with the time to wait."""
        ...

    def learn(self, key: str, *, remaining: int, resets_at: dt.datetime) -> None:
        """Correct a key by what the outside system said; call only for limits it named."""
        ...

    def through(self, *keys: str, cost: int) -> dt.datetime:
        """Return when so many calls will have been allowed by every key if nobody else takes any; takes none."""
        ...


class Clock(Protocol):
    """Time, handed in so that it can be simulated."""

    def now(self) -> dt.datetime:
        """Return the moment in UTC."""
        ...


class Log(Protocol):
    """Structured log bound to connection and run; events have stable names, values never hold secrets."""

    def info(self, event: str, **facts: object) -> object:
        """Log something worth knowing."""
        ...

    def warning(self, event: str, **facts: object) -> object:
        """Log something worth a look."""
        ...


class Context(Protocol):
    """The ports of one connection for one run and one thread."""

    @property
    def http(self) -> Http:
        """Calls out."""
        ...

    @property
    def grant(self) -> Grant:
        """Tokens; raises AuthorisationLost when used on a connection without grant."""
        ...

    @property
    def cache(self) -> Cache:
        """Durable memory."""
        ...

    @property
    def budget(self) -> Budget:
        """Call budgets."""
        ...

    @property
    def clock(self) -> Clock:
        """Time."""
        ...

    @property
    def log(self) -> Log:
        """Log."""
        ...

    def folder(self, path: str) -> Folder:
        """Open a folder of this machine; raise SettingsError when it is absent or may not be used."""
        ...

    def new_ids(self) -> Iterator[str]:
        """Yield random identifiers from the host's source of randomness."""
        ...
