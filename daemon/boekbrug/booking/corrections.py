"""Take back what was booked, and put in what should have been: nothing booked is ever edited."""

import datetime as dt
from collections.abc import Iterable, Sequence

import msgspec
from msgspec.structs import replace

from boekbrug.booking.composed import Composed, Draft, Evidence, Held, Member, Skipped
from boekbrug.booking.gather import gather
from boekbrug.booking.marks import later_number
from boekbrug.booking.periods import closed, on_chosen, return_filed
from boekbrug.contract import Line, Role


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    """The entries that correct a document, approved together; the second, if any, depends on the first."""

    entries: tuple[Draft, ...]


def counter_date(booked: dt.date, lines: Sequence[Line], evidence: Evidence, chosen: dt.date | None) -> dt.date | Held:
    """Return the booked date if it is open and not filed, else the date that a person chose (bookkeeper.md §2.31)."""
    reason = closed(booked, evidence) or return_filed(booked, lines, evidence)
    if not reason:
        return booked
    if chosen is not None:
        reason = on_chosen(booked, chosen, lines, evidence)
    return Held(reason) if reason or chosen is None else chosen


def reverse_lines(lines: Iterable[Line]) -> tuple[Line, ...]:
    """Swap the sides of lines; accounts, codes, cost centres and references stay."""
    return tuple(
        replace(
            line,
            minor=-line.minor,
            vat_minor=-line.vat_minor,
            euro_minor=None if line.euro_minor is None else -line.euro_minor,
        )
        for line in lines
    )


def reverse(booked: Draft, evidence: Evidence, chosen: dt.date | None = None) -> Draft | Held:
    """Compose the counter-entry of a whole entry (storno)."""
    day = counter_date(booked.date, booked.lines, evidence, chosen)
    if isinstance(day, Held):
        return day
    return replace(
        booked, date=day, lines=reverse_lines(booked.lines), text=f"Storno {booked.text}".rstrip(), warnings=()
    )


def reverse_term(
    booked: Sequence[Draft], evidence: Evidence, chosen: dt.date | None = None
) -> tuple[Draft, ...] | Held:
    """Compose the counter-entries of all live entries of a term, given oldest first, newest first; all or none."""
    found = []
    for entry in reversed(booked):
        counter = reverse(entry, evidence, chosen)
        if isinstance(counter, Held):
            return counter
        found.append(counter)
    return tuple(found)


def correct(
    booked: Draft, replacement: Composed, n: int, later: int, evidence: Evidence, *, chosen: dt.date | None = None
) -> Correction | Composed:
    """Correct a changed document for the n-th time: out in the form it was booked, in under today's rules.

    `booked` holds the document's own lines, also where its entry was a total. `later` is the number that the first of
    the two entries gets after the booking number (2 follows the original). One net entry does where kind, party and
    date are equal. When the document is no longer to be booked, only the first half remains.
    """
    if not isinstance(replacement, Draft | Skipped):
        return replacement
    day = counter_date(booked.date, booked.lines, evidence, chosen)
    if isinstance(day, Held):
        return day
    out = _out(booked, day, n, later)
    if isinstance(replacement, Skipped):
        return Correction(entries=(out,))
    if _alike(booked, replacement):
        return _net(out, replacement, n)
    return Correction(entries=(out, _into(replacement, booked, day, n, later)))


def _out(booked: Draft, day: dt.date, n: int, later: int) -> Draft:
    return replace(
        booked,
        date=day,
        number=later_number(booked.number, later),
        lines=reverse_lines(booked.lines),
        members=_facet(booked, f"correction {n} out"),
        warnings=(),
    )


def _into(replacement: Draft, booked: Draft, day: dt.date, n: int, later: int) -> Draft:
    same = replacement.number == booked.number
    return replace(
        replacement,
        date=day if replacement.date == booked.date or day != booked.date else replacement.date,
        number=later_number(replacement.number, later + 1) if same else replacement.number,
        members=_facet(replacement, f"correction {n} in"),
    )


def _alike(booked: Draft, replacement: Draft) -> bool:
    return (booked.kind, booked.party, booked.date, booked.currency, booked.journal) == (
        replacement.kind,
        replacement.party,
        replacement.date,
        replacement.currency,
        replacement.journal,
    )


def _net(out: Draft, replacement: Draft, n: int) -> Correction | Skipped:
    lines = gather([out.lines, replacement.lines])
    if not lines:
        return Skipped("the change does not touch the booking")
    members = out.members + _facet(replacement, f"correction {n} in")
    net = replace(out, lines=tuple(lines), members=members, warnings=replacement.warnings)
    return Correction(entries=(net,))


def _facet(draft: Draft, facet: str) -> tuple[Member, ...]:
    return tuple(replace(member, facet=facet) for member in draft.members)


def net_vat(entries: Iterable[Draft]) -> dict[str, tuple[int, int]]:
    """Return base and VAT per VAT code over entries, as the return will see it: owed is positive, in minor units."""
    net: dict[str, tuple[int, int]] = {}
    for entry in entries:
        for line in entry.lines:
            if line.role is Role.BASE:
                base, vat = net.get(line.vat_code, (0, 0))
                net[line.vat_code] = (base - line.minor, vat - line.vat_minor)
    return net
