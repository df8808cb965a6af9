"""Say which days are closed, by a filed return or by the books themselves, and what may be booked on another."""

import datetime as dt
from collections.abc import Iterable, Sequence

from boekbrug.booking.composed import Evidence
from boekbrug.contract import Line, Period, Role, Treatment

YEAR_OPEN = "the year is locked and not filed yet, open it or file it first: {}"
"""Why nothing of a book year goes into the next one as long as its own return can still have it."""
INTRA_EU = frozenset({Treatment.INTRA_EU_GOODS, Treatment.INTRA_EU_SERVICE})
"""What the ICP return lists."""


def closed(day: dt.date, evidence: Evidence) -> str:
    """Say why nothing is booked on a day; empty when it is open."""
    if evidence.filed_through is not None and day <= evidence.filed_through:
        return f"period filed through: {evidence.filed_through}"
    if evidence.locked_through is not None and day <= evidence.locked_through:
        return f"books locked through: {evidence.locked_through}"
    return ""


def on_chosen(day: dt.date, chosen: dt.date, lines: Iterable[Line], evidence: Evidence) -> str:
    """Say why what belongs on a closed day cannot be booked on the one that a person chose; empty when it can."""
    reason = closed(chosen, evidence) or return_filed(chosen, lines, evidence)
    if reason:
        return reason
    is_filed = evidence.filed_through is not None and day <= evidence.filed_through
    return YEAR_OPEN.format(day.year) if chosen.year != day.year and not is_filed else ""


def return_filed(day: dt.date, lines: Iterable[Line], evidence: Evidence) -> str:
    """Say which return of its own these lines belong to and is filed: OSS and ICP go their own way (§1.11)."""
    oss, icp = evidence.filed_oss_through, evidence.filed_icp_through
    if oss is None and icp is None:
        return ""
    # money held in advance of a supply without VAT is in no return yet
    treatments = {line.treatment for line in lines if line.role is Role.BASE}
    if oss is not None and day <= oss and Treatment.OSS in treatments:
        return f"OSS return filed through: {oss}"
    return f"ICP return filed through: {icp}" if icp is not None and day <= icp and treatments & INTRA_EU else ""


def locked_through(periods: Sequence[Period], journals: Iterable[str]) -> dt.date | None:
    """Return the last day of the closed periods that the books begin with; one closed journal of ours is enough."""
    through, ours = None, set(journals)
    for period in sorted(periods, key=lambda period: period.start):
        if period.open and ours.isdisjoint(period.closed_journals):
            break
        through = period.end
    return through
