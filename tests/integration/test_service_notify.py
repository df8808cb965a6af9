"""What the supervisor hears."""

import os
import socket
import tempfile
from collections.abc import Iterator

import pytest

from boekbrug.runtime.single import DaemonRuns, single
from boekbrug.service import notify


@pytest.fixture
def supervisor() -> Iterator[tuple[socket.socket, str]]:
    with (
        tempfile.TemporaryDirectory(prefix="boekbrug-") as folder,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear,
    ):
        ear.bind(f"{folder}/notify")
        ear.settimeout(10)
        yield ear, f"{folder}/notify"


def test_state_reaches_the_supervisor(supervisor: tuple[socket.socket, str]) -> None:
    ear, address = supervisor
    notify.tell(notify.READY, {"NOTIFY_SOCKET": address})
    assert ear.recv(100) == b"READY=1"


def test_state_reaches_an_abstract_socket() -> None:
    name = f"boekbrug-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(f"\0{name}")
        ear.settimeout(10)
        notify.tell(notify.STOPPING, {"NOTIFY_SOCKET": f"@{name}"})
        assert ear.recv(100) == b"STOPPING=1"


@pytest.mark.parametrize("environ", [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "/nowhere/at/all"}])
def test_nobody_who_listens_is_no_fault(environ: dict[str, str]) -> None:
    notify.tell(notify.READY, environ)


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_watchdog_is_that_of_this_process(environ: dict[str, str], seconds: float | None) -> None:
    assert notify.watchdog_seconds(environ) == seconds


def test_one_daemon_holds_a_sqlite_database_until_it_ends(database_url: str) -> None:
    if database_url.startswith("sqlite"):
        with single(database_url):
            with pytest.raises(DaemonRuns) as refused, single(database_url):
                pass
            assert refused.value.facts["process"] == str(os.getpid())
        with single(database_url):
            pass
    else:
        with single(database_url), single(database_url):
            pass
