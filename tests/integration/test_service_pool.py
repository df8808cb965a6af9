"""The threads of the service, with real licences and no process around them."""

import datetime as dt
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest
import structlog
from sqlalchemy.exc import OperationalError
from tests.office import Office, edit, order
from tests.process import gated_books

from boekbrug.runtime.settings import load
from boekbrug.service.pool import Hand, Pool
from boekbrug.service.rhythm import Rhythm
from boekbrug.store import connections, licences, problems
from boekbrug.store.tables import worker
from boekbrug.sync.house import House

PATIENCE = 30


@pytest.fixture
def office(tmp_path: Path) -> Office:
    found = Office(tmp_path / "office")
    found.furnish(automatic=True)
    found.put("orders.jsonl", [order(1)])
    return found


@pytest.fixture
def house(office: Office) -> Iterator[House]:
    # the command line has left its log behind, on a stream that is closed
    structlog.reset_defaults()
    found = House(load(office.config, {}))
    yield found
    found.close()


class Rested(Hand):
    """A hand that says when it has nothing to do."""

    def __init__(self, house: House) -> None:
        super().__init__(house, "worker")
        self.rests = Event()

    def _rest(self) -> None:
        self.rests.set()
        super()._rest()


@pytest.fixture
def hand(house: House) -> Iterator[Rested]:
    found = Rested(house)
    found.start()
    yield found
    found.stop()
    assert found.join(PATIENCE)


def works(hand: Rested) -> None:
    """Let a hand look for work, and wait until there is no more."""
    hand.rests.clear()
    hand.wake()
    assert hand.rests.wait(PATIENCE)


def test_hand_works_until_nothing_is_due_and_then_when_it_is_woken(office: Office, hand: Rested) -> None:
    assert hand.rests.wait(PATIENCE)
    assert len(office.marks()) == 1
    office.put("more.jsonl", [order(2)])
    works(hand)
    assert len(office.marks()) == 1
    office.run("licence", "pause", "webshop")
    office.run("licence", "resume", "webshop")
    works(hand)
    assert len(office.marks()) == 2


def test_trouble_with_one_licence_does_not_keep_a_hand_from_the_others(office: Office, house: House) -> None:
    (office.folder / "other").mkdir()
    office.run("connection", "add", "lost", "files", "--set", "folder=other")
    other = office.folder / "licences" / "a-lost.toml"
    text = (office.folder / "licences" / "webshop.toml").read_text(encoding="utf-8")
    other.write_text(text, encoding="utf-8")
    edit(other, 'name = "webshop"', 'name = "a-lost"')
    edit(other, 'source = "shop"', 'source = "lost"')
    office.run("licence", "apply", str(other))
    office.run("licence", "activate", "a-lost")
    shutil.rmtree(office.folder / "other")
    found = Rested(house)
    found.start()
    assert found.rests.wait(PATIENCE)
    found.stop()
    assert found.join(PATIENCE)
    assert len(office.marks()) == 1
    with house.database.read() as connection:
        assert not licences.any_due(connection, house.database.now(connection))
        row = connections.by_name(connection, "lost")
        assert row
        assert [one.code for one in problems.list_open(connection, source=row.id)] == ["settings"]


def test_stopped_hand_leaves_nothing_behind(house: House, hand: Rested) -> None:
    assert hand.rests.wait(PATIENCE)
    hand.stop()
    assert hand.join(PATIENCE)
    with house.database.read() as connection:
        assert connection.execute(worker.select()).all() == []


def test_hand_that_lost_its_database_starts_anew(house: House, office: Office, hand: Rested) -> None:
    assert hand.rests.wait(PATIENCE)
    assert house.database.path is not None
    before = hand.worker
    away = house.database.path.with_suffix(".away")
    house.database.close()
    house.database.path.rename(away)
    house.database.path.mkdir()
    works(hand)
    house.database.path.rmdir()
    away.rename(house.database.path)
    house.database.close()
    office.run("licence", "pause", "webshop")
    office.run("licence", "resume", "webshop")
    works(hand)
    assert hand.worker not in (None, before)
    assert hand.is_well(dt.timedelta(minutes=1))


def test_hand_that_hangs_in_a_call_is_not_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    office = Office(tmp_path / "office")
    monkeypatch.syspath_prepend(gated_books.install(office.folder))
    monkeypatch.chdir(office.folder)
    office.furnish(automatic=True, target="gated")
    office.put("orders.jsonl", [order(1)])
    structlog.reset_defaults()
    house = House(load(office.config, {}))
    minute, seconds = dt.timedelta(minutes=1), [0.0]
    hand = Hand(house, "worker", lambda: seconds[0])
    assert not hand.is_well(minute)
    hand.start()
    assert Path(gated_books.BEGUN).read_text() == "begun"
    assert hand.is_well(minute)
    seconds[0] = 61
    assert not hand.is_well(minute)
    Path(gated_books.GO_ON).write_text("")
    hand.stop()
    assert hand.join(PATIENCE)
    assert len(office.marks()) == 1
    house.close()


def test_lost_database_is_told_once_and_its_return_too(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    rhythm = Rhythm(house, Pool(house, 1))
    look = rhythm.guarded(rhythm.look)
    assert house.database.path is not None
    away = house.database.path.with_suffix(".away")
    house.database.close()
    house.database.path.rename(away)
    house.database.path.mkdir()
    look()
    look()
    house.database.path.rmdir()
    away.rename(house.database.path)
    look()
    look()
    told = capsys.readouterr().out
    assert (told.count("database.away"), told.count("database.back")) == (1, 1)


def test_database_that_can_only_be_read_is_not_back(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    rhythm, shut = Rhythm(house, Pool(house, 1)), [True]

    def write() -> None:
        if shut:
            raise OperationalError("update", None, sqlite3.OperationalError("attempt to write a readonly database"))
        rhythm.beat()

    look, beat = rhythm.guarded(rhythm.look), rhythm.guarded(write)
    for _ in range(3):
        beat()
        look()
    shut.clear()
    look()
    told = capsys.readouterr().out
    assert (told.count("database.away"), told.count("database.back")) == (1, 0)
    beat()
    assert capsys.readouterr().out.count("database.back") == 1
