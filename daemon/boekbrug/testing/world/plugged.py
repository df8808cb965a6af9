"""Worlds of which one side is a plugin's own: books or a shop behind its stand-in, reached through what goes wrong."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from boekbrug.contract import Document, DocumentRef, Folder, Grant
from boekbrug.runtime.folder import DiskFolder
from boekbrug.testing.context import KitContext, NoHttp
from boekbrug.testing.world.disk import UnsteadyFolder
from boekbrug.testing.world.network import Half, Network
from boekbrug.testing.world.outside import World
from boekbrug.testing.worlds import SourceWorld, TargetWorld
from boekbrug.testing.worlds import World as Kit


@dataclass(kw_only=True)
class PluggedBooks(World):
    """The simulated shop, and books that a plugin's author describes."""

    kit: TargetWorld

    def size(self) -> tuple[int, ...]:
        """Count what the books hold."""
        return self.kit.records(), sum(map(len, self.kit.customers().values()))

    def by_mark(self) -> Mapping[str, Sequence[tuple[str, int | None]]]:
        """Return id and total of the entries in the books, per mark."""
        return {mark: [(one.id, one.total) for one in found] for mark, found in self.kit.marked().items()}

    def customers(self) -> Mapping[str, Sequence[str]]:
        """Return the ids of the customers in the books, per mark."""
        return self.kit.customers()

    def close(self, *, closed: bool) -> None:
        """Close the books' period, or open it again."""
        if closed != self.is_closed:
            self.kit.close(closed=closed)
        super().close(closed=closed)

    def there(self, mark: str) -> str | None:
        """Return the id of what the books list under a mark."""
        ids = [id for id, _ in self.by_mark().get(mark, ())]
        return next(iter([*ids, *self.customers().get(mark, ())]), None)


@dataclass(kw_only=True)
class PluggedShop(World):
    """A shop that a plugin's author describes, and the simulated books."""

    kit: SourceWorld
    sold: list[DocumentRef] = field(default_factory=list)

    def sell(self, unit: str | None = None, buyer: int | None = None) -> Document:
        """Let the shop sell something."""
        (ref,) = self.kit.sell(1)
        self.sold.append(ref)
        return Document(kind=ref.kind, source_id=ref.source_id, number=ref.source_id, total=Decimal(0))

    def change(self) -> None:
        """Leave the shop as it is: of a change only its author knows what it means."""

    def unfetched(self, documents: int, cursors: Sequence[str]) -> int:
        """Count what of the shop has not come through."""
        return len(self.sold) - documents


class PluggedContext(KitContext):
    """The ports of a plugin in a world; what is durable outlives the instance."""

    def __init__(self, kit: Kit, world: World, half: Half) -> None:
        super().__init__(http=Network(kit.http or NoHttp(), world, half), grant=kit.grant, clock=kit.clock)
        self._world = world

    def folder(self, path: str) -> Folder:
        """Open a folder of this machine; raise SettingsError when it is absent or may not be used."""
        return UnsteadyFolder(DiskFolder(Path(path)), self._world)


def contexts_of(kit: Kit, world: World) -> Callable[[Grant | None], KitContext]:
    """Make what makes the ports of a plugin, anew for every instance, with one memory and one budget for all."""
    half: Half = kit.half if isinstance(kit, TargetWorld) else lambda body: None
    first = PluggedContext(kit, world, half)

    def make(grant: Grant | None) -> KitContext:
        made = PluggedContext(kit, world, half)
        made.cache, made.budget = first.cache, first.budget
        if grant is not None:
            made.grant = grant
        return made

    return make
