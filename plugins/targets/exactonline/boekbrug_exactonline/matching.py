"""Which open items were paid or set off: what an entry put on the debtors against what is still in their list."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from boekbrug.contract import AccountType, MissingRight, OpenItem
from boekbrug_exactonline.books import Books
from boekbrug_exactonline.client import Client, any_of
from boekbrug_exactonline.reading import Entries, lines_of
from boekbrug_exactonline.rows import Receivable, minor

RECEIVABLES = "read/financial/ReceivablesList"
Place = tuple[str, int]
"""A journal and the number of an entry in it; numbers begin anew each year, and an item is open in one of them."""


def matched(client: Client, division: str, books: Books, items: Sequence[OpenItem]) -> list[bool | None]:
    """Say of each item whether less, or more, of its entry is open than it put there; None where nothing tells."""
    entries = lines_of(client, division, [item.remote_id for item in items])
    owed = {id: _owed(entries, id, books) for id in {item.remote_id for item in items}}
    try:
        still = _open(client, division, [place for place, _ in owed.values() if place is not None])
    except MissingRight:
        # apps registered before receivables were read do not have that scope
        return [None] * len(items)
    told = {id: None if place is None or not minor else still[place] != minor for id, (place, minor) in owed.items()}
    return [told[item.remote_id] for item in items]


def _owed(entries: Entries, id: str, books: Books) -> tuple[Place | None, int]:
    """Return where an entry stands and what it put on the debtors, in cents of euro."""
    lines = entries.get(id.lower(), [])
    on_debtors = [line for line in lines if books.account_type((line.account or "").strip()) is AccountType.DEBTOR]
    if not on_debtors or on_debtors[0].entry_number is None:
        return None, 0
    place = (on_debtors[0].journal_code or "").strip(), on_debtors[0].entry_number
    return place, sum(minor(line.euro) for line in on_debtors)


def _open(client: Client, division: str, places: Iterable[Place]) -> defaultdict[Place, int]:
    """Add up by entry what the list of receivables still has, without what is on its way."""
    still: defaultdict[Place, int] = defaultdict(int)
    for where in any_of(f"EntryNumber eq {number}" for number in dict.fromkeys(number for _, number in places)):
        for row in client.rows(division, RECEIVABLES, Receivable, where):
            if row.entry_number is not None:
                rest = minor(row.amount) - minor(row.in_transit)
                still[(row.journal_code or "").strip(), row.entry_number] += rest
    return still
