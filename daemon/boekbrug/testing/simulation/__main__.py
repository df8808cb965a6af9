"""Run many seeds: python -m boekbrug.testing.simulation [--seeds N] [--first K] [--steps N] [--trace] [--coverage]."""

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from boekbrug.testing.simulation.coverage import Cell, table
from boekbrug.testing.simulation.invariants import Broken
from boekbrug.testing.simulation.place import make_template
from boekbrug.testing.simulation.simulator import STEPS, Simulation


def main() -> int:
    """Run seeds one after the other; print the trace of the first that breaks something."""
    parser = argparse.ArgumentParser(prog="simulate", description=__doc__)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--coverage", action="store_true", help="print which accident met which state in which phase")
    parser.add_argument("--trace", action="store_true", help="print every step")
    options = parser.parse_args()
    met: Counter[str] = Counter()
    covered: Counter[Cell] = Counter()
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        template = make_template(folder)
        for seed in range(options.first, options.first + options.seeds):
            simulation = Simulation(seed=seed, folder=folder, template=template, workers=1 + seed % 3)
            try:
                simulation.run(options.steps)
            except Broken as broken:
                _print("\n".join([*simulation.trace, f"seed {seed}: {broken}"]))
                return 1
            if options.trace:
                _print("\n".join(simulation.trace))
            met += simulation.all_met()
            covered += simulation.coverage
    seconds = time.perf_counter() - started
    for what, count in sorted(met.items()):
        _print(f"{what:24} {count:8}")
    if options.coverage:
        drawn, empty = table(covered)
        _print(drawn)
        _print(f"{len(empty)} cells are empty without a reason (!)")
    steps = options.seeds * options.steps
    _print(
        f"{options.seeds} passed, 0 failed: {steps} steps in {seconds:.0f} s, {steps / seconds:.0f} steps per second"
    )
    return 0


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
