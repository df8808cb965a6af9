"""Run the real engine on a virtual clock against a simulated world that misbehaves, and check what must always hold.

One seed decides everything; a run is replayed from its seed and leaves a trace that a person can read.
"""
