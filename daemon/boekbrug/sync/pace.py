"""How many calls go into a round, between the transaction before and the one after."""

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from itertools import groupby

from boekbrug.contract import Prepared

Batch = list[Prepared]
_INSTANT = dt.timedelta(milliseconds=1)


class Pace:
    """How many calls share a transaction before and one after: the more, the quicker they are.

    A worker that dies leaves the calls of one round in doubt, so that a slow target gets them one by one.
    """

    MOST = 25
    FEW = 32
    """Entries in a batch of what was in a call that failed: of a thousand, 31 small calls go well and one does not."""
    _ENOUGH = dt.timedelta(seconds=2)
    _TOO_LONG = dt.timedelta(seconds=4)

    def __init__(self) -> None:
        self.calls = 1

    def learn(self, made: int, took: dt.timedelta) -> None:
        """Adapt to how long a round took: as many calls as take two seconds, twice as many as it `made` at least."""
        if took < self._ENOUGH:
            within = made * (self._ENOUGH // max(took, _INSTANT))
            self.calls = min(max(self.calls, 2 * made, within), self.MOST)
        elif took > self._TOO_LONG:
            self.calls = 1

    def rounds(
        self, prepared: Sequence[Prepared], size: int, alone: Collection[int], apart: Collection[int] = ()
    ) -> Iterator[list[Batch]]:
        """Divide into rounds of batches; what is to go `alone` is a round by itself, what goes `apart` a small one."""
        suspect = {*alone, *apart}
        batches = list(_batches([item for item in prepared if item.id not in suspect], size))
        while batches:
            taken, batches = batches[: self.calls], batches[self.calls :]
            yield taken
        few = _batches([item for item in prepared if item.id in apart], min(size, self.FEW))
        yield from ([batch] for batch in few)
        yield from ([[item]] for item in prepared if item.id in alone)


def _batches(prepared: Sequence[Prepared], size: int) -> Iterator[Batch]:
    for _, group in groupby(sorted(prepared, key=_group), key=_group):
        alike = list(group)
        for start in range(0, len(alike), size):
            yield alike[start : start + size]


def _group(item: Prepared) -> str:
    return item.group
