"""A growing file of orders under the engine, whose workers die while they read it."""

from pathlib import Path

import boekbrug_files.plugin
from boekbrug.testing import SourceWorld
from boekbrug.testing.simulation import SourceSimulation
from boekbrug_files.plugin import FilesSource

from .test_contract import Lines


class TestFiles(SourceSimulation):
    plugin = FilesSource
    module = boekbrug_files.plugin

    def world(self, folder: Path) -> SourceWorld:
        return Lines(folder)
