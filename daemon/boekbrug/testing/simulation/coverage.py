"""Which state entries were in when which accident happened in which phase, and why some of it cannot be."""

from collections.abc import Mapping

from boekbrug.testing.world import MOVED, PERIOD_CLOSED, STORM, Fault, FindFault, Peril, TokenFault

Cell = tuple[str, str, str]
"""State of an entry of the licence that a worker is at, accident, phase of the worker."""

STATES = ("none", "due", "claimed", "sending", "in-doubt", "booked", "refused", "replaced")
ABOUT = {
    "fetch": ("claimed-licence", "rules-read", "fetch-claimed", "fetched", "fetch-done", "fetch-failed"),
    "settle": ("asking", "settled", "settle-failed", "cautious"),
    "compose": ("composed", "closed", "drawn"),
    "parties": ("parties-claimed", "parties-found", "parties-created", "parties-provided", "parties-failed"),
    "deliver": ("claimed", "recognised", "intended", "called", "delivered", "deliver-failed"),
    "between": ("idle", "released", "run-done", "claim-lost"),
}
"""The phases of the table, and the steps after which a worker is in each."""
_POSTED = frozenset({"deliver"})
_CALLED = frozenset({"settle", "parties", "deliver"})
REACH: dict[str, frozenset[str]] = {
    **dict.fromkeys((str(fault) for fault in Fault), _POSTED),
    Fault.NOT_SENT: frozenset({"fetch", "parties", "deliver"}),
    Fault.BUSY: _CALLED | {"fetch"},
    STORM: _CALLED | {"fetch"},
    MOVED: _CALLED,
    PERIOD_CLOSED: frozenset({"parties", "deliver"}),
    FindFault.UNREACHABLE: frozenset({"settle", "parties"}),
    FindFault.CANNOT_TELL: frozenset({"settle"}),
    FindFault.CARD_UNFIT: frozenset({"parties"}),
    FindFault.LATE_LISTING: _POSTED,
    **dict.fromkeys((str(fault) for fault in TokenFault), _CALLED),
}
"""In which phases an accident of a call can come."""
STRIKES = ("killed", "frozen", "clock-jump", "restored", *(str(peril) for peril in Peril))
"""What strikes the machine comes in any phase."""
ALL = tuple(sorted((*REACH, *STRIKES)))
WHY = {
    "a": "without an entry there are no customers to be made known and nothing to be sent or asked for",
    "b": "the call that this happens to is not made in this phase",
}


def table(met: Mapping[Cell, int]) -> str:
    """Draw the table of all accidents; `!` is a cell that is empty and not explained."""
    lines = [f"{'accident':18} {'phase':9}" + "".join(f"{state:>10}" for state in STATES)]
    for fault in ALL:
        for phase in ABOUT:
            row = [_drawn(met.get((state, fault, phase), 0), (state, fault, phase)) for state in STATES]
            lines.append(f"{fault:18} {phase:9}" + "".join(f"{cell:>10}" for cell in row))
    return "\n".join([*lines, *(f"{letter}: {why}" for letter, why in WHY.items())])


def empty_cells(met: Mapping[Cell, int]) -> list[Cell]:
    """List the cells that were not met and are not explained."""
    cells = ((state, fault, phase) for fault in ALL for phase in ABOUT for state in STATES)
    return [cell for cell in cells if not met.get(cell) and not explained(cell)]


def phase_of(step: str) -> str:
    """Name the phase that a step belongs to."""
    return next((phase for phase, steps in ABOUT.items() if step in steps), "between")


def _drawn(count: int, cell: Cell) -> str:
    return str(count) if count else explained(cell) or "!"


def explained(cell: Cell) -> str:
    """Return the letter of why a cell cannot be met, or nothing."""
    state, fault, phase = cell
    if phase not in REACH.get(fault, ABOUT):
        return "b"
    of_entries = phase in ("parties", "deliver") or (phase == "settle" and fault in REACH)
    return "a" if state == "none" and of_entries else ""
