"""Count what is sold at a distance to consumers in other member states, against the threshold of the one-stop shop.

Above 10,000 euro a year without VAT, in this year or the last, VAT of the consumers' countries is due, from the very
sale that goes above it (bookkeeper.md §2.27).
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from functools import lru_cache

from boekbrug.booking.composed import Evidence
from boekbrug.booking.sums import Sums
from boekbrug.contract import Document, Line, Problem, Role, Treatment, from_minor

LIMIT = 10_000_00
NEAR = 8_000_00
"""From here on the bookkeeper is warned; both in cents without VAT."""
_BASE = Role.BASE
_COUNTED = frozenset({Treatment.OSS, Treatment.DISTANCE})


def over_threshold(document: Document, day: dt.date, sums: Sums, evidence: Evidence) -> None:
    """Add a problem where a sale at a distance carries VAT of the seller's country although it goes above the limit."""
    here = [(key[0], base) for key, base in sums.bases.items() if key[0].country]
    sold = sum(base[0] - base[1] for posting, base in here if posting.treatment is Treatment.DOMESTIC)
    # foreign currency is left to the counter, which has euros once it is booked
    if sold <= 0 or document.currency != "EUR":
        return
    before = evidence.distance.get(day.year, 0)
    if evidence.distance.get(day.year - 1, 0) > LIMIT or before + sold > LIMIT:
        countries = sorted({posting.country for posting, _ in here if posting.treatment is Treatment.DOMESTIC})
        facts = {"document": document.number, "country": countries[0], "year": str(day.year)}
        sums.faults.append(Problem(code="oss-threshold-crossed", facts={**facts, "sold": str(from_minor(before))}))


def distance_of(lines: Iterable[Line]) -> int:
    """Return what booked lines hold of sales at a distance, in cents of euro without VAT; credits are negative."""
    return -sum(line.worth for line in lines if line.role is _BASE and _is_distant(line.why))


@lru_cache(maxsize=4096)
def _is_distant(why: str) -> bool:
    words = why.split()
    if len(words) < 4 or words[0] != "vat" or not words[3].isupper():
        return False
    return words[1] in _COUNTED or words[1] == Treatment.DOMESTIC


def add_distance(distance: dict[int, int], day: dt.date, lines: Iterable[Line]) -> None:
    """Add what lines of a day hold to the counter of its year."""
    found = distance_of(lines)
    if found:
        distance[day.year] = distance.get(day.year, 0) + found


def is_near(distance: Mapping[int, int], year: int) -> bool:
    """Tell whether a year comes near the limit, or goes above it."""
    return distance.get(year, 0) >= NEAR
