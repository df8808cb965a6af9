"""Run all benches in one go: python -m bench.run [--sizes N,N] [--floor PATH]; writes bench/out/latest.jsonl.

Every figure is a ratio to something measured in the same run; absolute figures stand beside it for the curious. Ends
with 1 when the journey misses one of its gates, or another bench one of its own.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.orders import write_orders

HERE = Path(__file__).parent
OUT = HERE / "out" / "latest.jsonl"
ROUNDS = {50_000: 3}
"""How often a size is run; the best of each is compared, since noise only ever slows."""

LEAST = {"floor": 0.12, "dlt": 0.9}
"""What the journey must reach of the floor and of the peer."""
MEGABYTES = 150
"""What the journey stays below, however long it is."""

Figure = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="50000,500000")
    parser.add_argument("--floor", type=Path, default=HERE / "floor.py")
    parser.add_argument("--without-peer", action="store_true")
    options = parser.parse_args()
    OUT.parent.mkdir(exist_ok=True)
    missed: list[str] = []
    with OUT.open("w", encoding="utf-8") as out:
        for figure in _figures(options):
            out.write(json.dumps(figure) + "\n")
            out.flush()
            ratio = f"{figure['ratio']:8.2f} x {figure['against']}" if figure["ratio"] is not None else ""
            print(f"{figure['name']:36} {figure['value']:12,.1f} {figure['unit']:16} {ratio}", flush=True)
            missed += _missed(figure)
    if missed:
        sys.exit("gates missed: " + "; ".join(missed))


def _missed(figure: Figure) -> list[str]:
    name, against = figure["name"], figure["against"]
    if not name.startswith("journey-"):
        return []
    if figure["unit"] == "MB" and figure["value"] >= MEGABYTES:
        return [f"{name} takes {figure['value']:.0f} MB of less than {MEGABYTES}"]
    if against in LEAST and figure["ratio"] < LEAST[against]:
        return [f"{name} is {figure['ratio']:.2f} x {against} of at least {LEAST[against]}"]
    return []


def _figures(options: argparse.Namespace) -> Iterator[Figure]:
    for size in map(int, options.sizes.split(",")):
        yield from _journey(size, options.floor, peer=not options.without_peer)
    for module in ("core", "daemon_ready", "exact", "idle", "nodes"):
        yield from _lines(module)


def _journey(size: int, floor: Path, *, peer: bool) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        orders = folder / "orders.jsonl"
        write_orders(orders, size)
        scripts = {"floor": floor, "journey": HERE / "journey.py"} | ({"dlt": HERE / "peer_dlt.py"} if peer else {})
        best: dict[str, Figure] = {}
        for turn in range(ROUNDS.get(size, 1)):
            for what, script in scripts.items():
                found = _run(script, orders, folder / f"{what}-{turn}")
                if what not in best or found["per_second"] > best[what]["per_second"]:
                    best[what] = found
    name = f"journey-individual-{size // 1000}k"
    ours = best["journey"]
    for against in scripts.keys() - {"journey"}:
        yield _figure(name, ours["per_second"], "orders/s", ours["per_second"] / best[against]["per_second"], against)
        yield _figure(f"{against}-{size // 1000}k", best[against]["per_second"], "orders/s")
    yield _figure(f"{name}-memory", ours["megabytes"], "MB")


def _figure(name: str, value: float, unit: str, ratio: float | None = None, against: str | None = None) -> Figure:
    return {"name": name, "value": value, "unit": unit, "ratio": ratio, "against": against}


def _run(script: Path, orders: Path, folder: Path) -> Figure:
    found: Figure = json.loads(_printed(str(script.resolve()), str(orders), str(folder)).strip().splitlines()[-1])
    return found


def _printed(*arguments: str) -> str:
    done = _done(*arguments)
    _require_success(done)
    return done.stdout


def _done(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=HERE.parent)


def _require_success(done: subprocess.CompletedProcess[str]) -> None:
    if done.returncode:
        sys.exit(f"{' '.join(done.args[1:])} failed:\n{done.stderr[-4000:]}")


def _lines(module: str) -> Iterator[Figure]:
    """Yield the figures of a bench, those of one that failed in the end too."""
    done = _done("-m", f"bench.{module}")
    for line in done.stdout.splitlines():
        if line.startswith("{"):
            figure: Figure = json.loads(line)
            yield figure
    _require_success(done)


if __name__ == "__main__":
    main()
