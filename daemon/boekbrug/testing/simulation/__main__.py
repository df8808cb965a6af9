"""Run many seeds: python -m boekbrug.testing.simulation [--seeds N] [--first K] [--trace] [--coverage] [--drills]."""

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from boekbrug.testing.simulation.coverage import Cell, empty_cells, table
from boekbrug.testing.simulation.drills import drills
from boekbrug.testing.simulation.drills import run as run_drill
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
    parser.add_argument(
        "--drills", action="store_true", help="let every accident come in every phase and state besides"
    )
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
        for drill in drills() if options.drills else ():
            covered += run_drill(drill, folder, template)
    for what, count in sorted(met.items()):
        _print(f"{what:24} {count:8}")
    empty = empty_cells(covered)
    if options.coverage or options.drills:
        _print(table(covered))
        _print(f"{len(empty)} cells are empty without a reason (!)")
    steps = options.seeds * options.steps
    _print(
        f"{options.seeds} passed, 0 failed: {steps} steps in {seconds:.0f} s, {steps / seconds:.0f} steps per second"
    )
    return 1 if options.drills and empty else 0


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
