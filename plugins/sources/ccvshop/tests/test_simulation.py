"""The shop's stand-in under the engine, behind a network that loses calls and replies; and a plugin that cheats."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

import boekbrug_ccvshop.plugin
from boekbrug.contract import Page, Window
from boekbrug.testing import SourceWorld
from boekbrug.testing.simulation import Broken, SourceSimulation
from boekbrug_ccvshop.plugin import CcvShop

from .test_contract import Shop


class TestCcvShop(SourceSimulation):
    plugin = CcvShop
    module = boekbrug_ccvshop.plugin

    def world(self, folder: Path) -> SourceWorld:
        return Shop()


class LeavesOneOut(CcvShop):
    """Hands over a page without its last document, and says that it was all."""

    def fetch(self, unit: str, window: Window, cursor: str) -> Iterator[Page]:
        for page in super().fetch(unit, window, cursor):
            yield msgspec.structs.replace(page, documents=page.documents[:-1] or page.documents)


def test_plugin_that_leaves_a_sale_out_is_caught(tmp_path: Path) -> None:
    cheating = TestCcvShop()
    cheating.plugin = LeavesOneOut
    with pytest.raises(Broken, match="unfetched"):
        cheating.simulate(1, tmp_path)
