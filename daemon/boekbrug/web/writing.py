"""Write words, amounts, counts and moments as the reader's language does."""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_currency, format_decimal

from boekbrug.contract import Because
from boekbrug.problems.faults import say
from boekbrug.web.language import catalogue

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
_LOCALES: Mapping[str, Locale] = {"nl": Locale("nl", "NL"), "en": Locale("en", "GB"), "de": Locale("de", "DE")}
_STEP = re.compile(r"[^.\[\]]+")
_RATE = re.compile(r"\d{1,3}(\.\d{1,3})?")
_OWN_NAMES = ("method", "ledger")
"""Rules that are named by what the source calls it."""
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

    def why(self, why: str) -> str:
        """Say by which rule a line of an entry came about: Btw binnenland 21 %, Betaalmethode ideal."""
        if (whole := self.known("why", why)) != why:
            return whole
        rule, _, rest = why.partition(" ")
        if rule in _OWN_NAMES:
            return f"{self.known('why', rule)} {rest}"
        return " ".join(self._rate(word) or self._named(word, "why", "value") for word in why.split())

    def _rate(self, word: str) -> str:
        return f"{self.number(Decimal(word))}{_HARD_SPACE}%" if _RATE.fullmatch(word) else ""

    def because(self, why: Because) -> str:
        """Say why an act was refused, to a reader who has pages and no command line."""
        said = self._words.pgettext("refusal", why.template)
        return said.format(**{name: self._fact(name, value) for name, value in why.facts.items()})

    def fault(self, fault: str, place: Callable[[str], str] | None = None) -> str:
        """Say what is wrong with a setting, which is named as its form does."""
        return say(fault, self.language, self._written, place or self.place)

    def place(self, path: str) -> str:
        """Name a setting by its path: Btw en omzet, rij 2, Tarief %; what has no words speaks for itself."""
        first, *others = _STEP.findall(path.removeprefix("rules.")) or [path]
        named = [self._named(first, "rule", "setting")]
        for step in others:
            named.append(
                self.word("rule.row", n=int(step) + 1) if step.isdecimal() else self._named(step, "column", "value")
            )
        return ", ".join(named)

    def _named(self, name: str, *rooms: str) -> str:
        return next((said for room in rooms if (said := self.known(room, name)) != name), name)

    def _written(self, value: object) -> str:
        return self.known("value", value) if isinstance(value, StrEnum) else self._fact("", value)

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
