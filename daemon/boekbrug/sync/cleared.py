"""At which amount the payments of a payout stand in the books."""

import datetime as dt

from sqlalchemy import Connection

from boekbrug.booking.compiled import CompiledRules
from boekbrug.booking.composed import Cleared, Evidence
from boekbrug.booking.dates import payment_day
from boekbrug.contract import Document
from boekbrug.store import payments, terms
from boekbrug.store.licences import Licence
from boekbrug.store.payments import MoneyLine
from boekbrug.sync.originals import read_share

LOOK_BACK = dt.timedelta(days=62)
"""A provider settles within weeks; what it held back for longer is found by a person."""


def cleared_by(
    connection: Connection, licence: Licence, document: Document, book: CompiledRules, evidence: Evidence
) -> Cleared | None:
    """Sum what is booked of a payout's payments, by any licence of the administration; None where it names none."""
    payout, day = document.payout, payment_day(document, evidence)
    if payout is None or not payout.payments or day is None or book.rules.provider_booked_by != "boekbrug":
        return None
    means = book.means_of(payout.method, document.currency)
    if means is None:
        return None
    wanted = set(payout.payments)
    first, last = day - LOOK_BACK, day
    found = payments.lines_of(connection, licence.administration, means.account, wanted, first, last)
    found += [
        MoneyLine(line.reference, line.minor, line.euro_minor)
        for share in payments.shares_of(connection, licence.administration, first, last)
        for line in read_share(share)
        if line.reference in wanted and line.account == means.account
    ]
    return Cleared(
        stood=sum(line.minor if line.euro_minor is None else line.euro_minor for line in found),
        is_foreign=any(line.euro_minor is not None for line in found),
        missing=len(wanted - {line.reference for line in found}),
        is_coming=any(term.first <= last for term in terms.uncomposed(connection, licence.id)),
    )
