"""A stand-in of the European Central Bank's reference rates: daily, ninety days and all, as the bank writes them.

The dollar is at 1.1000 on 1 September 2026 and rises by a hundredth of a cent a day; nothing is published at weekends
and on holidays, nor before four in the afternoon in Frankfurt. Beside the frame's controls `/__control__/rates` shows
and sets them: POST an object with `holidays` (days), `stops` (the day after which nothing is published) and `rates`
(day to currency to rate).
"""

import datetime as dt
import json
from collections.abc import Iterable, Iterator
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment
from zoneinfo import ZoneInfo

from boekbrug.testing.standin import Surroundings

_FRANKFURT = ZoneInfo("Europe/Berlin")
_FIRST = dt.date(2024, 1, 2)
_SPANS = {"/eurofxref-daily.xml": 0, "/eurofxref-hist-90d.xml": 90, "/eurofxref-hist.xml": 100_000}


def make(surroundings: Surroundings) -> WSGIApplication:
    """Make a bank that publishes every working day since 2024."""
    return Bank(surroundings)


class Bank:
    """The files of the bank."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._clock = surroundings.clock
        self._set: dict[str, object] = {"holidays": [], "stops": "", "rates": {}}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a call."""
        path = environ["PATH_INFO"]
        if path == "/__control__/rates":
            if environ["REQUEST_METHOD"] == "POST":
                self._set |= json.loads(environ["wsgi.input"].read())
            start_response("200 OK", [("Content-Type", "application/json")])
            return [json.dumps(self._set).encode()]
        if path not in _SPANS:
            start_response("404 Not Found", [("Content-Type", "text/html")])
            return [b"<html></html>"]
        start_response("200 OK", [("Content-Type", "text/xml")])
        return [self._file(_SPANS[path])]

    def _file(self, days: int) -> bytes:
        published = list(self._days())
        newest = published[-1]
        wanted = [day for day in published if (newest - day).days <= days]
        cubes = "\n".join(self._cube(day) for day in reversed(wanted))
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" '
            'xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">\n'
            "<gesmes:subject>Reference rates</gesmes:subject>\n"
            "<gesmes:Sender><gesmes:name>European Central Bank</gesmes:name></gesmes:Sender>\n"
            f"<Cube>\n{cubes}\n</Cube>\n</gesmes:Envelope>"
        ).encode()

    def _days(self) -> Iterator[dt.date]:
        now = self._clock.now().astimezone(_FRANKFURT)
        last = now.date() if now.hour >= 16 else now.date() - dt.timedelta(1)
        stops = str(self._set["stops"])
        day = _FIRST
        while day <= last and not (stops and day.isoformat() > stops):
            if day.weekday() < 5 and day.isoformat() not in str(self._set["holidays"]):
                yield day
            day += dt.timedelta(1)

    def _cube(self, day: dt.date) -> str:
        rates = {"USD": f"{1.1 + (day - dt.date(2026, 9, 1)).days / 10_000:.4f}", "GBP": "0.8500", "JPY": "160.00"}
        chosen = self._set["rates"]
        rates |= chosen.get(day.isoformat(), {}) if isinstance(chosen, dict) else {}
        cubes = "".join(f"<Cube currency='{currency}' rate='{rate}'/>" for currency, rate in rates.items())
        return f"<Cube time='{day.isoformat()}'>{cubes}</Cube>"
