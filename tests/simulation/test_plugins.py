"""What an author of a plugin sees of the simulation: batches that arrive by half, and a plugin that cheats."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.contract import notebook
from tests.contract.notebook import call
from tests.contract.notebook_books import Books, NotebookTarget

from boekbrug.contract import (
    Booked,
    Effect,
    Entry,
    Match,
    NotSent,
    Outcome,
    OutcomeUnknown,
    Prepared,
    Refused,
    Unknown,
)
from boekbrug.testing import TargetWorld
from boekbrug.testing.simulation import Broken, TargetSimulation
from boekbrug.testing.world import Fault


class Bundles(Books):
    """A notebook that takes several pages in a call."""

    def _write(self, params: dict[str, str], body: Any) -> object:
        self.pages += body
        return list(range(len(self.pages) - len(body), len(self.pages)))

    def marked(self) -> Mapping[str, Sequence[Match]]:
        found: dict[str, list[Match]] = {}
        for number, page in enumerate(self.pages):
            entry = msgspec.convert(page, Entry)
            found.setdefault(entry.mark, []).append(Match(id=str(number), total=entry.total))
        return found

    def half(self, body: bytes) -> bytes | None:
        pages = msgspec.json.decode(body)
        return msgspec.json.encode(pages[: len(pages) // 2]) if len(pages) > 1 else None


class Bundling(NotebookTarget):
    """Writes a batch in one call, and has no customers."""

    resolve = None  # type: ignore[assignment]

    def post(self, administration: str, prepared: Sequence[Prepared]) -> Sequence[Outcome]:
        body = b"[" + b",".join(one.payload for one in prepared) + b"]"
        answer = call(self, "POST", "/pages", creates=True, data=body)
        try:
            numbers = answer.json() if answer.status_code == 200 else []
        except ValueError:
            numbers = []
        if len(numbers) != len(prepared):
            return [Unknown(reason="no numbers")] * len(prepared)
        totals = [msgspec.json.decode(one.payload, type=Entry).total for one in prepared]
        return [Booked(id=str(number), total=total) for number, total in zip(numbers, totals, strict=True)]


class GivesUp(Bundling):
    """Says that a batch without an answer was never sent."""

    def post(self, administration: str, prepared: Sequence[Prepared]) -> Sequence[Outcome]:
        try:
            return super().post(administration, prepared)
        except OutcomeUnknown:
            return [NotSent(reason="time-out")] * len(prepared)


class ForgetsTheLast(Bundling):
    """Prepares all but the last of several entries."""

    def prepare(self, administration: str, effects: Sequence[Effect]) -> Sequence[Prepared | Refused]:
        return super().prepare(administration, effects[:-1] or effects)


class TestBundles(TargetSimulation):
    plugin = Bundling
    module = notebook

    def world(self, folder: Path) -> TargetWorld:
        return Bundles()


def test_batches_arrive_by_half_and_are_booked_once(tmp_path: Path) -> None:
    bundles = TestBundles()
    bundles.favours = (Fault.HALF_BATCH,)
    met = (bundles.simulate(seed, _folder(tmp_path, seed)).all_met()["half-batch"] for seed in range(1, 11))
    assert any(met)


def test_plugin_that_cheats_is_caught_with_its_trace(tmp_path: Path) -> None:
    cheating = TestBundles()
    cheating.plugin = GivesUp
    with pytest.raises(Broken, match="more than one record under a mark") as caught:
        for seed in range(1, 21):
            cheating.simulate(seed, _folder(tmp_path, seed))
    assert any("shop sells" in note for note in caught.value.__notes__)


def test_plugin_that_prepares_too_few_has_them_prepared_one_by_one(tmp_path: Path) -> None:
    forgetful = TestBundles()
    forgetful.plugin = ForgetsTheLast
    assert len(forgetful.simulate(2, tmp_path).world.by_mark()) > 5


def _folder(within: Path, seed: int) -> Path:
    folder = within / str(seed)
    folder.mkdir()
    return folder
