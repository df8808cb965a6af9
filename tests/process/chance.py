"""Where a test draws from chance: a seed that is told when the test fails, and can be given back."""

import os
import sys
from collections.abc import Callable
from random import Random

SEED = os.environ.get("BOEKBRUG_TEST_SEED")
"""Read here, since no test sees the environment's own settings."""


def drawn(record_property: Callable[[str, object], None]) -> Random:
    """Return chance from the seed that was given, or from a new one; what is printed is shown of a test that fails."""
    seed = int(SEED) if SEED else int.from_bytes(os.urandom(4), "big")
    record_property("seed", seed)
    sys.stdout.write(f"again with BOEKBRUG_TEST_SEED={seed}\n")
    return Random(seed)
