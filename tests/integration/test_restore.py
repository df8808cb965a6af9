"""An old database put back books nothing twice and everything once."""

import dataclasses
import datetime as dt
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.integration.journey import SAMPLES, Business, order
from tests.integration.moody import calm, mood, plugins
from tests.office import Office, edit

from boekbrug.acts import cautious, connections, licences
from boekbrug.acts.backup import backup
from boekbrug.acts.desk import ActRefused, Desk
from boekbrug.acts.licence_file import read
from boekbrug.acts.restore import restore
from boekbrug.acts.synchronise import run_named
from boekbrug.cli.exits import Exit
from boekbrug.contract import AuthorisationLost
from boekbrug.runtime import heartbeat
from boekbrug.runtime.presence import BeingReplaced, InUse, Presence
from boekbrug.runtime.settings import load
from boekbrug.runtime.single import DaemonRuns, single
from boekbrug.store import caution
from boekbrug.sync.house import House
from boekbrug.sync.worker import Worker
from boekbrug.testing.clock import SettableClock


@pytest.fixture
def business(tmp_path: Path, sqlite_template: Path) -> Iterator[Business]:
    calm()
    database = shutil.copy(sqlite_template, tmp_path / "boekbrug.db")
    found = Business(tmp_path, f"sqlite:///{database}", target="moody", plugins=plugins())
    yield found
    found.house.close()


def reopen(business: Business) -> None:
    """Let go of the database and open it anew, as the next process would."""
    business.house = House(business.house.settings, clock=business.clock, plugins=plugins())
    business.desk.house = business.house


def marks(business: Business, books: Path | None = None) -> list[str]:
    lines = [line for path in (books or business.books).glob("20*.journal") for line in path.read_text().splitlines()]
    return sorted(line.split("mark:")[1].split(",")[0] for line in lines if "mark:" in line)


def is_cautious(business: Business, licence: Any = None) -> bool:
    with business.house.database.read() as connection:
        return caution.since(connection, (licence or business.licence).administration) is not None


def lose(business: Business, copy: Path, more: int = 2) -> None:
    """Book, copy, and book more; then the database is lost."""
    business.write("a.jsonl", order(1), order(2))
    business.sync()
    backup(business.house, copy, lambda *_: None)
    for n in range(3, 3 + more):
        business.write(f"b{n}.jsonl", order(n))
    assert business.sync() == {"booked": 2 + more}
    business.house.close()


def come_back(business: Business) -> dict[str, int]:
    """Go on after the loss, with a sale that is new."""
    reopen(business)
    business.write("c.jsonl", order(5))
    for _ in range(3):
        counts = business.sync()
    return counts


def test_what_a_restored_database_has_forgotten_is_recognised_in_the_books(business: Business, tmp_path: Path) -> None:
    lose(business, tmp_path / "copy.db")
    before = list(mood.sent)
    kept = restore(business.house.settings, tmp_path / "copy.db", business.clock)
    assert kept is not None
    assert kept.exists()
    counts = come_back(business)
    assert counts == {"booked": 5}
    assert len(marks(business)) == len(set(marks(business))) == 5
    assert mood.sent[len(before) :] == [mark for mark in marks(business) if mark.startswith("W5-")]
    assert business.codes() == []


def test_an_authorisation_that_is_lost_while_it_is_looked_for_is_told_and_nothing_sent(
    business: Business, tmp_path: Path
) -> None:
    lose(business, tmp_path / "copy.db")
    sent = len(mood.sent)
    restore(business.house.settings, tmp_path / "copy.db", business.clock)
    reopen(business)
    business.sync()
    business.write("c.jsonl", order(5))
    mood.finds_raises = AuthorisationLost()
    business.sync()
    assert (business.codes(), len(mood.sent)) == (["authorisation-lost"], sent)


def test_an_old_file_put_back_by_hand_is_noticed_by_the_heartbeat(business: Business, tmp_path: Path) -> None:
    lose(business, tmp_path / "copy.db")
    path = business.house.database.path
    assert path is not None
    for side in ("-wal", "-shm"):
        Path(f"{path}{side}").unlink(missing_ok=True)
    shutil.copy(tmp_path / "copy.db", path)
    assert come_back(business) == {"booked": 5}
    assert len(marks(business)) == len(set(marks(business))) == 5


def test_caution_waits_for_lost_calls_and_ends_when_all_is_caught_up(business: Business, tmp_path: Path) -> None:
    lose(business, tmp_path / "copy.db")
    restore(business.house.settings, tmp_path / "copy.db", business.clock)
    reopen(business)
    business.clock.advance(-dt.timedelta(minutes=10))
    sent = len(mood.sent)
    assert business.sync()["waiting"] == 2
    assert (len(mood.sent), is_cautious(business)) == (sent, True)
    assert business.sync() == {"booked": 4}
    assert (len(mood.sent), is_cautious(business)) == (sent, False)


