"""The daemon from its start to its end, as a process."""

import json
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.office import Office, edit, order
from tests.process import gated_books
from tests.process.daemon import read, running, settle_in

ORDERS = [order(n) for n in range(1, 6)]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    found = Office(tmp_path / "office")
    found.furnish(automatic=True)
    settle_in(found)
    return found


def figures(text: bytes) -> dict[str, float]:
    families = text_string_to_metric_families(text.decode())
    return {f"{s.name} {' '.join(s.labels.values())}".strip(): s.value for f in families for s in f.samples}


def test_orders_are_booked_and_shown_without_anybody_at_the_keyboard(office: Office) -> None:
    office.put("orders.jsonl", ORDERS)
    with running(office) as daemon:
        address = daemon.ready()
        ran = daemon.logs("licence.ran")
        assert (ran["licence"], ran["fetched"], ran["delivered"]) == ("webshop", 5, 5)
        assert len(set(office.marks())) == len(office.marks()) == 5
        assert figures(read(f"{address}/metrics"))["boekbrug_documents booked"] == 5
        assert b"P00003" in read(f"{address}/find?q=P00003")
        daemon.ask_to_stop()
        assert daemon.hear("STOPPING=1")
        assert daemon.ends_with() == 0
    office.run("db", "check")


def test_a_licence_that_is_switched_on_beside_it_is_taken_up(office: Office) -> None:
    office.run("licence", "pause", "webshop")
    with running(office) as daemon:
        daemon.ready()
        office.put("orders.jsonl", ORDERS)
        office.run("licence", "resume", "webshop")
        assert daemon.logs("licence.ran")["delivered"] == 5


@pytest.fixture
def gated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    office = Office(tmp_path / "office")
    site = gated_books.install(office.folder)
    monkeypatch.syspath_prepend(site)
    monkeypatch.setenv("PYTHONPATH", str(site))
    office.furnish(automatic=True, target="gated")
    office.put("orders.jsonl", ORDERS)
    settle_in(office)
    return office


def test_call_in_hand_is_finished_and_its_outcome_written_when_it_is_stopped(gated: Office) -> None:
    with running(gated) as daemon:
        daemon.ready()
        assert (gated.folder / gated_books.BEGUN).read_text() == "begun"
        daemon.ask_to_stop()
        daemon.hear("STOPPING=1")
        assert gated.marks() == []
        (gated.folder / gated_books.GO_ON).write_text("")
        assert daemon.ends_with() == 0
    assert len(gated.marks()) == 5
    assert {sale["state"] for sale in gated.json("find", "P0000")} == {"booked"}


def test_killed_in_the_middle_of_a_call_it_settles_and_books_once(gated: Office) -> None:
    with running(gated) as daemon:
        daemon.ready()
        assert (gated.folder / gated_books.BEGUN).read_text() == "begun"
        daemon.kill()
    with running(gated) as daemon:
        daemon.ready()
        assert (gated.folder / gated_books.BEGUN).read_text() == "begun"
        (gated.folder / gated_books.GO_ON).write_text("")
        ran = daemon.logs("licence.ran")
        assert (ran["settled"], ran["delivered"]) == (5, 5)
    assert len(set(gated.marks())) == len(gated.marks()) == 5


def test_second_daemon_on_one_database_is_refused(office: Office) -> None:
    with running(office) as daemon:
        daemon.ready()
        refused = office.spawn("run")
        assert refused.exit == 3
        assert "A daemon works on this database already; stop it first" in refused.stderr
        assert str(daemon.pid) in refused.stderr
        daemon.ask_to_stop()
        assert daemon.ends_with() == 0


def test_address_in_use_is_said(office: Office) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        edit(office.config, "port = 0", f"port = {port}")
        refused = office.spawn("run")
    assert refused.exit == 2
    assert f"127.0.0.1:{port}" in refused.stderr
    assert "service.port" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_first_start_makes_the_database(tmp_path: Path) -> None:
    office = Office(tmp_path / "office")
    office.config.write_text('state = "deep/state"\n', encoding="utf-8")
    settle_in(office)
    with running(office) as daemon:
        assert json.loads(read(f"{daemon.ready()}/healthz"))["ok"]
    office.run("db", "check")


def test_health_and_metrics_are_what_watchers_expect(office: Office, tool: Callable[[str], Path]) -> None:
    with running(office) as daemon:
        address = daemon.ready()
        health: dict[str, Any] = json.loads(read(f"{address}/healthz"))
        assert health == {"ok": True, "database": "ok", "workers": {"well": 4, "of": 4}}
        text = read(f"{address}/metrics")
        assert subprocess.run([tool("promtool"), "check", "metrics"], input=text, check=False).returncode == 0
        found = figures(text)
        assert found["boekbrug_overdue_seconds"] < 60
        assert found["boekbrug_in_doubt"] == 0


def test_secrets_in_the_address_of_a_webhook_are_not_logged(office: Office) -> None:
    with running(office) as daemon:
        address = daemon.ready()
        with pytest.raises(HTTPError) as refused:
            urlopen(Request(f"{address}/hook/1/orders/hush-hush-secret", data=b"{}"), timeout=10)
        with refused.value as answer:
            assert answer.code == 404
        daemon.ask_to_stop()
        daemon.ends_with()
        assert "hush-hush" not in daemon.text()


def test_watchdog_hears_that_it_lives(office: Office) -> None:
    with running(office, WATCHDOG_USEC="400000") as daemon:
        daemon.ready()
        daemon.hear("WATCHDOG=1")
        daemon.hear("WATCHDOG=1")
