"""What goes wrong when: one seed decides, a script overrules it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random

from boekbrug.testing.world.faults import Fault


@dataclass(kw_only=True)
class Chance:
    """Draws accidents, and counts those that happened."""

    random: Random
    faulty: bool = True
    #: how often a call that creates goes wrong
    rate: float = 0.4
    #: what happens to the next calls, before chance decides again
    script: list[Fault | None] = field(default_factory=list)
    #: accidents that come more often than others in this world
    favourites: tuple[Fault, ...] = ()
    #: calls that are still answered with 429, whatever they are
    storm: int = 0
    #: what is to go wrong with the next call that it can happen to
    wanted: str = ""
    met: Counter[str] = field(default_factory=Counter)

    def draw(self, fault: StrEnum, chance: float) -> bool:
        """Decide whether something goes wrong now, and count it when it does."""
        happens = self._is_wanted(fault) or (self.faulty and self.random.random() < chance)
        if happens:
            self.met[fault.value] += 1
        return happens

    def storms(self) -> bool:
        """Tell whether this call falls into a storm of 429."""
        if self._is_wanted(Fault.BUSY):
            self.met[Fault.BUSY.value] += 1
            return True
        if not self.faulty or self.storm <= 0:
            return False
        self.storm -= 1
        self.met[Fault.BUSY.value] += 1
        return True

    def accident(self, among: Sequence[Fault] = tuple(Fault)) -> Fault | None:
        """Say what of these goes wrong with a call: what the script says, else by chance, mostly nothing."""
        if self.script:
            scripted = self.script.pop(0)
            if scripted:
                self.met[scripted.value] += 1
            return scripted
        wanted = next((fault for fault in among if self._is_wanted(fault)), None)
        if wanted is not None:
            self.met[wanted.value] += 1
            return wanted
        if not self.faulty or self.random.random() >= self.rate:
            return None
        likely = [*among, *(one for one in self.favourites * 4 if one in among)]
        fault = self.random.choice(likely)
        self.met[fault.value] += 1
        return fault

    def _is_wanted(self, fault: StrEnum) -> bool:
        if self.wanted != fault.value:
            return False
        self.wanted = ""
        return True