@pytest.fixture
def one_per_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the folder hand over one order per page."""
    monkeypatch.setattr("boekbrug_files.walk.PAGE", 1)


def short_turn(business: Business) -> None:
    """Run what is due, each licence until its turn is over after one page."""
    business.clock.advance(dt.timedelta(minutes=20))
    with business.house.workplace("tests") as work:
        limits = dataclasses.replace(work.limits, turn=dt.timedelta())
        worker = Worker(dataclasses.replace(work, limits=limits))
        while (step := worker.step()) is not None and step.phase != "run-done":
            pass


@pytest.mark.usefixtures("one_per_page")
def test_caution_lasts_until_the_source_is_read_to_its_end(business: Business, tmp_path: Path) -> None:
    lose(business, tmp_path / "copy.db", 5)
    restore(business.house.settings, tmp_path / "copy.db", business.clock)
    reopen(business)
    sent = len(mood.sent)
    for pages in range(1, 5):
        short_turn(business)
        assert (sum(business.counts().values()), is_cautious(business)) == (2 + pages, True)
    while is_cautious(business):
        short_turn(business)
    assert (business.counts(), len(mood.sent)) == ({"booked": 7}, sent)
    assert len(marks(business)) == len(set(marks(business))) == 7


def add_second_books(business: Business, folder: Path, name: str = "second") -> Any:
    """Link the shop to books of another administration too."""
    shutil.copytree(business.books, folder / name)
    connections.add(business.desk, name, "moody", {"folder": str(folder / name)})
    text = (SAMPLES / "licence.toml").read_text().replace('"bench"', f'"{name}"')
    (folder / f"{name}.toml").write_text(text.replace('target = "books"', f'target = "{name}"'))
    licences.apply(business.desk, read(folder / f"{name}.toml"))
    licences.activate(business.desk, licences.get(business.house, name))
    return licences.get(business.house, name)


def run_second(business: Business) -> None:
    with business.house.workplace("second") as work:
        for _ in run_named(work, licences.get(business.house, "second")):
            pass


@pytest.mark.usefixtures("one_per_page")
def test_caution_lasts_while_another_licence_reads_the_source(business: Business, tmp_path: Path) -> None:
    second = add_second_books(business, tmp_path)
    run_second(business)
    business.write("a.jsonl", order(1))
    business.sync()
    run_second(business)
    backup(business.house, tmp_path / "copy.db", lambda *_: None)
    for n in range(2, 6):
        business.write(f"b{n}.jsonl", order(n))
    business.sync()
    run_second(business)
    business.house.close()
    restore(business.house.settings, tmp_path / "copy.db", business.clock)
    reopen(business)
    business.house.beat()
    business.clock.advance(dt.timedelta(minutes=20))
    with business.house.workplace("tests") as work:
        reading = run_named(work, business.licence)
        assert any(step.phase == "fetched" for step in reading)
        run_second(business)
        assert is_cautious(business, second)
        for _ in reading:
            pass
    for _ in range(2):
        business.clock.advance(dt.timedelta(minutes=20))
        run_second(business)
    assert not is_cautious(business, second)
    assert len(marks(business, tmp_path / "second")) == len(set(marks(business, tmp_path / "second"))) == 5


def test_a_database_that_is_in_step_is_trusted(business: Business) -> None:
    business.write("a.jsonl", order(1))
    business.sync()
    reopen(business)
    business.sync()
    assert not is_cautious(business)
    assert heartbeat.read(business.house.settings.state) > 0


def test_a_daemon_or_a_file_that_is_no_database_keeps_everything_as_it_is(business: Business, tmp_path: Path) -> None:
    lose(business, tmp_path / "copy.db")
    settings = business.house.settings
    with single(settings.database_url), pytest.raises(DaemonRuns):
        restore(settings, tmp_path / "copy.db", business.clock)
    (tmp_path / "text").write_text("no database")
    for wrong in (tmp_path / "text", tmp_path / "nothing"):
        with pytest.raises(ActRefused):
            restore(settings, wrong, business.clock)
    reopen(business)
    assert business.sync() == {"booked": 4}


@contextmanager
def another_process(url: str) -> Iterator[int]:
    """Let another process be at work on a database; return its number."""
    code = "import sys; from boekbrug.runtime.presence import Presence; Presence(sys.argv[1]); print(); input()"
    command = [sys.executable, "-c", code, url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
        process.communicate()


def test_nothing_is_put_back_while_a_command_works(business: Business, tmp_path: Path) -> None:
    lose(business, tmp_path / "copy.db")
    reopen(business)
    settings = business.house.settings
    with business.house.workplace("cli") as work:
        running = run_named(work, business.licence)
        next(running)
        with pytest.raises(InUse):
            restore(settings, tmp_path / "copy.db", business.clock)
    assert business.counts() == {"booked": 4}
    business.house.close()
    with another_process(settings.database_url) as pid:
        with pytest.raises(InUse) as refused:
            restore(settings, tmp_path / "copy.db", business.clock)
        assert refused.value.facts["process"] == str(pid)
    restore(settings, tmp_path / "copy.db", business.clock)
    reopen(business)
    assert business.counts() == {"booked": 2}


def test_nobody_opens_a_database_that_is_being_put_back(business: Business) -> None:
    settings = business.house.settings
    business.house.close()
    with closing(Presence(settings.database_url)) as presence, presence.alone(), pytest.raises(BeingReplaced):
        House(settings)
    reopen(business)


def test_what_demands_an_idle_database_is_refused_while_somebody_works(tmp_path: Path, database_url: str) -> None:
    office = Office(tmp_path / "office", database_url)
    office.furnish(automatic=True)
    with closing(House(load(office.config))) as house, house.workplace("cli"):
        for command in ("upgrade", "cautious"):
            refused = office.attempt("db", command)
            assert refused.exit == Exit.LATER
            assert "Somebody works on this database" in refused.stderr
    office.run("db", "upgrade")
    office.run("db", "cautious")


def test_postgresql_is_put_back_by_its_own_tool(tmp_path: Path) -> None:
    settings = tmp_path / "boekbrug.toml"
    settings.write_text('[database]\nurl = "postgresql://nobody@localhost/none"\n')
    with pytest.raises(ActRefused) as refused:
        restore(load(settings), tmp_path / "copy.db", SettableClock())
    assert "pg_restore" in refused.value.reasons[0]
    assert "boekbrug db cautious" in refused.value.reasons[0]


@pytest.fixture
def copied(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Copy a database that nobody has open, by the tools of its kind; return the address of the copy."""
    made: list[str] = []

    def copy(address: str) -> str:
        url = sa.engine.make_url(address)
        if url.get_backend_name() == "sqlite":
            return f"sqlite:///{shutil.copy(str(url.database), tmp_path / 'elsewhere.db')}"
        made.append(request.getfixturevalue("postgres").create(str(url.database)))
        return str(request.getfixturevalue("postgres").url(made[-1]))

    yield copy
    for name in made:
        request.getfixturevalue("postgres").drop(name)


