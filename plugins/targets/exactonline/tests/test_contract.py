from pathlib import Path

import boekbrug_exactonline.plugin
from boekbrug.testing import TargetContract, TargetWorld
from boekbrug_exactonline.target import ExactOnlineTarget

from .support import World


class TestExactOnline(TargetContract):
    plugin = ExactOnlineTarget
    module = boekbrug_exactonline.plugin

    def world(self, folder: Path) -> TargetWorld:
        return World()
