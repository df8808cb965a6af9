"""Which state entries were in when which accident happened in which phase, and why some of it cannot be."""

from collections import Counter
from collections.abc import Mapping

Cell = tuple[str, str, str]
"""State of an entry, accident, phase of the worker."""

STATES = ("none", "due", "claimed", "sending", "in-doubt", "booked", "refused", "replaced")
ABOUT = {
    "fetch": ("claimed-licence", "fetch-claimed", "fetched", "fetch-done", "fetch-failed"),
    "compose": ("composed", "asking", "settled", "cautious"),
    "parties": ("parties-claimed", "parties-found", "parties-created", "parties-provided", "parties-failed"),
    "deliver": ("claimed", "recognised", "intended", "called", "delivered", "deliver-failed"),
    "between": ("idle", "released", "run-done", "claim-lost"),
}
"""The phases of the table, and the steps after which a worker is in each."""
CALLS = {
    "busy", "garbage", "half-batch", "late-commit", "lost-call", "lost-reply", "not-sent", "refused", "unauthorised",
    "late-listing", "unreachable", "card-unfit",
}  # fmt: skip
WHY = {
    "a": "without an entry nothing is sent and nothing is looked up",
    "b": "an answer about a call comes only while parties or entries are sent, or asked for before that",
    "c": "a listing is late by its record: it begins when something was sent",
}


def table(met: Mapping[Cell, int]) -> tuple[str, list[Cell]]:
    """Draw the table; return it with the cells that are empty and not explained."""
    cells = Counter[Cell]()
    for (state, fault, step), count in met.items():
        cells[state, fault, phase_of(step)] += count
    faults = sorted({fault for _, fault, _ in cells})
    lines = [f"{'accident':14} {'phase':9}" + "".join(f"{state:>10}" for state in STATES)]
    empty: list[Cell] = []
    for fault in faults:
        for phase in ABOUT:
            row = [_drawn(cells[state, fault, phase], (state, fault, phase), empty) for state in STATES]
            lines.append(f"{fault:14} {phase:9}" + "".join(f"{cell:>10}" for cell in row))
    lines += [f"{letter}: {why}" for letter, why in WHY.items()]
    return "\n".join(lines), empty


def phase_of(step: str) -> str:
    """Name the phase that a step belongs to."""
    return next((phase for phase, steps in ABOUT.items() if step in steps), "between")


def _drawn(count: int, cell: Cell, empty: list[Cell]) -> str:
    if count:
        return str(count)
    if letter := explained(cell):
        return letter
    empty.append(cell)
    return "!"


def explained(cell: Cell) -> str:
    """Return the letter of why a cell cannot be met, or nothing."""
    state, fault, phase = cell
    if fault in CALLS and state == "none":
        return "a"
    if fault in ("not-sent", "busy") and phase == "fetch":
        return ""
    if fault in CALLS and phase in ("fetch", "between"):
        return "b"
    return "c" if fault == "late-listing" and phase == "compose" else ""
