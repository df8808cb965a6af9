"""Where a test draws from chance: a seed that is told when the test fails, and can be given back."""

import os
import sys
from random import Random

SEED = os.environ.get("BOEKBRUG_TEST_SEED")
"""Read here, since no test sees the environment's own settings."""


def drawn() -> Random:
    """Return chance from the seed that was given, or from a new one."""
    seed = int(SEED) if SEED else int.from_bytes(os.urandom(4), "big")
    tell(f"again with BOEKBRUG_TEST_SEED={seed}")
    return Random(seed)


def tell(sentence: str) -> None:
    """Say what pytest shows of a test that fails, and with -rP of one that passes."""
    sys.stdout.write(f"{sentence}\n")
