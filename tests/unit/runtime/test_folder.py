import os
import resource
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from boekbrug.contract import NotReachable, PluginBug, Retriable, SettingsError
from boekbrug.runtime.folder import DiskFolder


@pytest.fixture
def place(tmp_path: Path) -> Path:
    place = tmp_path / "books"
    place.mkdir()
    return place


@pytest.fixture
def folder(place: Path) -> DiskFolder:
    return DiskFolder(place)


def contents(place: Path) -> dict[str, bytes]:
    return {str(path.relative_to(place)): path.read_bytes() for path in place.rglob("*") if path.is_file()}


def run(place: Path, script: str, **limits: int) -> str:
    """Run a script in a process of its own, where `folder` is the folder, optionally with a limit on file sizes."""

    def limit() -> None:
        if limits:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limits["file_size"], limits["file_size"]))

    head = """
        import sys
        from pathlib import Path
        from boekbrug.contract import StorageFull
        from boekbrug.runtime.folder import DiskFolder
        folder = DiskFolder(Path(sys.argv[1]))
    """
    source = textwrap.dedent(head) + textwrap.dedent(script)
    # root writes everywhere, unless it gives up the capability to
    bound = ["setpriv", "--bounding-set=-dac_override"] if os.geteuid() == 0 else []
    command = [*bound, sys.executable, "-B", "-c", source, str(place)]
    return subprocess.run(command, capture_output=True, text=True, check=True, preexec_fn=limit).stdout


def test_append_makes_the_file_and_adds_to_it(folder: DiskFolder, place: Path) -> None:
    folder.append("2026/entries", b"one\n")
    folder.append("2026/entries", b"two\n")
    assert contents(place) == {"2026/entries": b"one\ntwo\n"}
    with folder.open("2026/entries") as file:
        assert file.read() == b"one\ntwo\n"


def test_replace_leaves_the_new_file_alone_and_keeps_its_mode(folder: DiskFolder, place: Path) -> None:
    folder.replace("books", b"old")
    (place / "books").chmod(0o640)
    folder.replace("books", b"new")
    assert contents(place) == {"books": b"new"}
    assert (place / "books").stat().st_mode & 0o777 == 0o640


def test_reader_of_a_replaced_file_keeps_the_old_one(folder: DiskFolder) -> None:
    folder.replace("books", b"old")
    with folder.open("books") as reader:
        folder.replace("books", b"new")
        assert reader.read() == b"old"


def test_truncate_cuts(folder: DiskFolder, place: Path) -> None:
    folder.append("books", b"whole torn")
    folder.truncate("books", 5)
    assert contents(place) == {"books": b"whole"}


@pytest.mark.parametrize("size", [-1, 6])
def test_truncate_never_lengthens(folder: DiskFolder, size: int) -> None:
    folder.append("books", b"whole")
    with pytest.raises(PluginBug):
        folder.truncate("books", size)


def test_absent_file_is_said_to_be_absent(folder: DiskFolder) -> None:
    with pytest.raises(FileNotFoundError):
        folder.open("books")
    with pytest.raises(FileNotFoundError):
        folder.truncate("books", 0)


@pytest.mark.parametrize("old", [b"", b"before "])
def test_append_to_a_full_disk_leaves_the_file_as_it_was(place: Path, old: bytes) -> None:
    if old:
        (place / "books").write_bytes(old)
    script = """
        try:
            folder.append("books", bytes(5000))
        except StorageFull as full:
            print(full.facts["reason"])
    """
    assert "large" in run(place, script, file_size=4096)
    assert contents(place) == ({"books": old} if old else {})


def test_replace_on_a_full_disk_leaves_the_old_file(folder: DiskFolder, place: Path) -> None:
    folder.replace("books", b"old")
    script = """
        try:
            folder.replace("books", bytes(5000))
        except StorageFull:
            print("full")
    """
    assert run(place, script, file_size=4096) == "full\n"
    assert contents(place) == {"books": b"old"}


def test_folder_that_may_not_be_written_is_storage_full(place: Path) -> None:
    place.chmod(0o500)
    script = """
        calls = [lambda: folder.append("a", b"x"), lambda: folder.replace("b", b"x"), folder.lock().__enter__]
        for call in calls:
            try:
                call()
            except StorageFull as full:
                print(full.facts["reason"])
    """
    assert run(place, script) == 3 * "Permission denied\n"
    assert contents(place) == {}


def test_files_are_listed_by_name_without_hidden_ones_and_links(
    folder: DiskFolder, place: Path, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").write_bytes(b"secret")
    for name in ["b", "a/2", "a/10", ".hidden", ".git/x", "a-b"]:
        folder.append(name, name.encode())
    (place / "link").symlink_to(tmp_path / "elsewhere")
    (place / "loop").symlink_to(place)
    found = folder.files()
    assert [file.name for file in found] == ["a-b", "a/10", "a/2", "b"]
    stat = (place / "a" / "10").stat()
    assert (found[1].size, found[1].changed_ns, found[1].inode) == (4, stat.st_mtime_ns, stat.st_ino)


def test_folder_that_went_away_is_not_reachable(folder: DiskFolder, place: Path) -> None:
    place.rmdir()
    with pytest.raises(NotReachable):
        folder.files()


@pytest.mark.parametrize("name", ["../outside", "/outside", "a/../../outside", "", ".", "link", "sub/"])
def test_name_cannot_leave_the_folder(folder: DiskFolder, place: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "outside").write_bytes(b"theirs")
    (place / "link").symlink_to(tmp_path / "outside")
    for call in (folder.open, lambda name: folder.append(name, b"x"), lambda name: folder.replace(name, b"x")):
        with pytest.raises(PluginBug):
            call(name)
    assert (tmp_path / "outside").read_bytes() == b"theirs"


@pytest.mark.parametrize("kind", ["absent", "a file"])
def test_path_that_is_no_folder_is_a_settings_error(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "books"
    if kind == "a file":
        path.write_bytes(b"")
    with pytest.raises(SettingsError, match="not a folder"):
        DiskFolder(path)


def test_lock_keeps_another_holder_out_and_says_so(folder: DiskFolder, place: Path) -> None:
    impatient = DiskFolder(place, lock_patience=0.02)
    with folder.lock(), pytest.raises(Retriable, match="another process"), impatient.lock():
        pass
    with impatient.lock():
        assert folder.files() == []


def test_lock_is_waited_for(folder: DiskFolder) -> None:
    order: list[str] = []
    held = threading.Event()

    def first() -> None:
        with folder.lock():
            held.set()
            order.append("first")

    with folder.lock():
        waiting = threading.Thread(target=first)
        waiting.start()
        assert not held.wait(0.05)
        order.append("holder")
    waiting.join()
    assert order == ["holder", "first"]


def test_lock_ends_with_a_killed_process(place: Path) -> None:
    script = """
        import os, signal
        folder.lock().__enter__()
        print("held", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    with pytest.raises(subprocess.CalledProcessError) as killed:
        run(place, script)
    assert killed.value.stdout == "held\n"
    with DiskFolder(place, lock_patience=0.02).lock():
        pass
