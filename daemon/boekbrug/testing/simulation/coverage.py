"""Which state entries were in when which accident happened in which phase, and why some of it cannot be."""

from collections import Counter
from collections.abc import Mapping

from boekbrug.testing.world import Fault, FindFault, TokenFault

Cell = tuple[str, str, str]
"""State of an entry, accident, phase of the worker."""

STATES = ("none", "due", "claimed", "sending", "in-doubt", "booked", "refused", "replaced")
ABOUT = {
    "fetch": ("claimed-licence", "rules-read", "fetch-claimed", "fetched", "fetch-done", "fetch-failed"),
    "compose": ("composed", "closed", "asking", "settled", "settle-failed", "cautious"),
    "parties": ("parties-claimed", "parties-found", "parties-created", "parties-provided", "parties-failed"),
    "deliver": ("claimed", "recognised", "intended", "called", "delivered", "deliver-failed"),
    "between": ("idle", "released", "run-done", "claim-lost"),
}
"""The phases of the table, and the steps after which a worker is in each."""
_POSTED = frozenset({"deliver"})
_CALLED = frozenset({"compose", "parties", "deliver"})
REACH: dict[str, frozenset[str]] = {
    **dict.fromkeys((str(fault) for fault in Fault), _POSTED),
    Fault.NOT_SENT: frozenset({"fetch", "deliver"}),
    Fault.BUSY: frozenset({"fetch", "compose", "parties", "deliver"}),
    FindFault.UNREACHABLE: frozenset({"compose", "parties"}),
    FindFault.CANNOT_TELL: frozenset({"compose"}),
    FindFault.CARD_UNFIT: frozenset({"parties"}),
    FindFault.LATE_LISTING: _POSTED,
    **dict.fromkeys((str(fault) for fault in TokenFault), _CALLED),
}
"""In which phases an accident of a call can come; what strikes the machine or the books comes in any."""
WHY = {
    "a": "without an entry there are no customers to be made known and nothing to be sent or asked for",
    "b": "the call that this happens to is not made in this phase",
}


def table(met: Mapping[Cell, int]) -> tuple[str, list[Cell]]:
    """Draw the table; return it with the cells that are empty and not explained."""
    cells = Counter[Cell]()
    for (state, fault, step), count in met.items():
        cells[state, fault, phase_of(step)] += count
    faults = sorted({fault for _, fault, _ in cells})
    lines = [f"{'accident':18} {'phase':9}" + "".join(f"{state:>10}" for state in STATES)]
    empty: list[Cell] = []
    for fault in faults:
        for phase in ABOUT:
            row = [_drawn(cells[state, fault, phase], (state, fault, phase), empty) for state in STATES]
            lines.append(f"{fault:18} {phase:9}" + "".join(f"{cell:>10}" for cell in row))
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
    if phase not in REACH.get(fault, ABOUT):
        return "b"
    of_entries = phase in ("parties", "deliver") or (phase == "compose" and fault in REACH)
    return "a" if state == "none" and of_entries else ""
