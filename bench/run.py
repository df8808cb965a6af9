"""Run all benches in one go: python -m bench.run [--sizes N,N] [--floor PATH]; writes bench/out/latest.jsonl.

Every figure is a ratio to something measured in the same run; absolute figures stand beside it for the curious.
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

Figure = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="50000,500000")
    parser.add_argument("--floor", type=Path, default=HERE / "floor.py")
    parser.add_argument("--without-peer", action="store_true")
    options = parser.parse_args()
    OUT.parent.mkdir(exist_ok=True)
    with OUT.open("w", encoding="utf-8") as out:
        for figure in _figures(options):
            out.write(json.dumps(figure) + "\n")
            out.flush()
            ratio = f"{figure['ratio']:8.2f} x {figure['against']}" if figure["ratio"] is not None else ""
            print(f"{figure['name']:36} {figure['value']:12,.1f} {figure['unit']:16} {ratio}", flush=True)


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
    command = [sys.executable, str(script), str(orders), str(folder)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found: Figure = json.loads(printed.strip().splitlines()[-1])
    return found


def _lines(module: str) -> Iterator[Figure]:
    command = [sys.executable, "-m", f"bench.{module}"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True, cwd=HERE.parent).stdout
    for line in printed.splitlines():
        if line.startswith("{"):
            figure: Figure = json.loads(line)
            yield figure


if __name__ == "__main__":
    main()
