"""Everything a worker needs, handed in: database, plugins, vault, clock, chance."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from random import Random

from boekbrug.contract import Clock, Document, Entry, Log
from boekbrug.runtime.ecb import Ecb
from boekbrug.runtime.instances import Instances
from boekbrug.runtime.metrics import Metrics
from boekbrug.runtime.secrets import Vault
from boekbrug.runtime.vies import Vies
from boekbrug.store.database import Database
from boekbrug.store.ids import Ids
from boekbrug.sync.pace import Pace
from boekbrug.sync.sealing import Sealing


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """How long things may take and how much goes into one phase.

    The quiet period has to be longer than lease and call deadline together: before that a call of a worker thought
    dead may still arrive.
    """

    lease: dt.timedelta = dt.timedelta(seconds=90)
    call_deadline: dt.timedelta = dt.timedelta(seconds=60)
    quiet_period: dt.timedelta = dt.timedelta(minutes=15)
    #: how long a licence may go on while others wait; what it has left is done when they have had their turn
    turn: dt.timedelta = dt.timedelta(minutes=1)
    batch: int = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Workplace:
    """One worker's place; several in one process share all but the name."""

    worker: str
    database: Database
    ids: Ids
    vault: Vault
    sealing: Sealing
    instances: Instances
    clock: Clock
    random: Random
    log: Log
    limits: Limits = Limits()
    metrics: Metrics = field(default_factory=Metrics)
    #: whom to ask about VAT ids and exchange rates; None where the settings name nobody
    vies: Vies | None = None
    ecb: Ecb | None = None
    #: how long a valid answer about a VAT id counts
    proof_days: int = 30
    #: documents of the page fetched last, by (id, revision): composed at once they need not be opened again
    fetched: dict[tuple[int, int], Document] = field(default_factory=dict)
    #: entries composed last, by id: sent at once they need not be read again
    composed: dict[int, Entry] = field(default_factory=dict)
    #: how many calls to a target, by its connection, go into one round
    paces: defaultdict[int, Pace] = field(default_factory=lambda: defaultdict(Pace))
    #: what a licence wants to be done once a sale is booked, as far as that was asked for
    errands: dict[int, frozenset[str]] = field(default_factory=dict)

    def until(self, now: int) -> int:
        """Return when a lease taken now ends."""
        return now + self.limits.lease // MICROSECOND

    def backoff(self, tries: int, after: dt.timedelta | None) -> int:
        """Return microseconds to wait before the next try: what the vendor asked, a day at most, or doubling up to an
        hour; spread, so that not all come back at once.
        """
        seconds = min(after, LONGEST_WAIT).total_seconds() if after else min(15 * 2 ** min(tries, 8), 3600)
        return int(seconds * (1 + self.random.random() / 5) * 1_000_000)


LONGEST_WAIT = dt.timedelta(days=1)
"""Limits of vendors begin anew every day; one who asks for more time is asked again."""
MICROSECOND = dt.timedelta(microseconds=1)
