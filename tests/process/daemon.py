"""The daemon as its supervisor sees it: a process, its notifications, its log, its pages."""

import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.request import urlopen

from tests.office import Office

PATIENCE = 120
"""Seconds after which a test gives up; nothing takes nearly as long."""


class Daemon:
    """A running `boekbrug run`."""

    def __init__(self, office: Office, told: socket.socket, environ: Mapping[str, str]) -> None:
        self._told = told
        self._lines: list[str] = []
        self._heard = threading.Condition()
        self._process = subprocess.Popen(
            office.command("run"), cwd=office.folder, stderr=subprocess.PIPE, text=True, env={**os.environ, **environ}
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as lines:
            for line in lines:
                with self._heard:
                    self._lines.append(line)
                    self._heard.notify_all()

    @property
    def pid(self) -> int:
        """Return the number of the process."""
        return self._process.pid

    def hear(self, wanted: str) -> str:
        """Wait for a notification to the supervisor and return it whole."""
        while True:
            try:
                told = self._told.recv(4096).decode()
            except TimeoutError:
                sentence = f"{wanted} was not told\n{self.text()}"
                raise AssertionError(sentence) from None
            if told.startswith(wanted):
                return told

    def ready(self) -> str:
        """Wait until it is ready and return where its pages are."""
        address = re.search(r"http://\S+", self.hear("READY=1"))
        assert address
        return address[0]

    def logs(self, *events: str) -> dict[str, Any]:
        """Wait for the next log line of one of these events."""
        with self._heard:
            assert self._heard.wait_for(lambda: self._find(events) is not None, PATIENCE), self.text()
            found = self._find(events)
            assert found is not None
            del self._lines[: found + 1]
            return self._last

    def _find(self, events: Sequence[str]) -> int | None:
        for place, line in enumerate(self._lines):
            if line.startswith("{") and (told := json.loads(line))["event"] in events:
                self._last: dict[str, Any] = told
                return place
        return None

    def forget(self) -> None:
        """Wait for what it logs from here on."""
        with self._heard:
            self._lines.clear()

    def text(self) -> str:
        """Return what it has logged and nobody waited for."""
        return "".join(self._lines)

    def ask_to_stop(self) -> None:
        """Send SIGTERM."""
        self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self._process.kill()
        self.ends_with()

    def freeze(self) -> None:
        """Send SIGSTOP."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Send SIGCONT."""
        self._process.send_signal(signal.SIGCONT)

    def ends_with(self) -> int:
        """Wait for the end and return the exit code."""
        exit_code = self._process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return exit_code


def settle_in(office: Office, *, extra: str = "") -> None:
    """Give an office the settings of a daemon: a port of its own, a log to read."""
    text = office.config.read_text(encoding="utf-8")
    office.config.write_text(f'{text}\n[service]\nport = 0\n{extra}\n[log]\nformat = "json"\n', encoding="utf-8")


@contextmanager
def running(office: Office, **environ: str) -> Iterator[Daemon]:
    """Run the daemon, and see to it that it ends."""
    # below /tmp itself: a socket's path may have 107 characters
    with (
        tempfile.TemporaryDirectory(prefix="boekbrug-") as folder,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told,
    ):
        address = f"{folder}/notify"
        told.bind(address)
        told.settimeout(PATIENCE)
        daemon = Daemon(office, told, {"NOTIFY_SOCKET": address, **environ})
        try:
            yield daemon
        finally:
            daemon.kill()


def read(url: str) -> bytes:
    """Read a page."""
    with urlopen(url, timeout=PATIENCE) as answer:
        body: bytes = answer.read()
    return body
