"""What a stage says after each atomic phase."""

import datetime as dt
from typing import NamedTuple


class Step(NamedTuple):
    """One atomic phase is done; `done` counts what it finished, `total` what is known to come.

    `after` is for how long an outside system asked to be left alone.
    """

    phase: str
    done: int = 0
    total: int | None = None
    after: dt.timedelta | None = None


IN_HAND = frozenset({"intended", "called"})
"""Phases after which a run is not dropped: what was intended is sent, and its outcome is written."""
