"""The rates at which the return of the one-stop shop converts: those of the last day of its quarter.

Where none is published on that day the next counts (Article 369h of the VAT Directive); a booking takes the one before.
"""

import datetime as dt
from decimal import Decimal

from sqlalchemy import Connection

from boekbrug.booking.currency import WITHOUT_RATE
from boekbrug.booking.declared import quarter_end
from boekbrug.contract import ExchangeRate
from boekbrug.store import outside
from boekbrug.sync.evidence import known_span


class QuarterRates:
    """Reads rates of quarters from the stored table, and remembers which were asked for."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._span = known_span(connection)
        self.asked: dict[tuple[str, str], ExchangeRate | None] = {}

    def of(self, quarter: str, currency: str) -> ExchangeRate | None:
        """Return the rate of a quarter by name; None while the stored table does not have it."""
        key = quarter, currency
        if key not in self.asked:
            self.asked[key] = self._read(quarter_end(quarter), currency)
        return self.asked[key]

    def _read(self, last: dt.date, currency: str) -> ExchangeRate | None:
        if self._span is None or not self._span[0] <= last <= self._span[1]:
            return None
        until = min(last + dt.timedelta(days=WITHOUT_RATE), self._span[1]).isoformat()
        found = [one for one in outside.rates(self._connection, currency, last.isoformat()) if one.day <= until]
        first = min(found, key=lambda one: one.day, default=None)
        return first and ExchangeRate(rate=Decimal(first.rate), source=first.source, date=first.day)
