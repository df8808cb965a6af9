"""Killed while calls to Exact's stand-in are on the wire: what was lost is sent again once, after the quiet period."""

from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest
import sqlalchemy as sa
from bench.exact import standin
from tests.process.chance import drawn, tell
from tests.process.killing import work
from tests.process.nodes import Town
from tests.process.test_sync_survives import KILLS

from boekbrug.contract import EffectKind
from boekbrug.store.effects import OPEN
from boekbrug.store.tables import effect

EACH = 25
LATENCY = 0.03
QUIET = 19
"""Seconds; longer than the 15 to 18 between two looks, which would hide that nobody waits for it."""
ENGINE = f"lease = 3\ncall_deadline = 2\nquiet_period = {QUIET}"
PATIENCE = 120
MORE = 20
"""Kills beyond those asked for, until one leaves a call behind of which nobody knows what became."""


def in_doubt(found: Town) -> int:
    """Count the entries that were being sent when their run was killed."""
    entries = effect.c.kind == EffectKind.ENTRY, effect.c.state.in_(OPEN)
    with found.house.database.read() as connection:
        return connection.scalar(sa.select(sa.func.count()).where(*entries)) or 0


def waits(found: Town) -> list[float]:
    """Return the seconds between one try to send an entry and the next."""
    query = sa.select(effect.c.mark, effect.c.intended_at).order_by(effect.c.mark, effect.c.id)
    with found.house.database.read() as connection:
        tries = connection.execute(query.where(effect.c.kind == EffectKind.ENTRY)).all()
    return [(next.intended_at - one.intended_at) / 1_000_000 for one, next in pairwise(tries) if one.mark == next.mark]


@pytest.mark.prove
def test_killed_with_calls_on_the_wire_what_was_lost_is_sent_again_once_after_the_quiet_period(
    tmp_path: Path,
) -> None:
    random, folder = drawn(), tmp_path / "town"
    (folder / "state").mkdir(parents=True)
    database = f"sqlite:///{folder / 'state' / 'boekbrug.db'}"
    with standin(0) as exact, closing(Town(folder, database, exact, ENGINE)) as found:
        found.furnish(1)
        found.set_latency(LATENCY)
        found.sell(EACH)
        longest, killed, runs = work(found.office, "shop0").seconds, 0, 0
        while runs < KILLS or not in_doubt(found):
            assert runs < KILLS + MORE, "no kill hit a call"
            runs += 1
            found.sell(EACH, first=runs * EACH)
            killed += work(found.office, "shop0", random.uniform(0, longest)).killed
        tell(f"{killed} of {runs} killed at work")
        assert 2 * killed >= runs, f"only {killed} of {runs} runs were at work when they were killed"
        with found.node(0) as node:
            node.ready()
            found.due()
            found.wait_until_booked((runs + 1) * EACH, PATIENCE)
        again = waits(found)
        tell(f"{len(again)} calls made again, after {min(again):.0f} s or more")
        assert min(again) >= QUIET
        found.assert_complete((runs + 1) * EACH)
