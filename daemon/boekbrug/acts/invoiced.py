"""Find invoices that the package itself has made, before the same sales may be booked again (bookkeeper.md §2.29)."""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import Connection

from boekbrug.booking.rules import Rules
from boekbrug.contract import (
    EntryAnswer,
    EntryKind,
    FoundEntry,
    ListsEntries,
    Match,
    Problem,
    Role,
    Target,
    from_minor,
)
from boekbrug.store.bulk import select_rows
from boekbrug.store.licences import Licence
from boekbrug.sync.house import House

_OURS = "select remote_id from entry_state where administration = ? and remote_id in ?*"


def invoiced_there(house: House, licence: Licence, target: Target, administration: str, rules: Rules) -> list[Problem]:
    """Name per sales journal what others have booked on the revenue accounts of the rules since the licence's start.

    Only where the rules say that the package makes invoices, and it can list them.
    """
    if rules.invoices_by != "package" or not isinstance(target, ListsEntries):
        return []
    revenue = {row.account for row in rules.vat}
    start, end = dt.date.fromisoformat(licence.start), house.clock.now().date() + dt.timedelta(days=1)
    problems = []
    for journal in target.chart(administration).journals:
        if EntryKind.SALES not in journal.kinds:
            continue
        listed = target.list_entries(administration, journal.code, start, end)
        with house.database.read() as connection:
            foreign = _foreign(connection, licence, listed)
        found = [one for one in (_revenue(entry, revenue) for entry in foreign) if one]
        if found:
            facts = {"journal": journal.code, "count": str(len(found)), "amount": str(from_minor(sum(found), "EUR"))}
            problems.append(Problem(code="invoiced-in-package", facts={**facts, "since": licence.start}))
    return problems


def _foreign(connection: Connection, licence: Licence, listed: Sequence[tuple[Match, EntryAnswer]]) -> list[FoundEntry]:
    ids = [match.id for match, _ in listed]
    ours = {id for (id,) in select_rows(connection, _OURS, [licence.administration, ids])} if ids else set()
    return [entry for match, entry in listed if match.id not in ours and isinstance(entry, FoundEntry)]


def _revenue(entry: FoundEntry, accounts: set[str]) -> int:
    """Return the revenue of an entry without VAT, in cents, credit positive."""
    return -sum(line.minor for line in entry.lines if line.account in accounts and line.role is not Role.DEBTOR)