def move(business: Business, folder: Path, address: str) -> None:
    """Go on at a new machine, which has settings, key and a database, and no heartbeat."""
    state, settings = folder / "elsewhere", folder / "elsewhere.toml"
    state.mkdir()
    shutil.copy(folder / "state" / "key", state)
    address = address.replace("postgresql+psycopg", "postgresql")
    settings.write_text(f'state = "elsewhere"\n[database]\nurl = "{address}"\n')
    business.house = House(load(settings), clock=business.clock, plugins=plugins())
    business.desk = Desk(business.house, "tests")


def test_a_database_put_back_elsewhere_is_cautious_once_that_is_said(
    tmp_path: Path, ready_url: str, copied: Callable[[str], str]
) -> None:
    calm()
    business = Business(tmp_path, ready_url, target="moody", plugins=plugins())
    business.write("a.jsonl", order(1), order(2))
    business.sync()
    business.house.close()
    copy = copied(ready_url)
    reopen(business)
    business.write("b.jsonl", order(3), order(4))
    assert business.sync() == {"booked": 4}
    business.house.close()
    sent = len(mood.sent)
    move(business, tmp_path, copy)
    with closing(House(business.house.settings)) as node, node.workplace("node"), pytest.raises(InUse):
        cautious.begin(business.desk)
    cautious.begin(business.desk)
    business.write("c.jsonl", order(5))
    for _ in range(2):
        business.sync()
    assert (business.counts(), is_cautious(business)) == ({"booked": 5}, False)
    assert len(marks(business)) == len(set(marks(business))) == 5
    assert [mark[:3] for mark in mood.sent[sent:]] == ["W5-"]
    business.house.close()


def test_an_administration_added_after_a_restore_is_treated_cautiously(business: Business, tmp_path: Path) -> None:
    assert not is_cautious(business, add_second_books(business, tmp_path, "before"))
    cautious.begin(business.desk)
    assert is_cautious(business, add_second_books(business, tmp_path, "second"))


