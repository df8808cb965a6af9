"""One fault at one call through a port: before anything happened, or after it did but before we heard of it."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from enum import StrEnum
from typing import BinaryIO, TypeVar

from boekbrug.contract import (
    BoekbrugError,
    FileStat,
    Folder,
    Http,
    HttpResponse,
    NotReachable,
    OutcomeUnknown,
    StorageFull,
)

T = TypeVar("T")


class When(StrEnum):
    """At which calls a fault strikes, and on which side of their effect."""

    #: a call that creates fails before it is sent or written
    BEFORE_CREATING = "before-creating"
    #: a call that creates has its effect, and the answer is lost
    AFTER_CREATING = "after-creating"
    #: a call that reads finds nobody
    READING = "reading"


class PortFault:
    """A fault that strikes once, at call number `at` of its kind; without `when` it never does."""

    def __init__(self, when: When | None = None, at: int = 0) -> None:
        self.struck = False
        self._when = when
        self._wait = at

    def creating(self, call: Callable[[], T], failure: BoekbrugError) -> T:
        """Make a call that creates, unless the fault strikes."""
        if self._strikes(When.BEFORE_CREATING):
            raise failure
        lost = self._strikes(When.AFTER_CREATING)
        answer = call()
        if lost:
            raise OutcomeUnknown(reason="the kit lost the answer")
        return answer

    def reading(self, call: Callable[[], T]) -> T:
        """Make a call that reads, unless the fault strikes."""
        if self._strikes(When.READING):
            raise NotReachable(reason="the kit closed the road")
        return call()

    def _strikes(self, when: When) -> bool:
        if self.struck or when is not self._when:
            return False
        self.struck = self._wait == 0
        self._wait -= 1
        return self.struck


class FaultyHttp:
    """Calls out with one fault."""

    def __init__(self, inner: Http, fault: PortFault) -> None:
        self._inner = inner
        self._fault = fault

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
        """Send one request."""

        def send() -> HttpResponse:
            return self._inner.request(
                method, url, creates=creates, params=params, headers=headers, data=data, json=json
            )

        if creates:
            return self._fault.creating(send, NotReachable(reason="the kit closed the road"))
        return self._fault.reading(send)


class FaultyFolder:
    """A folder with one fault; appending and replacing are its calls that create."""

    def __init__(self, inner: Folder, fault: PortFault) -> None:
        self._inner = inner
        self._fault = fault

    def files(self) -> list[FileStat]:
        """List the files."""
        return self._fault.reading(self._inner.files)

    def open(self, name: str) -> AbstractContextManager[BinaryIO]:
        """Open a file for reading."""
        return self._inner.open(name)

    def append(self, name: str, data: bytes) -> None:
        """Add to the end of a file."""
        self._fault.creating(lambda: self._inner.append(name, data), StorageFull(file=name))

    def replace(self, name: str, data: bytes) -> None:
        """Write a whole file."""
        self._fault.creating(lambda: self._inner.replace(name, data), StorageFull(file=name))

    def truncate(self, name: str, size: int) -> None:
        """Cut a file."""
        self._inner.truncate(name, size)

    def lock(self) -> AbstractContextManager[None]:
        """Hold the folder."""
        return self._inner.lock()
