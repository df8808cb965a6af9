"""One licence never starves another, however much it has to do."""

import dataclasses
import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.journey import SAMPLES, Business, order
from tests.integration.moody import calm, mood, plugins

from boekbrug.acts import connections, licences
from boekbrug.acts.licence_file import read
from boekbrug.store import states
from boekbrug.sync.worker import Worker

CALL = dt.timedelta(seconds=2)
TURN = dt.timedelta(minutes=1)


@pytest.fixture
def business(tmp_path: Path, ready_url: str) -> Iterator[Business]:
    calm()
    found = Business(tmp_path, ready_url, target="singly", plugins=plugins())
    yield found
    found.house.close()


def add_small_shop(business: Business, folder: Path) -> None:
    """Link a second shop, whose folder has one order, to the same books."""
    text = (SAMPLES / "licence.toml").read_text().replace('"bench"', '"small"')
    text = text.replace('source = "shop"', 'source = "s"')
    (folder / "small.toml").write_text(text)
    (folder / "s").mkdir()
    connections.add(business.desk, "s", "files", {"folder": str(folder / "s")})
    licences.apply(business.desk, read(folder / "small.toml"))
    licences.activate(business.desk, licences.get(business.house, "small"))
    business.write("../../s/a.jsonl", order(1))


def test_a_licence_with_a_backlog_lets_others_have_their_turn(business: Business, tmp_path: Path) -> None:
    mood.lasts = CALL
    business.write("a.jsonl", *(order(n) for n in range(1, 201)))
    business.clock.advance(dt.timedelta(seconds=1))
    add_small_shop(business, tmp_path)
    business.clock.advance(dt.timedelta(minutes=20))
    began, small = business.clock.now(), licences.get(business.house, "small").id
    with business.house.workplace("tests") as work:
        worker = Worker(dataclasses.replace(work, limits=dataclasses.replace(work.limits, turn=TURN)))
        while worker.step() is not None:
            with business.house.database.read() as connection:
                if states.counts(connection, small)["booked"]:
                    break
        waited = business.clock.now() - began
        assert TURN <= waited < 2 * TURN
        with business.house.database.read() as connection:
            big = states.counts(connection, business.licence.id)
        assert 0 < big["booked"] < 200
        while worker.step() is not None:
            pass
    assert business.counts() == {"booked": 201}


def test_a_person_s_run_goes_on_until_all_is_done(business: Business) -> None:
    mood.lasts = CALL
    business.write("a.jsonl", *(order(n) for n in range(1, 101)))
    assert business.sync() == {"booked": 100}
