"""Read the reference rates of the European Central Bank: those of ninety days, or all since 1999."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import NamedTuple
from zoneinfo import ZoneInfo

from lxml import etree  # type: ignore[import-untyped]

from boekbrug.contract import MINOR_DIGITS, Clock, Http, RefusedCall, Retriable

FRANKFURT = ZoneInfo("Europe/Berlin")
PUBLISHED_AT = dt.time(17)
"""Rates are published around 16:00 Frankfurt time; an hour later a day without one will get none."""
NINETY_DAYS, ALL = "eurofxref-hist-90d.xml", "eurofxref-hist.xml"
_OK = 200


class Published(NamedTuple):
    """Units of a currency for one euro on a day, as the bank writes them."""

    currency: str
    day: dt.date
    rate: Decimal


class Table(NamedTuple):
    """Rates from a day on; complete through the day `through`."""

    rates: tuple[Published, ...]
    through: dt.date
    source: str


class Ecb:
    """Calls of one run and thread; `url` is the folder in which the bank publishes its files."""

    def __init__(self, http: Http, clock: Clock, url: str) -> None:
        self._http, self._clock, self._url = http, clock, url.rstrip("/")

    def rates(self, since: dt.date) -> Table:
        """Read the rates from a day on, in the smallest file that has them; raise Retriable when there is no table."""
        now = self._clock.now().astimezone(FRANKFURT)
        today = now.date()
        file = NINETY_DAYS if (today - since).days < 85 else ALL
        source = f"{self._url}/{file}"
        try:
            answer = self._http.request("GET", source)
        except RefusedCall as refused:
            raise Retriable(reason=str(refused)[:64]) from refused
        if answer.status_code != _OK:
            raise Retriable(reason=f"HTTP {answer.status_code}")
        found = tuple(one for one in _read(answer.content) if since <= one.day <= today)
        if not found:
            raise Retriable(reason="a table without rates")
        newest = max(one.day for one in found)
        over = today if now.time() >= PUBLISHED_AT else today - dt.timedelta(1)
        # a table that stopped moving days ago is an old copy, and says nothing of the days since
        through = over if (over - newest).days <= LONGEST_PAUSE else newest
        return Table(found, max(through, newest), f"ECB {file}")


LONGEST_PAUSE = 5
"""Most days between two publications: Good Friday to Easter Monday, or Christmas with a weekend."""


def _read(content: bytes) -> Iterator[Published]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as wrong:
        raise Retriable(reason="an answer that is no XML") from wrong
    for of_day in root.iterfind(".//{*}Cube[@time]"):
        for cube in of_day.iterfind("{*}Cube"):
            currency = cube.get("currency", "")
            if currency in MINOR_DIGITS:
                yield _published(currency, of_day.get("time", ""), cube.get("rate", ""))


def _published(currency: str, day: str, rate: str) -> Published:
    try:
        found = Published(currency, dt.date.fromisoformat(day), Decimal(rate))
    except (ValueError, InvalidOperation) as wrong:
        raise Retriable(reason="a table that cannot be read") from wrong
    if not (found.rate.is_finite() and found.rate > 0):
        raise Retriable(reason="a rate that cannot be")
    return found
