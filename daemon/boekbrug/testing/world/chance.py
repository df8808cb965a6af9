"""What goes wrong when: one seed decides, a script overrules it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random

from boekbrug.testing.world.faults import UNKNOWN, Fault

STORM = "storm"


@dataclass(kw_only=True)
class Chance:
    """Draws accidents, and counts those that happened."""

    random: Random
    faulty: bool = True
    #: how often a call that creates goes wrong
    rate: float = 0.6
    #: what happens to the next calls, before chance decides again
    script: list[Fault | None] = field(default_factory=list)
    #: accidents that come more often than others in this world
    favourites: tuple[Fault, ...] = ()
    #: calls that are still answered with 429, whatever they are
    storm: int = 0
    #: what is to go wrong with the next call that it can happen to
    wanted: str = ""
    met: Counter[str] = field(default_factory=Counter)
    #: calls that create of which nobody told the client what became
    unknown: int = 0
    _is_new_storm: bool = False

    def draw(self, fault: StrEnum, chance: float) -> bool:
        """Decide whether something goes wrong now, and count it when it does."""
        happens = self._is_wanted(fault) or (self.faulty and self.random.random() < chance)
        if happens:
            self.met[fault.value] += 1
        return happens

    def begin_storm(self, calls: int) -> None:
        """Let so many calls be answered with 429, whatever they are."""
        self.storm, self._is_new_storm = calls, True

    def storms(self) -> bool:
        """Tell whether this call falls into a storm of 429, which counts once, however many calls it hits."""
        if self._is_wanted(Fault.BUSY):
            self.met[Fault.BUSY.value] += 1
            return True
        if self.storm <= 0:
            return False
        self.storm -= 1
        self.met[STORM] += self._is_new_storm
        self._is_new_storm = False
        return True

    def accident(self, among: Sequence[Fault] = tuple(Fault)) -> Fault | None:
        """Say what of these goes wrong with a call: what the script says, else by chance, mostly nothing."""
        if self.script:
            return self._counted(self.script.pop(0))
        wanted = next((fault for fault in among if self._is_wanted(fault)), None)
        if wanted is not None:
            return self._counted(wanted)
        if not self.faulty or self.random.random() >= self.rate:
            return None
        unknown = [fault for fault in among if fault in UNKNOWN]
        favourites = [fault for fault in self.favourites if fault in among]
        return self._counted(self.random.choice([*among, *unknown * 5, *favourites * 6]))

    def _counted(self, fault: Fault | None) -> Fault | None:
        if fault is not None:
            self.met[fault.value] += 1
            self.unknown += fault in UNKNOWN
        return fault

    def _is_wanted(self, fault: StrEnum) -> bool:
        if self.wanted != fault.value:
            return False
        self.wanted = ""
        return True
