"""Exact's stand-in under the engine, behind a network that loses calls and replies; and plugins that cheat."""

from collections.abc import Sequence
from pathlib import Path

import pytest

import boekbrug_exactonline.plugin
from boekbrug.contract import BoekbrugError, MarkAnswer, MarkQuery, NotSent, Outcome, OutcomeUnknown, Prepared
from boekbrug.testing import TargetWorld
from boekbrug.testing.simulation import Broken, TargetSimulation
from boekbrug_exactonline.target import ExactOnlineTarget

from .support import World


class TestExactOnline(TargetSimulation):
    plugin = ExactOnlineTarget
    module = boekbrug_exactonline.plugin

    def world(self, folder: Path) -> TargetWorld:
        return World()


class Resends(ExactOnlineTarget):
    """Makes a call again that got no answer."""

    def post(self, administration: str, prepared: Sequence[Prepared]) -> Sequence[Outcome]:
        try:
            return super().post(administration, prepared)
        except OutcomeUnknown:
            return super().post(administration, prepared)


class TakesSilenceForNo(ExactOnlineTarget):
    """Says that a call without an answer was never sent."""

    def post(self, administration: str, prepared: Sequence[Prepared]) -> Sequence[Outcome]:
        try:
            return super().post(administration, prepared)
        except OutcomeUnknown:
            return [NotSent(reason="time-out")] * len(prepared)


class TakesFailureForAbsence(ExactOnlineTarget):
    """Says that nothing is there when it could not look."""

    def find(self, administration: str, queries: Sequence[MarkQuery]) -> Sequence[MarkAnswer]:
        try:
            return super().find(administration, queries)
        except BoekbrugError:
            return [()] * len(queries)


@pytest.mark.parametrize(
    ("plugin", "seeds"),
    [
        (Resends, range(1, 11)),
        (TakesSilenceForNo, range(1, 11)),
        pytest.param(TakesFailureForAbsence, range(1, 101), marks=pytest.mark.prove),
    ],
)
def test_plugin_that_cheats_is_caught(plugin: type[ExactOnlineTarget], seeds: Sequence[int], tmp_path: Path) -> None:
    cheating = TestExactOnline()
    cheating.plugin = plugin
    with pytest.raises(Broken, match=r"more than one record under a mark|a customer was made more than once"):
        for seed in seeds:
            folder = tmp_path / str(seed)
            folder.mkdir()
            cheating.simulate(seed, folder)
