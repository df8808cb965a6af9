"""Write amounts, counts and moments as the reader's language does."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from zoneinfo import ZoneInfo

from boekbrug.web.language import words

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
_POINT_AND_COMMA = str.maketrans(".,", ",.")
_SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "US$"}
_HARD_SPACE = "\N{NO-BREAK SPACE}"
_MINUS = "\N{MINUS SIGN}"


class Writing:
    """One reader's language at one moment."""

    def __init__(self, language: str, now: dt.datetime) -> None:
        self.language, self.now = language, now.astimezone(AMSTERDAM)
        self._words = words(language)

    def word(self, name: str, /, **facts: object) -> str:
        """Return the words of a dotted name with facts filled in."""
        return self._words[name].format(**facts)

    def known(self, room: str, name: str) -> str:
        """Return the words of a name that the store holds; one that the room does not know speaks for itself."""
        return self._words.get(f"{room}.{name}", name)

    def counted(self, name: str, number: int) -> str:
        """Return a count with its noun in the right number."""
        return self.word(f"{name}.one" if number == 1 else f"{name}.many", n=self.number(number))

    def number(self, value: int | Decimal) -> str:
        """Write a number with its thousands apart."""
        text = f"{abs(value):,}"
        text = text if self.language == "en" else text.translate(_POINT_AND_COMMA)
        return f"{_MINUS}{text}" if value < 0 else text

    def amount(self, value: Decimal, currency: str) -> str:
        """Write an amount of money: € 1.234,56."""
        symbol, text = _SYMBOLS.get(currency, currency), self.number(abs(value))
        sign = _MINUS if value < 0 else ""
        if self.language == "de":
            return f"{sign}{text}{_HARD_SPACE}{symbol}"
        if self.language == "en":
            return f"{sign}{symbol}{text}" if currency in _SYMBOLS else f"{sign}{symbol}{_HARD_SPACE}{text}"
        return f"{symbol}{_HARD_SPACE}{sign}{text}"

    def day(self, iso: str) -> str:
        """Write an ISO day: 3 juli 2026; "" stays empty."""
        if not iso:
            return ""
        day = dt.date.fromisoformat(iso)
        return self.word("date.day", day=day.day, month=self.word(f"date.m{day.month}"), year=day.year)

    def moment(self, moment: dt.datetime) -> str:
        """Write a moment, as seen from now: vandaag 09:20."""
        there = moment.astimezone(AMSTERDAM)
        near: dict[int, str] = {-1: "yesterday", 0: "today", 1: "tomorrow"}
        name = near.get((there.date() - self.now.date()).days)
        day = self.word(f"date.{name}") if name else self.day(there.date().isoformat())
        return f"{day}{_HARD_SPACE}{there:%H:%M}"


Clock = Callable[[], dt.datetime]
