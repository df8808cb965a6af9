"""Run many seeds: python -m boekbrug.testing.simulation [--seeds N] [--first K] [--trace] [--coverage] [--drills]."""

import argparse
import gc
import os
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

from boekbrug.testing.simulation.coverage import Cell, empty_cells, table
from boekbrug.testing.simulation.drills import drills
from boekbrug.testing.simulation.drills import run as run_drill
from boekbrug.testing.simulation.place import make_template
from boekbrug.testing.simulation.simulator import STEPS, Simulation
from boekbrug.testing.world import Died

_RARELY, _COLLECTED_EVERY = 20_000, 25


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
    steps = 0
    started = time.perf_counter()
    # what the imports made stays, and is not looked through again and again: a tenth of the time
    gc.freeze()
    gc.set_threshold(_RARELY)
    with tempfile.TemporaryDirectory(dir=_in_memory()) as name:
        folder = Path(name)
        template = make_template(folder)
        for seed in range(options.first, options.first + options.seeds):
            simulation = Simulation(seed=seed, folder=folder, template=template, workers=1 + seed % 3)
            try:
                simulation.run(options.steps)
            except (Exception, Died) as broken:  # noqa: BLE001 - whatever ends a seed is told with its trace
                _print("\n".join([*simulation.trace, *traceback.format_exception(broken), f"seed {seed}: {broken!r}"]))
                return 1
            if seed % _COLLECTED_EVERY == 0:
                gc.collect()
            if options.trace:
                _print("\n".join(simulation.trace))
            steps += len(simulation.trace)
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
    _print(
        f"{options.seeds} passed, 0 failed: {steps} steps in {seconds:.0f} s, {steps / seconds:.0f} steps per second"
    )
    return 1 if options.drills and empty else 0


def _in_memory() -> str | None:
    """Return a folder in memory if there is one, else leave the choice to the system."""
    shared = Path("/dev/shm")  # noqa: S108 - the folder made in it is this process's own
    return str(shared) if os.access(shared, os.W_OK) else None


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
