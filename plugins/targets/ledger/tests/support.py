"""Books in a temporary folder, and entries to put into them."""

import datetime as dt
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NoReturn

from boekbrug.contract import (
    Booked,
    Effect,
    EffectKind,
    Entry,
    EntryKind,
    FileStat,
    Line,
    MarkQuery,
    Match,
    Prepared,
    Role,
    SettingsError,
    StorageFull,
)
from boekbrug_ledger.settings import DialectName, LedgerSettings
from boekbrug_ledger.target import LedgerTarget

CHART = """\
name = "Fietsenwinkel De Spaak"

account = [
    {code = "1000", name = "Kas", type = "cash"},
    {code = "1201", name = "Tussenrekening iDEAL", type = "general"},
    {code = "1300", name = "Debiteuren", type = "debtor"},
    {code = "1500", name = "Btw hoog", type = "vat"},
    {code = "1501", name = "Btw laag", type = "vat"},
    {code = "1999", name = "Oude tussenrekening", type = "general", blocked = true},
    {code = "2400", name = "Cadeaubonnen", type = "general", root = "Liabilities"},
    {code = "4999", name = "Afrondingsverschillen", type = "cost"},
    {code = "8000", name = "Omzet hoog", type = "revenue"},
    {code = "8100", name = "Omzet laag", type = "revenue"},
]

vat_code = [
    {code = "VH", name = "Verkoop hoog", rate = 21, account = "1500"},
    {code = "VL", name = "Verkoop laag", rate = 9, account = "1501"},
    {code = "V0", name = "Export", rate = 0, kind = "base-only", treatment = "export"},
    {code = "OUD", name = "Verkoop 19", rate = 19, blocked = true},
]

journal = [
    {code = "70", name = "Verkoop", kinds = ["sales", "collective"]},
    {code = "90", name = "Memoriaal", kinds = ["memorial"]},
]

[[period]]
code = "2025"
start = 2025-01-01
end = 2025-12-31
open = false

[[period]]
code = "2026-01"
start = 2026-01-01
end = 2026-01-31
closed_journals = ["70"]
"""

DAY = dt.date(2026, 7, 1)


class DiskFolder:
    """The contract's folder on a real disk."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def files(self) -> list[FileStat]:
        names = sorted(str(path.relative_to(self.root)) for path in self.root.rglob("*") if path.is_file())
        return [self._stat(name) for name in names if not any(part.startswith(".") for part in name.split("/"))]

    def open(self, name: str) -> BinaryIO:
        return (self.root / name).open("rb")

    def append(self, name: str, data: bytes) -> None:
        with _storage_full(), (self.root / name).open("ab", buffering=0) as file:
            size = file.tell()
            try:
                rest = memoryview(data)
                while rest:
                    rest = rest[file.write(rest) :]
                os.fsync(file.fileno())
            except OSError:
                file.truncate(size)
                raise

    def replace(self, name: str, data: bytes) -> None:
        aside = self.root / f".{name}.new"
        with _storage_full():
            aside.write_bytes(data)
            aside.replace(self.root / name)

    def truncate(self, name: str, size: int) -> None:
        os.truncate(self.root / name, size)

    @contextmanager
    def lock(self) -> Iterator[None]:
        with _storage_full():
            file = os.open(self.root / ".lock", os.O_RDWR | os.O_CREAT)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        finally:
            os.close(file)

    def _stat(self, name: str) -> FileStat:
        stat = (self.root / name).stat()
        return FileStat(name=name, size=stat.st_size, changed_ns=stat.st_mtime_ns, inode=stat.st_ino)


class Log:
    """Remembers what was logged."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, object]]] = []

    def info(self, event: str, **facts: object) -> None:
        self.events.append((event, facts))

    def warning(self, event: str, **facts: object) -> None:
        self.events.append((event, facts))


class Room:
    """The ports of a plugin that needs folders and a log only."""

    def __init__(self) -> None:
        self.log = Log()

    def folder(self, path: str) -> DiskFolder:
        if not Path(path).is_dir():
            raise SettingsError([f"{path} is not a folder"])
        return DiskFolder(Path(path))

    def new_ids(self) -> Iterator[str]:
        _not_needed()

    @property
    def http(self) -> NoReturn:
        _not_needed()

    grant = cache = budget = clock = http


def target(folder: Path, dialect: DialectName = DialectName.HLEDGER) -> LedgerTarget:
    return LedgerTarget(Room(), LedgerSettings(folder=str(folder), dialect=dialect))


def books(folder: Path, dialect: DialectName = DialectName.HLEDGER) -> LedgerTarget:
    """Make a folder with the chart of these tests and open it."""
    (folder / "chart.toml").write_text(CHART)
    return target(folder, dialect)


def entry(mark: str = "20260001-K7QF-1", **changes: object) -> Entry:
    fields: dict[str, object] = {
        "mark": mark,
        "kind": EntryKind.SALES,
        "journal": "70",
        "date": DAY,
        "number": mark.partition("-")[0],
        "text": "Bestelling 20260001",
        "lines": SALE,
    }
    return Entry(**(fields | changes))  # type: ignore[arg-type]


def line(role: Role, account: str, minor: int, **more: object) -> Line:
    return Line(role=role, account=account, minor=minor, **more)  # type: ignore[arg-type]


SALE = (
    line(Role.PAYMENT, "1201", 12100, text="iDEAL"),
    line(Role.DEBTOR, "1300", 5450),
    line(Role.BASE, "8000", -10000, vat_code="VH", vat_minor=-2100),
    line(Role.VAT, "1500", -2100, vat_code="VH", base=2),
    line(Role.BASE, "8100", -5000, vat_code="VL", vat_minor=-450),
    line(Role.VAT, "1501", -450, vat_code="VL", base=4),
)


def effects(*entries: Entry) -> list[Effect]:
    return [Effect(id=at, kind=EffectKind.ENTRY, mark=one.mark, body=one) for at, one in enumerate(entries, 1)]


def prepared(ledger: LedgerTarget, *entries: Entry, administration: str = "main") -> list[Prepared]:
    answers = ledger.prepare(administration, effects(*entries))
    assert all(isinstance(answer, Prepared) for answer in answers), answers
    return [answer for answer in answers if isinstance(answer, Prepared)]


def book(ledger: LedgerTarget, *entries: Entry, administration: str = "main") -> list[Booked]:
    outcomes = ledger.post(administration, prepared(ledger, *entries, administration=administration))
    assert all(isinstance(outcome, Booked) for outcome in outcomes), outcomes
    return [outcome for outcome in outcomes if isinstance(outcome, Booked)]


def found(ledger: LedgerTarget, mark: str, administration: str = "main") -> tuple[Match, ...]:
    (answer,) = ledger.find(administration, [MarkQuery(mark=mark, kind=EffectKind.ENTRY)])
    assert isinstance(answer, tuple), answer
    return answer


def _not_needed() -> NoReturn:
    raise AssertionError("the ledger needs folders and a log only")


@contextmanager
def _storage_full() -> Iterator[None]:
    try:
        yield
    except OSError as failure:
        raise StorageFull(reason=os.strerror(failure.errno or 0)) from failure
