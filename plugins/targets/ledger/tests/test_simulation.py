"""Ledger files under the engine, on a disk that is full at times and whose writers die half-way."""

from pathlib import Path

import boekbrug_ledger.plugin
from boekbrug.testing import TargetWorld
from boekbrug.testing.simulation import TargetSimulation
from boekbrug_ledger.settings import DialectName
from boekbrug_ledger.target import LedgerTarget

from .test_contract import Books


class TestLedger(TargetSimulation):
    plugin = LedgerTarget
    module = boekbrug_ledger.plugin

    def world(self, folder: Path) -> TargetWorld:
        return Books(folder, DialectName.HLEDGER)
