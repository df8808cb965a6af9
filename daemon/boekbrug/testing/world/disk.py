"""The disk under a plugin's folder: full at times, gone before it has answered, and its writers die half-way."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import BinaryIO

from boekbrug.contract import FileStat, Folder, OutcomeUnknown, StorageFull
from boekbrug.testing.world.faults import Fault
from boekbrug.testing.world.outside import World
from boekbrug.testing.world.perils import Died


class UnsteadyFolder:
    """A folder of a plugin on a disk that is full at times, and whose writer dies in the middle of a file."""

    def __init__(self, inner: Folder, world: World) -> None:
        self._inner, self._world = inner, world

    def files(self) -> list[FileStat]:
        """List the files."""
        self._world.perils.call()
        return self._inner.files()

    def open(self, name: str) -> AbstractContextManager[BinaryIO]:
        """Open a file for reading."""
        return self._inner.open(name)

    def append(self, name: str, data: bytes) -> None:
        """Add to the end of a file; of one who dies here, half of it stays."""
        self._need_room(name)
        with self._dying(lambda: self._inner.append(name, data[: len(data) // 2])):
            self._world.perils.call()
        self._inner.append(name, data)
        self._lose_word()

    def replace(self, name: str, data: bytes) -> None:
        """Write a whole file."""
        self._need_room(name)
        self._world.perils.call()
        self._inner.replace(name, data)
        self._lose_word()

    def truncate(self, name: str, size: int) -> None:
        """Cut a file."""
        self._world.perils.call()
        self._inner.truncate(name, size)

    def lock(self) -> AbstractContextManager[None]:
        """Hold the folder."""
        return self._inner.lock()

    def _need_room(self, name: str) -> None:
        if self._world.chance.draw(Fault.NOT_SENT, self._world.chance.rate / 4):
            raise StorageFull(file=name)

    def _lose_word(self) -> None:
        if self._world.chance.draw(Fault.LOST_REPLY, self._world.chance.rate / 4):
            self._world.chance.unknown += 1
            raise OutcomeUnknown(reason="the disk went away before it had answered")
        self._world.perils.call()

    @contextmanager
    def _dying(self, leave: Callable[[], None]) -> Iterator[None]:
        try:
            yield
        except Died:
            leave()
            raise
