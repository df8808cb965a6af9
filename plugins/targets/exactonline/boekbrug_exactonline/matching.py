"""Which open items were paid or set off: what an entry put on the debtors against what is still in their list."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from boekbrug.contract import AccountType, MissingRight, OpenItem
from boekbrug_exactonline.books import Books
from boekbrug_exactonline.client import Client, any_of
from boekbrug_exactonline.reading import Entries, guid_of, lines_of
from boekbrug_exactonline.rows import LedgerLine, Receivable, minor

RECEIVABLES = "read/financial/ReceivablesList"
Place = tuple[str, int, str]
"""A journal, the number of an entry in it, and its reference: numbers begin anew each year."""


def matched(client: Client, division: str, books: Books, items: Sequence[OpenItem]) -> list[bool | None]:
    """Say of each item whether less, or more, of its entry is open than it put there; None where nothing tells."""
    entries = lines_of(client, division, [item.remote_id for item in items])
    owed = {id: _owed(entries, id, books) for id in {item.remote_id for item in items}}
    try:
        still = _open(client, division, [place for place, _ in owed.values() if place is not None])
    except MissingRight:
        # apps registered before receivables were read do not have that scope
        return [None] * len(items)
    # whether credits are negative in that list is not documented
    told = {
        id: None if place is None or not put else abs(still[place]) != abs(put) for id, (place, put) in owed.items()
    }
    return [told[item.remote_id] for item in items]


def _owed(entries: Entries, id: str, books: Books) -> tuple[Place | None, int]:
    """Return where an entry stands and what it put on the debtors, in cents of euro."""
    lines = entries.get(guid_of(id), [])
    on_debtors = [line for line in lines if books.account_type((line.account or "").strip()) is AccountType.DEBTOR]
    if not on_debtors or on_debtors[0].entry_number is None:
        return None, 0
    place = _place(on_debtors[0], on_debtors[0].entry_number)
    return place, sum(minor(line.euro) for line in on_debtors)


def _place(row: LedgerLine | Receivable, number: int) -> Place:
    return (row.journal_code or "").strip(), number, (row.your_ref or "").strip()


def _open(client: Client, division: str, places: Iterable[Place]) -> defaultdict[Place, int]:
    """Add up by entry what the list of receivables still has, without what is on its way."""
    still: defaultdict[Place, int] = defaultdict(int)
    for where in any_of(f"EntryNumber eq {number}" for number in dict.fromkeys(number for _, number, _ in places)):
        for row in client.rows(division, RECEIVABLES, Receivable, where):
            if row.entry_number is not None:
                still[_place(row, row.entry_number)] += minor(row.amount) - minor(row.in_transit)
    return still
