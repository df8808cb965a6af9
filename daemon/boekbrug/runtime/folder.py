"""A folder on the disk of this machine, written so that a killed process or a full disk leaves no half truth."""

import errno
import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from boekbrug.contract import (
    Fault,
    FileStat,
    NotReachable,
    OutcomeUnknown,
    PluginBug,
    Retriable,
    SettingsError,
    StorageFull,
)
from boekbrug.runtime.clock import Deadline

LOCK_NAME = ".lock"
LOCK_PATIENCE = 30.0
"""Seconds to wait for another process: shorter than a lease, so that nobody writes after the lease has run out."""

_LOCK_POLL = 0.01
_MAY_NOT_BE_WRITTEN = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM}


class DiskFolder:
    """A folder by its path; symbolic links below it are not followed."""

    def __init__(self, path: Path, *, lock_patience: float = LOCK_PATIENCE) -> None:
        if not path.is_dir():
            raise SettingsError(
                [Fault("", "{place} is not a folder of this machine; make it, or correct the path", place=path)]
            )
        if not os.access(path, os.R_OK | os.X_OK):
            raise SettingsError(
                [Fault("", "the folder {place} may not be read; give the user of boekbrug the right to", place=path)]
            )
        self._root = path.resolve()
        self._lock_patience = lock_patience

    def files(self) -> list[FileStat]:
        """List the files below the folder by name, without those whose name starts with a dot.

        Raise NotReachable when the folder is gone and SettingsError when a folder below may not be read.
        """
        try:
            return sorted(_walk(self._root, ""), key=_name)
        except FileNotFoundError as gone:
            raise NotReachable(folder=str(self._root)) from gone
        except PermissionError as closed:
            raise SettingsError(
                [
                    Fault(
                        "",
                        "the folder {place} may not be read; give the user of boekbrug the right to",
                        place=closed.filename,
                    )
                ]
            ) from closed

    def open(self, name: str) -> BinaryIO:
        """Open a file for reading; raise FileNotFoundError."""
        return self._path(name).open("rb")

    def append(self, name: str, data: bytes) -> None:
        """Add to the end of a file and flush it; raise StorageFull, or OutcomeUnknown when part could not be undone."""
        path = self._path(name)
        is_new = not path.exists()
        with _storage_full(name):
            _make_folder(path.parent)
            file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
            try:
                _write_or_undo(file, data, os.fstat(file).st_size)
                if is_new:
                    _flush_folder(path.parent)
            except StorageFull:
                if is_new:
                    path.unlink()
                raise
            finally:
                os.close(file)

    def replace(self, name: str, data: bytes) -> None:
        """Write a whole file, so that a reader sees the old or the new one and nothing between; raise StorageFull."""
        path = self._path(name)
        # a name of this process and thread: what a killed one left behind is never listed and at most overwritten
        aside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.new")
        with _storage_full(name):
            _make_folder(path.parent)
            try:
                _write_new(aside, data, _mode_of(path))
                aside.replace(path)
            except OSError:
                with suppress(OSError):
                    aside.unlink(missing_ok=True)
                raise
        _flush_folder(path.parent)

    def truncate(self, name: str, size: int) -> None:
        """Cut a file to its first `size` bytes and flush it; raise StorageFull when it may not be written."""
        with _storage_full(name):
            file = os.open(self._path(name), os.O_WRONLY)
            try:
                if not 0 <= size <= os.fstat(file).st_size:
                    raise PluginBug(file=name, size=str(size), reason="a file can only be cut to a part of itself")
                os.ftruncate(file, size)
                os.fdatasync(file)
            finally:
                os.close(file)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the folder for this process alone; raise Retriable when another one holds it for too long."""
        with _storage_full(LOCK_NAME):
            file = os.open(self._root / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            self._wait_for_lock(file)
            yield
        finally:
            os.close(file)

    def _wait_for_lock(self, file: int) -> None:
        deadline = Deadline(self._lock_patience)
        while not _try_lock(file):
            try:
                time.sleep(min(_LOCK_POLL, deadline.remaining()))
            except TimeoutError:
                raise Retriable(folder=str(self._root), reason="another process holds the folder") from None

    def _path(self, name: str) -> Path:
        path = self._root / name
        # links are refused by what they lead to, `..` and absolute names by where they end
        if name.endswith("/") or path == self._root or not path.resolve().is_relative_to(self._root):
            raise PluginBug(file=name, reason="the name leads out of the folder")
        return path


def _name(file: FileStat) -> str:
    return file.name


def _walk(folder: Path, prefix: str) -> Iterator[FileStat]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            name = prefix + entry.name
            if entry.is_dir(follow_symlinks=False):
                yield from _walk_below(Path(entry.path), name)
            elif entry.is_file(follow_symlinks=False):
                with suppress(FileNotFoundError):  # removed while it was listed
                    stat = entry.stat(follow_symlinks=False)
                    yield FileStat(name=name, size=stat.st_size, changed_ns=stat.st_mtime_ns, inode=stat.st_ino)


def _walk_below(folder: Path, name: str) -> Iterator[FileStat]:
    with suppress(FileNotFoundError):  # removed while its parent was listed
        yield from _walk(folder, f"{name}/")


def _try_lock(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write_all(file: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(file, rest) :]
    os.fdatasync(file)


def _write_or_undo(file: int, data: bytes, old_size: int) -> None:
    try:
        _write_all(file, data)
    except OSError as failure:
        _undo(file, old_size, failure)
        raise StorageFull(reason=os.strerror(failure.errno or 0)) from failure


def _undo(file: int, old_size: int, failure: OSError) -> None:
    try:
        os.ftruncate(file, old_size)
        os.fdatasync(file)
    except OSError as stuck:
        raise OutcomeUnknown(reason=f"{failure.strerror}, and undoing: {stuck.strerror}") from failure


def _write_new(path: Path, data: bytes, mode: int | None) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    try:
        if mode is not None:
            os.fchmod(file, mode)
        _write_all(file, data)
    finally:
        os.close(file)


def _mode_of(path: Path) -> int | None:
    try:
        return path.stat().st_mode & 0o7777
    except FileNotFoundError:
        return None


def _make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    _flush_folder(folder.parent)


def _flush_folder(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


@contextmanager
def _storage_full(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as failure:
        if failure.errno not in _MAY_NOT_BE_WRITTEN:
            raise
        raise StorageFull(file=name, reason=os.strerror(failure.errno)) from failure
