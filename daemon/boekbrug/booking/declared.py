"""What lines declare in a return: base and VAT per treatment, rate and country, in cents of euro."""

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal

from boekbrug.booking.boxes import Box, Words, vat_words
from boekbrug.booking.compiled import CompiledRules, rate_parts
from boekbrug.contract import Line, Role, divide_half_up

Amounts = dict[Words, tuple[int, int]]
"""Base and VAT by what they are declared as; what is owed is positive."""


def words_of(line: Line, book: CompiledRules) -> Words | None:
    """Return what a base is declared as: by its own words, or by the rules where it comes from the source's ledger."""
    found = vat_words(line)
    if found is not None or line.role is not Role.BASE or line.treatment is None:
        return found
    row = book.codes.get(line.vat_code)
    return None if row is None else Words(row.treatment, row.rate, row.country)


def declared(lines: Sequence[Line], book: CompiledRules) -> Amounts:
    """Add up the bases of lines, each with the VAT lines that belong to it."""
    found: Amounts = {}
    of_base: dict[int, Words] = {}
    for place, line in enumerate(lines):
        words = of_base.get(line.base) if line.base is not None else words_of(line, book)
        if words is None or line.role not in (Role.BASE, Role.VAT):
            continue
        of_base[place] = words
        base, vat = found.get(words, (0, 0))
        owed = -line.worth
        found[words] = (base + owed, vat) if line.role is Role.BASE else (base, vat + owed)
    return found


def per_box(lines: Sequence[Line], book: CompiledRules) -> dict[tuple[Box | None, str], tuple[int, int]]:
    """Add up what lines change in a return, per box and VAT code; None is the box of what no return mentions."""
    found: dict[tuple[Box | None, str], tuple[int, int]] = {}
    for place, line in enumerate(lines):
        words = words_of(line, book) if line.role is Role.BASE else None
        if words is None:
            continue
        owed = [-line.worth, -sum(other.worth for other in lines if other.base == place)]
        base, vat = found.get((words.box, line.vat_code), (0, 0))
        found[words.box, line.vat_code] = base + owed[0], vat + owed[1]
    return {key: change for key, change in found.items() if any(change)}


def add(amounts: Iterable[Amounts]) -> Amounts:
    """Add what several documents declare."""
    total: Amounts = {}
    for one in amounts:
        for words, (base, vat) in one.items():
            before = total.get(words, (0, 0))
            total[words] = before[0] + base, before[1] + vat
    return total


def vat_at(base: int, rate: Decimal) -> int:
    """Return the VAT on a base at a rate in percent, half a cent away from zero."""
    return divide_half_up(base * rate_parts(rate), 100_000)


def quarter_end(name: str) -> dt.date:
    """Return the last day of a quarter by its name."""
    year, _, n = name.partition("-Q")
    return dt.date(int(year) + int(n) // 4, int(n) % 4 * 3 + 1, 1) - dt.timedelta(days=1)


def quarter_of(day: dt.date) -> str:
    """Name the quarter of a day: 2026-Q3."""
    return f"{day.year}-Q{(day.month + 2) // 3}"