def open_late_shop(business: Business, folder: Path) -> None:
    """Connect a second shop, whose folder has two orders."""
    text = (SAMPLES / "licence.toml").read_text().replace('"bench"', '"late"')
    (folder / "late.toml").write_text(text.replace('source = "shop"', 'source = "late"'))
    (folder / "late").mkdir(exist_ok=True)
    business.write("../../late/a.jsonl", order(11), order(12))
    connections.add(business.desk, "late", "files", {"folder": str(folder / "late")})


def add_late_shop(business: Business, folder: Path, code: str = "") -> Any:
    """Link the second shop to the books of the first."""
    licences.create(business.desk, read(folder / "late.toml"), code=code)
    licences.activate(business.desk, licences.get(business.house, "late"))
    return licences.get(business.house, "late")


def run_late(business: Business) -> None:
    business.clock.advance(dt.timedelta(minutes=20))
    with business.house.workplace("late") as work:
        for _ in run_named(work, licences.get(business.house, "late")):
            pass


def lose_late_shop(business: Business, folder: Path) -> str:
    """Put a copy back that was taken before the second shop came; return the code that its licence had."""
    business.write("a.jsonl", order(1))
    business.sync()
    backup(business.house, folder / "copy.db", lambda *_: None)
    open_late_shop(business, folder)
    code = str(add_late_shop(business, folder).code)
    run_late(business)
    business.house.close()
    restore(business.house.settings, folder / "copy.db", business.clock)
    reopen(business)
    open_late_shop(business, folder)
    return code


def test_a_licence_that_the_copy_lacks_is_made_anew_with_its_code(business: Business, tmp_path: Path) -> None:
    code = lose_late_shop(business, tmp_path)
    sent = len(mood.sent)
    for _ in range(2):
        business.sync()
    assert not is_cautious(business)
    with pytest.raises(ActRefused) as asked:
        add_late_shop(business, tmp_path)
    assert f"{code} (W11-{code}-1)" in asked.value.reasons[0]
    assert add_late_shop(business, tmp_path, code).code == code
    assert is_cautious(business)
    business.write("../../late/b.jsonl", order(13))
    for _ in range(2):
        run_late(business)
    assert (len(marks(business)), len(set(marks(business)))) == (4, 4)
    assert mood.sent[sent:] == [f"W13-{code}-1"]


def test_a_code_that_is_in_no_mark_or_another_licence_s_is_refused(business: Business, tmp_path: Path) -> None:
    code = lose_late_shop(business, tmp_path)
    wrong = "AAAA" if code != "AAAA" else "CCCC"
    for refused in (wrong, business.licence.code, "w11"):
        with pytest.raises(ActRefused):
            add_late_shop(business, tmp_path, refused)
    assert add_late_shop(business, tmp_path, "new").code not in (code, business.licence.code)


def test_a_code_is_named_at_the_command_line(tmp_path: Path) -> None:
    office = Office(tmp_path / "office")
    office.furnish(automatic=True)
    file = office.folder / "licences" / "webshop.toml"
    [licence] = office.json("licence", "list")
    office.run("licence", "apply", str(file), "--code", licence["code"])
    assert "never changed" in office.attempt("licence", "apply", str(file), "--code", "AAAA").stderr
    edit(file, 'name = "webshop"', 'name = "again"')
    assert "No mark in the books has the code AAAA" in office.attempt(
        "licence", "create", str(file), "--code", "AAAA"
    ).stderr  # fmt: skip


def test_a_new_licence_is_asked_nothing_where_all_codes_in_the_books_are_known(
    business: Business, tmp_path: Path
) -> None:
    business.write("a.jsonl", order(1))
    business.sync()
    cautious.begin(business.desk)
    open_late_shop(business, tmp_path)
    assert add_late_shop(business, tmp_path).code != business.licence.code


def test_a_database_begun_anew_takes_its_licences_over_by_their_codes(business: Business, tmp_path: Path) -> None:
    business.write("a.jsonl", order(1), order(2))
    business.sync()
    code, sent = business.licence.code, len(mood.sent)
    business.house.close()
    address = f"sqlite:///{tmp_path / 'anew.db'}"
    move(business, tmp_path, address)
    business.house.make_ready()
    cautious.begin(business.desk)
    connections.add(business.desk, "shop", "files", {"folder": str(tmp_path / "shop")})
    connections.add(business.desk, "books", "moody", {"folder": str(business.books)})
    with pytest.raises(ActRefused):
        licences.apply(business.desk, read(SAMPLES / "licence.toml"))
    licences.apply(business.desk, read(SAMPLES / "licence.toml"), code=code)
    licences.activate(business.desk, business.licence)
    for _ in range(2):
        business.sync()
    assert (business.counts(), len(mood.sent), is_cautious(business)) == ({"booked": 2}, sent, False)
