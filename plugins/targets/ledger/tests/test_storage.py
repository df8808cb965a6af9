"""A folder that cannot be written: nothing is booked, nothing is left behind, and later it is booked once."""

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from boekbrug.contract import CannotTell, EffectKind, MarkQuery, SettingsError, StorageFull
from boekbrug_ledger.settings import DialectName

from .support import CHART, book, books, entry, found, prepared, target

ROOT = Path(__file__).parents[4]

LIMITED = """
import resource, signal, sys
from pathlib import Path
from tempfile import TemporaryDirectory
from plugins.targets.ledger.tests.support import entry, prepared, target
from boekbrug.contract import StorageFull

folder, limit = Path(sys.argv[1]), int(sys.argv[2])
ledger = target(folder)
items = prepared(ledger, *(entry(f"{20260000 + at}-K7QF-1") for at in range(100)))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    ledger.post("main", items)
except StorageFull:
    sys.exit(7)
"""


@pytest.mark.parametrize("more", [0, 1, 700, 20_000])
def test_full_disk_leaves_the_file_as_it_was_and_later_books_once(more: int, tmp_path: Path) -> None:
    ledger = books(tmp_path)
    book(ledger, entry("20259999-K7QF-1"))
    year = tmp_path / "2026.journal"
    before = {path.name: path.read_bytes() for path in tmp_path.glob("[!.]*")}
    limit = str(len(before["2026.journal"]) + more)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run([sys.executable, "-c", LIMITED, str(tmp_path), limit], env=environment, check=False)
    assert ended.returncode == 7
    assert {path.name: path.read_bytes() for path in tmp_path.glob("[!.]*")} == before
    items = prepared(ledger, *(entry(f"{20260000 + at}-K7QF-1") for at in range(100)))
    ledger.post("main", items)
    assert year.read_bytes() == before["2026.journal"] + b"".join(item.payload for item in items)


def test_folder_without_permission_books_nothing() -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "chart.toml").write_text(CHART)
        folder.chmod(0o555)
        child = os.fork()
        if child == 0:
            os._exit(_post_as_anybody_but_root(folder))
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        assert [path.name for path in folder.iterdir()] == ["chart.toml"]
        folder.chmod(0o755)
        assert found(target(folder), entry().mark) == ()


def _post_as_anybody_but_root(folder: Path) -> int:
    if os.geteuid() == 0:
        os.setuid(65534)
    ledger = target(folder)
    if [problem.code for problem in ledger.check().problems] != ["ledger-folder-unusable"]:
        return 1
    try:
        ledger.post("main", prepared(ledger, entry()))
    except StorageFull:
        return 7
    return 2


@pytest.mark.parametrize("name", ["gone", "empty"])
def test_folder_without_books_is_not_taken_for_books_without_entries(name: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    ledger = target(tmp_path / name)
    (answer,) = ledger.find("main", [MarkQuery(mark="20260001-K7QF-1", kind=EffectKind.ENTRY)])
    assert isinstance(answer, CannotTell)
    with pytest.raises(SettingsError):
        ledger.read("main", ["20260001-K7QF-1"])
    with pytest.raises(SettingsError):
        ledger.list_marked("main", dt.date(2026, 1, 1), dt.date(2027, 1, 1))


@pytest.mark.parametrize("dialect", DialectName)
def test_posting_again_to_whole_books_changes_no_other_file(dialect: DialectName, tmp_path: Path) -> None:
    book(books(tmp_path, dialect), entry("20260001-K7QF-1"))
    others = {path: path.stat().st_mtime_ns for path in tmp_path.glob("[!.2]*")}
    book(target(tmp_path, dialect), entry("20260002-K7QF-1"))
    assert {path: path.stat().st_mtime_ns for path in tmp_path.glob("[!.2]*")} == others
    assert len(others) == 3
