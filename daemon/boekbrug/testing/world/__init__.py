"""A simulated world outside of boekbrug: a shop, books, a vendor of tokens, and every way in which they misbehave.

`boekbrug.testing.simulation` runs the real engine in it.
"""

from boekbrug.testing.world.books import WorldSettings, target_of
from boekbrug.testing.world.chance import STORM, Chance
from boekbrug.testing.world.faults import UNKNOWN, Fault, FindFault, TokenFault
from boekbrug.testing.world.outside import MOVED, PERIOD_CLOSED, UNITS, Debtor, Record, World
from boekbrug.testing.world.perils import Died, Peril, Perils
from boekbrug.testing.world.shop import source_of

__all__ = [
    "MOVED",
    "PERIOD_CLOSED",
    "STORM",
    "UNITS",
    "UNKNOWN",
    "Chance",
    "Debtor",
    "Died",
    "Fault",
    "FindFault",
    "Peril",
    "Perils",
    "Record",
    "TokenFault",
    "World",
    "WorldSettings",
    "source_of",
    "target_of",
]
