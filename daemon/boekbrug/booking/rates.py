"""Which VAT rates the countries of the Union had on which day, since 2019; nothing is said of days before.

Written by hand from the laws (dutch-accounting.md §1.3) and compared with a maintained data package by a test, so that
a rate that changes is noticed when that package is raised.
"""

import datetime as dt
from collections.abc import Iterator
from functools import cache

SINCE = dt.date(2019, 1, 1)

#: country, rates, and from when until when they held where that is not always; parts of a country included, since a
#: shop in Jungholz or on the Azores rightly charges theirs
_TABLE = """
AT 20 13 10 19
AT 5 2020-07-01 2021-12-31
AT 4.9 2026-07-01
BE 21 12 6
BG 20 9
CY 19 9 5
CY 3 2023-07-01
CZ 21
CZ 15 10 2019-01-01 2023-12-31
CZ 12 2024-01-01
DE 19 7 2019-01-01 2020-06-30
DE 16 5 2020-07-01 2020-12-31
DE 19 7 2021-01-01
DK 25
EE 9
EE 20 2019-01-01 2023-12-31
EE 22 2024-01-01 2025-06-30
EE 24 2025-07-01
EE 5 2022-08-01 2024-12-31
EE 13 2025-01-01
ES 21 10 4
ES 5 2022-07-01 2024-12-31
ES 2 7.5 2024-10-01 2024-12-31
FI 24 2019-01-01 2024-08-31
FI 25.5 2024-09-01
FI 10
FI 14 2019-01-01 2025-12-31
FI 13.5 2026-01-01
FR 20 10 5.5 2.1 0.9 1.05 1.75 8.5 13
GR 24 13 6 17 9 4
HR 25 13 5
HU 27 18 5
IE 23 2019-01-01 2020-08-31
IE 21 2020-09-01 2021-02-28
IE 23 2021-03-01
IE 13.5 9 4.8
IT 22 10 5 4
LT 21 5
LT 9 2019-01-01 2025-12-31
LT 12 2026-01-01
LU 17 14 8 3 2019-01-01 2022-12-31
LU 16 13 7 3 2023-01-01 2023-12-31
LU 17 14 8 3 2024-01-01
LV 21 12 5
MT 18 7 5
MT 12 2024-01-01
NL 21 9 13
PL 23 8 5 7
PT 23 13 6 22 18 16 12 9 5 4
RO 19 5 2019-01-01 2025-07-31
RO 9 2019-01-01 2026-07-31
RO 21 11 2025-08-01
SE 25 12 6
SI 22 9.5
SI 5 2020-01-01
SK 20 10 2019-01-01 2024-12-31
SK 5 2023-01-01
SK 23 19 2025-01-01
"""

Span = tuple[dt.date, dt.date]


@cache
def _table() -> dict[tuple[str, int], list[Span]]:
    found: dict[tuple[str, int], list[Span]] = {}
    for row in _TABLE.strip().splitlines():
        country, *words = row.split()
        days = [dt.date.fromisoformat(word) for word in words if "-" in word]
        span = (days[0] if days else SINCE, days[1] if len(days) > 1 else dt.date.max)
        for rate in words[: len(words) - len(days)]:
            found.setdefault((country, int(float(rate) * 1000)), []).append(span)
    return found


@cache
def _countries() -> frozenset[str]:
    return frozenset(country for country, _ in _table())


def spans_of(country: str, parts: int) -> tuple[Span, ...] | None:
    """Return when a country had a rate in thousandths of a percent, first and last days; None where it always had it.

    Countries outside the Union have always had every rate: nothing is known of them here.
    """
    if country not in _countries():
        return None
    spans = tuple(_table().get((country, parts), ()))
    return None if spans == ((SINCE, dt.date.max),) else spans


def had(spans: tuple[Span, ...], day: dt.date) -> bool:
    """Tell whether a rate was in force on a day; before 2019 it is taken to be."""
    return day < SINCE or any(first <= day <= last for first, last in spans)


def rates_on(country: str, day: dt.date) -> Iterator[int]:
    """Yield the rates that a country had on a day, in thousandths of a percent, highest first."""
    known = [parts for (name, parts), spans in _table().items() if name == country and had(tuple(spans), day)]
    yield from sorted(known, reverse=True)
