"""Run the real engine on a virtual clock against a simulated world that misbehaves, and check what must always hold.

One seed decides everything; a run is replayed from its seed and leaves a trace that a person can read. An author tries
a plugin in it by deriving a test class from `TargetSimulation` or `SourceSimulation`.
"""

from boekbrug.testing.simulation.invariants import Broken
from boekbrug.testing.simulation.plugins import SourceSimulation, TargetSimulation
from boekbrug.testing.simulation.simulator import Simulation

__all__ = ["Broken", "Simulation", "SourceSimulation", "TargetSimulation"]
