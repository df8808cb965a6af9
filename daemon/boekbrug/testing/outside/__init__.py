"""Stand-ins of the outside services that the core itself asks."""

from collections.abc import Mapping

from boekbrug.contract.hookspecs import StandinMaker
from boekbrug.testing.outside import ecb, vies

OUTSIDE: Mapping[str, StandinMaker] = {"ecb": ecb.make, "vies": vies.make}
"""Their makers by name, beside those of plugins."""
