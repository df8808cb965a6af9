"""The ports of a connection over a real folder, with a clock that tests set."""

import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from boekbrug.contract import Document, FileStat, Page, SettingsError, Unreadable, Window
from boekbrug_files.plugin import FilesSource
from boekbrug_files.settings import FilesSettings

#: what the README calls the least that an order needs
LINE = {"sku": "A", "name": "Mok", "quantity": 1, "amount_incl": "12.10", "vat_rate": 21, "vat": "2.10"}


def order(number: int, **fields: Any) -> dict[str, Any]:
    """Return a paid order as a shop would write it."""
    return {
        "id": number,
        "number": f"W{number}",
        "date": "2026-07-01T10:00:00+02:00",
        "status": "paid",
        "payment_method": "ideal",
        "lines": [LINE],
        "total_incl": "12.10",
        "total_vat": "2.10",
    } | fields


NOW = dt.datetime(2026, 10, 1, 12, tzinfo=dt.UTC)


class TestFolder:
    """A folder of the disk, listed and read; tests of the source need no more of the port."""

    __test__ = False

    def __init__(self, path: Path) -> None:
        self.path = path

    def files(self) -> list[FileStat]:
        found = sorted(path for path in self.path.rglob("*") if path.is_file() and not path.name.startswith("."))
        return [_stat(path, str(path.relative_to(self.path))) for path in found]

    def open(self, name: str) -> BinaryIO:
        return (self.path / name).open("rb")

    def append(self, name: str, data: bytes) -> None:
        raise NotImplementedError

    def replace(self, name: str, data: bytes) -> None:
        raise NotImplementedError

    def truncate(self, name: str, size: int) -> None:
        raise NotImplementedError

    def lock(self) -> NoReturn:
        raise NotImplementedError


class TestClock:
    """A clock that stands still."""

    __test__ = False

    def __init__(self, now: dt.datetime = NOW) -> None:
        self.moment = now

    def now(self) -> dt.datetime:
        return self.moment


class TestLog:
    """Keeps the events."""

    __test__ = False

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, object]]] = []

    def info(self, event: str, **facts: object) -> None:
        self.events.append((event, facts))

    warning = info


class TestContext:
    """Clock, log and folders; whatever else the source reached for would fail."""

    __test__ = False

    def __init__(self, folder_type: type[TestFolder] = TestFolder) -> None:
        self.clock = TestClock()
        self.log = TestLog()
        self._folder_type = folder_type

    def folder(self, path: str) -> TestFolder:
        if not Path(path).is_dir():
            raise SettingsError([f"{path} is not a folder"])
        return self._folder_type(Path(path))

    def __getattr__(self, port: str) -> Any:
        raise AssertionError(port)


class Shop:
    """A watched folder and the source that reads it, with the cursor that the host would keep."""

    def __init__(self, path: Path, folder_type: type[TestFolder] = TestFolder, **settings: Any) -> None:
        self.path = path
        self.context = TestContext(folder_type)
        self.source = FilesSource(self.context, FilesSettings(folder=str(path), **settings))
        self.cursor = ""

    def write(self, name: str, text: str | bytes, *, age: float = 60) -> None:
        """Write a file that changed `age` seconds before now."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        self.touch(name, age=age)

    def add(self, name: str, text: str, *, age: float = 60) -> None:
        """Write to the end of a file."""
        with (self.path / name).open("ab") as file:
            file.write(text.encode())
        self.touch(name, age=age)

    def touch(self, name: str, *, age: float = 60) -> None:
        """Set when a file changed."""
        at = self.context.clock.now().timestamp() - age
        os.utime(self.path / name, (at, at))

    def pages(self, window: Window | None = None) -> Iterator[Page]:
        """Yield pages as the host takes them: each page's cursor is kept before the next is asked for."""
        for page in self.source.fetch("shop", window or Window(), self.cursor):
            self.cursor = page.cursor
            yield page

    def fetch(self) -> tuple[list[Document], list[Unreadable]]:
        """Fetch once and return all documents and all that could not be read."""
        pages = list(self.pages())
        return (
            [document for page in pages for document in page.documents],
            [broken for page in pages for broken in page.unreadable],
        )

    def numbers(self) -> list[str]:
        """Fetch once and return the documents' numbers; nothing may be unreadable."""
        documents, broken = self.fetch()
        assert broken == []
        return [document.number for document in documents]

    def fault(self) -> Unreadable:
        """Fetch once and return the one thing that could not be read."""
        _, [broken] = self.fetch()
        return broken


def _stat(path: Path, name: str) -> FileStat:
    stat = path.stat()
    return FileStat(name=name, size=stat.st_size, changed_ns=stat.st_mtime_ns, inode=stat.st_ino)
