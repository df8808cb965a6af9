"""Write words, amounts, counts and moments as the reader's language does."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_currency, format_decimal

from boekbrug.acts.desk import Because
from boekbrug.web.language import catalogue

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
_LOCALES: Mapping[str, Locale] = {"nl": Locale("nl", "NL"), "en": Locale("en", "GB"), "de": Locale("de", "DE")}
_HARD_SPACE = "\N{NO-BREAK SPACE}"


class Writing:
    """One reader's language at one moment."""

    def __init__(self, language: str, now: dt.datetime) -> None:
        self.language, self.now = language, now.astimezone(AMSTERDAM)
        self._words, self._locale = catalogue(language), _LOCALES[language]

    def word(self, name: str, /, **facts: object) -> str:
        """Return the words of a dotted name with facts filled in."""
        room, _, message = name.partition(".")
        return self._words.pgettext(room, message).format(**facts)

    def known(self, room: str, name: str) -> str:
        """Return the words of a name that the store holds; one that the room does not know speaks for itself."""
        try:
            return self._words.pgettext(room, name)
        except KeyError:
            return name

    def reason(self, reason: str) -> str:
        """Say why a document is where it is; what we have no words for speaks for itself."""
        name, _, detail = reason.partition(": ")
        return f"{self.known('reason', name)}{f' ({detail})' if detail else ''}"

    def because(self, why: Because) -> str:
        """Say why an act was refused, to a reader who has pages and no command line."""
        said = self._words.pgettext("refusal", why.template)
        return said.format(**{name: self._fact(name, value) for name, value in why.facts.items()})

    def _fact(self, name: str, value: object) -> str:
        if name == "reason":
            return self.reason(str(value))
        if isinstance(value, dt.date):
            return self.day(value.isoformat())
        return self.number(value) if isinstance(value, Decimal) else str(value)

    def counted(self, name: str, number: int) -> str:
        """Return a count with its noun in the right number."""
        return self._words.npgettext("count", name, name, number).format(n=self.number(number))

    def number(self, value: int | Decimal) -> str:
        """Write a number with its thousands apart and all of its decimals."""
        exponent = value.as_tuple().exponent if isinstance(value, Decimal) else 0
        places = -min(exponent, 0) if isinstance(exponent, int) else 0
        return format_decimal(value, f"#,##0.{'0' * places}" if places else "#,##0", self._locale)

    def amount(self, value: Decimal, currency: str) -> str:
        """Write an amount of money: € 1.234,56."""
        return format_currency(value, currency, locale=self._locale)

    def day(self, iso: str) -> str:
        """Write an ISO day: 3 juli 2026; "" stays empty."""
        return format_date(dt.date.fromisoformat(iso), "long", self._locale) if iso else ""

    def month(self, day: dt.date) -> str:
        """Write the month of a day: juli 2026."""
        return format_date(day, "LLLL y", self._locale)

    def quarter(self, day: dt.date) -> str:
        """Write the quarter of a day: 3e kwartaal 2026."""
        return format_date(day, "QQQQ y", self._locale)

    def moment(self, moment: dt.datetime) -> str:
        """Write a moment, as seen from now: vandaag 09:20."""
        there = moment.astimezone(AMSTERDAM)
        near: dict[int, str] = {-1: "yesterday", 0: "today", 1: "tomorrow"}
        name = near.get((there.date() - self.now.date()).days)
        day = self.word(f"date.{name}") if name else self.day(there.date().isoformat())
        return f"{day}{_HARD_SPACE}{format_time(there, 'HH:mm', tzinfo=AMSTERDAM, locale=self._locale)}"
